//! Contacts out of a file, in three steps: send it, say what its columns mean and try, take it in.

use std::{collections::BTreeMap, io::Cursor};

use askama::Template;
use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use uuid::Uuid;

use super::{Desk, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    error::Error,
    services::{
        attributes,
        import::{
            Import, Plan, Summary,
            apply::{Outcome, Verdict},
            mapping::{MappingBody, TARGETS, Target},
            waiting::{self, BYTES_MAX, Glance},
        },
        staff::Power,
    },
    ui::{form::Form, guard, notice::shown},
};

/// Refused rows that are shown.
const SHOWN_MAX: usize = 200;
/// What a form has beside the file, in bytes.
const REST_BYTES: usize = 64 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/import", get(begin).post(upload))
        .layer(DefaultBodyLimit::max(BYTES_MAX + REST_BYTES))
        .route("/import/{id}", get(show).post(act))
}

#[derive(Template)]
#[template(path = "desk/import.html")]
struct Begin {
    desk: Desk,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/import_columns.html")]
struct Page {
    desk: Desk,
    here: String,
    glance: Glance,
    chosen: Vec<String>,
    keys: Vec<String>,
    typed: Typed,
    outcome: Option<Done>,
    fault: Option<String>,
}

/// What a try or an import came to.
struct Done {
    summary: Summary,
    refused: Vec<Outcome>,
}

/// What was typed for the whole file.
#[derive(Default)]
struct Typed {
    source: String,
    wording: String,
    at: String,
    locale: String,
    topic: String,
    tags: String,
    encoding: String,
}

impl Typed {
    fn read(form: &Form) -> Self {
        let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
        Self {
            source: text("source"),
            wording: text("wording"),
            at: text("at"),
            locale: text("locale"),
            topic: text("topic"),
            tags: text("tags"),
            encoding: text("encoding"),
        }
    }

    fn mapping(&self, columns: Option<BTreeMap<String, String>>) -> MappingBody {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let tags = self
            .tags
            .split([',', ';'])
            .map(str::trim)
            .filter(|tag| !tag.is_empty());
        MappingBody {
            columns,
            source: some(&self.source),
            wording: some(&self.wording),
            at: some(&self.at),
            locale: some(&self.locale),
            topic: some(&self.topic),
            tags: Some(tags.map(str::to_owned).collect()),
            delimiter: None,
            encoding: some(&self.encoding),
        }
    }
}

impl Page {
    /// What a column can mean: value and text.
    fn targets(&self, header: &str) -> Vec<(String, String)> {
        let order = [
            "ignore", "phone", "email", "bsuid", "name", "tags", "consent", "source", "wording",
            "at", "locale",
        ];
        let known = order
            .into_iter()
            .filter(|word| TARGETS.iter().any(|(known, _)| known == word));
        let mut all: Vec<(String, String)> = known
            .map(|word| {
                (
                    word.to_owned(),
                    self.desk.say(&format!("import-target-{word}")),
                )
            })
            .collect();
        let own = Some(header.trim().to_owned()).filter(|own| attributes::key_name(own).is_ok());
        let own = own.map(|own| own.trim_start_matches("attribute:").to_owned());
        let mut keys: Vec<String> = own.into_iter().chain(self.keys.iter().cloned()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let text = self
                .desk
                .say_with("import-target-attribute", &[("name", &key)]);
            all.push((format!("attribute:{key}"), text));
        }
        all
    }

    fn chosen_at(&self, place: &usize) -> &str {
        self.chosen.get(*place).map_or("ignore", String::as_str)
    }

    fn samples(&self, place: &usize) -> String {
        let cells = self.glance.rows.iter().filter_map(|row| row.get(*place));
        let cells = cells.filter(|cell| !cell.is_empty()).take(3);
        let short = |cell: &String| cell.chars().take(40).collect::<String>();
        cells.map(short).collect::<Vec<_>>().join(" · ")
    }

    fn counts(&self, done: &Done) -> Vec<(String, u64)> {
        let summary = &done.summary;
        let all = [
            ("imported", summary.imported),
            ("updated", summary.updated),
            ("unchanged", summary.unchanged),
            ("refused", summary.refused),
            ("opt-ins", summary.opt_ins),
            ("opt-outs", summary.opt_outs),
        ];
        all.map(|(word, count)| (self.desk.say(&format!("import-{word}")), count))
            .into()
    }

    fn reasons(&self, done: &Done) -> Vec<(String, u64)> {
        let reasons = done.summary.reasons.iter();
        let named = |(code, count): (&&str, &u64)| (self.reason(code), *count);
        reasons.map(named).collect()
    }

    fn reason(&self, code: &str) -> String {
        self.desk
            .say(&format!("import-code-{}", code.replace('_', "-")))
    }

    /// Whether it may be taken in now: it was tried, and there is something to take.
    fn is_tried(&self) -> bool {
        let done = self.outcome.as_ref().map(|done| &done.summary);
        done.is_some_and(|summary| summary.dry_run && summary.refused < summary.rows)
    }

    fn is_done(&self) -> bool {
        self.outcome
            .as_ref()
            .is_some_and(|done| !done.summary.dry_run)
    }
}

async fn begin(desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let page = Begin { desk, fault: None };
    Ok(shown(StatusCode::OK, &page))
}

/// A file, sent from one of our own pages.
struct Sent {
    desk: Desk,
    file: Vec<u8>,
}

impl FromRequest<App> for Sent {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let desk = Desk::of(app, &parts).await?;
        if guard::is_foreign(&parts.headers, app.public_url()) {
            return Err(Refusal::Foreign);
        }
        desk.need(Power::Market)?;
        let request = Request::from_parts(parts, body);
        let fields = Multipart::from_request(request, app).await;
        let mut fields = fields.map_err(|_| Refusal::Foreign)?;
        let (mut is_ours, mut file) = (false, Vec::new());
        let failed = |error: axum::extract::multipart::MultipartError| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
            _ => Refusal::Foreign,
        };
        while let Some(field) = fields.next_field().await.map_err(failed)? {
            match field.name() {
                Some("csrf") => {
                    let token = field.text().await.map_err(failed)?;
                    is_ours = desk.is_token(&token);
                }
                // The token comes first: nothing is read for anybody else.
                Some("file") if is_ours => file = field.bytes().await.map_err(failed)?.to_vec(),
                _ => {}
            }
        }
        if is_ours {
            Ok(Self { desk, file })
        } else {
            Err(Refusal::Foreign)
        }
    }
}

async fn upload(State(app): State<App>, sent: Sent) -> Result<Response, Refusal> {
    let Sent { desk, file } = sent;
    // Latin-1 is chosen on the next page: here it only matters that it is a table.
    let encodings = [None, Some("latin1".to_owned())];
    let mut fault = None;
    for encoding in encodings {
        let mapping = MappingBody {
            encoding,
            ..MappingBody::default()
        };
        match waiting::glance(&file, &mapping).await {
            Ok(_) => {
                let id = waiting::keep(&app, &file).await?;
                return Ok(Redirect::to(&format!("/import/{id}")).into_response());
            }
            Err(Error::Invalid { message, .. }) => fault = fault.or(Some(desk.objection(&message))),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(shown(
        StatusCode::UNPROCESSABLE_ENTITY,
        &Begin { desk, fault },
    ))
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let file = waiting::fetch(&app, id).await?;
    let page = page(&app, desk, (id, &file), Typed::default()).await?;
    Ok(shown(StatusCode::OK, &page))
}

/// The page of a file, with what its columns probably mean.
async fn page(
    app: &App,
    desk: Desk,
    (id, file): (Uuid, &[u8]),
    mut typed: Typed,
) -> Result<Page, Error> {
    let glance = match waiting::glance(file, &typed.mapping(None)).await {
        Err(Error::Invalid { .. }) if typed.encoding.is_empty() => {
            "latin1".clone_into(&mut typed.encoding);
            waiting::glance(file, &typed.mapping(None)).await?
        }
        glance => glance?,
    };
    let chosen = glance.header.iter().map(|name| Target::guess(name).word());
    Ok(Page {
        here: desk.to(&format!("/import/{id}")),
        desk,
        chosen: chosen.collect(),
        glance,
        keys: app.store.attribute_keys(attributes::KEYS_MAX).await?,
        typed,
        outcome: None,
        fault: None,
    })
}

async fn act(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let file = waiting::fetch(&app, id).await?;
    let may_attest = desk.may(Power::Attest);
    let actor = desk.actor().to_owned();
    let mut page = page(&app, desk, (id, &file), Typed::read(&form)).await?;
    let places = 0..page.glance.header.len();
    let given = places.map(|place| {
        form.get(&format!("column.{place}"))
            .unwrap_or("ignore")
            .to_owned()
    });
    page.chosen = given.collect();
    let header = page.glance.header.iter().cloned();
    let columns = header.zip(page.chosen.iter().cloned());
    let columns = columns.filter(|(_, word)| word != "ignore").collect();
    let has_consent = page.chosen.iter().any(|word| word == "consent");
    if has_consent && !may_attest {
        page.fault = Some(page.desk.say("import-no-consent"));
        return Ok(shown(StatusCode::FORBIDDEN, &page));
    }
    let is_dry = form.get("act") != Some("import");
    let plan = Plan {
        mapping: page.typed.mapping(Some(columns)),
        is_dry,
        actor,
    };
    match run(&app, plan, file).await {
        Ok(done) => page.outcome = Some(done),
        Err(Error::Invalid { message, .. }) => {
            page.fault = Some(page.desk.objection(&message));
        }
        Err(other) => return Err(other.into()),
    }
    if page.is_done() {
        waiting::forget(&app, id).await?;
    }
    let status = if page.fault.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(shown(status, &page))
}

async fn run(app: &App, plan: Plan, file: Vec<u8>) -> Result<Done, Error> {
    let mut import = Import::open(app, plan, Cursor::new(file)).await?;
    let mut refused = Vec::new();
    loop {
        match import.step().await {
            Ok(Some(outcomes)) => {
                let room = SHOWN_MAX.saturating_sub(refused.len());
                let bad = outcomes
                    .into_iter()
                    .filter(|one| one.verdict == Verdict::Refused);
                refused.extend(bad.take(room));
            }
            Ok(None) => break,
            Err(error) => {
                import.stop(&error.to_string());
                import.finish().await?;
                return Err(error);
            }
        }
    }
    let summary = import.finish().await?;
    Ok(Done { summary, refused })
}
