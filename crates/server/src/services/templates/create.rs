//! Making a template: what was asked for with the way out put on it, looked at by Meta's rules, and handed to Meta for review.

use std::collections::BTreeMap;

use consent::{event::StaffAct, scope::Category};
use graph::{
    client::CallError,
    template::{
        Key, KeyKind, Shape,
        draft::{Draft, Text},
    },
};
use serde::Deserialize;
use store::template::{TemplateLine, TemplateTurn, Told};
use utoipa::ToSchema;

use super::{
    opt_out::{self, OptOut},
    shelf::{self, PreviewAnswer, TemplateAnswer, WarningAnswer},
    turn,
};
use crate::{
    app::App,
    error::Error,
    services::{keys, policy, topics},
};

/// A template to be made.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBody {
    /// The account that shall own it; may be left out where there is one only.
    pub account: Option<String>,
    /// Its name: small letters, digits and `_`, at most 512.
    pub name: String,
    /// Its language, as `en` or `pt_BR`.
    pub language: String,
    /// `marketing` or `utility`.
    pub category: String,
    /// The line above, at most 60 characters and one gap.
    pub header: Option<String>,
    /// What may stand in the gap of the line above.
    pub header_example: Option<String>,
    /// The text, at most 1,024 characters, with gaps like `{{1}}` or `{{first_name}}`.
    pub body: String,
    /// What may stand in each gap of the text, by its number or name.
    #[serde(default)]
    pub examples: BTreeMap<String, String>,
    /// The small print below, at most 60 characters.
    pub footer: Option<String>,
    /// Its buttons, at most 10.
    #[serde(default)]
    pub buttons: Vec<ButtonBody>,
    /// How people are told to stop: `button`, `footer` or `none`. Left out, marketing gets a button, unless it has a way out.
    pub opt_out: Option<String>,
}

/// A button of a template to be made.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ButtonBody {
    /// `quick_reply`, `url` or `phone`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its label, at most 25 characters.
    pub text: String,
    /// The address or number that it leads to.
    pub to: Option<String>,
}

/// What a template to be made would look like.
#[derive(Debug)]
pub struct Proof {
    /// As people see it.
    pub preview: PreviewAnswer,
    /// What should be put right.
    pub warnings: Vec<WarningAnswer>,
}

/// What a template to be made would look like. Nothing is made.
///
/// # Errors
/// [`Error::Invalid`] with the first rule of Meta's that it breaks; when the database does not answer.
pub async fn proof(app: &App, body: &CreateBody) -> Result<Proof, Error> {
    let draft = read(app, body).await?;
    let shape = Shape::of(&draft.components().to_string());
    let policy = policy::current(app).await?;
    let lacks = shelf::lacks_opt_out(draft.category.word(), &shape, &policy.keywords);
    Ok(Proof {
        preview: shelf::preview(shape),
        warnings: lacks.into_iter().collect(),
    })
}

/// Makes a template at Meta and hands it in for review. It can be sent once Meta has approved it.
///
/// # Errors
/// [`Error::Invalid`] with the first rule of Meta's that it breaks; [`Error::Conflict`] with Meta's words where Meta refuses
/// it, or does not answer; when the database does not answer.
pub async fn create(app: &App, body: &CreateBody, actor: &str) -> Result<TemplateAnswer, Error> {
    let draft = read(app, body).await?;
    let account = account(app, body.account.as_deref())?;
    let Some(token) = &app.token else {
        let message = "there is no whatsapp.access_token to make templates with";
        return Err(Error::Conflict(message.to_owned()));
    };
    let made = app
        .graph
        .create_template(&account, token, &draft)
        .await
        .map_err(refused)?;
    let now = app.clock.now();
    let line = TemplateLine {
        account,
        name: draft.name.clone(),
        language: draft.language.clone(),
        id: made.id,
        category: made.category.unwrap_or(draft.category).word().to_owned(),
        status: made.status.word().to_owned(),
        quality: None,
        topic: None,
        components: draft.components().to_string(),
        changed: now,
        told: Told {
            since: Some(now),
            ..Told::default()
        },
    };
    let created = TemplateTurn {
        note: Some(actor.to_owned()),
        ..turn(&app.clock, &line, "created", [None, Some(&line.status)])
    };
    let known = app
        .store
        .template(&line.account, &line.name, &line.language)
        .await?;
    let mut tx = app.store.begin().await?;
    // Meta may have decided, and a listing may have told us so, before its answer was here.
    if known.is_none_or(|known| known.id != line.id) {
        tx.put_templates(std::slice::from_ref(&line)).await?;
    }
    tx.keep_template_turns(&[created]).await?;
    let note = format!("{} {} {}", line.id, line.name, line.language);
    keys::staff_event(app, &mut tx, StaffAct::TemplateCreated, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    // A decision that came meanwhile found no template to change.
    app.bell.templates.notify_one();
    Ok(shelf::show(app, &line.id).await?.template)
}

/// What was asked for, with the way out on it.
async fn read(app: &App, body: &CreateBody) -> Result<Draft, Error> {
    let category = topics::category("category", &body.category)?;
    let filled = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let header = filled(&body.header).map(|text| headed(text, body.header_example.as_deref()));
    let mut buttons = body
        .buttons
        .iter()
        .map(key)
        .collect::<Result<Vec<_>, _>>()?;
    // Meta wants the quick replies side by side.
    buttons.sort_by_key(|key| key.kind == KeyKind::QuickReply);
    let mut draft = Draft {
        name: body.name.trim().to_owned(),
        language: body.language.trim().replace('-', "_"),
        category,
        header,
        body: Text {
            text: body.body.trim().replace("\r\n", "\n"),
            examples: body.examples.clone(),
        },
        footer: filled(&body.footer),
        buttons,
    };
    let policy = policy::current(app).await?;
    let shape = Shape::of(&draft.components().to_string());
    let has_one = opt_out::is_offered(&shape, &policy.keywords);
    offer(&mut draft, way(body, category)?, has_one)?;
    draft
        .check()
        .map_err(|bad| Error::field(bad.field, bad.message))?;
    Ok(draft)
}

/// How the way out is to be offered: by a button, where nobody says otherwise and it is marketing.
fn way(body: &CreateBody, category: Category) -> Result<OptOut, Error> {
    match body.opt_out.as_deref() {
        None if category == Category::Marketing => Ok(OptOut::Button),
        None => Ok(OptOut::None),
        Some(word) => OptOut::read(word).ok_or_else(|| {
            let message = format!("`{word}` is no way to opt out: want button, footer or none");
            Error::field("opt_out", message)
        }),
    }
}

/// Puts the way out on, unless there is one.
fn offer(draft: &mut Draft, way: OptOut, has_one: bool) -> Result<(), Error> {
    match way {
        OptOut::None => {}
        OptOut::Button | OptOut::Footer if has_one => {}
        OptOut::Button => draft.buttons.push(opt_out::button(&draft.language)),
        OptOut::Footer if draft.footer.is_some() => {
            let message = "there is a footer already, and it does not say how to stop: empty it, or offer a button";
            return Err(Error::field("opt_out", message));
        }
        OptOut::Footer => draft.footer = Some(opt_out::words(&draft.language).footer.to_owned()),
    }
    Ok(())
}

/// The line above; its only gap takes the only example, whatever the gap is called.
fn headed(text: String, example: Option<&str>) -> Text {
    let name = text
        .split("{{")
        .nth(1)
        .and_then(|rest| rest.split("}}").next());
    let example = name.zip(example.filter(|text| !text.trim().is_empty()));
    let examples = example.map(|(name, text)| (name.trim().to_owned(), text.to_owned()));
    Text {
        examples: examples.into_iter().collect(),
        text,
    }
}

fn key(body: &ButtonBody) -> Result<Key, Error> {
    let kind = KeyKind::read(&body.kind).ok_or_else(|| {
        let message = format!(
            "`{}` is no button: want quick_reply, url or phone",
            body.kind
        );
        Error::field("buttons", message)
    })?;
    let to = body
        .to
        .as_deref()
        .map(str::trim)
        .filter(|to| !to.is_empty());
    Ok(Key {
        kind,
        text: body.text.trim().to_owned(),
        to: to.map(|to| match kind {
            // People write numbers with gaps and hyphens.
            KeyKind::Phone => to.replace([' ', '-', '(', ')'], ""),
            KeyKind::QuickReply | KeyKind::Url | KeyKind::Other => to.to_owned(),
        }),
    })
}

/// The account that shall own it.
fn account(app: &App, wanted: Option<&str>) -> Result<String, Error> {
    let mut known = app
        .config
        .whatsapp
        .accounts
        .iter()
        .map(|account| &account.id);
    let wanted = wanted.map(str::trim).filter(|id| !id.is_empty());
    let found = match (wanted, known.len()) {
        (Some(wanted), _) => known.find(|id| *id == wanted),
        (None, 1) => known.next(),
        (None, _) => None,
    };
    found.cloned().ok_or_else(|| {
        let wanted = wanted.unwrap_or_default();
        let message = format!("`{wanted}` is none of our accounts: want one of whatsapp.accounts");
        Error::field("account", message)
    })
}

/// Meta's refusal as Meta words it.
fn refused(error: CallError) -> Error {
    Error::Conflict(match error {
        CallError::Refused { fault, .. } => {
            let said = fault.details.unwrap_or(fault.message);
            format!("Meta refused the template: {said}")
        }
        CallError::Unreachable(why) | CallError::Unreadable(why) => format!(
            "it is not certain that Meta took the template, look at the list in a minute: {why}"
        ),
    })
}
