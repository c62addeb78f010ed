//! What we say in answer to what people write, and what their taps on our questions change.

pub mod answer;
pub mod asked;
pub mod compose;
pub mod language;
pub mod link;
pub mod plan;
pub mod preview;
pub mod pump;
mod receipt;
pub mod remind;
pub mod setting;
pub mod ticket;
