//! The house as programs meet it: over HTTP, on a real database.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::too_many_arguments,
    reason = "tests: a story may be long, and a surprise should stop it"
)]

mod api;
mod api_events;
mod house;
