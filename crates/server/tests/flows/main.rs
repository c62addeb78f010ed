//! Answers: what goes out once people have written, tapped or chosen, and what never does.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod choices;
mod forms;
mod house;
mod joins;
mod merged;
mod once;
mod queue;
mod race;
mod receipt;
mod story;
mod templates;
mod truth;
