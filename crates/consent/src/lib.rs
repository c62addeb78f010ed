//! The rules: who may be sent what, and why. No clock, no store, no network, no JSON in here.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod alias;
pub mod effect;
pub mod event;
pub mod expiry;
pub mod id;
pub mod permit;
pub mod phone;
pub mod policy;
pub mod reason;
pub mod register;
pub mod request;
pub mod scope;
pub mod time;
pub mod trunk;
pub mod verdict;
pub mod window;
pub mod wish;
pub mod wording;
