//! Twilio's dialect: who signed a request, what it says, and what we answer.

pub mod address;
pub mod answer;
pub mod form;
pub mod inbound;
pub mod signature;

mod spelling;
