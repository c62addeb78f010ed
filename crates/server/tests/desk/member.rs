//! Somebody who works with the dashboard, for every test that needs them signed in.
#![allow(dead_code, reason = "each test program needs another part of it")]

use server::{
    app::App,
    services::staff::{Role, row, sessions},
};
use uuid::Uuid;

/// A member with a password that is kept like this.
pub async fn member(app: &App, email: &str, role: Role, kept: &str) -> Uuid {
    let mut line = row::fresh(app, email, "Somebody", role).unwrap();
    line.password = Some(kept.to_owned());
    let mut tx = app.store.begin().await.unwrap();
    tx.add_member(&line).await.unwrap();
    tx.commit().await.unwrap();
    line.id
}

/// The cookie of somebody new of a role, who is signed in.
pub async fn cookie(app: &App, role: Role) -> String {
    let email = format!("{}-{}@shop.example", role.word(), Uuid::now_v7().simple());
    // Whoever has no password has not come yet; nobody could type this one.
    let id = member(app, &email, role, "!").await;
    let mut tx = app.store.begin().await.unwrap();
    let token = sessions::begin(app, &mut tx, id).await.unwrap();
    tx.commit().await.unwrap();
    format!("consentry={token}")
}
