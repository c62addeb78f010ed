//! A form of the dashboard that may carry a file.

use axum::{
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::MultipartError},
    http::StatusCode,
};

use super::{Desk, refusal::Refusal};
use crate::{
    app::App,
    services::enclosures::FILE_BYTES_MAX,
    ui::{form::Form, guard},
};

/// What the other fields may have, in bytes.
const FIELDS_BYTES_MAX: usize = 128 * 1024;

/// What a member sent.
pub struct Uploaded {
    /// Who.
    pub desk: Desk,
    /// The fields.
    pub form: Form,
    /// The name of the file and what is in it, if one was chosen.
    pub file: Option<(String, Vec<u8>)>,
}

/// How large such a form may be.
pub fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(FILE_BYTES_MAX + FIELDS_BYTES_MAX)
}

impl FromRequest<App> for Uploaded {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let desk = Desk::of(app, &parts).await?;
        if guard::is_foreign(&parts.headers, app.public_url()) {
            return Err(Refusal::Foreign);
        }
        let request = Request::from_parts(parts, body);
        let mut parts = Multipart::from_request(request, app)
            .await
            .map_err(|_| Refusal::Foreign)?;
        let (mut fields, mut file) = (Vec::new(), None);
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                Some(named) => {
                    let bytes = part.bytes().await.map_err(broken)?;
                    file = (!bytes.is_empty()).then(|| (named, bytes.to_vec()));
                }
                None => fields.push((name, part.text().await.map_err(broken)?)),
            }
        }
        let form = Form::with(fields);
        if !desk.is_token(form.get("csrf").unwrap_or_default()) {
            return Err(Refusal::Foreign);
        }
        Ok(Self { desk, form, file })
    }
}

fn broken(error: MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Foreign,
    }
}
