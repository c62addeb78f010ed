//! The doors for programs, and the table of every route.

pub mod api;
pub mod auth;
pub mod batch;
pub mod body;
pub mod gateway;
pub mod graph_fault;
pub mod health;
pub mod lines;
pub mod page;
pub mod pieces;
pub mod problem;
pub mod sms;
pub mod upload;
pub mod webhook;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};

use crate::{app::App, ui};

/// Every route of the main address.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(webhook::routes())
        .merge(sms::routes())
        .merge(api::routes())
        .merge(health::routes())
        .merge(gateway::routes())
        .merge(ui::public_routes())
        .merge(ui::desk::routes(&app))
        .route_layer(from_fn(health::count))
        .layer(from_fn_with_state(App::clone(&app), ui::stray::dress))
        .with_state(app)
}

/// The routes of the public address: only what people and Meta need.
pub fn public_router(app: App) -> Router {
    Router::new()
        .merge(webhook::routes())
        .merge(sms::routes())
        .merge(ui::public_routes())
        .route_layer(from_fn(health::count))
        .layer(from_fn_with_state(
            App::clone(&app),
            ui::stray::dress_public,
        ))
        .with_state(app)
}
