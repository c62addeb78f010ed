//! The rows: one SQL text for SQLite and PostgreSQL, reads on `Store`, writes on `Tx`.

mod address;
pub mod alias;
pub mod code;
pub mod codec;
pub mod contact;
pub mod durability;
pub mod enclosure;
pub mod error;
pub mod event;
pub mod flow;
pub mod form;
mod hold;
pub mod house;
pub mod inbox;
pub mod join;
mod later;
pub mod lease;
pub mod letter;
pub mod list;
pub mod log;
pub mod message;
pub mod migrate;
pub mod pool;
pub mod postgres;
pub mod relay;
pub mod reply;
pub mod review;
mod tail;
#[cfg(feature = "tamper")]
pub mod tamper;
pub mod template;
pub mod topic;
pub mod transfer;
pub mod version;
pub mod wal;
pub mod watch;
pub mod whole;
