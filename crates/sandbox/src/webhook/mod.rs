//! What Meta tells the business: shapes, the queue with its faults, and the POST.

mod dispatch;
pub mod outbox;
pub mod post;
pub mod shape;
pub mod wire;
