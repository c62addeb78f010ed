//! Deleting a template at Meta: not while something that runs still sends it.

use campaign::state::State;
use consent::event::StaffAct;
use graph::client::CallError;
use serde_json::Value;
use store::{
    journey::VersionLine,
    template::{TemplateChange, TemplateLine, TemplateTurn, Told},
};
use uuid::Uuid;

use super::{shelf, turn};
use crate::{
    app::{App, House},
    error::Error,
    services::{campaigns::plan, keys},
};

/// Meta's word for a template that is gone.
const DELETED: &str = "DELETED";
/// Campaigns that are read at one time.
const PAGE: u32 = 200;

/// Deletes a template in one language at Meta. Meta keeps its name from being used again for thirty days.
///
/// # Errors
/// [`Error::NotFound`], also where it is deleted already; [`Error::Conflict`] while a campaign that is to send or sends it, or a journey that is live or that somebody is
/// in, uses it, or with Meta's words; when the database does not answer.
pub async fn remove(app: &App, id: &str, actor: &str) -> Result<(), Error> {
    let line = shelf::line(app, id).await?;
    if line.status == DELETED {
        return Err(Error::NotFound("template"));
    }
    if let Some(name) = campaign_with(app, &line).await? {
        return Err(Error::Conflict(format!(
            "the campaign {name} sends this template: wait until it is over, or cancel it"
        )));
    }
    if let Some(name) = named_by(app.store.live_journeys().await?, &line)? {
        return Err(Error::Conflict(format!(
            "the journey {name} is live and sends this template: stop the journey, or give it another one"
        )));
    }
    if let Some(name) = named_by(app.store.walked_journeys().await?, &line)? {
        return Err(Error::Conflict(format!(
            "people are on their way through a version of the journey {name} that sends this template: wait until they are through, or let them out"
        )));
    }
    let Some(token) = &app.token else {
        let message = "there is no whatsapp.access_token to delete templates with";
        return Err(Error::Conflict(message.to_owned()));
    };
    let named = (line.name.as_str(), line.id.as_str());
    app.graph
        .delete_template(&line.account, token, named)
        .await
        .map_err(refused)?;
    let now = app.clock.now();
    let change = TemplateChange {
        account: Some(line.account.clone()),
        name: line.name.clone(),
        language: line.language.clone(),
        category: None,
        status: Some(DELETED.to_owned()),
        quality: None,
        told: Told::default(),
        at: now,
    };
    let gone = TemplateTurn {
        note: Some(actor.to_owned()),
        ..turn(
            &app.clock,
            &line,
            "status",
            [Some(&line.status), Some(DELETED)],
        )
    };
    let mut tx = app.store.begin().await?;
    tx.change_template(&change).await?;
    tx.keep_template_turns(&[gone]).await?;
    let note = format!("{} {} {}", line.id, line.name, line.language);
    keys::staff_event(app, &mut tx, StaffAct::TemplateDeleted, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

/// What a campaign is called that sends a template, or goes on to when somebody says so.
async fn campaign_with(app: &House, template: &TemplateLine) -> Result<Option<String>, Error> {
    let mut after: Option<Uuid> = None;
    loop {
        let page = app.store.campaigns(after, PAGE).await?;
        for line in &page {
            let state = State::read(&line.state);
            if !matches!(
                state,
                Some(State::Scheduled | State::Running | State::Paused)
            ) {
                continue;
            }
            let plan = plan::Plan::kept(&line.spec)?;
            let uses = |variant: &plan::Variant| {
                (&variant.template, &variant.language) == (&template.name, &template.language)
            };
            if plan::account(app, &plan.numbers) == template.account
                && plan.variants.iter().any(uses)
            {
                return Ok(Some(line.name.clone()));
            }
        }
        match page.last() {
            Some(last) => after = Some(last.id),
            None => return Ok(None),
        }
    }
}

/// What a journey is called of which one of these versions sends a template.
fn named_by(versions: Vec<VersionLine>, template: &TemplateLine) -> Result<Option<String>, Error> {
    for version in versions {
        let definition: Value =
            serde_json::from_str(&version.definition).map_err(Error::internal)?;
        if names(&definition, template) {
            let name = definition.get("name").and_then(Value::as_str);
            return Ok(Some(name.unwrap_or_default().to_owned()));
        }
    }
    Ok(None)
}

/// Whether a definition names a template, in whatever step.
fn names(definition: &Value, template: &TemplateLine) -> bool {
    match definition {
        Value::Object(members) => {
            let is = |member: &str, text: &str| {
                members.get(member).and_then(Value::as_str) == Some(text)
            };
            (is("template", &template.name) && is("language", &template.language))
                || members.values().any(|member| names(member, template))
        }
        Value::Array(items) => items.iter().any(|item| names(item, template)),
        _ => false,
    }
}

/// Meta's refusal as Meta words it.
fn refused(error: CallError) -> Error {
    Error::Conflict(match error {
        CallError::Refused { fault, .. } => {
            let said = fault.details.unwrap_or(fault.message);
            format!("Meta did not delete the template: {said}")
        }
        CallError::Unreachable(why) | CallError::Unreadable(why) => format!(
            "it is not certain that Meta deleted the template, look at the list in a minute: {why}"
        ),
    })
}
