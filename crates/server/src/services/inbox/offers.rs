//! What may be sent to a person from a number right now: an own text, or which templates; and what stands in the way of the others.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use consent::{
    id::NumberId,
    policy::Policy,
    reason::Code,
    request::{Address, Request, Template},
    scope::{Category, Channel, Topic},
    verdict::{self, Denial, Verdict},
};
use graph::template::Shape;
use serde::Serialize;
use store::{conversation::Key, template::TemplateLine};
use utoipa::ToSchema;

use super::WindowAnswer;
use crate::{
    app::House,
    error::Error,
    services::{
        check::{self, Known, Whom},
        contacts, policy, templates,
    },
};

/// So many templates are offered; a search finds the others.
const OFFERED_MAX: usize = 200;

/// What the gate would say.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerdictAnswer {
    /// Whether it may go.
    pub allow: bool,
    /// The code of a refusal.
    pub code: Option<&'static str>,
    /// One plain sentence.
    pub reason: &'static str,
    /// Who can lift a refusal.
    pub lifted_by: Option<&'static str>,
    /// When a refusal passes by itself.
    pub until: Option<String>,
}

/// What may be sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Offers {
    /// The customer service window.
    pub window: WindowAnswer,
    /// What the gate would say to an own text.
    pub text: VerdictAnswer,
    /// The approved templates, by name.
    pub templates: Vec<TemplateOffer>,
    /// Whether there are more than are listed.
    pub more: bool,
}

/// A template that could be sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TemplateOffer {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its category.
    pub category: &'static str,
    /// The topic that it is bound to.
    pub topic: Option<String>,
    /// The line above.
    pub header: Option<String>,
    /// The text.
    pub body: String,
    /// The small print.
    pub footer: Option<String>,
    /// What stands on its buttons.
    pub buttons: Vec<String>,
    /// The gaps of the header: a text for each has to be given.
    pub header_gaps: Vec<String>,
    /// The gaps of the text.
    pub body_gaps: Vec<String>,
    /// What the gate would say.
    pub verdict: VerdictAnswer,
}

/// What may be sent to a person from a number right now, among the templates whose names have `search` in them. Nothing is sent,
/// and nothing written down.
///
/// # Errors
/// [`Error::NotFound`] when there is no such person or number; when the database does not answer.
pub async fn offers(app: &House, key: Key<'_>, search: Option<&str>) -> Result<Offers, Error> {
    let (contact, number) = key;
    let sender = super::ours(app, number)?;
    let account = app.config.account_of(&sender).unwrap_or_default();
    contacts::line(app, contact).await?;
    let policy = policy::current(app).await?;
    let known = check::known(app, Whom::Contact(contact), &policy, app.clock.now()).await?;
    let topics: BTreeMap<_, _> = app
        .store
        .topics()
        .await?
        .into_iter()
        .map(|line| (line.topic.id, (line.topic, line.name)))
        .collect();
    let gate = Preview {
        app,
        known: &known,
        policy: &policy,
        number: &sender,
    };
    let search = search.map(str::to_lowercase);
    let mut offered = Vec::new();
    let mut more = false;
    for line in app.store.templates().await? {
        let is_found = search.as_ref().is_none_or(|text| line.name.contains(text));
        if line.account != account || !is_found || templates::state(&line) != Template::Usable {
            continue;
        }
        let shape = Shape::of(&line.components);
        if shape.wants_more.is_some() {
            continue;
        }
        if offered.len() == OFFERED_MAX {
            more = true;
            break;
        }
        let bound = line.topic.and_then(|id| topics.get(&id));
        let verdict = gate.says(
            templates::category(&line),
            bound.map(|(topic, _)| *topic),
            Template::Usable,
        );
        let topic = bound.map(|(_, name)| name.clone());
        offered.push(offer(&line, shape, topic, verdict));
    }
    Ok(Offers {
        window: super::window(known.standing(), number, app.clock.now()),
        text: gate.says(Category::Service, None, Template::None),
        templates: offered,
        more,
    })
}

fn offer(
    line: &TemplateLine,
    shape: Shape,
    topic: Option<String>,
    verdict: VerdictAnswer,
) -> TemplateOffer {
    TemplateOffer {
        name: line.name.clone(),
        language: line.language.clone(),
        category: templates::category(line).word(),
        topic,
        header: shape.header,
        body: shape.body,
        footer: shape.footer,
        buttons: shape.buttons,
        header_gaps: shape.header_gaps,
        body_gaps: shape.body_gaps,
        verdict,
    }
}

/// The question that the gate will be asked, asked beforehand.
struct Preview<'a> {
    app: &'a House,
    known: &'a Known,
    policy: &'a Policy,
    number: &'a NumberId,
}

impl Preview<'_> {
    fn says(&self, category: Category, topic: Option<Topic>, template: Template) -> VerdictAnswer {
        let held = self.app.restored.load(Ordering::SeqCst) && category == Category::Marketing;
        let verdict = if held {
            Verdict::Deny(Denial::of(Code::Held))
        } else {
            let request = Request {
                address: Address::Person,
                category,
                topic,
                channel: Channel::Whatsapp,
                number: Some(self.number.clone()),
                template,
                confirms: Vec::new(),
            };
            verdict::decide(
                &request,
                self.known.facts(),
                self.policy,
                self.app.clock.now(),
            )
        };
        let answer = check::answer(&verdict, None, self.policy);
        VerdictAnswer {
            allow: answer.allow,
            code: answer.code,
            reason: answer.reason,
            lifted_by: answer.lifted_by,
            until: answer.until,
        }
    }
}
