//! The house: configuration, services, HTTP doors and pages.

pub mod afoot;
pub mod app;
pub mod claim;
pub mod clock;
pub mod config;
pub mod drives;
pub mod error;
pub mod evidence;
pub mod flows;
pub mod http;
pub mod intake;
pub mod live;
pub mod logs;
pub mod memory;
pub mod near;
pub mod post;
pub mod proving;
pub mod serve;
pub mod services;
pub mod tempo;
pub mod together;
pub mod ui;
pub mod vault;
pub mod worker;
