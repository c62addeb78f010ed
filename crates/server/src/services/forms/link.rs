//! Links and codes that lead from a poster, a page or a letter into the chat: the first words carry a code, and the code
//! says which form, in which words.

use serde::{Deserialize, Serialize};
use store::{
    form::WordingLine,
    join::{CodeKind, JoinCode},
};
use utoipa::ToSchema;

use super::{Form, FormText, find, version};
use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{business, join::code, keys},
    vault::sha256,
};
use consent::{event::StaffAct, time::Timestamp};

/// The longest name of a link, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Most links of one form.
const LINKS_MAX: usize = 1_000;

/// The first words in the chat, where a form has none of its own.
const WORDS: [(&str, &str); 5] = [
    (
        "en",
        "Hello! I would like to get your messages: {kind}, {frequency}.",
    ),
    (
        "es",
        "¡Hola! Me gustaría recibir sus mensajes: {kind}, {frequency}.",
    ),
    (
        "pt",
        "Olá! Gostaria de receber as suas mensagens: {kind}, {frequency}.",
    ),
    ("hi", "नमस्ते! मुझे आपके संदेश चाहिए: {kind}, {frequency}।"),
    ("ar", "مرحبًا! أود أن تصلني رسائلكم: {kind}، {frequency}."),
];

/// A link to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkBody {
    /// What it is called, for you: where it hangs, or what it is printed on.
    #[schema(example = "Poster at the till")]
    pub name: String,
    /// Its language, one of the form's; by default the first of them.
    pub language: Option<String>,
    /// Until when it counts; for good, when nothing is said.
    pub expires_at: Option<String>,
}

/// A change of a link.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkChange {
    /// `true`: messages with its code no longer count. `false`: they count again.
    pub retired: bool,
}

/// A link, as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkAnswer {
    /// The code in the first message.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The version of the form that it was made from.
    pub version: i64,
    /// Its language.
    pub language: String,
    /// The first words in the chat, as they stand there ready to be sent.
    pub message: String,
    /// SHA-256 of those words without the code, as evidence names them.
    pub wording_sha256: String,
    /// The link into the chat; null where nobody knows under which number the business is reached.
    pub url: Option<String>,
    /// Its picture for screens and print.
    pub qr_svg: Option<String>,
    /// Its picture for everything else.
    pub qr_png: Option<String>,
    /// A sheet to print and hang.
    pub sheet: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// Until when it counts; null for good.
    pub expires_at: Option<String>,
    /// Since when it counts no longer.
    pub retired_at: Option<String>,
}

/// A link that counts, for a poster or a picture.
#[derive(Debug, Clone)]
pub struct Link {
    /// The code in the first message.
    pub code: String,
    /// Its language.
    pub language: String,
    /// The link into the chat.
    pub url: String,
}

/// The first words of somebody who joins by the chat, in a language.
#[must_use]
pub fn first_words(language: &str, text: &FormText) -> String {
    if !text.message.is_empty() {
        return text.message.clone();
    }
    let mut all = WORDS.iter();
    let found = all.find(|(tag, _)| *tag == language);
    let (_, words) = found.or(WORDS.first()).copied().unwrap_or_default();
    let kind = text.kind.trim_end_matches(['.', '。', '।']);
    let frequency = text.frequency.trim_end_matches(['.', '。', '।']);
    words
        .replace("{kind}", kind)
        .replace("{frequency}", frequency)
}

/// The first message as it is sent: the words, and the code.
#[must_use]
pub fn message(words: &str, code: &str) -> String {
    format!("{words} [{code}]")
}

/// The link into the chat with a first message; none where nobody knows under which number the business is reached.
pub async fn chat(app: &House, form: &Form, message: &str) -> Option<String> {
    let digits = match &form.body.digits {
        Some(digits) => digits.clone(),
        None => business::card(app).await.digits?,
    };
    let text: String = form_urlencoded::byte_serialize(message.as_bytes()).collect();
    // A plus sign is a space in a form, and a plus sign to some readers of links.
    Some(format!(
        "https://wa.me/{digits}?text={}",
        text.replace('+', "%20")
    ))
}

/// Makes a link of a form, from the version that it has now.
///
/// # Errors
/// [`Error::NotFound`] when there is no such form; [`Error::Invalid`] for a name, language or time that makes no sense.
pub async fn create(
    app: &App,
    slug: &str,
    body: &LinkBody,
    actor: &str,
) -> Result<LinkAnswer, Error> {
    let form = find(app, slug).await?.ok_or(Error::NotFound("form"))?;
    if form.retired.is_some() {
        return Err(Error::Conflict(
            "the form is retired: nobody can join by it".to_owned(),
        ));
    }
    let name = name_of(&body.name)?;
    let asked = body.language.as_deref().map(str::to_ascii_lowercase);
    if let Some(tag) = asked
        .as_ref()
        .filter(|tag| !form.body.texts.contains_key(*tag))
    {
        let known: Vec<&str> = form.body.texts.keys().map(String::as_str).collect();
        let message = format!(
            "the form has no words in `{tag}`: want {}",
            known.join(", ")
        );
        return Err(Error::field("language", message));
    }
    let expires = body.expires_at.as_deref().map(|text| {
        clock::read_rfc3339(text).ok_or_else(|| {
            let message = format!("`{text}` is not a time: want one like 2026-11-22T10:00:00Z");
            Error::field("expires_at", message)
        })
    });
    let expires: Option<Timestamp> = expires.transpose()?;
    if app.store.join_links(form.id).await?.len() >= LINKS_MAX {
        let message =
            format!("this form has {LINKS_MAX} links: retire the form or use one of them");
        return Err(Error::Conflict(message));
    }
    let (language, text) = form
        .text(asked.as_deref().unwrap_or_default())
        .ok_or(Error::NotFound("form"))?;
    let words = first_words(language, text);
    let line = JoinCode {
        id: code::fresh()?,
        kind: CodeKind::Link,
        form: form.id,
        version: form.version,
        language: language.to_owned(),
        wording: sha256(words.as_bytes()),
        choices: form.body.topics.clone(),
        contact: None,
        name,
        at: app.clock.now(),
        expires,
        retired: None,
    };
    let shown = WordingLine {
        sha256: line.wording,
        text: words,
        locale: line.language.clone(),
        form: Some((form.id, form.version)),
        at: line.at,
    };
    let mut tx = app.store.begin().await?;
    tx.keep_wordings(&[shown]).await?;
    tx.add_join_code(&line).await?;
    let note = format!(
        "link {} of form {slug}: {}",
        code::write(app, line.id),
        line.name
    );
    keys::staff_event(app, &mut tx, StaffAct::FormChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    answer(app, &form, &line).await
}

/// Every link of a form, oldest first.
///
/// # Errors
/// [`Error::NotFound`] when there is no such form; when the database does not answer.
pub async fn list(app: &House, slug: &str) -> Result<Vec<LinkAnswer>, Error> {
    let form = find(app, slug).await?.ok_or(Error::NotFound("form"))?;
    let mut lines = app.store.join_links(form.id).await?;
    lines.sort_by_key(|line| (line.at, line.id));
    let mut answers = Vec::with_capacity(lines.len());
    for line in &lines {
        answers.push(answer(app, &form, line).await?);
    }
    Ok(answers)
}

/// Ends a link, or takes it up again.
///
/// # Errors
/// [`Error::NotFound`] when the form has no such link; when the database does not answer.
pub async fn retire(
    app: &App,
    (slug, code): (&str, &str),
    change: &LinkChange,
    actor: &str,
) -> Result<LinkAnswer, Error> {
    let form = find(app, slug).await?.ok_or(Error::NotFound("form"))?;
    let found = line(app, &form, code).await?;
    let mut line = found.ok_or(Error::NotFound("link"))?;
    line.retired = change
        .retired
        .then(|| line.retired.unwrap_or_else(|| app.clock.now()));
    let mut tx = app.store.begin().await?;
    tx.retire_join_code(line.id, line.retired).await?;
    let state = if change.retired {
        "retired"
    } else {
        "taken up again"
    };
    let note = format!("link {code} of form {slug}: {state}");
    keys::staff_event(app, &mut tx, StaffAct::FormChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    answer(app, &form, &line).await
}

/// A link that counts, with the form as it was when the link was made; none for a code that is not ours, not this form's,
/// or counts no longer.
///
/// # Errors
/// When the database does not answer.
pub async fn open(app: &House, slug: &str, code: &str) -> Result<Option<(Form, Link)>, Error> {
    let Some(form) = find(app, slug).await?.filter(|form| form.retired.is_none()) else {
        return Ok(None);
    };
    let line = line(app, &form, code).await?;
    let now = app.clock.now();
    let counts = |line: &JoinCode| {
        line.retired.is_none() && line.expires.is_none_or(|expires| now < expires)
    };
    let Some(line) = line.filter(counts) else {
        return Ok(None);
    };
    let Some(form) = version(app, &form, line.version).await? else {
        return Ok(None);
    };
    let shown = answer(app, &form, &line).await?;
    Ok(shown.url.map(|url| {
        let link = Link {
            code: shown.code,
            language: shown.language,
            url,
        };
        (form, link)
    }))
}

async fn line(app: &House, form: &Form, code: &str) -> Result<Option<JoinCode>, Error> {
    let Some(id) = code::read(app, code) else {
        return Ok(None);
    };
    let found = app.store.join_codes(&[id]).await?.pop();
    Ok(found.filter(|line| line.form == form.id && line.kind == CodeKind::Link))
}

async fn answer(app: &House, form: &Form, line: &JoinCode) -> Result<LinkAnswer, Error> {
    let shown = app.store.wordings(&[line.wording]).await?.pop();
    let words = shown.map(|shown| shown.text).unwrap_or_default();
    let code = code::write(app, line.id);
    let message = message(&words, &code);
    let url = chat(app, form, &message).await;
    let base = app.public_url().filter(|_| url.is_some());
    let file = |name: &str| {
        base.as_ref()
            .map(|base| format!("{base}/join/{}/{code}/{name}", form.slug))
    };
    Ok(LinkAnswer {
        qr_svg: file("qr.svg"),
        qr_png: file("qr.png"),
        sheet: file("sheet"),
        code,
        name: line.name.clone(),
        version: line.version,
        language: line.language.clone(),
        message,
        wording_sha256: hex::encode(line.wording),
        url,
        created_at: clock::rfc3339(line.at),
        expires_at: line.expires.map(clock::rfc3339),
        retired_at: line.retired.map(clock::rfc3339),
    })
}

fn name_of(text: &str) -> Result<String, Error> {
    let name = text.trim();
    let length = name.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let message = format!("`{name}` is no name for a link: want 1 to {NAME_CHARS_MAX} characters");
    Err(Error::field("name", message))
}

#[cfg(test)]
mod tests {
    use consent::wording::{Reading, Setting, keywords::Keywords};

    use super::*;

    #[test]
    fn the_first_words_ask_for_nothing_else_in_any_language() {
        let text = FormText {
            kind: "Offers and news".to_owned(),
            frequency: "at most once a week.".to_owned(),
            ..FormText::default()
        };
        for (language, _) in WORDS {
            let said = first_words(language, &text);
            assert!(said.contains("Offers and news") && said.contains("at most once a week"));
            assert!(!said.contains('{'), "{said}");
            let read =
                Keywords::default().read(&message(&said, "0000-0000-0000-0000"), Setting::Alone);
            assert_eq!(read, Reading::Nothing, "{said}");
        }
    }
}
