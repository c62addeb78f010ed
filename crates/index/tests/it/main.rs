//! The index against slower ways to know the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it did not expect must stop"
)]

mod audiences;
mod chance;
mod rules;
mod snapshots;
mod tables;
