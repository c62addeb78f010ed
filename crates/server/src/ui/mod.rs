//! The doors for people: each page is a file of code beside the file that it looks like.

pub mod address;
pub mod apart;
pub mod assets;
pub mod chart;
pub mod confirm;
pub mod desk;
pub mod download;
pub mod form;
pub mod frame;
pub mod guard;
pub mod join;
pub mod language;
pub mod letter;
pub mod notice;
pub mod objection;
pub mod origin;
pub mod preference;
pub mod qr;
pub mod stray;
pub mod voice;

use axum::{Router, middleware::from_fn};

use crate::app::App;

/// The pages that the public may open.
pub fn public_routes() -> Router<App> {
    Router::new()
        .merge(preference::routes())
        .merge(confirm::routes())
        .merge(join::routes())
        .layer(from_fn(guard::protect))
        .merge(join::picture_routes())
        .merge(assets::routes())
}
