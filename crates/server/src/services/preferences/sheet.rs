//! What a person's page shows: their wishes as they stand now, and where each came from.

use std::collections::BTreeMap;

use consent::{
    id::{EventId, TopicId},
    policy::Policy,
    register::Platform,
    scope::{Category, Channel, Scope},
    time::Timestamp,
    window,
    wish::{self, Wish},
};
use store::{contact::ContactLine, event::EventLine, house::TopicLine, topic::TopicText};

use super::choice::Choice;
use crate::{app::House, error::Error, services::policy};

/// Everything that a page shows.
#[derive(Debug)]
pub struct Sheet {
    /// The wishes, by category.
    pub sections: Vec<Section>,
    /// The ways that offers may take.
    pub channels: Vec<Switch>,
    /// Since when WhatsApp's own switch is off, at the earliest; none while it is on, as far as we know.
    pub platform_stop: Option<Timestamp>,
    /// Whether offers wait, and until when, where that is known.
    pub pause: Option<Option<Timestamp>>,
    /// Whether everything is refused.
    pub is_silent: bool,
    /// Whether we may write to them now without a template.
    pub window_is_open: bool,
}

/// The wishes about one category.
#[derive(Debug)]
pub struct Section {
    /// Which.
    pub category: Category,
    /// The category as a whole.
    pub whole: Switch,
    /// Its topics.
    pub topics: Vec<Switch>,
}

/// One wish.
#[derive(Debug)]
pub struct Switch {
    /// What it is about.
    pub choice: Choice,
    /// What a topic is called and what it brings, in the asked language or as the business called it first.
    pub label: Option<(String, String)>,
    /// Where it stands.
    pub wish: Wish,
    /// Since when, and where that came from.
    pub since: Option<Since>,
}

/// Where a wish came from.
#[derive(Debug, Clone)]
pub struct Since {
    /// From when it counts.
    pub at: Timestamp,
    /// The source of the event.
    pub source: String,
}

/// Reads everything that the page of a person shows, with topics in the words of `language`.
///
/// # Errors
/// When the database does not answer.
pub async fn read(app: &House, line: &ContactLine, language: &str) -> Result<Sheet, Error> {
    let policy = policy::current(app).await?;
    let topics = app.store.topics().await?;
    let texts = app.store.topic_texts().await?;
    let history = app.store.history(line.person.id).await?;
    let reader = Reader {
        line,
        policy: &policy,
        now: app.clock.now(),
        events: history.iter().map(|event| (event.id, event)).collect(),
        texts: texts
            .iter()
            .filter(|text| text.language == language)
            .map(|text| (text.topic, text))
            .collect(),
    };
    Ok(reader.sheet(&topics))
}

struct Reader<'a> {
    line: &'a ContactLine,
    policy: &'a Policy,
    now: Timestamp,
    events: BTreeMap<EventId, &'a EventLine>,
    texts: BTreeMap<TopicId, &'a TopicText>,
}

impl Reader<'_> {
    fn sheet(&self, topics: &[TopicLine]) -> Sheet {
        let standing = &self.line.person.standing;
        let stops = standing.platform.values().filter_map(Platform::stopped);
        let heard = standing.heard.values();
        Sheet {
            sections: self.sections(topics),
            channels: self.channels(),
            platform_stop: stops.map(|mark| mark.at).min(),
            pause: self.pause(),
            is_silent: wish::is_refused(&Scope::ALL, standing, self.policy),
            window_is_open: heard
                .into_iter()
                .any(|heard| window::is_open(heard, self.now)),
        }
    }

    /// Offers and notices always; the others where the business has a topic in them.
    fn sections(&self, topics: &[TopicLine]) -> Vec<Section> {
        let categories = Category::ALL.into_iter();
        let sections = categories.filter_map(|category| {
            let own = topics
                .iter()
                .filter(|line| line.topic.category == category)
                .map(|line| self.topic(line))
                .filter(|switch| switch.wish != Wish::Retired);
            let own: Vec<Switch> = own.collect();
            let always = matches!(category, Category::Marketing | Category::Utility);
            (always || !own.is_empty()).then(|| Section {
                category,
                whole: self.switch(Choice::Category(category)),
                topics: own,
            })
        });
        sections.collect()
    }

    fn topic(&self, line: &TopicLine) -> Switch {
        let text = self.texts.get(&line.topic.id);
        let label = text.map_or_else(
            || (line.name.clone(), line.description.clone()),
            |text| (text.name.clone(), text.description.clone()),
        );
        Switch {
            label: Some(label),
            ..self.switch(Choice::Topic(line.topic))
        }
    }

    /// The ways by which we have an address. A choice between one is none.
    fn channels(&self) -> Vec<Switch> {
        let held = self.line.aliases.iter().filter(|held| held.until.is_none());
        let kinds: Vec<&str> = held.map(|held| held.alias.kind()).collect();
        let has = |channel| match channel {
            Channel::Whatsapp => kinds.iter().any(|kind| *kind != "email"),
            Channel::Sms => kinds.contains(&"phone"),
            Channel::Email => kinds.contains(&"email"),
        };
        let ways: Vec<Channel> = Channel::ALL.into_iter().filter(|way| has(*way)).collect();
        if ways.len() < 2 {
            return Vec::new();
        }
        let switches = ways
            .into_iter()
            .map(|way| self.switch(Choice::Channel(way)));
        switches.collect()
    }

    fn switch(&self, choice: Choice) -> Switch {
        let standing = &self.line.person.standing;
        let held = self.line.aliases.iter().filter(|held| held.until.is_none());
        let country = self.policy.country(held.map(|held| &held.alias));
        let whose = (standing, country);
        let wish = wish::about(&choice.scope(), whose, self.policy, self.now);
        let event = match wish {
            Wish::On(event) | Wish::Refused(event) => event,
            Wish::Pending(event) | Wish::Expired(event) => Some(event),
            Wish::Unasked | Wish::Retired => None,
        };
        Switch {
            choice,
            label: None,
            wish,
            since: event.and_then(|id| self.since(id)),
        }
    }

    fn since(&self, id: EventId) -> Option<Since> {
        let event = self.events.get(&id)?;
        Some(Since {
            at: event.at,
            source: event.source.clone(),
        })
    }

    /// The hold on offers that ends last; one without an end outlasts all others.
    fn pause(&self) -> Option<Option<Timestamp>> {
        let standing = &self.line.person.standing;
        let offers = wish::request(&Scope::MARKETING);
        let holds = standing.holds.iter().filter(|(id, hold)| {
            let is_over = hold.until.is_some_and(|until| until <= self.now);
            !is_over && !standing.released.contains(id) && offers.is_refused_by(&hold.scope)
        });
        let ends: Vec<Option<Timestamp>> = holds.map(|(_, hold)| hold.until).collect();
        let all: Option<Vec<Timestamp>> = ends.iter().copied().collect();
        (!ends.is_empty()).then(|| all.and_then(|ends| ends.into_iter().max()))
    }
}
