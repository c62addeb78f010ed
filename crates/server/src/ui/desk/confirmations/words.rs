//! The words of our answers: each language as people would read it, and the business's own words in the place of ours.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use graph::message::Face;

use super::{Desk, Posted, Power, Refusal, fault, languages, replace};
use crate::{
    app::App,
    flows::{
        Flows, Texts,
        words::{self, Key},
    },
    services::flows::{
        plan::Kind,
        preview::{self, Sample},
        setting,
    },
    ui::{form::Form, notice::shown},
};

/// Longest words that one line is enough for, in characters.
const LINE_CHARS: usize = 100;

/// What belongs together: its name, the messages that it makes, and the words that they are made of.
const GROUPS: [(&str, &[Kind], &[Key]); 11] = [
    (
        "stopped",
        &[Kind::Stopped],
        &[
            Key::Stopped,
            Key::StoppedSome,
            Key::StoppedBoth,
            Key::Some,
            Key::Choose,
        ],
    ),
    ("stopped-all", &[Kind::StoppedAll], &[Key::StoppedAll]),
    (
        "started",
        &[Kind::Started],
        &[
            Key::Started,
            Key::StartedSome,
            Key::What,
            Key::Often,
            Key::Platform,
        ],
    ),
    (
        "question",
        &[Kind::Question],
        &[Key::Question, Key::Yes, Key::No],
    ),
    ("doubt", &[Kind::Doubt], &[Key::Doubt]),
    ("help", &[Kind::Help], &[Key::Help]),
    (
        "menu",
        &[Kind::Menu],
        &[
            Key::Menu,
            Key::StopOffers,
            Key::OnlyOrders,
            Key::StopAll,
            Key::Keep,
        ],
    ),
    (
        "topics",
        &[Kind::Topics, Kind::TopicOn, Kind::Kept],
        &[Key::Topics, Key::TopicOn, Key::Kept],
    ),
    (
        "wishes",
        &[Kind::Paused, Kind::Erasure, Kind::WrongNumber],
        &[Key::Paused, Key::Erasure, Key::WrongNumber],
    ),
    ("ends", &[], &[Key::Link, Key::Channels, Key::ReceiptHint]),
    (
        "receipt",
        &[Kind::Receipt],
        &[
            Key::Receipt,
            Key::ReceiptNone,
            Key::ReceiptWhat,
            Key::ReceiptWhen,
            Key::ReceiptShown,
            Key::ReceiptRecord,
            Key::ReceiptOff,
            Key::ReceiptOver,
            Key::ReceiptVoid,
            Key::ReceiptStop,
            Key::ReceiptMore,
            Key::ReceiptWords,
            Key::ReceiptAll,
            Key::ReceiptOrders,
            Key::ReceiptCodes,
            Key::ReceiptService,
            Key::WayChat,
            Key::WayForm,
            Key::WayLink,
            Key::WayPage,
            Key::WaySms,
            Key::WayEmail,
            Key::WayUs,
        ],
    ),
];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/settings/confirmations/words", get(show).post(change))
}

#[derive(Template)]
#[template(path = "desk/confirmation_words.html")]
struct Page {
    desk: Desk,
    flows: Flows,
    version: i64,
    samples: Vec<Sample>,
    languages: Vec<String>,
    numbers: Vec<String>,
    chosen: Chosen,
    /// The group that was tried, saved or is at fault.
    group: String,
    is_saved: bool,
    is_tried: bool,
    fault: Option<String>,
}

/// Whose words: a language, and one of our numbers or every one.
#[derive(Debug, Clone, Default)]
struct Chosen {
    language: String,
    number: String,
}

/// Words that can be written anew.
struct Field {
    name: &'static str,
    label: String,
    own: String,
    usual: String,
    places: String,
    chars_max: usize,
    /// How long it may be, in words.
    limit: String,
    is_long: bool,
}

impl Chosen {
    fn of(form: &Form, flows: &Flows) -> Self {
        let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
        let language = text("language");
        Self {
            number: text("number"),
            language: if language.is_empty() {
                flows.language.clone()
            } else {
                language
            },
        }
    }

    fn is_mine(&self, texts: &Texts) -> bool {
        texts.number.as_deref().unwrap_or_default() == self.number
            && texts.language.eq_ignore_ascii_case(&self.language)
    }
}

impl Page {
    async fn of(app: &App, desk: Desk, (chosen, flows): (Chosen, Flows)) -> Result<Self, Refusal> {
        let numbers: Vec<String> = app.config.numbers().map(|id| id.to_string()).collect();
        let speaker = Some(chosen.number.as_str()).filter(|number| !number.is_empty());
        let speaker = speaker.or_else(|| numbers.first().map(String::as_str));
        let whose = (speaker.unwrap_or_default(), chosen.language.as_str());
        Ok(Self {
            samples: preview::samples(app, &flows, whose).await?,
            languages: languages(&flows),
            version: setting::current(app).await?.version,
            numbers,
            desk,
            flows,
            chosen,
            group: String::new(),
            is_saved: false,
            is_tried: false,
            fault: None,
        })
    }

    fn groups(&self) -> Vec<(&'static str, String, String)> {
        let groups = GROUPS.iter().map(|(name, _, _)| {
            let heading = self.desk.say(&format!("words-group-{name}"));
            let note = self.desk.say(&format!("words-when-{name}"));
            (*name, heading, note)
        });
        groups.collect()
    }

    fn is_group(&self, name: &str) -> bool {
        self.group == name
    }

    /// The messages of a group.
    fn messages(&self, group: &str) -> Vec<&Sample> {
        let found = GROUPS.iter().find(|(name, _, _)| *name == group);
        let kinds = found.map_or(&[][..], |(_, kinds, _)| kinds);
        let samples = self.samples.iter();
        samples
            .filter(|sample| kinds.contains(&sample.kind))
            .collect()
    }

    fn face<'a>(&self, sample: &'a Sample) -> Option<&'a Face> {
        sample.face.as_ref().ok()
    }

    fn too_long<'a>(&self, sample: &'a Sample) -> Option<&'a str> {
        sample.face.as_ref().err().map(String::as_str)
    }

    fn fields(&self, group: &str) -> Vec<Field> {
        let found = GROUPS.iter().find(|(name, _, _)| *name == group);
        let keys = found.map_or(&[][..], |(_, _, keys)| keys);
        keys.iter().map(|key| self.field(*key)).collect()
    }

    fn field(&self, key: Key) -> Field {
        let name = key.word();
        let mut texts = self.flows.texts.iter();
        let own = texts.find(|texts| self.chosen.is_mine(texts));
        let own = own.and_then(|texts| texts.words.get(name));
        let usual = self.usual(key);
        let mut places: Vec<String> = Vec::new();
        for rest in usual.split('{').skip(1) {
            let place = rest.split('}').next().unwrap_or_default();
            places.push(format!("{{{place}}}"));
        }
        Field {
            name,
            label: self.desk.say(&format!("words-{}", name.replace('_', "-"))),
            own: own.cloned().unwrap_or_default(),
            places: places.join(" "),
            usual,
            chars_max: key.chars_max(),
            limit: self.desk.count("words-chars", key.chars_max()),
            is_long: key.chars_max() > LINE_CHARS,
        }
    }

    /// What is said where nothing of one's own is.
    fn usual(&self, key: Key) -> String {
        let without = Flows {
            texts: self
                .flows
                .texts
                .iter()
                .filter(|texts| !self.chosen.is_mine(texts))
                .cloned()
                .collect(),
            ..self.flows.clone()
        };
        without.say(&self.chosen.number, &self.chosen.language, key)
    }

    fn is_language(&self, language: &str) -> bool {
        self.chosen.language.eq_ignore_ascii_case(language)
    }

    /// Whether the language is none of those that can be chosen.
    fn is_other(&self) -> bool {
        !self
            .languages
            .iter()
            .any(|language| self.is_language(language))
    }

    fn is_number(&self, number: &str) -> bool {
        self.chosen.number == number
    }

    fn direction(&self) -> &'static str {
        match words::base(&self.chosen.language) {
            "ar" | "he" | "fa" | "ur" => "rtl",
            _ => "ltr",
        }
    }
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::Rule)?;
    let query = Form::of(query.unwrap_or_default().as_bytes());
    let flows = setting::current(&app).await?.as_ref().clone();
    let chosen = Chosen::of(&query, &flows);
    let group = query.get("saved").unwrap_or_default().to_owned();
    let page = Page {
        is_saved: !group.is_empty(),
        group,
        ..Page::of(&app, desk, (chosen, flows)).await?
    };
    Ok(shown(StatusCode::OK, &page))
}

/// Shows what people would read, and keeps it where that was asked for.
async fn change(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let before = setting::current(&app).await?.as_ref().clone();
    let chosen = Chosen::of(&form, &before);
    let group = form.get("group").unwrap_or_default().to_owned();
    if !GROUPS.iter().any(|(name, ..)| *name == group) {
        return Err(Refusal::NotFound);
    }
    let flows = with_words(before, &chosen, &form, &group);
    let is_tried = form.get("act") == Some("try");
    let fault = if is_tried {
        match setting::check(&app, &flows) {
            Ok(()) => None,
            Err(error) => Some(fault::of(&desk, error)?),
        }
    } else {
        let fault = replace(&app, &desk, &form, flows.clone()).await?;
        if fault.is_none() {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("language", &chosen.language)
                .append_pair("number", &chosen.number)
                .append_pair("saved", &group)
                .finish();
            let to = format!("/settings/confirmations/words?{query}#{group}");
            return Ok(Redirect::to(&to).into_response());
        }
        fault
    };
    let status = match fault {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = Page {
        group,
        is_tried,
        fault,
        ..Page::of(&app, desk, (chosen, flows)).await?
    };
    Ok(shown(status, &page))
}

/// The settings with the words of a group as they stand in the form. Where nothing stands, ours are said.
fn with_words(mut flows: Flows, chosen: &Chosen, form: &Form, group: &str) -> Flows {
    let own = flows.texts.iter().position(|texts| chosen.is_mine(texts));
    let mut texts = own.map_or_else(
        || Texts {
            number: Some(chosen.number.clone()).filter(|number| !number.is_empty()),
            language: chosen.language.clone(),
            words: BTreeMap::new(),
        },
        |at| flows.texts.remove(at),
    );
    let found = GROUPS.iter().find(|(name, _, _)| *name == group);
    for key in found.map_or(&[][..], |(_, _, keys)| keys) {
        let said = form
            .get(&format!("word_{}", key.word()))
            .unwrap_or_default();
        let said = said.replace("\r\n", "\n").trim().to_owned();
        if said.is_empty() {
            texts.words.remove(key.word());
        } else {
            texts.words.insert(key.word().to_owned(), said);
        }
    }
    if !texts.words.is_empty() {
        flows.texts.push(texts);
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_said_can_be_said_otherwise_in_one_place() {
        for key in Key::ALL {
            let places = GROUPS.iter().filter(|(_, _, keys)| keys.contains(key));
            assert_eq!(places.count(), 1, "`{}`", key.word());
        }
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Reminder) {
            let places = GROUPS.iter().filter(|(_, kinds, _)| kinds.contains(&kind));
            assert_eq!(places.count(), 1, "`{}`", kind.word());
        }
    }
}
