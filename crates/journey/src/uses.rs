//! What a journey refers to outside of itself: the server looks whether it is there before a journey is published.

use std::collections::BTreeSet;

use consent::id::NumberId;

use crate::{
    condition::Condition,
    definition::Definition,
    step::Act,
    text::{From, Text},
    trigger::Trigger,
};

/// What a journey refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    /// Templates, each by name and language.
    pub templates: BTreeSet<(String, String)>,
    /// Tags that it waits for, asks for, gives or takes away.
    pub tags: BTreeSet<String>,
    /// Attributes that it waits for, asks for, fills in or sets.
    pub attributes: BTreeSet<String>,
    /// Webhooks by their names.
    pub webhooks: BTreeSet<String>,
    /// Who of the staff takes conversations over, by the address that they sign in with.
    pub agents: BTreeSet<String>,
    /// The form that lets people in.
    pub form: Option<String>,
    /// The number that it sends from.
    pub number: Option<NumberId>,
}

impl Definition {
    /// What it refers to outside of itself.
    #[must_use]
    pub fn uses(&self) -> Uses {
        let mut uses = Uses {
            number: self.head().number.clone(),
            ..Uses::default()
        };
        uses.trigger(&self.head().trigger);
        for step in self.all() {
            uses.act(&step.act);
        }
        uses
    }
}

impl Uses {
    fn trigger(&mut self, trigger: &Trigger) {
        match trigger {
            Trigger::Joined { form } => self.form.clone_from(form),
            Trigger::TagAdded { tag } => self.tag(tag),
            Trigger::AttributeChanged { attribute, .. } => self.attribute(attribute),
            Trigger::Date(rule) => self.attribute(&rule.attribute),
            Trigger::Event { .. } | Trigger::Keyword { .. } | Trigger::AdReferral { .. } => {}
        }
    }

    fn act(&mut self, act: &Act) {
        for hole in act.texts().into_iter().flat_map(Text::holes) {
            match &hole.from {
                From::Attribute(name) => self.attribute(name),
                From::Answer(_) | From::Event(_) => {}
            }
        }
        match act {
            Act::SendTemplate(send) => {
                self.templates
                    .insert((send.template.clone(), send.language.clone()));
            }
            Act::Ask(ask) => ask.save_as.iter().for_each(|name| self.attribute(name)),
            Act::Wait(wait) => wait.or_when.iter().for_each(|when| self.condition(when)),
            Act::Branch(branch) => branch.ways.iter().for_each(|way| self.condition(&way.when)),
            Act::AddTag(tag) | Act::RemoveTag(tag) => self.tag(&tag.tag),
            Act::SetAttribute(set) => self.attribute(&set.attribute),
            Act::CallWebhook(call) => {
                self.webhooks.insert(call.webhook.clone());
            }
            Act::HandToAgent(hand) => self.agents.extend(hand.agent.clone()),
            Act::SendMessage(_) | Act::WaitUntil(_) | Act::End(_) => {}
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(all) | Condition::Any(all) => {
                all.iter().for_each(|one| self.condition(one));
            }
            Condition::Not(one) => self.condition(one),
            Condition::Tag(tag) => self.tag(tag),
            Condition::Attribute(asked) => self.attribute(&asked.key),
            Condition::Event(_)
            | Condition::Answer(_)
            | Condition::Outcome(_)
            | Condition::Consent(_)
            | Condition::Window(_)
            | Condition::Language(_) => {}
        }
    }

    fn tag(&mut self, tag: &str) {
        self.tags.insert(tag.to_owned());
    }

    fn attribute(&mut self, name: &str) {
        self.attributes.insert(name.to_owned());
    }
}
