//! Webhooks, from the signed bytes to what is in force: over HTTP, on a real database.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod arrive;
mod house;
mod people;
mod relay;
mod together;
mod wishes;
