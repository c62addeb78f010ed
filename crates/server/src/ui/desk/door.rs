//! The doors of the dashboard: signing in, taking an invitation, signing out.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    Router,
    extract::{FromRequest, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

use super::{COOKIES, Desk, cookie, frame, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    error::Error,
    services::staff::{
        invite::{self, Guest, Introduction},
        password, sessions,
        sign_in::{self, Tried},
    },
    ui::{address, form::Form, frame::Frame, guard, notice::shown, objection},
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(ask).post(try_password))
        .route("/login/code", post(try_code))
        .route("/login/{token}", get(enter))
        .route("/logout", post(leave))
        .route("/welcome/{token}", get(welcome).post(take))
}

#[derive(Template)]
#[template(path = "desk/login.html")]
struct LoginPage {
    frame: Frame,
    email: String,
    next: String,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/code.html")]
struct CodePage {
    frame: Frame,
    ticket: String,
    next: String,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/welcome.html")]
struct WelcomePage {
    frame: Frame,
    is_first: bool,
    name: String,
    email: String,
    chars_min: usize,
    hint: String,
    fault: Option<String>,
}

/// A form of somebody who is not signed in yet.
struct Knock {
    parts: Parts,
    form: Form,
}

impl FromRequest<App> for Knock {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if guard::is_foreign(&parts.headers, app.public_url()) {
            return Err(Refusal::Foreign);
        }
        let form = Form::read(body).await.map_err(|_| Refusal::TooLarge)?;
        Ok(Self { parts, form })
    }
}

async fn ask(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let query = Form::of(parts.uri.query().unwrap_or_default().as_bytes());
    let next = local(query.get("next").unwrap_or_default());
    if Desk::of(&app, &parts).await.is_ok() {
        return Ok(Redirect::to(&next).into_response());
    }
    let page = LoginPage {
        frame: frame(&app, &parts, None).await,
        email: String::new(),
        next,
        fault: None,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn try_password(State(app): State<App>, knock: Knock) -> Result<Response, Refusal> {
    let Knock { parts, form } = knock;
    let from = address::of(&parts, app.config.pages.proxies);
    let (email, next) = (form.get("email").unwrap_or_default(), next(&form));
    let given = (email, form.get("password").unwrap_or_default());
    let tried = sign_in::with_password(&app, given, from).await?;
    let frame = frame(&app, &parts, None).await;
    Ok(match tried {
        Tried::In(token) => came_in(&parts.headers, &token, &next),
        Tried::Code(ticket) => shown(
            StatusCode::OK,
            &CodePage {
                frame,
                ticket,
                next,
                fault: None,
            },
        ),
        Tried::Wrong | Tried::TooMany => {
            let (status, text) = fault(&tried);
            let fault = Some(frame.voice.say(text));
            let email = email.to_owned();
            shown(
                status,
                &LoginPage {
                    frame,
                    email,
                    next,
                    fault,
                },
            )
        }
    })
}

async fn try_code(State(app): State<App>, knock: Knock) -> Result<Response, Refusal> {
    let Knock { parts, form } = knock;
    let (ticket, next) = (form.get("ticket").unwrap_or_default(), next(&form));
    let tried = sign_in::with_code(&app, ticket, form.get("code").unwrap_or_default()).await?;
    let frame = frame(&app, &parts, None).await;
    Ok(match tried {
        Tried::In(token) => came_in(&parts.headers, &token, &next),
        Tried::Code(ticket) => {
            let fault = Some(frame.voice.say("login-code-wrong"));
            shown(
                StatusCode::UNAUTHORIZED,
                &CodePage {
                    frame,
                    ticket,
                    next,
                    fault,
                },
            )
        }
        // Whoever took too long begins again.
        Tried::Wrong | Tried::TooMany => {
            let (status, text) = match tried {
                Tried::TooMany => fault(&Tried::TooMany),
                _ => (StatusCode::UNAUTHORIZED, "login-late"),
            };
            let fault = Some(frame.voice.say(text));
            let email = String::new();
            shown(
                status,
                &LoginPage {
                    frame,
                    email,
                    next,
                    fault,
                },
            )
        }
    })
}

const fn fault(tried: &Tried) -> (StatusCode, &'static str) {
    match tried {
        Tried::TooMany => (StatusCode::TOO_MANY_REQUESTS, "login-too-many"),
        Tried::Wrong | Tried::In(_) | Tried::Code(_) => (StatusCode::UNAUTHORIZED, "login-wrong"),
    }
}

/// A link that signs in by itself, as only the sandbox makes them.
async fn enter(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let token = sign_in::with_link(&app, &token).await?;
    token
        .map(|token| came_in(&headers, &token, "/"))
        .ok_or(Refusal::NotFound)
}

async fn leave(State(app): State<App>, headers: HeaderMap, _: Posted) -> Result<Response, Refusal> {
    if let Some(token) = cookie(&headers, &COOKIES) {
        sessions::end(&app, token).await?;
    }
    let mut response = Redirect::to("/login").into_response();
    for name in COOKIES {
        set_cookie(
            &mut response,
            &format!(
                "{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}",
                secure(name)
            ),
        );
    }
    Ok(response)
}

async fn welcome(
    State(app): State<App>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let guest = invite::guest(&app, &token)
        .await?
        .ok_or(Refusal::NotFound)?;
    let page = welcome_page(frame(&app, &parts, None).await, &guest);
    Ok(shown(StatusCode::OK, &page))
}

async fn take(
    State(app): State<App>,
    Path(token): Path<String>,
    knock: Knock,
) -> Result<Response, Refusal> {
    let Knock { parts, form } = knock;
    let guest = invite::guest(&app, &token)
        .await?
        .ok_or(Refusal::NotFound)?;
    let frame = frame(&app, &parts, None).await;
    let mut page = welcome_page(frame, &guest);
    let text = |name: &str| form.get(name).unwrap_or_default();
    if page.is_first {
        text("name").clone_into(&mut page.name);
        text("email").clone_into(&mut page.email);
    }
    if text("password") != text("again") {
        page.fault = Some(page.frame.voice.say("password-differs"));
        return Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let said = Introduction {
        name: text("name"),
        email: text("email"),
        password: text("password"),
    };
    match invite::take(&app, guest, said).await {
        Ok(Some(token)) => Ok(came_in(&parts.headers, &token, "/")),
        Ok(None) => Err(Refusal::NotFound),
        Err(Error::Invalid { message, .. }) => {
            page.fault = Some(objection::told(&page.frame.voice, &message));
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(error) => Err(error.into()),
    }
}

fn welcome_page(frame: Frame, guest: &Guest) -> WelcomePage {
    let (name, email) = match guest {
        Guest::First => (String::new(), String::new()),
        Guest::Invited(line) => (line.name.clone(), line.email.clone()),
    };
    WelcomePage {
        hint: frame.voice.count("password-hint", password::CHARS_MIN),
        frame,
        is_first: matches!(guest, Guest::First),
        name,
        email,
        chars_min: password::CHARS_MIN,
        fault: None,
    }
}

/// On to the page that was asked for, with the cookie of a new session. Whatever cookie came along is not kept.
#[must_use]
pub fn came_in(headers: &HeaderMap, token: &str, next: &str) -> Response {
    let mut response = Redirect::to(&local(next)).into_response();
    let name = if is_https(headers) {
        COOKIES[0]
    } else {
        COOKIES[1]
    };
    let life = sessions::LIFE_MS / 1000;
    let value = format!(
        "{name}={token}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{}",
        secure(name)
    );
    set_cookie(&mut response, &value);
    response
}

fn secure(name: &str) -> &'static str {
    if name == COOKIES[0] { "; Secure" } else { "" }
}

fn set_cookie(response: &mut Response, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Whether the browser came over https: it says so of the page that it came from, and a proxy of the connection.
fn is_https(headers: &HeaderMap) -> bool {
    static PROTO: LazyLock<header::HeaderName> =
        LazyLock::new(|| header::HeaderName::from_static("x-forwarded-proto"));
    let text = |name: &header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(&header::ORIGIN).or_else(|| text(&header::REFERER));
    origin.is_some_and(|origin| origin.starts_with("https://")) || text(&PROTO) == Some("https")
}

fn next(form: &Form) -> String {
    local(form.get("next").unwrap_or_default())
}

/// A path of ours; the first page for anything that could lead elsewhere.
fn local(path: &str) -> String {
    let is_ours = path.starts_with('/')
        && !path.starts_with("//")
        && !path.starts_with("/login")
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_ours {
        path.to_owned()
    } else {
        "/".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for (path, want) in [
            ("/consent?search=a", "/consent?search=a"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/login?next=/login", "/"),
            ("/a\r\nSet-Cookie: x=1", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(path), want, "{path}");
        }
    }

    #[test]
    fn a_cookie_is_for_https_only_where_there_is_https() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ORIGIN,
            HeaderValue::from_static("http://127.0.0.1:8080"),
        );
        let cookie = |headers: &HeaderMap| {
            let response = came_in(headers, "token", "/");
            let value = response.headers().get(header::SET_COOKIE).unwrap();
            value.to_str().unwrap().to_owned()
        };
        assert!(cookie(&headers).starts_with("consentry=token; Path=/;"));
        headers.insert(
            header::ORIGIN,
            HeaderValue::from_static("https://gate.example"),
        );
        let safe = cookie(&headers);
        assert!(
            safe.starts_with("__Host-consentry=token; Path=/;") && safe.ends_with("; Secure"),
            "{safe}"
        );
    }
}
