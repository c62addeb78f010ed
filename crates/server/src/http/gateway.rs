//! The Graph-compatible door for apps.

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{any, post},
};
use graph::{
    bearer::Bearer,
    client::{Answer, CallError, Payload},
    message::{self, Request as Asked},
    route::{self, Passage, Route, SendRoute, What},
};

use crate::{
    app::App,
    error::Error,
    http::graph_fault::{GraphFault, VERDICT},
    services::{
        callers,
        send::{self, Keep, Sent, Wish},
    },
};

/// The header by which a caller narrows a message to a topic.
pub const TOPIC: &str = "x-consentry-topic";

/// The largest body of a message, in bytes.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// The routes of this door.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", post(batch))
        .route("/{version}", any(no_node))
        .route("/{version}/", any(no_node))
        .route("/{version}/{*rest}", any(graph_call))
}

/// `POST /` is where Graph takes batches.
async fn batch() -> GraphFault {
    GraphFault::bad_request(
        100,
        "batch requests are not taken: send each message in a request of its own",
    )
}

async fn no_node(method: Method, request: Request) -> GraphFault {
    if method == Method::POST {
        return batch().await;
    }
    let path = request.uri().path().to_owned();
    GraphFault::bad_request(
        100,
        format!("`{path}` names nothing: want a path like /v25.0/109900000000001/messages"),
    )
}

async fn graph_call(State(app): State<App>, request: Request) -> Result<Response, GraphFault> {
    let (parts, body) = request.into_parts();
    let (route, token) = route::read(parts.method.as_str(), parts.uri.path(), parts.uri.query())?;
    match route {
        Route::Send(route) => {
            // Which number it is comes before who asks: an app that is pointed at the wrong one should hear that.
            let account = account_of(&app, &route)?;
            let bearer = caller(
                &app,
                &parts.headers,
                token.as_deref(),
                callers::Wants::Send(&route.number),
            )
            .await?;
            post_message(
                &app,
                SendCall {
                    route,
                    account,
                    bearer,
                },
                &parts,
                body,
            )
            .await
        }
        Route::Pass(passage) => {
            check_node(&app, &passage).await?;
            let bearer =
                caller(&app, &parts.headers, token.as_deref(), callers::Wants::Pass).await?;
            hand_through(&app, &passage, &bearer, (&parts, body)).await
        }
    }
}

struct SendCall {
    route: SendRoute,
    account: String,
    bearer: Bearer,
}

async fn post_message(
    app: &App,
    call: SendCall,
    parts: &Parts,
    body: Body,
) -> Result<Response, GraphFault> {
    let bytes = to_bytes(body, MESSAGE_BYTES_MAX)
        .await
        .map_err(|_| too_large())?;
    let SendCall {
        route,
        account,
        bearer,
    } = call;
    match message::read(&bytes, route.endpoint, app.config.home())
        .map_err(|error| GraphFault::from(&error))?
    {
        Asked::Receipt(receipt) => {
            let answer = app.graph.receipt(&route, &bearer, &receipt).await;
            Ok(answered(answer.map_err(unreachable)?))
        }
        Asked::Message(outgoing) => {
            let topic = topic(&parts.headers)?;
            let wish = Wish {
                route,
                account,
                outgoing,
                topic,
                token: bearer,
                keep: Keep::Words,
            };
            Ok(sent(send::send(app, wish).await?))
        }
    }
}

fn sent(sent: Sent) -> Response {
    match sent {
        Sent::Answered(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut response = json(status, body);
            if status.is_success() {
                response
                    .headers_mut()
                    .insert(VERDICT, HeaderValue::from_static("allow"));
            }
            response
        }
        Sent::Refused(refused) => GraphFault::refused(&refused).into_response(),
        Sent::Unreachable(attempt, why) => {
            GraphFault::unreachable(attempt.get(), &why).into_response()
        }
        Sent::Unknown(unknown) => GraphFault::unknown(&unknown).into_response(),
    }
}

/// Hands a call through that reaches nobody.
async fn hand_through(
    app: &App,
    passage: &Passage,
    bearer: &Bearer,
    (parts, body): (&Parts, Body),
) -> Result<Response, GraphFault> {
    let payload = match passage.what() {
        What::ReadNode | What::ListTemplates | What::ListNumbers => Payload::empty(),
        What::DeleteNode
        | What::ChangeTemplate
        | What::CreateTemplate
        | What::DeleteTemplates
        | What::UploadMedia => Payload::stream(body.into_data_stream()),
    };
    let answer = app
        .graph
        .forward(passage, bearer, &parts.headers, payload)
        .await
        .map_err(unreachable)?;
    if matches!(
        passage.what(),
        What::ChangeTemplate | What::CreateTemplate | What::DeleteTemplates
    ) {
        app.bell.templates.notify_one();
    }
    Ok(answered(answer))
}

/// Whether the node of a passage is one that may be touched this way.
async fn check_node(app: &App, passage: &Passage) -> Result<(), GraphFault> {
    let node = passage.node();
    let is_account = app.config.has_account(node);
    let is_number = node
        .parse()
        .is_ok_and(|number| app.config.account_of(&number).is_some());
    let not_ours = |what: &str| {
        Err(GraphFault::bad_request(
            100,
            format!("`{node}` is not {what} of this gateway"),
        ))
    };
    match passage.what() {
        What::ReadNode => Ok(()),
        What::ListTemplates | What::CreateTemplate | What::DeleteTemplates | What::ListNumbers
            if !is_account =>
        {
            not_ours("an account")
        }
        What::ListTemplates | What::CreateTemplate | What::DeleteTemplates | What::ListNumbers => {
            Ok(())
        }
        What::UploadMedia if !is_number => not_ours("a number"),
        What::UploadMedia => Ok(()),
        What::DeleteNode | What::ChangeTemplate if is_account || is_number => {
            Err(GraphFault::bad_request(
                100,
                "writes to a number or an account are not handed through: they could lead webhooks around the gateway",
            ))
        }
        What::DeleteNode => Ok(()),
        What::ChangeTemplate => {
            let templates = app.store.templates().await.map_err(Error::from)?;
            if templates.iter().any(|line| line.id == node) {
                Ok(())
            } else {
                not_ours("a template")
            }
        }
    }
}

fn account_of(app: &App, route: &SendRoute) -> Result<String, GraphFault> {
    app.config
        .account_of(&route.number)
        .map(str::to_owned)
        .ok_or_else(|| {
            GraphFault::bad_request(
                100,
                format!("`{}` is not a number of this gateway", route.number),
            )
        })
}

/// Who asks, and with which token Meta is asked in turn.
async fn caller(
    app: &App,
    headers: &HeaderMap,
    token: Option<&str>,
    wants: callers::Wants<'_>,
) -> Result<Bearer, GraphFault> {
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let presented = match (header, token) {
        (Some(header), _) => header
            .split_once(' ')
            .map_or(header, |(_, token)| token.trim()),
        (None, Some(token)) => token,
        (None, None) => {
            return Err(GraphFault::unauthorized(
                "there is no key: want `Authorization: Bearer <key>`",
            ));
        }
    };
    Ok(callers::admit(app, presented, wants).await?)
}

fn topic(headers: &HeaderMap) -> Result<Option<String>, GraphFault> {
    let Some(value) = headers.get(TOPIC) else {
        return Ok(None);
    };
    let bad = || GraphFault::bad_request(100, "`X-Consentry-Topic` is not a text");
    let text = std::str::from_utf8(value.as_bytes())
        .map_err(|_| bad())?
        .trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn answered(answer: Answer) -> Response {
    let mut response = (answer.status, answer.body).into_response();
    for name in [header::CONTENT_TYPE, header::CACHE_CONTROL, header::ETAG] {
        if let Some(value) = answer.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn json(status: StatusCode, body: Bytes) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=UTF-8")],
        body,
    )
        .into_response()
}

fn unreachable(error: CallError) -> GraphFault {
    GraphFault::unreachable(uuid::Uuid::now_v7(), &error.to_string())
}

fn too_large() -> GraphFault {
    GraphFault::bad_request(
        100,
        format!("the body is broken or larger than {MESSAGE_BYTES_MAX} bytes"),
    )
}
