//! What people were shown, word for word, by its hash.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::House, clock, error::Error};

/// Something that people were shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordingAnswer {
    /// SHA-256 of the text in UTF-8.
    pub sha256: String,
    /// The text, word for word.
    pub text: String,
    /// Its language.
    pub locale: String,
    /// The form that showed it; null for what no form showed.
    pub form: Option<String>,
    /// The version of the form.
    pub version: Option<i64>,
    /// When it was first agreed to, or asked for.
    pub first_at: String,
}

/// What has this hash, in hexadecimal digits.
///
/// # Errors
/// [`Error::NotFound`] when nothing of the kind was ever shown; when the database does not answer.
pub async fn show(app: &House, sha256: &str) -> Result<WordingAnswer, Error> {
    let hash = hex::decode(sha256)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let hash: [u8; 32] = hash.ok_or(Error::NotFound("wording"))?;
    let found = app.store.wordings(&[hash]).await?.pop();
    let line = found.ok_or(Error::NotFound("wording"))?;
    let form = match line.form {
        Some((id, _)) => {
            let mut forms = app.store.forms().await?.into_iter();
            forms.find(|form| form.id == id).map(|form| form.slug)
        }
        None => None,
    };
    Ok(WordingAnswer {
        sha256: hex::encode(line.sha256),
        text: line.text,
        locale: line.locale,
        form,
        version: line.form.map(|(_, version)| version),
        first_at: clock::rfc3339(line.at),
    })
}
