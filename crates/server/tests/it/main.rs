//! The house as programs meet it: over HTTP, on a real database.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod aliases;
mod api;
mod api_events;
mod api_house;
#[path = "../desk/browser.rs"]
mod browser;
mod desk_segments;
mod expiry;
mod house;
mod import;
mod join_page;
mod letters;
mod letters_answer;
#[path = "../desk/member.rs"]
mod member;
mod memory;
mod page;
mod page_links;
mod post;
mod recall;
mod receipts;
mod reports;
mod reports_page;
mod segments;
#[path = "../../../mail/tests/sink/mod.rs"]
mod sink;
mod sms;
mod sms_bad;
mod table;
mod topics;
