//! The laws: what holds for every history, policy and question, and not only in the stories.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "laws/history.rs"]
mod history;
#[path = "laws/order.rs"]
mod order;
#[path = "laws/refusal.rs"]
mod refusal;
#[path = "laws/spelling.rs"]
mod spelling;
