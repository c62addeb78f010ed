//! From an answer in line to the message that goes out.

use consent::{alias::Alias, id::TopicId, permit::Recipient, policy::Policy, scope::Category};
use graph::message::{self, BadMessage, Button, FlowCall, Outgoing, Row};
use store::{house::TopicLine, reply::ReplyLine, topic::TopicText};

use super::{
    link,
    plan::{Detail, Kind, Part},
    ticket::{Choice, Ticket},
};
use crate::{
    app::House,
    flows::{
        Flows,
        words::{self, Key},
    },
};

/// Longest text beside buttons, in characters.
const BUTTONS_TEXT_MAX: usize = 1_024;
/// Most rows of a list.
const ROWS_MAX: usize = 10;
/// Longest label of a row, in characters.
const ROW_CHARS_MAX: usize = 24;

/// What an answer is composed with.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The house.
    pub app: &'a House,
    /// The settings.
    pub flows: &'a Flows,
    /// The rules.
    pub policy: &'a Policy,
    /// The topics.
    pub topics: &'a [TopicLine],
    /// What they are called in other languages.
    pub texts: &'a [TopicText],
    /// Whether the person may be asked whether they want something again.
    pub may_ask: bool,
    /// What somebody agreed to, in words, where the answer is that.
    pub receipt: Option<&'a str>,
}

impl<'a> Desk<'a> {
    /// Whether a confirmation of a stop asks for topics.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.may_ask && self.flows.questions && self.offered().next().is_some()
    }

    /// The topics that can be had again after offers were stopped.
    fn offered(&self) -> impl Iterator<Item = &'a TopicLine> + use<'a> {
        let policy = self.policy;
        self.topics.iter().filter(move |line| {
            let rule = policy.topics.get(&line.topic.id);
            let in_use = rule.is_none_or(|rule| rule.retired.is_none());
            in_use && line.topic.category == Category::Marketing
        })
    }
}

/// The words of a question, of those kinds that put one.
#[must_use]
pub const fn question(kind: Kind) -> Option<Key> {
    match kind {
        Kind::Question => Some(Key::Question),
        Kind::Menu => Some(Key::Menu),
        Kind::Topics => Some(Key::Topics),
        Kind::Doubt => Some(Key::Doubt),
        Kind::Stopped => Some(Key::Stopped),
        Kind::StoppedAll
        | Kind::Started
        | Kind::Help
        | Kind::TopicOn
        | Kind::Kept
        | Kind::Paused
        | Kind::Erasure
        | Kind::WrongNumber
        | Kind::Reminder
        | Kind::Receipt => None,
    }
}

/// The message of an answer.
///
/// # Errors
/// [`BadMessage`] when the words do not fit what Meta takes.
pub fn compose(
    desk: Desk<'_>,
    line: &ReplyLine,
    kind: Kind,
    alias: &Alias,
) -> Result<Outgoing, BadMessage> {
    let link = link::link(desk.app, line.contact, alias);
    let composed = linking(desk, line, kind, (alias, link))?;
    Ok(match &line.quotes {
        Some(message) => composed.quoting(message),
        None => composed,
    })
}

/// The same with this link to the page of the person, or with none.
///
/// # Errors
/// As for [`compose`].
pub fn linking(
    desk: Desk<'_>,
    line: &ReplyLine,
    kind: Kind,
    (alias, link): (&Alias, Option<String>),
) -> Result<Outgoing, BadMessage> {
    let detail: Detail = serde_json::from_str(&line.detail).unwrap_or_default();
    let letter = Letter {
        desk,
        line,
        detail: &detail,
        to: recipient(alias),
        link,
    };
    letter.write(kind)
}

/// The address of a message to somebody.
#[must_use]
pub fn recipient(alias: &Alias) -> Recipient {
    match alias {
        Alias::Phone(phone) | Alias::WaId(phone) => Recipient::Phone(*phone),
        Alias::Bsuid(id) | Alias::ParentBsuid(id) => Recipient::Bsuid(id.clone()),
        Alias::Email(email) => Recipient::Group(email.to_string()),
    }
}

struct Letter<'a> {
    desk: Desk<'a>,
    line: &'a ReplyLine,
    detail: &'a Detail,
    to: Recipient,
    link: Option<String>,
}

impl Letter<'_> {
    fn write(&self, kind: Kind) -> Result<Outgoing, BadMessage> {
        match kind {
            Kind::Stopped => self.stopped(),
            Kind::StoppedAll => self.text(&[Key::StoppedAll, Key::Channels, Key::Link]),
            Kind::Started if self.detail.part.is_some() => {
                self.text(&[Key::StartedSome, Key::Link])
            }
            Kind::Started if self.detail.platform => {
                self.text(&[Key::Started, Key::Platform, Key::Link])
            }
            Kind::Started => self.text(&[Key::Started, Key::ReceiptHint, Key::Link]),
            Kind::Question => self.question(),
            Kind::Help => self.text(&[Key::Help, Key::ReceiptHint, Key::Channels, Key::Link]),
            Kind::Menu => self.menu(),
            Kind::Topics => self.list_of_topics(),
            Kind::TopicOn if self.detail.platform => self.text(&[Key::TopicOn, Key::Platform]),
            Kind::TopicOn => self.text(&[Key::TopicOn]),
            Kind::Kept => self.text(&[Key::Kept]),
            Kind::Paused => self.text(&[Key::Paused]),
            Kind::Doubt => self.buttons(
                Key::Doubt,
                &[
                    (Choice::StopOffers, Key::StopOffers),
                    (Choice::Keep, Key::Keep),
                ],
            ),
            Kind::Erasure => self.text(&[Key::Erasure]),
            Kind::WrongNumber => self.text(&[Key::WrongNumber]),
            Kind::Reminder => self.reminder(),
            Kind::Receipt => {
                let receipt = self.desk.receipt.unwrap_or_default();
                message::text(&self.to, receipt, None)
            }
        }
    }

    fn say(&self, key: Key) -> String {
        let (number, language) = (self.line.number.as_str(), self.line.language.as_str());
        let plain = |key| self.desk.flows.say(number, language, key);
        let (what, often) = (plain(Key::What), plain(Key::Often));
        let joining = self.detail.joining.as_ref();
        let what = joining.map_or(what, |joining| joining.what.clone());
        let often = joining.map_or(often, |joining| joining.often.clone());
        let menu = self.desk.flows.menu_words.first();
        let receipt = self.desk.flows.receipt_words.first();
        let places = [
            ("what", what.as_str()),
            ("often", often.as_str()),
            ("topic", &self.topic()),
            ("date", &self.date()),
            ("link", self.link.as_deref().unwrap_or_default()),
            ("menu", menu.map_or("MENU", String::as_str)),
            ("receipt", receipt.map_or("RECEIPT", String::as_str)),
        ];
        words::filled(&plain(key), &places)
    }

    /// Several words, each in a paragraph of its own; a link only where there is one, and receipts only where they are
    /// given.
    fn words(&self, keys: &[Key]) -> String {
        let said = keys
            .iter()
            .filter(|key| **key != Key::Link || self.link.is_some())
            .filter(|key| **key != Key::ReceiptHint || self.desk.flows.receipts)
            .map(|key| self.say(*key));
        let said: Vec<String> = said.filter(|words| !words.is_empty()).collect();
        said.join("\n\n")
    }

    fn text(&self, keys: &[Key]) -> Result<Outgoing, BadMessage> {
        message::text(&self.to, &self.words(keys), None)
    }

    fn ticket(&self, choice: Choice) -> String {
        let ticket = Ticket {
            question: self.line.id,
            choice,
        };
        ticket.write(&self.desk.app.vault, self.line.contact)
    }

    fn buttons(&self, body: Key, choices: &[(Choice, Key)]) -> Result<Outgoing, BadMessage> {
        let platform = self.detail.platform.then_some(Key::Platform);
        let keys: Vec<Key> = std::iter::once(body).chain(platform).collect();
        let whole = self.words(&keys);
        // A question that can be answered goes before advice that can be read elsewhere.
        let fits = whole.chars().count() <= BUTTONS_TEXT_MAX;
        let text = if fits { whole } else { self.words(&[body]) };
        self.with_buttons(&text, choices)
    }

    fn question(&self) -> Result<Outgoing, BadMessage> {
        let choices = [(Choice::Yes, Key::Yes), (Choice::No, Key::No)];
        let Some(joining) = &self.detail.joining else {
            return self.buttons(Key::Question, &choices);
        };
        let Some((name, language, gaps)) = &joining.template else {
            let [yes, no] = &joining.labels;
            let labelled = [(Choice::Yes, yes.clone()), (Choice::No, no.clone())];
            return self.with_labels(&joining.text, &labelled);
        };
        let fill = [joining.what.as_str(), joining.often.as_str()];
        let tickets = choices.map(|(choice, _)| self.ticket(choice));
        let payloads = tickets.each_ref().map(String::as_str);
        let fill: Vec<&str> = fill.into_iter().take(*gaps).collect();
        message::asking(&self.to, (name, language), &fill, &payloads)
    }

    fn with_buttons(&self, text: &str, choices: &[(Choice, Key)]) -> Result<Outgoing, BadMessage> {
        let labelled: Vec<(Choice, String)> = choices
            .iter()
            .map(|(choice, key)| (*choice, self.say(*key)))
            .collect();
        self.with_labels(text, &labelled)
    }

    fn with_labels(
        &self,
        text: &str,
        labelled: &[(Choice, String)],
    ) -> Result<Outgoing, BadMessage> {
        let made: Vec<(String, &str)> = labelled
            .iter()
            .map(|(choice, label)| (self.ticket(*choice), label.as_str()))
            .collect();
        let buttons: Vec<Button<'_>> = made
            .iter()
            .map(|(id, title)| Button { id, title })
            .collect();
        message::buttons(&self.to, text, &buttons)
    }

    /// A confirmation that asks, where offers were stopped and there are topics, whether one of them is wanted all the
    /// same; unless they have chosen some already.
    fn stopped(&self) -> Result<Outgoing, BadMessage> {
        let stopped = match self.detail.part {
            None => Key::Stopped,
            Some(Part::Some) => Key::StoppedSome,
            Some(Part::Both) => Key::StoppedBoth,
        };
        if !self.detail.topics.is_empty() {
            return self.text(&[stopped, Key::TopicOn, Key::Channels, Key::Link]);
        }
        let asking = self.words(&[stopped, Key::Channels, Key::Link, Key::Some]);
        let fits = asking.chars().count() <= BUTTONS_TEXT_MAX;
        if fits && self.detail.part != Some(Part::Some) && self.desk.asks() {
            return self.with_buttons(&asking, &[(Choice::Topics, Key::Choose)]);
        }
        self.text(&[stopped, Key::Channels, Key::Link])
    }

    fn menu(&self) -> Result<Outgoing, BadMessage> {
        let text = self.words(&[Key::Menu, Key::Link]);
        let open = self.say(Key::Choose);
        if let Some(form) = &self.desk.flows.form {
            let token = self.ticket(Choice::Form);
            let call = FlowCall {
                id: &form.id,
                screen: &form.screen,
                token: &token,
                open: &open,
            };
            return message::flow(&self.to, &text, &call);
        }
        let choices = [
            (Choice::StopOffers, Key::StopOffers),
            (Choice::OnlyOrders, Key::OnlyOrders),
            (Choice::StopAll, Key::StopAll),
            (Choice::Keep, Key::Keep),
        ];
        let rows = choices.map(|(choice, key)| (self.ticket(choice), self.say(key)));
        self.list(&text, &rows)
    }

    fn list_of_topics(&self) -> Result<Outgoing, BadMessage> {
        let rows: Vec<(String, String)> = self
            .desk
            .offered()
            .take(ROWS_MAX)
            .map(|line| {
                let name: String = self.name(line).chars().take(ROW_CHARS_MAX).collect();
                (self.ticket(Choice::Topic(line.topic.id)), name)
            })
            .collect();
        if rows.is_empty() {
            return self.text(&[Key::Kept]);
        }
        self.list(&self.words(&[Key::Topics]), &rows)
    }

    fn list(&self, text: &str, rows: &[(String, String)]) -> Result<Outgoing, BadMessage> {
        let rows: Vec<Row<'_>> = rows
            .iter()
            .map(|(id, title)| Row {
                id,
                title,
                description: "",
            })
            .collect();
        message::list(&self.to, text, &self.say(Key::Choose), &rows)
    }

    fn reminder(&self) -> Result<Outgoing, BadMessage> {
        let (name, language) = self.desk.flows.reminder.as_ref().map_or(("", ""), |set| {
            (set.template.as_str(), set.language.as_str())
        });
        message::template(&self.to, name, language, None)
    }

    /// What a topic is called in the language of the letter, or in the one that it is a form of.
    fn name<'b>(&'b self, line: &'b TopicLine) -> &'b str {
        let of_topic = |language: &str| {
            let mut texts = self.desk.texts.iter();
            texts.find(|text| {
                text.topic == line.topic.id && text.language.eq_ignore_ascii_case(language)
            })
        };
        let language = self.line.language.as_str();
        let found = of_topic(language).or_else(|| of_topic(words::base(language)));
        found.map_or(&line.name, |text| &text.name)
    }

    fn topic(&self) -> String {
        let ids = self.detail.topics.iter();
        let ids: Vec<TopicId> = ids.filter_map(|id| id.parse().ok()).collect();
        let topics = self.desk.topics.iter();
        let named: Vec<&str> = topics
            .filter(|line| ids.contains(&line.topic.id))
            .map(|line| self.name(line))
            .collect();
        named.join(", ")
    }

    fn date(&self) -> String {
        let Some(until) = self.detail.until else {
            return String::new();
        };
        let zone = crate::services::facts::zone(self.desk.policy);
        let there = jiff::Timestamp::from_millisecond(until)
            .unwrap_or_default()
            .to_zoned(zone);
        there.date().to_string()
    }
}
