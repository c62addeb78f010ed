//! `POST /{number}/messages` and `/marketing_messages`, with the faults that a test asked for.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, Extension, Path, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use serde_json::Value;

use crate::{
    app::App,
    arrival::{Line, Outcome},
    cloud::{fault::Fault, node::Caller},
    listen::Wire,
    outgoing::{
        accept::Taken,
        message::Door,
        trick::{Trick, TrickKind},
    },
};

pub async fn messages(
    state: State<Arc<App>>,
    wire: ConnectInfo<Wire>,
    line: Extension<Line>,
    call: Call,
) -> Response {
    let (app, door) = (state.0, Door::Messages);
    handle(&app, &wire.0, line.0, (door, call)).await
}

pub async fn marketing(
    state: State<Arc<App>>,
    wire: ConnectInfo<Wire>,
    line: Extension<Line>,
    call: Call,
) -> Response {
    let door = Door::Marketing {
        graph_major: call.major,
    };
    handle(&state.0, &wire.0, line.0, (door, call)).await
}

/// A send whose path and token have been looked at, and whose body has been parsed, or not.
pub struct Call {
    number: String,
    major: u32,
    body: Result<Value, Fault>,
}

impl axum::extract::FromRequest<Arc<App>> for Call {
    type Rejection = Fault;

    async fn from_request(request: axum::extract::Request, app: &Arc<App>) -> Result<Self, Fault> {
        use axum::RequestExt;
        let mut request = request;
        let caller = request.extract_parts_with_state::<Caller, _>(app).await;
        let path = request.extract_parts::<Path<(String, String)>>().await;
        let number = path
            .map(|Path((_, id))| id)
            .map_err(|_| Fault::invalid("the path is not readable"))?;
        let bytes = request.extract::<Bytes, _>().await.unwrap_or_default();
        let parsed = serde_json::from_slice::<Value>(&bytes);
        let parsed =
            parsed.map_err(|error| Fault::invalid(format!("the body is not JSON: {error}")));
        let (major, body) = match caller {
            Ok(caller) => (caller.major, parsed),
            Err(fault) => (0, Err(fault)),
        };
        Ok(Self {
            number,
            major,
            body,
        })
    }
}

async fn handle(app: &App, wire: &Wire, line: Line, (door, call): (Door, Call)) -> Response {
    let trick = {
        let body = call.body.as_ref().unwrap_or(&Value::Null);
        app.world().tricks.draw(&call.number, body)
    };
    match trick {
        None => answer(process(app, line, (door, &call), None)),
        Some(trick) => {
            tricked(app, wire, &trick, |failing| {
                process(app, line, (door, &call), failing)
            })
            .await
        }
    }
}

fn process(
    app: &App,
    line: Line,
    (door, call): (Door, &Call),
    failing: Option<u32>,
) -> Result<Taken, Fault> {
    let body = call.body.as_ref().map_err(Clone::clone)?;
    let mut world = app.world();
    if world.account_of(&call.number).is_none() {
        return Err(Fault::no_such_object(&call.number));
    }
    let taken = world.take(&call.number, door, body, failing)?;
    if let Some(entry) = world.sent.get_mut(line.0) {
        entry.wamid.clone_from(&taken.wamid);
    }
    Ok(taken)
}

async fn tricked(
    app: &App,
    wire: &Wire,
    trick: &Trick,
    process: impl FnOnce(Option<u32>) -> Result<Taken, Fault>,
) -> Response {
    let failing = trick.code.filter(|_| trick.kind == TrickKind::Fail);
    let taken = trick.takes().then(|| process(failing));
    let wamid = taken
        .as_ref()
        .and_then(|taken| taken.as_ref().ok())
        .and_then(|taken| taken.wamid.clone());
    let right = taken.map(answer);
    let mut response = match trick.kind {
        TrickKind::Fail => return right.unwrap_or_default(),
        TrickKind::Slow => {
            pause(app, trick.hang_ms()).await;
            right.unwrap_or_default()
        }
        TrickKind::Error => trick.fault().into_response(),
        TrickKind::Http => bare(trick.status),
        TrickKind::Hang => {
            pause(app, trick.hang_ms()).await;
            bare(Some(504))
        }
        TrickKind::Reset => {
            wire.cut_after(trick.after_bytes);
            right.unwrap_or_else(|| bare(Some(502)))
        }
    };
    let code = response
        .extensions()
        .get::<Outcome>()
        .and_then(|outcome| outcome.code);
    response.extensions_mut().insert(Outcome {
        code,
        wamid,
        fault: Some(trick.name()),
    });
    response
}

fn answer(taken: Result<Taken, Fault>) -> Response {
    match taken {
        Ok(taken) => {
            let mut response = Json(taken.answer).into_response();
            response.extensions_mut().insert(Outcome {
                wamid: taken.wamid,
                ..Outcome::default()
            });
            response
        }
        Err(fault) => fault.into_response(),
    }
}

fn bare(status: Option<u16>) -> Response {
    let status = status
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::BAD_GATEWAY);
    (
        status,
        Html(format!("<html><body><h1>{status}</h1></body></html>")),
    )
        .into_response()
}

/// Waits, but not beyond the simulator's own end.
async fn pause(app: &App, ms: u64) {
    let mut gone = app.gone.clone();
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(ms)) => {}
        _ = gone.changed() => {}
    }
}
