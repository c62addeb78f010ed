//! The verbs of the house. No HTTP in here.

pub mod backup;
pub mod cast;
pub mod check;
pub mod contacts;
pub mod explain;
pub mod gate;
pub mod identity;
pub mod ingest;
pub mod keys;
pub mod messages;
pub mod numbering;
pub mod policy;
pub mod policy_json;
pub mod proof;
pub mod quarantine;
pub mod quiet;
pub mod record;
pub mod relay;
pub mod reservations;
pub mod send;
pub mod summary;
pub mod templates;
pub mod topics;
pub mod verify;
pub mod who;
