//! A simulator of the WhatsApp Cloud API with customers and phones, met only over HTTP.

mod ad;
mod app;
mod arrival;
mod camera;
mod chat;
mod clock;
mod cloud;
mod control;
mod customer;
pub mod given;
mod inbound;
mod json;
mod link;
mod listen;
mod open;
pub mod options;
mod outgoing;
mod page;
mod refusal;
mod ring;
mod run;
mod said;
mod secret;
pub mod seed;
pub mod settings;
mod shelf;
mod template;
mod webhook;
mod witness;
mod world;

pub use options::{Error, Options};
pub use run::{Running, Sandbox};
pub use secret::SECRET_PREFIX;
