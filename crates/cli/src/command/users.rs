//! `users`: who works with the dashboard, beside a running server too.

use serde_json::json;
use server::services::staff::members::{self, Invited, UserBody};

use super::keys::ACTOR;
use crate::{
    args::{self, Common},
    exit::OK,
    failure::Failure,
    house, output,
};

pub async fn run(common: &Common, act: args::Users) -> Result<u8, Failure> {
    let app = house::open(common).await?;
    match act {
        args::Users::Create { email, name, role } => {
            let name = name.unwrap_or_else(|| local(&email));
            let body = UserBody {
                name,
                role: role.word().to_owned(),
                email,
            };
            say(common, &members::create(&app, &body, ACTOR).await?);
        }
        args::Users::List => {
            let users = members::list(&app).await?;
            if common.json {
                output::json(&json!({ "items": users, "next": null }));
            } else {
                let rows: Vec<Vec<String>> = users
                    .into_iter()
                    .map(|user| {
                        vec![
                            user.id.to_string(),
                            user.role,
                            user.state.to_owned(),
                            user.email,
                            user.name,
                        ]
                    })
                    .collect();
                output::table(&["id", "role", "state", "e-mail", "name"], &rows);
            }
        }
        args::Users::Reset { id } => say(common, &members::reset(&app, id, ACTOR).await?),
        args::Users::Remove { id } => {
            members::remove(&app, id, ACTOR).await?;
            if common.json {
                output::json(&json!({ "id": id, "removed": true }));
            } else {
                output::line(format_args!("{id} is removed and signed out."));
            }
        }
    }
    app.store.close().await;
    Ok(OK)
}

fn say(common: &Common, invited: &Invited) {
    if common.json {
        output::json(&json!(invited));
        return;
    }
    let user = &invited.user;
    output::fields(&[
        ("link", invited.link.clone()),
        ("id", user.id.to_string()),
        ("e-mail", user.email.clone()),
        ("role", user.role.clone()),
    ]);
    output::line("Send the link now: it counts once, for seven days, and is not shown again.");
}

/// What stands before the `@`: a name to begin with.
fn local(email: &str) -> String {
    email.split('@').next().unwrap_or(email).to_owned()
}
