//! `/{number}/block_users`: the business will not hear from these people.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use crate::{
    app::App,
    chat::Target,
    cloud::{
        fault::Fault,
        node::{self, Caller},
    },
    customer, json,
    world::World,
};

/// Only who wrote within a day may be blocked.
const TOO_OLD: u32 = 139_100;

pub async fn list(
    State(app): State<Arc<App>>,
    Path((_, number)): Path<(String, String)>,
    caller: Caller,
) -> Result<Json<Value>, Fault> {
    let world = known(&app, &number)?;
    let blocked = world
        .customers
        .iter()
        .filter(|c| c.blocked_by_business.contains(&number));
    let data: Vec<Value> = blocked
        .map(|c| json!({"messaging_product": "whatsapp", "wa_id": c.wa_id, "user_id": c.bsuid}))
        .collect();
    let url = format!("{}/{}/{number}/block_users", app.base_url(), caller.version);
    Ok(Json(node::paged(data, &caller, &url)))
}

pub async fn block(
    state: State<Arc<App>>,
    path: Path<(String, String)>,
    _caller: Caller,
    body: Json<Value>,
) -> Result<Json<Value>, Fault> {
    change(&state.0, &path.0.1, &body.0, Wish::Block)
}

pub async fn unblock(
    state: State<Arc<App>>,
    path: Path<(String, String)>,
    _caller: Caller,
    body: Json<Value>,
) -> Result<Json<Value>, Fault> {
    change(&state.0, &path.0.1, &body.0, Wish::Unblock)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Block,
    Unblock,
}

fn known<'a>(app: &'a App, number: &str) -> Result<std::sync::MutexGuard<'a, World>, Fault> {
    let world = app.world();
    if world.account_of(number).is_some() {
        Ok(world)
    } else {
        Err(Fault::no_such_object(number))
    }
}

fn change(app: &App, number: &str, body: &Value, wish: Wish) -> Result<Json<Value>, Fault> {
    let mut world = known(app, number)?;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for item in json::list(body, "block_users") {
        let input = json::loose(item, "user")
            .or_else(|| json::loose(item, "user_id"))
            .unwrap_or_default();
        match change_one(&mut world, number, &input, wish) {
            Ok(user) => done.push(user),
            Err(code) => failed.push(json!({"input": input, "errors": [{"code": code, "message": "the user could not be changed"}]})),
        }
    }
    world.pulse(None);
    let key = if wish == Wish::Block {
        "added_users"
    } else {
        "removed_users"
    };
    let mut lists = json!({key: done});
    if !failed.is_empty() {
        json::overlay(&mut lists, json!({"failed_users": failed}));
    }
    Ok(Json(
        json!({"messaging_product": "whatsapp", "block_users": lists}),
    ))
}

fn change_one(world: &mut World, number: &str, input: &str, wish: Wish) -> Result<Value, u32> {
    let now_ms = world.clock.simulated_ms();
    let to = match customer::digits(input) {
        Ok(digits) => Target::Phone(customer::wa_id(&digits)),
        Err(_) => Target::User(input.to_owned()),
    };
    let customer = world.addressed(&to).ok_or(131_026_u32)?;
    match wish {
        Wish::Block if !customer.window_open(number, now_ms) => return Err(TOO_OLD),
        Wish::Block => customer.blocked_by_business.insert(number.to_owned()),
        Wish::Unblock => customer.blocked_by_business.remove(number),
    };
    Ok(json!({"input": input, "wa_id": customer.wa_id}))
}
