//! The QR codes of a form: of its page, and of a link that leads into the chat. Other pages may show them.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    app::App,
    error::Error,
    services::forms::{self, link},
    ui::qr::Qr,
};

/// How long a browser may keep a picture, in case the form or the link comes to an end.
const KEPT: &str = "public, max-age=3600";
/// An SVG that is opened by itself may do nothing.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The routes of the pictures.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/join/{form}/qr.svg", get(page_svg))
        .route("/join/{form}/qr.png", get(page_png))
        .route("/join/{form}/{code}/qr.svg", get(chat_svg))
        .route("/join/{form}/{code}/qr.png", get(chat_png))
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Svg,
    Png,
}

type Of<T> = Result<Path<T>, axum::extract::rejection::PathRejection>;

async fn page_svg(State(app): State<App>, slug: Of<String>) -> Response {
    drawn(page(&app, slug).await, Kind::Svg)
}

async fn page_png(State(app): State<App>, slug: Of<String>) -> Response {
    drawn(page(&app, slug).await, Kind::Png)
}

async fn chat_svg(State(app): State<App>, names: Of<(String, String)>) -> Response {
    drawn(chat(&app, names).await, Kind::Svg)
}

async fn chat_png(State(app): State<App>, names: Of<(String, String)>) -> Response {
    drawn(chat(&app, names).await, Kind::Png)
}

/// The address of the page of a form; none where there is no such form, or nobody knows where the public reaches us.
async fn page(app: &App, slug: Of<String>) -> Result<Option<String>, Error> {
    let Ok(Path(slug)) = slug else {
        return Ok(None);
    };
    let found = forms::find(app, &slug).await?;
    let found = found.filter(|form| form.retired.is_none());
    let base = app.public_url();
    Ok(base
        .zip(found)
        .map(|(base, form)| format!("{base}/join/{}", form.slug)))
}

async fn chat(app: &App, names: Of<(String, String)>) -> Result<Option<String>, Error> {
    let Ok(Path((slug, code))) = names else {
        return Ok(None);
    };
    let found = link::open(app, &slug, &code).await?;
    Ok(found.map(|(_, link)| link.url))
}

fn drawn(text: Result<Option<String>, Error>, kind: Kind) -> Response {
    let file = text.and_then(|text| text.map(|text| file(&text, kind)).transpose());
    match file {
        Ok(Some(file)) => file,
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(Error::Busy(_) | Error::Unavailable(_)) => {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(error) => {
            tracing::error!(?error, "a code could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn file(text: &str, kind: Kind) -> Result<Response, Error> {
    let qr = Qr::of(text)?;
    let (content_type, bytes) = match kind {
        Kind::Svg => ("image/svg+xml", qr.svg().into_bytes()),
        Kind::Png => ("image/png", qr.png()?),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, KEPT),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    Ok((headers, bytes).into_response())
}
