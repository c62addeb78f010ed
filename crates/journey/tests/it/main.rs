//! What journeys promise: examples, stories, and laws that hold for every journey.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod editing;
mod examples;
mod house;
mod laws;
mod plan;
mod stories;
