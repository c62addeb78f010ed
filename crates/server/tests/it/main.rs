//! The house as programs meet it: over HTTP, on a real database.

mod api;
mod api_events;
mod house;
