//! Meta's side of HTTP: the routes of the Graph API that a business's software calls.

pub mod block;
pub mod fault;
pub mod media;
pub mod node;
pub mod send;
pub mod subscription;
pub mod templates;
