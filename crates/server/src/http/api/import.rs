//! Contacts out of a file, streamed: a verdict for each row while the others are still on their way.

use std::io;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::{
        auth::Admin,
        body::{Query, media_type, parse},
        problem::{Kind, Problem},
        upload::Upload,
    },
    services::import::{
        Import, Plan, Summary,
        apply::{Outcome, Verdict},
        mapping::MappingBody,
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import))
}

/// Answers that wait for whoever reads them.
const WAITING: usize = 4;

/// How a file is taken in.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Whether it is only said what would become of each row.
    dry_run: Option<bool>,
    /// Which column means what, as JSON; found by the names of the columns, when nothing is said.
    mapping: Option<String>,
    /// Which rows are answered: `all`, `refused` or `none`. All, when nothing is said.
    rows: Option<String>,
}

/// Which rows are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    All,
    Refused,
    None,
}

/// The last line.
#[derive(Serialize)]
struct End {
    summary: Summary,
}

/// Takes contacts in out of CSV: NDJSON with a line for each row, and the summary last.
#[utoipa::path(post, path = "/api/v1/import", tag = "import", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Summary, content_type = "application/x-ndjson")))]
async fn import(
    State(app): State<App>,
    Admin(caller): Admin,
    Query(query): Query<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if media_type(&headers).as_deref() != Some("text/csv") {
        let detail = "want `Content-Type: text/csv`";
        return Err(Problem::of(Kind::UnsupportedMediaType, detail));
    }
    let told = query.told()?;
    let plan = Plan {
        mapping: query.mapping()?,
        is_dry: query.dry_run.unwrap_or(false),
        actor: caller.name,
    };
    let import = Import::open(&app, plan, Upload::of(body)).await?;
    Ok(streamed(import, told))
}

impl ImportQuery {
    fn told(&self) -> Result<Told, Problem> {
        match self.rows.as_deref() {
            None | Some("all") => Ok(Told::All),
            Some("refused") => Ok(Told::Refused),
            Some("none") => Ok(Told::None),
            Some(other) => {
                let detail = format!("`{other}`: want all, refused or none");
                Err(Problem::of(Kind::Malformed, detail).at("rows"))
            }
        }
    }

    fn mapping(&self) -> Result<MappingBody, Problem> {
        let Some(text) = self
            .mapping
            .as_deref()
            .filter(|text| !text.trim().is_empty())
        else {
            return Ok(MappingBody::default());
        };
        parse(text.as_bytes()).map_err(|problem| {
            let inner = problem.field.as_deref();
            let field =
                inner.map_or_else(|| "mapping".to_owned(), |inner| format!("mapping.{inner}"));
            problem.at(field)
        })
    }
}

/// The answers as they come. Whoever reads no further stops the import, and the log says so.
fn streamed(import: Import, told: Told) -> Response {
    let (give, answers) = mpsc::channel(WAITING);
    tokio::spawn(run(import, told, give));
    let lines = stream::unfold(answers, |mut answers| async move {
        let bytes = answers.recv().await?;
        Some((Ok::<Bytes, io::Error>(bytes), answers))
    });
    let mut response = Body::from_stream(lines).into_response();
    let kind = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

async fn run(mut import: Import, told: Told, give: mpsc::Sender<Bytes>) {
    loop {
        match import.step().await {
            Ok(Some(outcomes)) => {
                let lines = lines(&outcomes, told);
                if give.send(lines).await.is_err() {
                    import.stop("nobody waited for the answer any more");
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, "an import could not go on");
                import.stop(&error.to_string());
                break;
            }
        }
    }
    let mut last = Vec::new();
    match import.finish().await {
        Ok(summary) => line(&mut last, &End { summary }),
        Err(error) => line(&mut last, &Problem::from(error)),
    }
    let _ = give.send(last.into()).await;
}

fn lines(outcomes: &[Outcome], told: Told) -> Bytes {
    let mut out = Vec::new();
    for outcome in outcomes {
        let is_told = match told {
            Told::All => true,
            Told::Refused => outcome.verdict == Verdict::Refused,
            Told::None => false,
        };
        if is_told {
            line(&mut out, outcome);
        }
    }
    out.into()
}

fn line(out: &mut Vec<u8>, value: &impl Serialize) {
    // A value of ours is always JSON.
    out.extend(serde_json::to_vec(value).unwrap_or_default());
    out.push(b'\n');
}
