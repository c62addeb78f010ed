//! The rules of journeys: what a definition means, and what happens next. Pure: no clock, no store, no network.
//!
//! A definition is a tree: it cannot loop, and every person who enters leaves again by time alone. The server keeps one
//! [`state::State`] for each person inside, tells [`advance::advance`] what happened, saves the new state together with the
//! effects in one transaction, and carries each effect out at most once, by its key.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod advance;
pub mod condition;
pub mod date;
pub mod definition;
pub mod edit;
pub mod effect;
pub mod facts;
pub mod fault;
pub mod happening;
pub mod id;
pub mod known;
pub mod limits;
pub mod outline;
pub mod rehearse;
pub mod span;
mod stamp;
pub mod state;
pub mod step;
pub mod text;
pub mod trigger;
pub mod uses;
pub mod visit;
