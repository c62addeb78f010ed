//! The contract of the store: every public method, each test once on SQLite and once on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it did not expect must stop"
)]

#[macro_use]
mod harness;

mod campaigns;
mod citus;
mod complete;
mod contacts;
mod conversations;
mod durability;
mod erase;
mod events;
mod figures;
mod flows;
mod gate;
mod guard;
mod happenings;
mod house;
mod inbox;
mod joins;
mod journey_versions;
mod journeys;
mod lease;
mod log;
mod look;
mod members;
mod messages;
mod news;
mod nul;
mod open;
mod recipients;
mod relay;
mod report;
mod search;
mod segments;
mod standing;
mod table;
mod template;
mod topics;
mod transfer;
mod watch;
mod whole;
