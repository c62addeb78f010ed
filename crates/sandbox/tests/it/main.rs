//! The simulator from outside: every test speaks HTTP to a real one, and a small receiver hears its webhooks.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop right there"
)]

mod cloud;
mod control;
mod customers;
mod faults;
mod house;
mod links;
mod page;
mod questions;
mod webhooks;
