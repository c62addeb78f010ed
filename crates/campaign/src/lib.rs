//! The rules of sending to many: pure, like the rules of consent. No clock, no store, no network.

pub mod answer;
pub mod compare;
pub mod cost;
pub mod country;
pub mod draw;
pub mod fatigue;
pub mod fill;
pub mod limits;
pub mod market;
pub mod pace;
pub mod state;
pub mod table;
pub mod watch;
pub mod wave;
pub mod zone;
