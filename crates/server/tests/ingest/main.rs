//! Webhooks, from the signed bytes to what is in force: over HTTP, on a real database.

mod arrive;
mod house;
mod people;
mod relay;
mod wishes;
