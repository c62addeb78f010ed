//! What the business sends: reading it, deciding what becomes of it, and telling so step by step.

pub mod accept;
pub mod content;
pub mod job;
pub mod limits;
pub mod message;
pub mod progress;
pub mod trick;
