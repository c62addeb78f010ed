//! Each page with each role and with none; each route of the API with each kind of key and with none.

use std::{collections::BTreeSet, fs, path::Path};

use axum::body::Body;
use server::{
    http,
    services::{
        keys,
        staff::{Power, Role},
    },
};

use crate::{browser::Browser, house::House};

const SOMEBODY: &str = "00000000-0000-7000-8000-000000000001";

/// Every page and every form, and what it takes. Nobody needs to be signed in for the doors.
pub const PAGES: &[(&str, &str, Option<Power>)] = &[
    ("GET", "/", Some(Power::See)),
    ("GET", "/account", Some(Power::See)),
    ("POST", "/account", Some(Power::See)),
    ("POST", "/account/password", Some(Power::See)),
    ("GET", "/account/authenticator", Some(Power::See)),
    ("POST", "/account/authenticator", Some(Power::See)),
    ("POST", "/account/authenticator/remove", Some(Power::See)),
    ("GET", "/consent", Some(Power::See)),
    ("POST", "/consent/bulk", Some(Power::See)),
    ("GET", "/customers", Some(Power::See)),
    ("GET", "/customers/{id}", Some(Power::See)),
    ("POST", "/customers/{id}/edit", Some(Power::Market)),
    ("GET", "/customers/{id}/export", Some(Power::Attest)),
    ("GET", "/customers/{id}/files/{sha256}", Some(Power::Know)),
    ("POST", "/customers/{id}/opt-in", Some(Power::Attest)),
    ("POST", "/customers/{id}/opt-out", Some(Power::Refuse)),
    ("GET", "/customers/{id}/proof/{event}", Some(Power::See)),
    ("GET", "/reviews", Some(Power::See)),
    ("GET", "/settings", Some(Power::See)),
    ("GET", "/settings/consent", Some(Power::Rule)),
    ("POST", "/settings/consent", Some(Power::Rule)),
    ("GET", "/segments", Some(Power::See)),
    ("GET", "/segments/new", Some(Power::Market)),
    ("POST", "/segments/new", Some(Power::Market)),
    ("GET", "/segments/{id}", Some(Power::See)),
    ("POST", "/segments/{id}", Some(Power::Market)),
    ("GET", "/segments/{id}/count", Some(Power::See)),
    ("GET", "/segments/{id}/contacts.csv", Some(Power::Attest)),
    ("GET", "/campaigns", Some(Power::See)),
    ("GET", "/campaigns/new", Some(Power::Market)),
    ("POST", "/campaigns/new", Some(Power::Market)),
    ("GET", "/campaigns/{id}", Some(Power::See)),
    ("GET", "/campaigns/{id}/edit", Some(Power::Market)),
    ("POST", "/campaigns/{id}/edit", Some(Power::Market)),
    ("GET", "/campaigns/{id}/copy", Some(Power::Market)),
    ("POST", "/campaigns/{id}/approve", Some(Power::Market)),
    ("GET", "/campaigns/{id}/approve", Some(Power::See)),
    ("POST", "/campaigns/{id}/start", Some(Power::Market)),
    ("GET", "/campaigns/{id}/start", Some(Power::See)),
    ("POST", "/campaigns/{id}/pause", Some(Power::Market)),
    ("GET", "/campaigns/{id}/pause", Some(Power::See)),
    ("POST", "/campaigns/{id}/resume", Some(Power::Market)),
    ("GET", "/campaigns/{id}/resume", Some(Power::See)),
    ("POST", "/campaigns/{id}/cancel", Some(Power::Market)),
    ("GET", "/campaigns/{id}/cancel", Some(Power::See)),
    ("GET", "/campaigns/{id}/in", Some(Power::See)),
    ("GET", "/campaigns/{id}/in.csv", Some(Power::Market)),
    ("GET", "/campaigns/{id}/out", Some(Power::See)),
    ("GET", "/campaigns/{id}/out.csv", Some(Power::Market)),
    ("GET", "/campaigns/{id}/recipients", Some(Power::See)),
    ("GET", "/campaigns/{id}/recipients.csv", Some(Power::Attest)),
    ("GET", "/campaigns/{id}/report", Some(Power::See)),
    ("GET", "/campaigns/{id}/series.csv", Some(Power::See)),
    ("GET", "/templates", Some(Power::See)),
    ("GET", "/templates/new", Some(Power::Market)),
    ("POST", "/templates/new", Some(Power::Market)),
    ("GET", "/templates/{id}", Some(Power::See)),
    ("POST", "/templates/{id}/topic", Some(Power::Rule)),
    ("POST", "/templates/{id}/delete", Some(Power::Market)),
    ("GET", "/journeys", Some(Power::See)),
    ("GET", "/journeys/new", Some(Power::Market)),
    ("POST", "/journeys/new", Some(Power::Market)),
    ("GET", "/journeys/{id}", Some(Power::See)),
    ("POST", "/journeys/{id}", Some(Power::Market)),
    ("GET", "/journeys/{id}/head", Some(Power::Market)),
    ("POST", "/journeys/{id}/head", Some(Power::Market)),
    ("GET", "/journeys/{id}/add", Some(Power::Market)),
    ("POST", "/journeys/{id}/add", Some(Power::Market)),
    ("GET", "/journeys/{id}/steps/{step}", Some(Power::Market)),
    ("POST", "/journeys/{id}/steps/{step}", Some(Power::Market)),
    (
        "GET",
        "/journeys/{id}/steps/{step}/ways/{way}",
        Some(Power::Market),
    ),
    (
        "POST",
        "/journeys/{id}/steps/{step}/ways/{way}",
        Some(Power::Market),
    ),
    ("GET", "/journeys/{id}/try", Some(Power::See)),
    ("POST", "/journeys/{id}/try", Some(Power::See)),
    ("GET", "/journeys/{id}/versions/{version}", Some(Power::See)),
    ("GET", "/journeys/{id}/runs", Some(Power::See)),
    ("GET", "/journeys/{id}/runs/{run}", Some(Power::See)),
    ("GET", "/import", Some(Power::Market)),
    ("POST", "/import", Some(Power::Market)),
    ("GET", "/import/{id}", Some(Power::Market)),
    ("POST", "/import/{id}", Some(Power::Market)),
    ("GET", "/settings/attributes", Some(Power::See)),
    ("POST", "/settings/attributes", Some(Power::Market)),
    ("GET", "/reports", Some(Power::See)),
    ("GET", "/reports/alerts", Some(Power::See)),
    ("POST", "/reports/alerts/{id}/settle", Some(Power::Market)),
    ("GET", "/reports/numbers", Some(Power::See)),
    ("GET", "/reports/{name}", Some(Power::See)),
    ("GET", "/ledger", Some(Power::See)),
    ("POST", "/ledger/verify", Some(Power::Attest)),
    ("GET", "/ledger/proof", Some(Power::See)),
    ("GET", "/ledger/checkpoint", Some(Power::See)),
    ("GET", "/settings/users", Some(Power::Manage)),
    ("POST", "/settings/users", Some(Power::Manage)),
    ("POST", "/settings/users/{id}/role", Some(Power::Manage)),
    ("POST", "/settings/users/{id}/reset", Some(Power::Manage)),
    ("POST", "/settings/users/{id}/remove", Some(Power::Manage)),
    ("GET", "/settings/topics", Some(Power::See)),
    ("POST", "/settings/topics", Some(Power::Rule)),
    ("GET", "/settings/topics/{id}", Some(Power::See)),
    ("POST", "/settings/topics/{id}", Some(Power::Rule)),
    ("GET", "/settings/keys", Some(Power::Manage)),
    ("POST", "/settings/keys", Some(Power::Manage)),
    ("POST", "/settings/keys/{id}/revoke", Some(Power::Manage)),
    ("GET", "/settings/confirmations", Some(Power::Rule)),
    ("POST", "/settings/confirmations", Some(Power::Rule)),
    ("POST", "/settings/confirmations/quiet", Some(Power::Rule)),
    ("GET", "/settings/confirmations/words", Some(Power::Rule)),
    ("POST", "/settings/confirmations/words", Some(Power::Rule)),
    ("GET", "/quarantine", Some(Power::See)),
    ("GET", "/quarantine/{id}", Some(Power::Rule)),
    ("POST", "/quarantine/{id}/retry", Some(Power::Rule)),
    ("GET", "/forms", Some(Power::See)),
    ("GET", "/forms/_new", Some(Power::Rule)),
    ("POST", "/forms/_new", Some(Power::Rule)),
    ("GET", "/forms/{slug}", Some(Power::See)),
    ("GET", "/forms/{slug}/edit", Some(Power::Rule)),
    ("POST", "/forms/{slug}/edit", Some(Power::Rule)),
    ("POST", "/forms/{slug}/retire", Some(Power::Rule)),
    ("POST", "/forms/{slug}/links", Some(Power::Market)),
    (
        "POST",
        "/forms/{slug}/links/{code}/retire",
        Some(Power::Market),
    ),
    ("GET", "/inbox", Some(Power::See)),
    ("GET", "/inbox/live", Some(Power::See)),
    ("GET", "/inbox/{contact}/{number}", Some(Power::See)),
    ("POST", "/inbox/{contact}/{number}/reply", Some(Power::Talk)),
    (
        "POST",
        "/inbox/{contact}/{number}/assign",
        Some(Power::Talk),
    ),
    ("POST", "/inbox/{contact}/{number}/close", Some(Power::Talk)),
    (
        "POST",
        "/inbox/{contact}/{number}/reopen",
        Some(Power::Talk),
    ),
    ("POST", "/inbox/{contact}/{number}/note", Some(Power::Talk)),
    (
        "POST",
        "/inbox/{contact}/{number}/note/{id}/remove",
        Some(Power::Talk),
    ),
    (
        "POST",
        "/inbox/{contact}/{number}/review/{id}",
        Some(Power::Talk),
    ),
    ("GET", "/inbox/texts", Some(Power::Talk)),
    ("POST", "/inbox/texts", Some(Power::Talk)),
    ("POST", "/inbox/texts/{id}", Some(Power::Talk)),
    ("POST", "/inbox/texts/{id}/remove", Some(Power::Talk)),
    ("POST", "/logout", Some(Power::See)),
    ("GET", "/login", None),
    ("POST", "/login", None),
    ("POST", "/login/code", None),
    ("GET", "/login/{token}", None),
    ("GET", "/welcome/{token}", None),
    ("POST", "/welcome/{token}", None),
];

/// Forms that carry a file: what they answer to a form without one is their own affair.
const FILES: &[&str] = &[
    "/import",
    "/customers/{id}/opt-in",
    "/campaigns/new",
    "/campaigns/{id}/edit",
];

/// What a path looks like when it is asked for.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{number}" => "109900000000001",
        part if part.starts_with('{') => SOMEBODY,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn each_page_opens_for_whom_it_is_and_for_nobody_else() {
    for house in [House::open().await, House::open_postgres().await] {
        for (method, asked, power) in PAGES.iter().filter(|(_, _, power)| power.is_some()) {
            let path = filled(asked);
            let mut nobody = Browser::new(&house);
            let answer = match *method {
                "GET" => nobody.get(&path).await,
                _ => nobody.send(&path, &[]).await,
            };
            assert!(
                Browser::leads(&answer).starts_with("/login?next="),
                "{method} {path}"
            );
            for role in Role::ALL {
                let mut browser = Browser::of(&house, role).await;
                let may = role.may(power.unwrap());
                let answer = match *method {
                    "GET" => browser.get(&path).await,
                    _ => browser.post(&path, &[]).await,
                };
                let status = answer.status.as_u16();
                if may && FILES.contains(asked) {
                    continue;
                }
                assert_eq!(status == 403, !may, "{method} {path} as {role:?}: {status}");
                assert!(status < 500, "{method} {path} as {role:?}: {status}");
            }
        }
    }
}

#[test]
fn the_table_of_pages_leaves_none_out() {
    let mut routes = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui/desk");
    read_routes(&folder, &mut routes);
    let known: BTreeSet<String> = PAGES
        .iter()
        .map(|(_, path, _)| (*path).to_owned())
        .collect();
    assert_eq!(routes, known);
}

/// Every path that code under a folder makes a route of; a constant `HERE` stands for the first path of its file.
fn read_routes(folder: &Path, routes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_routes(&path, routes);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let here = text.split("const HERE: &str = \"").nth(1);
        let here = here.map(|rest| rest.split('"').next().unwrap().to_owned());
        for part in text.split(".route(").skip(1) {
            let first = part.trim_start();
            let path = if let Some(rest) = first.strip_prefix('"') {
                rest.split('"').next().unwrap().to_owned()
            } else {
                assert!(
                    first.starts_with("HERE"),
                    "a route by another name: {first}"
                );
                here.clone().unwrap()
            };
            routes.insert(path);
        }
    }
}

/// What keys of less than `admin` may do beyond looking, and which looking takes more.
const APP: &[&str] = &[
    "POST /api/v1/check",
    "POST /api/v1/check/batch",
    "POST /api/v1/contacts/{id}/aliases",
];
const READ: &[&str] = &[
    "POST /api/v1/check",
    "POST /api/v1/check/batch",
    "POST /api/v1/segments/count",
    "POST /api/v1/campaigns/{id}/preflight",
    "POST /api/v1/journeys/{id}/check",
    "POST /api/v1/journeys/{id}/rehearse",
];
const ADMIN_ONLY: &[&str] = &[
    "GET /api/v1/campaigns/{id}/preflight/in",
    "GET /api/v1/campaigns/{id}/preflight/out",
    "GET /api/v1/campaigns/{id}/recipients.csv",
    "GET /api/v1/contacts/{id}/export",
    "GET /api/v1/export/contacts.csv",
    "GET /api/v1/export/events.csv",
    "GET /api/v1/keys",
    "GET /api/v1/quarantine/{id}",
    "GET /api/v1/users",
    "GET /api/v1/users/{id}",
];

/// What anybody may read, without a key.
const PUBLIC: &[&str] = &["GET /api/v1/receipts/schema"];

#[tokio::test]
async fn each_route_of_the_api_answers_the_keys_that_it_is_for() {
    let house = House::open().await;
    let read = house.key_for(keys::Role::Read).await;
    let app = house.key_for(keys::Role::App).await;
    let description = http::api::description();
    let mut wrong = Vec::new();
    for (path, item) in &description.paths.paths {
        let methods = [
            ("GET", item.get.is_some()),
            ("POST", item.post.is_some()),
            ("PUT", item.put.is_some()),
            ("PATCH", item.patch.is_some()),
            ("DELETE", item.delete.is_some()),
        ];
        for (method, _) in methods.into_iter().filter(|(_, is_there)| *is_there) {
            let name = format!("{method} {path}");
            let may_read = (method == "GET" && !ADMIN_ONLY.contains(&name.as_str()))
                || READ.contains(&name.as_str());
            if PUBLIC.contains(&name.as_str()) {
                continue;
            }
            let may_app = APP.contains(&name.as_str());
            for (key, refused) in [
                ("", 401),
                ("csk_nonsense", 401),
                (&read, if may_read { 0 } else { 403 }),
                (&app, if may_app { 0 } else { 403 }),
            ] {
                let request = house
                    .request(method, &filled(path), Some(key))
                    .header("content-type", "application/json");
                let status = house
                    .raw(request.body(Body::from("{}")).unwrap())
                    .await
                    .status
                    .as_u16();
                let is_right = match refused {
                    0 => status != 401 && status != 403 && status < 500,
                    wanted => status == wanted,
                };
                if !is_right {
                    wrong.push(format!(
                        "{name} with `{}`: {status}",
                        key.get(..8).unwrap_or(key)
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
