//! The rules: who may be sent what, and why. No clock, no store, no network, no JSON in here.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod alias;
pub mod id;
pub mod permit;
pub mod phone;
pub mod scope;
pub mod time;
