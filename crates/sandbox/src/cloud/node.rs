//! `/{id}`: a number, an account, a template or a media item; and who may ask.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{FromRequestParts, Path, Query, State},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{app::App, cloud::fault::Fault, options::Number, secret, witness, world::World};

/// Proof of a good token and a readable version in the path.
pub struct Caller {
    pub version: String,
    pub major: u32,
    pub query: HashMap<String, String>,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Fault> {
        let Query(query) =
            Query::<HashMap<String, String>>::try_from_uri(&parts.uri).unwrap_or_default();
        let version = parts
            .uri
            .path()
            .split('/')
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        let major = major_of(&version);
        let major = major.ok_or_else(|| Fault {
            code: 2_500,
            ..Fault::invalid(format!("unknown path components: /{version}"))
        })?;
        let token = witness::bearer(&parts.headers).or_else(|| query.get("access_token").cloned());
        let token = token
            .ok_or_else(|| Fault::token("an access token is required to request this resource"))?;
        if !app
            .options
            .access_tokens
            .iter()
            .any(|known| secret::same(known, &token))
        {
            return Err(Fault::token(
                "the access token could not be decrypted, or has expired",
            ));
        }
        Ok(Self {
            version,
            major,
            query,
        })
    }
}

fn major_of(version: &str) -> Option<u32> {
    let (major, minor) = version.strip_prefix('v')?.split_once('.')?;
    minor.parse::<u32>().ok()?;
    major.parse().ok()
}

pub async fn show(
    State(app): State<Arc<App>>,
    Path((_, id)): Path<(String, String)>,
    caller: Caller,
) -> Result<Json<Value>, Fault> {
    let world = app.world();
    let mut found = find(&app, &world, &id).ok_or_else(|| Fault::no_such_object(&id))?;
    select(&mut found, caller.query.get("fields").map(String::as_str));
    Ok(Json(found))
}

fn find(app: &App, world: &World, id: &str) -> Option<Value> {
    if let Some((_, number)) = world.account_of(id) {
        return Some(number_json(app, number));
    }
    if world.accounts.iter().any(|account| account.id == id) {
        let name = &app.options.business;
        return Some(
            json!({"id": id, "name": name, "timezone_id": "1", "message_template_namespace": format!("sandbox_{id}")}),
        );
    }
    let template = world
        .templates
        .iter()
        .find(|template| template.id.to_string() == id);
    template
        .map(crate::template::Template::to_json)
        .or_else(|| {
            world
                .media
                .get(id)
                .map(|item| item.to_json(&app.base_url()))
        })
}

pub async fn numbers(
    State(app): State<Arc<App>>,
    Path((_, id)): Path<(String, String)>,
    caller: Caller,
) -> Result<Json<Value>, Fault> {
    let world = app.world();
    let account = world
        .accounts
        .iter()
        .find(|account| account.id == id)
        .ok_or_else(|| Fault::no_such_object(&id))?;
    let all = account
        .numbers
        .iter()
        .map(|number| number_json(&app, number))
        .collect();
    Ok(Json(paged(
        all,
        &caller,
        &format!("{}/{}/{id}/phone_numbers", app.base_url(), caller.version),
    )))
}

fn number_json(app: &App, number: &Number) -> Value {
    json!({
        "id": number.id, "display_phone_number": format!("+{}", number.display), "verified_name": app.options.business,
        "quality_rating": "GREEN", "code_verification_status": "VERIFIED", "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"}, "name_status": "APPROVED", "status": "CONNECTED",
        "whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED",
        "health_status": {"can_send_message": "AVAILABLE", "entities": [
            {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": "AVAILABLE"}]},
    })
}

/// Writes on a node: a template may be edited; what a number can be told is accepted and changes nothing here.
pub async fn change(
    State(app): State<Arc<App>>,
    Path((_, id)): Path<(String, String)>,
    _caller: Caller,
    Json(patch): Json<Value>,
) -> Result<Json<Value>, Fault> {
    let mut world = app.world();
    if world.account_of(&id).is_some() {
        return Ok(Json(json!({"success": true})));
    }
    let template = world
        .templates
        .iter_mut()
        .find(|template| template.id.to_string() == id);
    let template = template.ok_or_else(|| Fault::no_such_object(&id))?;
    if let Some(components) = crate::json::field(&patch, "components") {
        template.components = components.clone();
    }
    if let Some(category) = crate::json::text(&patch, "category") {
        template.category = category.to_ascii_uppercase();
    }
    Ok(Json(
        json!({"success": true, "id": id, "name": template.name, "category": template.category}),
    ))
}

pub async fn remove(
    State(app): State<Arc<App>>,
    Path((_, id)): Path<(String, String)>,
    _caller: Caller,
) -> Result<Json<Value>, Fault> {
    if app.world().media.remove(&id) {
        Ok(Json(json!({"success": true})))
    } else {
        Err(Fault::no_such_object(&id))
    }
}

pub async fn unknown(_caller: Caller) -> Response {
    Fault {
        code: 2_500,
        ..Fault::invalid("unknown path components")
    }
    .into_response()
}

/// Keeps `id` and the named fields; what stands in braces or brackets after a name is ignored.
pub fn select(value: &mut Value, fields: Option<&str>) {
    let Some(fields) = fields.filter(|text| !text.is_empty()) else {
        return;
    };
    let mut depth = 0_i32;
    let top: String = fields
        .chars()
        .filter(|c| {
            depth += i32::from(matches!(c, '{' | '(')) - i32::from(matches!(c, '}' | ')'));
            depth == 0 && !matches!(c, '}' | ')')
        })
        .collect();
    let wanted: Vec<&str> = top
        .split(',')
        .map(|name| name.split('.').next().unwrap_or(name).trim())
        .collect();
    if let Some(object) = value.as_object_mut() {
        object.retain(|key, _| key == "id" || wanted.contains(&key.as_str()));
    }
}

const PAGE_DEFAULT: usize = 25;
const PAGE_MAX: usize = 1_000;

/// One page of `all`, with cursors as Graph gives them.
pub fn paged(all: Vec<Value>, caller: &Caller, url: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE};
    let asked = caller
        .query
        .get("limit")
        .and_then(|limit| limit.parse().ok());
    let limit = asked.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let decode = |cursor: &String| {
        String::from_utf8(BASE.decode(cursor).ok()?)
            .ok()?
            .strip_prefix("at:")?
            .parse::<usize>()
            .ok()
    };
    let start = caller
        .query
        .get("after")
        .and_then(decode)
        .map_or(0, |last| last + 1);
    let total = all.len();
    let fields = caller.query.get("fields").map(String::as_str);
    let mut data: Vec<Value> = all.into_iter().skip(start).take(limit).collect();
    data.iter_mut().for_each(|item| select(item, fields));
    if data.is_empty() {
        return json!({"data": []});
    }
    let end = start + data.len();
    let cursor = |at: usize| BASE.encode(format!("at:{at}"));
    let mut paging = json!({"cursors": {"before": cursor(start), "after": cursor(end - 1)}});
    if end < total {
        let same = caller
            .query
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "after" | "access_token"));
        let after = ("after", cursor(end - 1));
        let pairs = same
            .map(|(key, value)| (key.as_str(), value.clone()))
            .chain([after]);
        let next = reqwest::Url::parse_with_params(url, pairs)
            .map(String::from)
            .unwrap_or_default();
        if let Some(paging) = paging.as_object_mut() {
            paging.insert("next".to_owned(), json!(next));
        }
    }
    json!({"data": data, "paging": paging})
}
