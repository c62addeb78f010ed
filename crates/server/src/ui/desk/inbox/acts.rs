//! What is done in a conversation: answered, given to somebody, closed, noted, decided.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use consent::id::ContactId;
use serde::Deserialize;
use store::conversation::State as Stage;
use uuid::Uuid;

use super::{Fault, Named, Page, Talk};
use crate::{
    app::App,
    services::{
        inbox::{
            self, handle,
            reply::{self, ReplyAnswer, ReplyBody, TemplateBody},
        },
        notes::{self, NoteBody},
        reviews::{self, DecideBody},
        staff::Power,
    },
    ui::{
        desk::{fault, posted::Posted, refusal::Refusal},
        form::Form,
        notice::shown,
    },
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/inbox/{contact}/{number}/reply", post(answer))
        .route("/inbox/{contact}/{number}/assign", post(assign))
        .route("/inbox/{contact}/{number}/close", post(close))
        .route("/inbox/{contact}/{number}/reopen", post(reopen))
        .route("/inbox/{contact}/{number}/note", post(note))
        .route(
            "/inbox/{contact}/{number}/note/{id}/remove",
            post(remove_note),
        )
        .route("/inbox/{contact}/{number}/review/{id}", post(review))
}

/// What names something in a conversation.
#[derive(Deserialize)]
struct Inner {
    contact: Uuid,
    number: String,
    id: Uuid,
}

impl Inner {
    fn named(&self) -> Named {
        Named {
            contact: self.contact,
            number: self.number.clone(),
        }
    }
}

/// Back to the conversation.
fn back(named: &Named) -> Response {
    Redirect::to(&format!("{}#end", named.path())).into_response()
}

async fn answer(
    State(app): State<App>,
    Path(named): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Talk)?;
    let body = body(&form);
    let fault = match reply::reply(&app, named.key(), &body, desk.actor()).await {
        Ok(sent) => match fault(&desk, &sent) {
            None => return Ok(back(&named)),
            Some(fault) => fault,
        },
        Err(error) => Fault {
            why: fault::of(&desk, error)?,
            lifted_by: None,
        },
    };
    // What was typed is still there, and so is the list of templates.
    let nothing = Form::default();
    let mut talk = Talk::of(&app, &desk, &named, &nothing).await?;
    talk.fault = Some(fault);
    talk.typed.text = body.text.unwrap_or_default();
    let mut page = Page::of(&app, desk, &nothing).await?;
    page.open(talk);
    Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

fn body(form: &Form) -> ReplyBody {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let all = |name: &str| form.all(name).map(str::to_owned).collect();
    let template = form.get("template").map(|name| TemplateBody {
        name: name.to_owned(),
        language: text("language"),
        header: all("header"),
        body: all("body"),
    });
    ReplyBody {
        token: text("token"),
        // Browsers end lines as in letters of old.
        text: template
            .is_none()
            .then(|| text("text").replace("\r\n", "\n")),
        template,
        quotes: None,
    }
}

/// Why an answer did not go; none where it did, or may have.
fn fault(desk: &crate::ui::desk::Desk, sent: &ReplyAnswer) -> Option<Fault> {
    match sent.state {
        "denied" | "rejected" => {
            let code = sent.code.as_deref();
            let why = code.map(|code| desk.why(code)).or(sent.reason.clone());
            let why = why.unwrap_or_else(|| desk.say("inbox-rejected"));
            Some(Fault {
                why: match sent.error_code {
                    Some(code) => format!("{why} ({code})"),
                    None => why,
                },
                lifted_by: code.and_then(|code| desk.lifter(code)),
            })
        }
        _ => None,
    }
}

async fn assign(
    State(app): State<App>,
    Path(named): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Talk)?;
    let member = match form.get("member").unwrap_or_default() {
        "" => None,
        id => Some(id.parse().map_err(|_| Refusal::NotFound)?),
    };
    handle::assign(&app, named.key(), member, desk.actor()).await?;
    Ok(back(&named))
}

async fn close(
    State(app): State<App>,
    Path(named): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Talk)?;
    handle::set(&app, named.key(), Stage::Closed, posted.desk.actor()).await?;
    Ok(Redirect::to(super::HERE).into_response())
}

async fn reopen(
    State(app): State<App>,
    Path(named): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Talk)?;
    handle::set(&app, named.key(), Stage::Open, posted.desk.actor()).await?;
    Ok(back(&named))
}

async fn note(
    State(app): State<App>,
    Path(named): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Talk)?;
    inbox::find(&app, named.key()).await?;
    let body = NoteBody {
        text: form.get("text").unwrap_or_default().replace("\r\n", "\n"),
    };
    notes::add(&app, named.key(), &body, desk.actor()).await?;
    Ok(back(&named))
}

async fn remove_note(
    State(app): State<App>,
    Path(inner): Path<Inner>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Talk)?;
    let contact = ContactId::new(inner.contact);
    notes::remove(&app, contact, inner.id, posted.desk.actor()).await?;
    Ok(back(&inner.named()))
}

async fn review(
    State(app): State<App>,
    Path(inner): Path<Inner>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Talk)?;
    let verdict = form.get("verdict").unwrap_or_default().to_owned();
    // To forget somebody is not decided by the way.
    if verdict == reviews::ERASURE {
        desk.need(Power::Attest)?;
    }
    let reason = form.get("reason").unwrap_or_default().trim();
    let reason = if reason.is_empty() {
        desk.say("inbox-review-reason-usual")
    } else {
        reason.to_owned()
    };
    let body = DecideBody { verdict, reason };
    let line = reviews::show(&app, inner.id).await?;
    if line.contact != inner.contact.to_string() {
        return Err(Refusal::NotFound);
    }
    reviews::decide(&app, inner.id, &body, desk.actor()).await?;
    app.live.ring();
    Ok(back(&inner.named()))
}
