//! The house as programs meet it: over HTTP, on a real database.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod api;
mod api_events;
mod api_house;
mod expiry;
mod house;
mod join_page;
mod memory;
mod page;
mod page_links;
mod recall;
mod receipts;
mod sms;
mod sms_bad;
mod topics;
