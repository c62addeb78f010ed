//! Batches: lines in, lines out, in bounded memory.

use std::io;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use index::sheet::{LINE_BYTES_MAX, Tally};
use serde::Serialize;

use crate::{
    app::App,
    http::{
        body::{media_type, parse, read_all},
        lines::{Line, Lines},
        pieces::Pieces,
        problem::{Kind, Problem},
    },
    services::{
        check::{self, CheckBody},
        keys::Caller,
        record::{self, Desk, EventBody, Memo, Recorded, Told},
        sift::Sieve,
    },
};

const NDJSON: &str = "application/x-ndjson";
const TEXT: &str = "text/plain; charset=utf-8";

/// Questions that are decided with one set of queries.
const CHECK_CHUNK: usize = 1_000;
/// Longest line of JSON.
const JSON_LINE_BYTES_MAX: usize = 64 * 1024;
/// Events in one transaction.
const EVENT_CHUNK: usize = 500;
/// Events in one request.
const EVENTS_MAX: usize = 10_000;
/// Bytes of events in one request.
const EVENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest `Idempotency-Key`.
const KEY_BYTES_MAX: usize = 255;

/// Answers a batch of questions: plain text with one template for all, or NDJSON.
///
/// # Errors
/// 415 for another content type; what is wrong with the template; what goes wrong before the first answers.
pub async fn check(
    app: App,
    template: CheckBody,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    match media_type(headers).as_deref() {
        None | Some("text/plain") => {
            let one = CheckBody {
                to: Some(String::new()),
                ..template
            };
            let shelf = check::shelf(&app, &[&one]).await?;
            let ask = check::read(&app, &shelf, &one)?;
            let asker = Asker::Text {
                pieces: Pieces::of(body, LINE_BYTES_MAX),
                sieve: Box::new(Sieve::new(&app, ask)),
            };
            streamed(Checking { app, asker }, TEXT).await
        }
        Some(_) if is_ndjson(headers) => {
            let asker = Asker::Json(Lines::of(body, JSON_LINE_BYTES_MAX));
            streamed(Checking { app, asker }, NDJSON).await
        }
        Some(_) => Err(Problem::of(
            Kind::UnsupportedMediaType,
            "want `Content-Type: text/plain` or `application/x-ndjson`",
        )),
    }
}

/// Records a batch of events; a bad line costs no other.
///
/// # Errors
/// 413 for too many; 409 when the `Idempotency-Key` was used for other lines; when the database does not answer.
pub async fn events(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let key = idempotency_key(headers)?;
    let bytes = read_all(body, EVENT_BYTES_MAX).await?;
    let lines: Vec<&[u8]> = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .collect();
    if lines.len() > EVENTS_MAX {
        let detail = format!("`{}` lines: want at most {EVENTS_MAX}", lines.len());
        return Err(Problem::of(Kind::TooLarge, detail));
    }
    let desk = Desk::open(app, &caller.name).await?;
    let mut answer = Vec::new();
    let mut chunk = Chunk::default();
    for (part, line) in lines.iter().enumerate() {
        chunk.read(&desk, line).await;
        if chunk.is_full() || part + 1 == lines.len() {
            let asked = std::mem::take(&mut chunk);
            let memo = key.map(|key| Memo::of(&caller.id.to_string(), key, part + 1, &asked.bytes));
            asked.record(app, memo.as_ref(), &mut answer).await?;
        }
    }
    Ok(of_lines(NDJSON, Body::from(answer)))
}

/// Whether a body is JSON by lines.
#[must_use]
pub fn is_ndjson(headers: &HeaderMap) -> bool {
    let known = [
        NDJSON,
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
    ];
    media_type(headers).is_some_and(|media| known.contains(&media.as_str()))
}

/// The caller's key against doing a thing twice.
///
/// # Errors
/// 400 when it is empty, too long or no text.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = value.to_str().ok().map(str::trim);
    let text = text.filter(|text| (1..=KEY_BYTES_MAX).contains(&text.len()));
    text.map(Some).ok_or_else(|| {
        let detail = format!("want 1 to {KEY_BYTES_MAX} visible ASCII characters");
        Problem::of(Kind::Malformed, detail).at("Idempotency-Key")
    })
}

/// Lines of events that go into one transaction.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    told: Vec<Told>,
    slots: Vec<Result<(), Problem>>,
    is_closed: bool,
}

/// The result of a line that was recorded.
#[derive(Serialize)]
struct Line201 {
    status: u16,
    #[serde(flatten)]
    recorded: Recorded,
}

impl Chunk {
    async fn read(&mut self, desk: &Desk<'_>, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
        let told = match parse::<EventBody>(line) {
            Ok(body) => desk.read(&body).await.map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        let told = told.map(|told| {
            // After something is undone the standing is folded anew, which only a save does.
            self.is_closed |= told.undoes();
            self.told.push(told);
        });
        self.slots.push(told);
    }

    fn is_full(&self) -> bool {
        self.is_closed || self.slots.len() >= EVENT_CHUNK
    }

    async fn record(
        self,
        app: &App,
        memo: Option<&Memo>,
        answer: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let outcomes = if self.told.is_empty() {
            Vec::new()
        } else {
            record::tell(app, &self.told, memo).await?
        };
        let mut outcomes = outcomes.into_iter();
        for slot in self.slots {
            let recorded = slot.and_then(|()| {
                let gone = || Problem::of(Kind::NotFound, "the contact was erased");
                outcomes.next().flatten().ok_or_else(gone)
            });
            match recorded {
                Ok(recorded) => write_line(
                    answer,
                    &Line201 {
                        status: 201,
                        recorded,
                    },
                ),
                Err(problem) => write_line(answer, &problem),
            }
        }
        Ok(())
    }
}

/// A batch of questions that is being answered.
struct Checking {
    app: App,
    asker: Asker,
}

/// How the body becomes questions.
enum Asker {
    /// A line is an address.
    Text { pieces: Pieces, sieve: Box<Sieve> },
    /// A line is a question.
    Json(Lines),
}

impl Checking {
    /// The answers to the next lines; none at the end.
    async fn step(&mut self) -> Result<Option<Bytes>, Problem> {
        match &mut self.asker {
            Asker::Text { pieces, sieve } => {
                let Some(text) = pieces.next().await? else {
                    return Ok(None);
                };
                Ok(Some(filter(&self.app, sieve, &text).await?.into()))
            }
            Asker::Json(lines) => {
                let lines = lines.chunk(CHECK_CHUNK).await?;
                if lines.is_empty() {
                    return Ok(None);
                }
                Ok(Some(judge(&self.app, &lines).await?.into()))
            }
        }
    }
}

/// Which of the lines of a piece may be written to.
async fn filter(app: &App, sieve: &mut Sieve, text: &[u8]) -> Result<Vec<u8>, Problem> {
    let before = sieve.tally().clone();
    let mut out = Vec::new();
    let ready = app.memory.ready();
    sieve.sift(app, ready.as_deref(), text, &mut out).await?;
    count(&before, sieve.tally());
    Ok(out)
}

/// Counts the answers of a piece.
fn count(before: &Tally, after: &Tally) {
    let door =
        |code| metrics::counter!("consentry_verdicts_total", "door" => "check", "code" => code);
    door("allow").increment(after.allowed() - before.allowed());
    let earlier = before.refused();
    for (code, count) in after.refused() {
        let then = earlier.iter().find(|(other, _)| *other == code);
        door(code.word()).increment(count - then.map_or(0, |(_, count)| *count));
    }
}

async fn judge(app: &App, lines: &[Line]) -> Result<Vec<u8>, Problem> {
    let bodies: Vec<Result<CheckBody, Problem>> = lines
        .iter()
        .map(|line| match line {
            Line::Whole(bytes) => parse(bytes),
            Line::TooLong => Err(Problem::of(
                Kind::TooLarge,
                format!("the line is too long: want at most {JSON_LINE_BYTES_MAX} bytes"),
            )),
        })
        .collect();
    let good: Vec<&CheckBody> = bodies
        .iter()
        .filter_map(|body| body.as_ref().ok())
        .collect();
    let shelf = check::shelf(app, &good).await?;
    let mut asks = Vec::with_capacity(good.len());
    let slots: Vec<Result<(), Problem>> = bodies
        .into_iter()
        .map(|body| {
            asks.push(check::read(app, &shelf, &body?)?);
            Ok(())
        })
        .collect();
    let mut answers = check::decide(app, &asks).await?.into_iter();
    let mut out = Vec::new();
    for slot in slots {
        match slot {
            Ok(()) => write_line(&mut out, &answers.next()),
            Err(problem) => write_line(&mut out, &problem),
        }
    }
    Ok(out)
}

/// The first answers are waited for, so that what is wrong from the start has a status of its own.
async fn streamed(mut checking: Checking, content: &'static str) -> Result<Response, Problem> {
    let first = checking.step().await?.unwrap_or_default();
    let rest = stream::try_unfold(checking, |mut checking| async move {
        let next = checking.step().await;
        let next = next.map_err(|problem| io::Error::other(problem.detail))?;
        Ok::<_, io::Error>(next.map(|bytes| (bytes, checking)))
    });
    let all = stream::once(async move { Ok(first) }).chain(rest);
    Ok(of_lines(content, Body::from_stream(all)))
}

fn of_lines(content: &'static str, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    response
}

fn write_line(out: &mut Vec<u8>, value: &impl Serialize) {
    // A value of ours is always JSON; a line must not be missing, or the others would shift.
    out.extend(serde_json::to_vec(value).unwrap_or_default());
    out.push(b'\n');
}
