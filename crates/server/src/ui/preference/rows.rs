//! The wishes of a person as rows of a page, in words.

use std::collections::BTreeMap;

use consent::{
    id::TopicId,
    scope::{Category, Channel},
    wish::Wish,
};

use crate::{
    app::House,
    error::Error,
    services::preferences::{
        choice::Choice,
        sheet::{Sheet, Switch},
    },
    ui::voice::Voice,
};

/// All rows.
pub struct View {
    /// The groups.
    pub groups: Vec<Group>,
    /// Whether there is a switch that can be moved.
    pub has_live: bool,
}

/// Rows under one heading.
pub struct Group {
    /// The heading.
    pub heading: String,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row.
pub struct Row {
    /// Its name in the form.
    pub key: String,
    /// Its name in the page.
    pub id: String,
    /// What it is about.
    pub label: String,
    /// What that brings.
    pub note: String,
    /// Why it is on or off.
    pub why: String,
    /// Whether messages may come.
    pub is_on: bool,
    /// Whether it can be moved here.
    pub is_live: bool,
    /// Whether it stands for all the others of its group.
    pub is_whole: bool,
}

/// The names of topics, and what they bring.
pub type Labels = BTreeMap<TopicId, (String, String)>;

/// The names of topics in a language.
///
/// # Errors
/// When the database does not answer.
pub async fn labels(app: &House, language: &str) -> Result<Labels, Error> {
    let mut labels: Labels = app
        .store
        .topics()
        .await?
        .into_iter()
        .map(|line| (line.topic.id, (line.name, line.description)))
        .collect();
    for text in app.store.topic_texts().await? {
        if text.language == language {
            labels.insert(text.topic, (text.name, text.description));
        }
    }
    Ok(labels)
}

/// The rows of a sheet. With `is_open` what is off can be switched on as well.
#[must_use]
pub fn view(voice: &Voice, sheet: &Sheet, is_open: bool) -> View {
    let mut groups: Vec<Group> = sheet
        .sections
        .iter()
        .map(|section| Group {
            heading: voice.say(heading(section.category)),
            rows: std::iter::once(&section.whole)
                .chain(&section.topics)
                .map(|switch| row(voice, switch, is_open))
                .collect(),
        })
        .collect();
    if !sheet.channels.is_empty() {
        // The ways of offers stand right below the offers.
        let rows = sheet
            .channels
            .iter()
            .map(|switch| row(voice, switch, is_open));
        let channels = Group {
            heading: voice.say("channels-heading"),
            rows: rows.collect(),
        };
        groups.insert(1.min(groups.len()), channels);
    }
    let has_live = groups
        .iter()
        .any(|group| group.rows.iter().any(|row| row.is_live));
    View { groups, has_live }
}

fn row(voice: &Voice, switch: &Switch, is_open: bool) -> Row {
    let key = switch.choice.to_string();
    let (label, note) = match &switch.label {
        Some(label) => label.clone(),
        None => said(voice, switch.choice),
    };
    let is_on = switch.wish.is_on();
    Row {
        id: key.replace(':', "-"),
        key,
        label,
        note,
        why: why(voice, switch),
        is_on,
        is_live: is_on || is_open,
        is_whole: matches!(switch.choice, Choice::Category(_)),
    }
}

fn why(voice: &Voice, switch: &Switch) -> String {
    let date = switch.since.as_ref().map(|since| voice.date(since.at));
    let how = switch.since.as_ref().map(|since| voice.how(&since.source));
    let (date, how) = (date.unwrap_or_default(), how.unwrap_or_default());
    let dated = [("date", date.as_str()), ("how", how.as_str())];
    match switch.wish {
        Wish::On(Some(_)) => voice.say_with("agreed", &dated),
        Wish::On(None) => voice.say("no-need"),
        Wish::Refused(_) => voice.say_with("refused", &dated),
        Wish::Pending(_) => voice.say_with("pending", &dated),
        Wish::Expired(_) => voice.say_with("expired", &dated),
        Wish::Unasked | Wish::Retired => voice.say("unasked"),
    }
}

/// What the pages themselves call a choice, and what it brings; nothing for a topic, which the business named.
fn said(voice: &Voice, choice: Choice) -> (String, String) {
    match choice {
        Choice::All => (voice.say("stop-button"), voice.say("stop-note")),
        Choice::Category(category) => {
            let (name, note) = whole(category);
            (voice.say(name), voice.say(note))
        }
        Choice::Channel(channel) => (voice.say(channel_name(channel)), String::new()),
        Choice::Topic(_) => (String::new(), String::new()),
    }
}

/// What a choice is called.
#[must_use]
pub fn name(voice: &Voice, choice: Choice, labels: &Labels) -> String {
    match choice {
        Choice::All => voice.say("event-all"),
        Choice::Topic(topic) => labels.get(&topic.id).cloned().unwrap_or_default().0,
        Choice::Category(_) | Choice::Channel(_) => said(voice, choice).0,
    }
}

/// The words that somebody saw when they decided: heading, what it was about, what was said of it, how the switch stood,
/// and the button.
#[must_use]
pub fn wording(
    voice: &Voice,
    choice: Choice,
    (rule, state): (&str, &str),
    labels: &Labels,
) -> String {
    if rule == "one_click" {
        return "List-Unsubscribe=One-Click".to_owned();
    }
    let (label, note) = match choice {
        Choice::Topic(topic) => labels.get(&topic.id).cloned().unwrap_or_default(),
        Choice::All | Choice::Category(_) | Choice::Channel(_) => said(voice, choice),
    };
    let parts = match choice {
        Choice::All => vec![voice.say("stop-heading"), note, label],
        Choice::Category(_) if rule == "stop_button" => {
            vec![voice.say("late-note"), voice.say("late-offers")]
        }
        Choice::Category(category) => vec![
            voice.say(heading(category)),
            label,
            note,
            voice.say(state),
            voice.say("save"),
        ],
        Choice::Topic(topic) => vec![
            voice.say(heading(topic.category)),
            label,
            note,
            voice.say(state),
            voice.say("save"),
        ],
        Choice::Channel(_) => vec![
            voice.say("channels-heading"),
            label,
            voice.say(state),
            voice.say("save"),
        ],
    };
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" | ")
}

const fn heading(category: Category) -> &'static str {
    match category {
        Category::Marketing => "section-marketing",
        Category::Utility => "section-utility",
        Category::Authentication => "section-authentication",
        Category::Service => "section-service",
    }
}

const fn whole(category: Category) -> (&'static str, &'static str) {
    match category {
        Category::Marketing => ("whole-marketing", "whole-marketing-note"),
        Category::Utility => ("whole-utility", "whole-utility-note"),
        Category::Authentication => ("whole-authentication", "whole-authentication-note"),
        Category::Service => ("whole-service", "whole-service-note"),
    }
}

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Whatsapp => "channel-whatsapp",
        Channel::Sms => "channel-sms",
        Channel::Email => "channel-email",
    }
}
