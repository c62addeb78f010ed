//! What keeps a journey from being published: everything outside of it that it needs and that is not there.

use consent::{
    request::Template,
    scope::Category,
    wording::{Reading, Setting},
};
use graph::template::Shape;
use journey::{
    definition::Definition,
    step::{Act, Branch, HandToAgent, SendTemplate, Step},
    text::Text,
    trigger::Trigger,
};

use store::template::TemplateLine;

use super::{body::FaultAnswer, call, letter, person};
use crate::{
    app::App,
    error::Error,
    services::{attributes, contacts, policy, staff::members, templates},
};

/// Everything that keeps a definition from being published, in the order of its text.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn run(app: &App, definition: &Definition) -> Result<Vec<FaultAnswer>, Error> {
    let mut found = Vec::new();
    if app.token.is_none() {
        let say = "whatsapp.access_token is not configured: nothing can be sent from here";
        found.push(fault("", None, say));
    }
    if definition.steps().is_empty() {
        let say = "the journey has no steps yet: want at least one";
        found.push(fault("", None, say));
    }
    let number = definition.head().number.as_ref();
    if let Some(number) = number.filter(|number| app.config.account_of(number).is_none()) {
        let say = format!("`{number}` is none of our numbers: want one of them, or none");
        found.push(fault("/number", None, say));
    }
    trigger(app, &definition.head().trigger, &mut found).await?;
    let account = account(app, definition);
    let mut placed = Vec::new();
    place(definition.steps(), "/steps", &mut placed);
    for (at, one) in placed {
        step(app, &account, (&at, one), &mut found).await?;
    }
    Ok(found)
}

/// The account that a journey sends from.
pub(super) fn account(app: &App, definition: &Definition) -> String {
    let sender = person::number(app, definition.head().number.as_ref(), None);
    let account = sender.and_then(|number| app.config.account_of(&number).map(str::to_owned));
    account.unwrap_or_default()
}

/// Whether a step can send a template: Meta takes it, and texts fill it.
pub(super) fn is_fit(line: &TemplateLine) -> bool {
    templates::state(line) == Template::Usable
        && templates::category(line) != Category::Authentication
        && Shape::of(&line.components).wants_more.is_none()
}

async fn trigger(app: &App, trigger: &Trigger, found: &mut Vec<FaultAnswer>) -> Result<(), Error> {
    match trigger {
        Trigger::Joined { form: Some(form) } => {
            let line = app.store.form_named(form).await?;
            if line.is_none_or(|line| line.retired.is_some()) {
                let say = format!("there is no form `{form}` in use");
                found.push(fault("/trigger/form", None, say));
            }
        }
        Trigger::Keyword { words } => {
            let policy = policy::current(app).await?;
            for (at, word) in words.iter().enumerate() {
                let read = policy.keywords.read(word, Setting::Alone);
                if read != Reading::Nothing {
                    let say = format!(
                        "`{word}` is taken as a wish about consent: want a word that means nothing else"
                    );
                    found.push(fault(&format!("/trigger/words/{at}"), None, say));
                }
            }
        }
        Trigger::TagAdded { tag } => {
            if let Err(error) = contacts::tag_name(tag) {
                found.push(fault("/trigger/tag", None, error.to_string()));
            }
        }
        Trigger::Joined { form: None }
        | Trigger::AttributeChanged { .. }
        | Trigger::Event { .. }
        | Trigger::Date(_)
        | Trigger::AdReferral { .. } => {}
    }
    Ok(())
}

async fn step(
    app: &App,
    account: &str,
    (at, step): (&str, &Step),
    found: &mut Vec<FaultAnswer>,
) -> Result<(), Error> {
    let mut said: Vec<(&str, String)> = Vec::new();
    match &step.act {
        Act::SendTemplate(send) => {
            let faults = template(app, account, send).await?.into_iter();
            said.extend(faults.map(|fault| ("/template", fault)));
        }
        Act::AddTag(tag) | Act::RemoveTag(tag) => {
            let name = contacts::tag_name(&tag.tag);
            said.extend(name.err().map(|error| ("/tag", error.to_string())));
        }
        Act::SetAttribute(set) => match attributes::key_name(&set.attribute) {
            Err(error) => said.push(("/attribute", error.to_string())),
            Ok(()) => {
                let why = misfit(app, &set.attribute, &set.value).await?;
                said.extend(why.map(|why| ("/value", why)));
            }
        },
        Act::Ask(ask) => {
            let name = ask.save_as.as_deref().map(attributes::key_name);
            if let Some(Err(error)) = name {
                said.push(("/save_as", error.to_string()));
            }
        }
        Act::CallWebhook(call) => {
            let name = &call.webhook;
            let say = match call::find(app, name) {
                None => Some(format!("there is no webhook `{name}` in the settings")),
                Some(webhook) if !call::is_safe(&webhook.url) => Some(format!(
                    "the address of `{name}` is neither https nor on this machine"
                )),
                Some(_) => None,
            };
            said.extend(say.map(|say| ("/webhook", say)));
        }
        Act::HandToAgent(HandToAgent {
            agent: Some(agent), ..
        }) => {
            if members::who_talks(app, agent).await?.is_none() {
                let say = format!("`{agent}` is nobody of the staff who answers customers");
                said.push(("/agent", say));
            }
        }
        Act::SendMessage(_)
        | Act::Wait(_)
        | Act::WaitUntil(_)
        | Act::Branch(_)
        | Act::HandToAgent(HandToAgent { agent: None, .. })
        | Act::End(_) => {}
    }
    let said = said.into_iter();
    found.extend(said.map(|(place, say)| fault(&format!("{at}{place}"), Some(step), say)));
    Ok(())
}

/// Why a value without holes does not fit its attribute.
async fn misfit(app: &App, key: &str, value: &Text) -> Result<Option<String>, Error> {
    if value.holes().next().is_some() || value.as_str().trim().is_empty() {
        return Ok(None);
    }
    let kinds = attributes::kinds(app).await?;
    let fitting = attributes::fitting(&kinds, key, value.as_str());
    Ok(fitting.err().map(|error| error.to_string()))
}

/// What is wrong with the template of a step.
async fn template(app: &App, account: &str, send: &SendTemplate) -> Result<Vec<String>, Error> {
    let (name, language) = (&send.template, &send.language);
    let Some(line) = app.store.template(account, name, language).await? else {
        return Ok(vec![format!(
            "there is no template `{name}` in `{language}`"
        )]);
    };
    let mut found = Vec::new();
    if templates::state(&line) == Template::Unavailable {
        let status = &line.status;
        found.push(format!(
            "the template `{name}` cannot be sent now: Meta says {status}"
        ));
    }
    let shape = Shape::of(&line.components);
    if let Some(part) = &shape.wants_more {
        found.push(format!(
            "the template `{name}` has a part that texts cannot fill: `{part}`"
        ));
    }
    let given: Vec<&str> = send.variables.keys().map(String::as_str).collect();
    let (missing, odd) = letter::compare(&shape, &given);
    for gap in missing {
        found.push(format!("the template `{name}` wants the variable `{gap}`"));
    }
    for name in odd {
        found.push(format!("the template has no variable `{name}`"));
    }
    Ok(found)
}

/// Every step with its place.
fn place<'a>(steps: &'a [Step], at: &str, all: &mut Vec<(String, &'a Step)>) {
    for (index, step) in steps.iter().enumerate() {
        let here = format!("{at}/{index}");
        if let Act::Branch(Branch { ways, otherwise }) = &step.act {
            all.push((here.clone(), step));
            for (way, one) in ways.iter().enumerate() {
                place(&one.steps, &format!("{here}/ways/{way}/steps"), all);
            }
            place(otherwise, &format!("{here}/otherwise"), all);
        } else {
            all.push((here, step));
        }
    }
}

fn fault(place: &str, step: Option<&Step>, say: impl Into<String>) -> FaultAnswer {
    FaultAnswer {
        place: place.to_owned(),
        step: step.map(|step| step.id.to_string()),
        say: say.into(),
    }
}
