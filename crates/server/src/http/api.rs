//! Our own API, under /api/v1, and its description.

mod attributes;
pub mod campaigns;
mod check;
mod contacts;
mod customers;
mod events;
pub mod export;
mod flows;
mod forms;
mod import;
mod inbox;
mod journeys;
mod keys;
mod ledger;
mod messages;
mod policy;
mod quarantine;
mod quick_replies;
mod receipts;
mod reports;
mod reviews;
mod segments;
mod templates;
mod topics;
mod users;

use axum::{Router, routing::any};
use utoipa::PartialSchema;
use utoipa::openapi::{
    Content, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder,
    path::Operation,
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    app::App,
    http::problem::{self, Problem},
    services::segments::condition::{ActivityBody, AttributeBody, ConsentBody},
};

/// The routes of this door.
pub fn routes() -> Router<App> {
    let (router, description) = described();
    router
        .merge(SwaggerUi::new("/api/docs").url("/api/openapi.json", description))
        .route("/api", any(problem::no_such_address))
        .route("/api/{*rest}", any(problem::no_such_address))
        .method_not_allowed_fallback(problem::no_such_method)
}

/// The description of the API, as `/api/openapi.json` serves it.
#[must_use]
pub fn description() -> OpenApi {
    described().1
}

fn described() -> (Router<App>, OpenApi) {
    let info = InfoBuilder::new()
        .title("Consentry")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "What the business may send to each person right now, why, and the proof of it.",
        ));
    let start = OpenApiBuilder::new().info(info).build();
    let (router, mut description) = OpenApiRouter::with_openapi(start)
        .merge(check::routes())
        .merge(events::routes())
        .merge(contacts::routes())
        .merge(customers::routes())
        .merge(receipts::routes())
        .merge(messages::routes())
        .merge(policy::routes())
        .merge(templates::routes())
        .merge(topics::routes())
        .merge(keys::routes())
        .merge(ledger::routes())
        .merge(quarantine::routes())
        .merge(flows::routes())
        .merge(forms::routes())
        .merge(reviews::routes())
        .merge(reports::routes())
        .merge(attributes::routes())
        .merge(segments::routes())
        .merge(import::routes())
        .merge(export::routes())
        .merge(inbox::routes())
        .merge(quick_replies::routes())
        .merge(users::routes())
        .merge(campaigns::routes())
        .merge(journeys::routes())
        .split_for_parts();
    complete(&mut description);
    (router, description)
}

/// What holds for every route: the key in the header, and problem details for everything that goes wrong.
fn complete(description: &mut OpenApi) {
    let components = description.components.get_or_insert_default();
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A key that `consentry keys create` or POST /api/v1/keys made.",
        ));
    components.add_security_scheme("key", SecurityScheme::Http(key.build()));
    let mut schemas = Vec::new();
    <Problem as utoipa::ToSchema>::schemas(&mut schemas);
    schemas.push((
        "Problem".to_owned(),
        <Problem as utoipa::PartialSchema>::schema(),
    ));
    // A condition holds conditions, so what else it holds is not found by itself.
    for (name, schema) in [
        ("ConsentBody", ConsentBody::schema()),
        ("AttributeBody", AttributeBody::schema()),
        ("ActivityBody", ActivityBody::schema()),
    ] {
        schemas.push((name.to_owned(), schema));
    }
    components.schemas.extend(schemas);
    let none: [&str; 0] = [];
    description.security = Some(vec![SecurityRequirement::new("key", none)]);
    for item in description.paths.paths.values_mut() {
        for operation in operations(item) {
            let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
            let response = ResponseBuilder::new()
                .description("What went wrong, as RFC 9457 problem details.")
                .content("application/problem+json", content);
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), RefOr::T(response.build()));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}
