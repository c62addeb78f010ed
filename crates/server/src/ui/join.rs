//! The page of a form: `/join/{form}`. It works without script, by itself or inside a page that the form names, and says the
//! same to everybody whose form can be read.

mod picture;
mod poster;
mod sheet;

use askama::Template;
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{any, get},
};

pub use self::picture::routes as picture_routes;
use self::sheet::Sheet;
use super::{
    address,
    form::Form,
    frame::Frame,
    guard,
    notice::{Notice, shown},
    qr::Qr,
};
use crate::{
    app::App,
    error::Error,
    services::{
        forms,
        join::{self, Application, Applied, Fault, Next},
        preferences::choice::Choice,
    },
};

/// The routes of this page, and of posters.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/join/{form}", get(show).post(send))
        .route("/join", any(nothing))
        .route("/join/", any(nothing))
        .route("/join/{form}/", any(nothing))
        .merge(poster::routes())
}

#[derive(Template)]
#[template(path = "join.html")]
struct Page<'a> {
    frame: &'a Frame,
    sheet: &'a Sheet,
    ticket: String,
    typed: &'a Typed,
    faults: Vec<Mistake>,
}

impl Page<'_> {
    /// What is wrong with a field.
    fn mistake(&self, field: &str) -> Option<&str> {
        let found = self.faults.iter().find(|one| one.field == field);
        found.map(|one| one.says.as_str())
    }
}

#[derive(Template)]
#[template(path = "joined.html")]
struct JoinedPage<'a> {
    frame: &'a Frame,
    sheet: &'a Sheet,
    next: Next,
    qr: Option<String>,
}

/// Something to look at again, and where.
struct Mistake {
    field: &'static str,
    says: String,
}

/// What somebody typed and ticked.
#[derive(Debug, Default)]
struct Typed {
    number: String,
    email: String,
    ticked: Vec<Choice>,
}

impl Typed {
    fn of(fields: &Form, sheet: &Sheet) -> Self {
        let text = |name| fields.get(name).unwrap_or_default().to_owned();
        let keys: Vec<&str> = fields.all("tick").collect();
        let choices = sheet.boxes().iter().map(|one| one.choice);
        Self {
            number: text("number"),
            email: text("email"),
            ticked: choices
                .filter(|choice| keys.contains(&choice.to_string().as_str()))
                .collect(),
        }
    }

    fn has(&self, choice: &Choice) -> bool {
        self.ticked.contains(choice)
    }
}

/// A form that somebody has before them.
struct Door {
    frame: Frame,
    form: forms::Form,
    sheet: Sheet,
}

impl Door {
    /// An answer, as pages that may show this form inside them need it.
    fn framed(&self, answer: Response) -> Response {
        if self.frame.is_inside {
            guard::framed(answer, &self.form.body.frames)
        } else {
            answer
        }
    }

    fn page(&self, app: &App, typed: &Typed, faults: &[Fault]) -> Result<Response, Error> {
        let status = if faults.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let page = Page {
            frame: &self.frame,
            sheet: &self.sheet,
            ticket: join::ticket(app, &self.form, &self.sheet.shown())?,
            typed,
            faults: faults.iter().map(|fault| self.mistake(*fault)).collect(),
        };
        Ok(shown(status, &page))
    }

    fn mistake(&self, fault: Fault) -> Mistake {
        let voice = &self.frame.voice;
        let (field, says) = match fault {
            Fault::Number => ("number", voice.say("join-fault-number")),
            Fault::Email => ("email", voice.say("join-fault-email")),
            Fault::Nothing => ("ticks", voice.say("join-fault-ticks")),
            Fault::Changed => ("title", voice.say("join-fault-changed")),
        };
        Mistake { field, says }
    }

    fn joined(&self, next: Next) -> Result<Response, Error> {
        let qr = next.chat.as_deref().map(Qr::of).transpose()?;
        let page = JoinedPage {
            frame: &self.alone(),
            sheet: &self.sheet,
            next,
            qr: qr.map(|qr| qr.svg()),
        };
        Ok(shown(StatusCode::OK, &page))
    }

    /// The same page whatever was wrong.
    fn unusable(&self) -> Response {
        Notice::Unusable.page(&self.alone())
    }

    /// The frame of a page that answers a form, and is there in one language only.
    fn alone(&self) -> Frame {
        Frame {
            languages: vec![self.sheet.language],
            ..self.frame.clone()
        }
    }
}

type Slug = Result<Path<String>, PathRejection>;

async fn show(State(app): State<App>, slug: Slug, uri: Uri, headers: HeaderMap) -> Response {
    let door = match open(&app, slug, &uri, &headers).await {
        Ok(door) => door,
        Err(answer) => return *answer,
    };
    let page = door.page(&app, &Typed::default(), &[]);
    door.framed(page.unwrap_or_else(|error| Notice::of(&error).page(&door.frame)))
}

async fn send(State(app): State<App>, slug: Slug, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let door = match open(&app, slug, &parts.uri, &parts.headers).await {
        Ok(door) => door,
        Err(answer) => return *answer,
    };
    let fields = if guard::is_foreign(&parts.headers, app.public_url()) {
        Err("foreign")
    } else {
        Form::read(body).await.map_err(|_| "unreadable")
    };
    let fields = match fields {
        Ok(fields) => fields,
        Err(why) => {
            let _ = join::refused(why);
            return door.framed(door.unusable());
        }
    };
    // A browser that goes away must not stop what has begun.
    let task = tokio::spawn(async move {
        let answer = sent(&app, &door, (&parts, &fields)).await;
        door.framed(answer.unwrap_or_else(|error| Notice::of(&error).page(&door.frame)))
    });
    let answer = task.await.map_err(Error::internal);
    answer.unwrap_or_else(|error| {
        tracing::error!(?error, "a form was not taken in");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

async fn sent(app: &App, door: &Door, (parts, fields): (&Parts, &Form)) -> Result<Response, Error> {
    let typed = Typed::of(fields, &door.sheet);
    let path = format!("/join/{}", door.form.slug);
    let application = Application {
        form: &door.form,
        shown: &door.sheet.shown(),
        ticket: fields.get("ticket").unwrap_or_default(),
        number: &typed.number,
        email: &typed.email,
        ticked: &typed.ticked,
        page: &format!("{}{path}", app.public_url().unwrap_or_default()),
        address: address::of(parts, app.config.pages.proxies),
        is_trapped: fields.all("website").any(|text| !text.is_empty()),
    };
    match join::apply(app, &application).await? {
        Applied::Next(next) => door.joined(next),
        Applied::Again(faults) => {
            // Who is to read again agrees to nothing beforehand.
            let ticked = if faults.contains(&Fault::Changed) {
                Vec::new()
            } else {
                typed.ticked
            };
            door.page(app, &Typed { ticked, ..typed }, &faults)
        }
        Applied::Refused => Ok(door.unusable()),
    }
}

/// The form that somebody came to, or the page that says that there is none: the same for one that never was and one
/// that is used no longer.
async fn open(
    app: &App,
    slug: Slug,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Door, Box<Response>> {
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    let slug = slug.map(|Path(slug)| slug).unwrap_or_default();
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let found = forms::find(app, &slug).await;
    let found = match found {
        Ok(Some(form)) if form.retired.is_none() => {
            let language = sheet::language(&form, query.get("lang"), accepted);
            let read = sheet::read(app, &form, language).await;
            read.map(|sheet| Some((form, sheet)))
        }
        Ok(_) => Ok(None),
        Err(error) => Err(error),
    };
    match found {
        Ok(Some((form, sheet))) if !sheet.boxes().is_empty() => {
            let path = format!("/join/{}", form.slug);
            let frame = Frame::speaking(app, &path, sheet.language).await;
            let frame = Frame {
                languages: sheet::languages(&form),
                is_inside: query.get("embed") == Some("1"),
                ..frame
            };
            Ok(Door { frame, form, sheet })
        }
        Ok(_) => Err(Box::new(gone(app, &query, headers).await)),
        Err(error) => {
            let frame = Frame::of(app, "", query.get("lang"), headers).await;
            Err(Box::new(Notice::of(&error).page(&frame)))
        }
    }
}

async fn nothing(State(app): State<App>, uri: Uri, headers: HeaderMap, _: Body) -> Response {
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    gone(&app, &query, &headers).await
}

/// A page that does not say under which address it was asked for.
async fn gone(app: &App, query: &Form, headers: &HeaderMap) -> Response {
    let frame = Frame::of(app, "", query.get("lang"), headers).await;
    Notice::Gone.page(&frame)
}
