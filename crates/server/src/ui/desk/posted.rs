//! A form of the dashboard: from one of our own pages, of this very session.

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
};
use subtle::ConstantTimeEq;

use super::{Desk, refusal::Refusal};
use crate::{
    app::App,
    ui::{form::Form, guard},
};

/// What a member sent.
pub struct Posted {
    /// Who.
    pub desk: Desk,
    /// The fields.
    pub form: Form,
}

impl FromRequest<App> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let desk = Desk::of(app, &parts).await?;
        if guard::is_foreign(&parts.headers, app.public_url()) {
            return Err(Refusal::Foreign);
        }
        let form = Form::read(body).await.map_err(|status| match status {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
            _ => Refusal::Foreign,
        })?;
        if !desk.is_token(form.get("csrf").unwrap_or_default()) {
            return Err(Refusal::Foreign);
        }
        Ok(Self { desk, form })
    }
}

impl Desk {
    /// Whether a text is the token of this session's forms.
    #[must_use]
    pub fn is_token(&self, text: &str) -> bool {
        self.csrf.as_bytes().ct_eq(text.as_bytes()).into()
    }
}
