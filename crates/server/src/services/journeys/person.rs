//! What a journey may know of somebody: tags, attributes, what they may be sent, the window, their language and the time where they are.

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    alias::Alias,
    id::{ContactId, NumberId},
    phone::Phone,
    policy::Policy,
    register::Standing,
    request::{Facts as About, Request},
    scope::Category,
    time::Timestamp,
    verdict::{self, Verdict},
    window,
};
use journey::facts::{Facts, Leave};
use store::contact::Person;

use crate::{
    app::House,
    services::{campaigns::place, flows::language},
};

/// The attributes that say more than we can guess.
const LANGUAGE: &str = "language";
const TIME_ZONE: &str = "time_zone";
/// What people call themselves, where no attribute has this name.
const NAME: &str = "name";

/// Somebody, as far as a journey asks.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) standing: Standing,
    pub(super) tags: BTreeSet<String>,
    pub(super) attributes: BTreeMap<String, String>,
    name: Option<String>,
    aliases: Vec<Alias>,
}

impl Known {
    pub(super) fn of(person: &Person) -> Self {
        Self {
            standing: person.standing.clone(),
            tags: BTreeSet::new(),
            attributes: BTreeMap::new(),
            name: person.name.clone(),
            aliases: Vec::new(),
        }
    }

    /// Somebody of whom nothing is known.
    pub(super) fn nobody() -> Self {
        Self {
            standing: Standing::default(),
            tags: BTreeSet::new(),
            attributes: BTreeMap::new(),
            name: None,
            aliases: Vec::new(),
        }
    }

    pub(super) fn call(&mut self, alias: &Alias) {
        self.aliases.push(alias.clone());
    }

    fn phone(&self) -> Option<Phone> {
        self.aliases.iter().find_map(|alias| match alias {
            Alias::Phone(phone) | Alias::WaId(phone) => Some(*phone),
            Alias::Bsuid(_) | Alias::ParentBsuid(_) | Alias::Email(_) => None,
        })
    }

    /// What a journey that sends from this number may know now.
    pub(super) fn facts(
        &self,
        (number, policy): (Option<&NumberId>, &Policy),
        now: Timestamp,
    ) -> Facts {
        let mut facts = Facts {
            attributes: self.attributes.clone(),
            tags: self.tags.clone(),
            window_open: number
                .and_then(|number| self.standing.heard.get(number))
                .is_some_and(|heard| window::is_open(heard, now)),
            language: self.language(),
            zone: self.zone(),
            ..Facts::unknown()
        };
        if let Some(name) = &self.name {
            let attributes = &mut facts.attributes;
            attributes
                .entry(NAME.to_owned())
                .or_insert_with(|| name.clone());
        }
        for category in Category::ALL {
            facts = facts.with(category, self.leave(category, (number, policy), now));
        }
        facts
    }

    /// Whether they agreed, whatever time it is: what time lifts is waited for when something is sent.
    fn leave(
        &self,
        category: Category,
        (number, policy): (Option<&NumberId>, &Policy),
        now: Timestamp,
    ) -> Leave {
        let timeless = Policy {
            caps: Vec::new(),
            quiet_hours: None,
            ..policy.clone()
        };
        let standing = Standing {
            backoff: None,
            ..self.standing.clone()
        };
        let request = Request {
            number: number.cloned(),
            ..Request::about(category)
        };
        let facts = About {
            standing: &standing,
            sent: &[],
            minute_there: None,
            country: policy.country(self.aliases.iter()),
        };
        match verdict::decide(&request, facts, &timeless, now) {
            Verdict::Allow(_) => Leave::Allow,
            Verdict::Deny(denial) => Leave::Deny(denial.code.sentence().to_owned()),
        }
    }

    pub(super) fn language(&self) -> Option<String> {
        let said = self.attributes.get(LANGUAGE).cloned();
        let there = || self.aliases.iter().find_map(language::country);
        said.or_else(|| there().map(str::to_owned))
    }

    pub(super) fn zone(&self) -> Option<String> {
        let said = self.attributes.get(TIME_ZONE).cloned();
        said.or_else(|| self.phone().and_then(place::zone_of))
    }
}

/// The number that a journey sends from: its own; else that to which the person wrote last; else the first of ours.
pub(super) fn number(
    app: &House,
    own: Option<&NumberId>,
    standing: Option<&Standing>,
) -> Option<NumberId> {
    let heard = || {
        let heard = standing?.heard.iter();
        let ours = heard.filter(|(number, _)| app.config.account_of(number).is_some());
        let last = ours.max_by_key(|(_, heard)| heard.last)?;
        Some(last.0.clone())
    };
    own.cloned()
        .or_else(heard)
        .or_else(|| app.config.numbers().next())
}

/// Whom a transaction is about, with what is known of each.
pub(super) type People = BTreeMap<ContactId, Known>;
