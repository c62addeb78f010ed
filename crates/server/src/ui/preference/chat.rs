//! The code in the chat, on the page: asking for one, typing it, and what it opens.

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use store::contact::ContactLine;

use super::{Guest, Said, Token, again, count, guest, late, page, rows};
use crate::{
    app::App,
    error::Error,
    services::preferences::{
        code::{self, Asked, Typed},
        history,
    },
    ui::{form::Form, guard, notice::Notice, voice::Voice},
};

/// The routes of the code.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/p/{token}/code", post(ask))
        .route("/p/{token}/history", post(open))
}

/// Where the code is asked for and typed.
#[derive(Default)]
pub struct CodeBox {
    /// What became of the last step.
    pub said: Option<String>,
    /// Whether that is good news.
    pub is_good: bool,
    /// Whether a code can be typed.
    pub wants_code: bool,
    /// Whether one can be sent.
    pub can_ask: bool,
}

impl CodeBox {
    /// After the time in which things could be switched on.
    #[must_use]
    pub fn late(voice: &Voice, is_late: bool) -> Self {
        Self {
            said: is_late.then(|| voice.say("proof-late")),
            ..Self::default()
        }
    }

    /// The same, where the window is open or not.
    #[must_use]
    pub fn settled(self, window_is_open: bool) -> Self {
        Self {
            can_ask: window_is_open,
            ..self
        }
    }

    fn asked(voice: &Voice, asked: Asked) -> Self {
        let (id, wants_code) = match asked {
            Asked::Sent => ("code-sent", true),
            Asked::TooSoon => ("code-wait", true),
            Asked::Enough => ("code-enough", true),
            Asked::Closed => ("code-closed", false),
            Asked::Failed => ("code-failed", false),
        };
        Self {
            said: Some(voice.say(id)),
            is_good: asked == Asked::Sent,
            wants_code,
            can_ask: true,
        }
    }
}

/// What a right code opens.
pub struct Opened {
    /// What shows, for a while, that it was right.
    pub proof: String,
    /// What was recorded, newest first.
    pub events: Vec<EventRow>,
}

/// Something that was recorded, in words.
pub struct EventRow {
    /// What happened, and to what.
    pub head: String,
    /// When, and where it came from.
    pub when: String,
    /// What the person was shown.
    pub shown: Option<String>,
    /// Its receipt.
    pub receipt: String,
}

/// Everything that was recorded about a person, in words.
///
/// # Errors
/// When the database does not answer.
pub async fn opened(
    app: &App,
    line: &ContactLine,
    voice: &Voice,
    proof: String,
) -> Result<Opened, Error> {
    let labels = rows::labels(app, voice.language.tag()).await?;
    let entries = history::of(app, line).await?;
    let events = entries.iter().map(|entry| {
        let what = voice.say(what(&entry.kind));
        let about = entry.about.map(|about| rows::name(voice, about, &labels));
        let (date, time) = (voice.date(entry.at), voice.time(entry.at));
        EventRow {
            head: about.map_or_else(|| what.clone(), |about| format!("{what}: {about}")),
            when: format!("{date}, {time} ({})", voice.how(&entry.source)),
            shown: entry
                .wording
                .as_deref()
                .map(|wording| voice.say_with("open-shown", &[("wording", wording)])),
            receipt: entry.id.to_string(),
        }
    });
    Ok(Opened {
        proof,
        events: events.collect(),
    })
}

fn what(kind: &str) -> &'static str {
    match kind {
        "opt_in" => "event-opt-in",
        "opt_out" => "event-opt-out",
        "opt_in_requested" => "event-opt-in-requested",
        "platform_stop" => "event-platform-stop",
        "platform_resume" => "event-platform-resume",
        "hold" => "event-hold",
        "release" => "event-release",
        "retract" => "event-retract",
        _ => "event-other",
    }
}

async fn ask(State(app): State<App>, token: Token, request: Request) -> Response {
    let (guest, _) = match come_in(&app, token, request).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let asked = async {
        let voice = &guest.frame.voice;
        let write = |code: &str| voice.say_with("code-message", &[("code", code)]);
        let asked = code::ask(&app, &guest.visitor.line, write).await?;
        count("code_asked");
        let said = Said {
            code: CodeBox::asked(voice, asked),
            ..Said::default()
        };
        page(&app, &guest, said).await
    };
    asked
        .await
        .unwrap_or_else(|error| Notice::of(&error).page(&guest.frame))
}

async fn open(State(app): State<App>, token: Token, request: Request) -> Response {
    let (guest, form) = match come_in(&app, token, request).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let typed = form.get("code").unwrap_or_default();
    let opened = async {
        let contact = guest.visitor.line.person.id;
        let typed = code::open(&app, contact, &guest.token, typed).await?;
        let voice = &guest.frame.voice;
        let (id, proof) = match typed {
            Typed::Right(proof) => (None, Some(proof)),
            Typed::Wrong => (Some("code-wrong"), None),
            Typed::Late => (Some("code-late"), None),
        };
        count(if proof.is_some() {
            "code_right"
        } else {
            "code_wrong"
        });
        let code = CodeBox {
            said: id.map(|id| voice.say(id)),
            wants_code: id == Some("code-wrong"),
            ..CodeBox::default()
        };
        let said = Said {
            code,
            proof,
            ..Said::default()
        };
        page(&app, &again(&app, &guest).await?, said).await
    };
    opened
        .await
        .unwrap_or_else(|error| Notice::of(&error).page(&guest.frame))
}

/// Somebody who posts here, and what. An old link opens nothing.
async fn come_in(
    app: &App,
    token: Token,
    request: Request,
) -> Result<(Guest, Form), Box<Response>> {
    let (parts, body) = request.into_parts();
    let (guest, _) = guest(app, token, &parts.uri, &parts.headers).await?;
    if guard::is_foreign(&parts.headers, app.public_url()) {
        return Err(Box::new(Notice::Foreign.page(&guest.frame)));
    }
    if guest.visitor.is_late {
        return Err(Box::new(late(&guest.frame, false)));
    }
    let form = Form::read(body).await;
    let form = form.map_err(|status| Box::new(status.into_response()))?;
    Ok((guest, form))
}
