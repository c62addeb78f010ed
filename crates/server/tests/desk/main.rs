//! The dashboard as a browser meets it, without a browser: who comes in, who may what, and what a page says.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod browser;
mod hostile;
#[path = "../it/house.rs"]
mod house;
mod journeys;
mod member;
mod roles;
mod rooms;
mod shell;
mod sign_in;
mod team;
mod templates;
