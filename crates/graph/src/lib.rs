//! Meta's dialect: webhooks, message bodies, faults and the client.

pub mod bearer;
pub mod callback;
pub mod client;
pub mod fault;
pub mod message;
pub mod outcome;
pub mod route;
pub mod signature;
pub mod template;
pub mod webhook;

mod loose;
