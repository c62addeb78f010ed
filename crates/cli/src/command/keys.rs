//! `keys`: made, listed and revoked beside a running server too.

use serde_json::json;
use server::{clock::rfc3339, services::keys};

use crate::{
    args::{self, Common},
    exit::OK,
    failure::Failure,
    house, output,
};

/// Who acts, as the log writes it.
pub const ACTOR: &str = "command line";

pub async fn run(common: &Common, act: args::Keys) -> Result<u8, Failure> {
    let app = house::open(common).await?;
    match act {
        args::Keys::Create { name, role } => {
            let new = keys::create(&app, &name, role.into(), ACTOR).await?;
            if common.json {
                output::json(&json!({
                    "id": new.id, "name": new.name, "role": new.role.word(), "key": new.key,
                }));
            } else {
                output::fields(&[
                    ("key", new.key),
                    ("id", new.id.to_string()),
                    ("name", new.name),
                    ("role", new.role.word().to_owned()),
                ]);
                output::line("Keep the key now: it is not shown again.");
            }
        }
        args::Keys::List => {
            let lines = keys::list(&app).await?;
            if common.json {
                let items: Vec<_> = lines
                    .iter()
                    .map(|line| {
                        json!({
                            "id": line.id, "name": line.name, "role": line.role,
                            "created_at": rfc3339(line.created), "revoked_at": line.revoked.map(rfc3339),
                        })
                    })
                    .collect();
                output::json(&json!({ "items": items, "next": null }));
            } else {
                let rows: Vec<Vec<String>> = lines
                    .into_iter()
                    .map(|line| {
                        vec![
                            line.id.to_string(),
                            line.role,
                            rfc3339(line.created),
                            line.revoked.map_or_else(|| "-".to_owned(), rfc3339),
                            line.name,
                        ]
                    })
                    .collect();
                output::table(&["id", "role", "created", "revoked", "name"], &rows);
            }
        }
        args::Keys::Revoke { id } => {
            keys::revoke(&app, id, ACTOR).await?;
            if common.json {
                output::json(&json!({ "id": id, "revoked": true }));
            } else {
                output::line(format_args!(
                    "The key {id} is revoked: it is refused from now on."
                ));
            }
        }
    }
    app.store.close().await;
    Ok(OK)
}

impl From<args::Role> for keys::Role {
    fn from(role: args::Role) -> Self {
        match role {
            args::Role::Admin => Self::Admin,
            args::Role::App => Self::App,
            args::Role::Read => Self::Read,
        }
    }
}
