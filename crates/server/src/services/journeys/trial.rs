//! Somebody a journey is tried on: a standing that nobody keeps, decided by the very rules of the gate. Nothing is sent and nothing is kept.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, atomic::Ordering},
};

use consent::{
    alias::Alias,
    effect::{self, Setting as Surroundings},
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId, NumberId},
    policy::Policy,
    reason::Code,
    register::Heard,
    request::{self, Facts as About, Request, Sent},
    scope::{Category, Channel, Scope, Subject, Topic},
    time::{HOUR_MS, Timestamp},
    verdict::{self, Denial, Verdict},
    window,
    wording::{Context, Reading, Setting},
};
use journey::{
    effect::Effect,
    facts::Facts,
    happening::{Happening, What},
    rehearse::{Fate, World},
    step::Act,
};
use store::template::TemplateLine;

use super::{letter, person::Known, pump, way};
use crate::{
    app::House,
    error::Error,
    services::{facts, happenings, inbox, templates},
};

/// A template that a step names: as it is, and what the gate knows of it.
pub(super) struct Shown {
    pub(super) line: TemplateLine,
    found: templates::Found,
}

/// The templates that a definition names, by name and language; what is not there is missing.
pub(super) type Shelf = BTreeMap<(String, String), Shown>;

/// The template that an effect sends, where it sends one that is there.
pub(super) fn shown<'a>(shelf: &'a Shelf, effect: &Effect) -> Option<&'a Shown> {
    match effect {
        Effect::SendTemplate {
            template, language, ..
        } => shelf.get(&(template.clone(), language.clone())),
        _ => None,
    }
}

/// Reads the templates of the account that sends.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn shelf(
    app: &House,
    definition: &journey::definition::Definition,
    number: Option<&NumberId>,
) -> Result<Shelf, Error> {
    let account = number.and_then(|number| app.config.account_of(number));
    let account = account.unwrap_or_default();
    let mut shelf = Shelf::new();
    for step in definition.all() {
        let Act::SendTemplate(send) = &step.act else {
            continue;
        };
        let (name, language) = (&send.template, &send.language);
        let Some(line) = app.store.template(account, name, language).await? else {
            continue;
        };
        let found = templates::find(app, account, name, language).await?;
        shelf.insert((name.clone(), language.clone()), Shown { line, found });
    }
    Ok(shelf)
}

/// What is said of the person anew, with a happening of the script.
#[derive(Debug, Clone, Default)]
pub(super) struct News {
    /// What they may be sent from then on, and nothing else.
    pub(super) allowed: Option<BTreeSet<&'static str>>,
    /// Whether the customer service window is open then.
    pub(super) window: Option<bool>,
}

/// The person, as far as the gate asks, and what they are told.
pub(super) struct Trial<'a> {
    pub(super) app: &'a House,
    pub(super) policy: Arc<Policy>,
    pub(super) number: Option<NumberId>,
    pub(super) known: Known,
    pub(super) aliases: Vec<Alias>,
    pub(super) shelf: &'a Shelf,
    pub(super) topics: Vec<Topic>,
    /// What went to them, as far back as the policy's caps reach.
    pub(super) sent: Vec<Sent>,
    /// What they said before, as it is kept.
    pub(super) history: Vec<Event>,
    /// What each happening of the script says of them anew.
    pub(super) news: VecDeque<News>,
    /// Whether they come from an ad.
    pub(super) from_ad: bool,
}

impl Trial<'_> {
    /// Says what is known of them anew.
    pub(super) fn learn(&mut self, news: &News, now: Timestamp) {
        if let Some(allowed) = &news.allowed {
            self.known.standing.registers.clear();
            self.history.clear();
            for category in Category::ALL {
                self.permit(category, allowed.contains(category.word()), now);
            }
        }
        match (news.window, self.number.clone()) {
            (Some(true), Some(number)) => self.wrote(&number, &Reading::Nothing, now),
            (Some(false), Some(number)) => {
                self.known.standing.heard.remove(&number);
            }
            (_, None) | (None, _) => {}
        }
    }

    /// They agreed an hour ago; or did not, and where that alone is no refusal, refused.
    fn permit(&mut self, category: Category, allowed: bool, now: Timestamp) {
        let scope = Scope::everywhere(Subject::Category(category));
        if allowed {
            self.record(Fact::OptIn(scope), now.plus_millis(-HOUR_MS));
        } else if !self.policy.opt_in_needed.contains(&category) {
            self.record(Fact::OptOut(scope), now);
        }
    }

    fn record(&mut self, fact: Fact, at: Timestamp) {
        let event = Event {
            id: EventId::new(self.app.clock.id()),
            contact: ContactId::HOUSE,
            fact,
            clock: Clock::Ours,
            at,
            received: at,
            evidence: Evidence::default(),
        };
        self.known.standing.apply(&event);
        self.history.push(event);
    }

    fn wrote(&mut self, number: &NumberId, reading: &Reading, now: Timestamp) {
        let heard = Heard {
            from_ad: self.from_ad.then_some(now),
            ..effect::heard(reading, now)
        };
        self.known.standing.hear(number, &heard);
    }

    /// What they write changes, by the rules for what people write.
    fn facts_of(&self, reading: &Reading, now: Timestamp) -> Vec<Fact> {
        let standing = &self.known.standing;
        let closed = effect::closed_by_own_messages(self.history.iter(), standing);
        effect::of_reading(
            reading,
            Surroundings {
                standing,
                closed: &closed,
                quoted: None,
                topics: &self.topics,
                policy: &self.policy,
                channel: Channel::Whatsapp,
                country: self.policy.country(self.aliases.iter()),
                minutes_ahead: facts::minutes_ahead(&self.policy, now),
                now,
            },
        )
    }

    fn read(&self, text: &str, payload: Option<&str>) -> Reading {
        let keywords = &self.policy.keywords;
        if let Some(payload) = payload {
            return keywords.read_button(payload, text);
        }
        let footers = self.app.footers();
        let footers: Vec<&str> = footers.iter().map(String::as_str).collect();
        let context = Context {
            setting: Setting::Alone,
            forwarded: false,
            footers: &footers,
        };
        keywords.read(text, context)
    }

    /// What they wrote means to a journey: a no takes them out, and nothing that may be one is an answer.
    fn replied(
        &mut self,
        happening: &Happening,
        (text, payload): (&str, Option<&str>),
        now: Timestamp,
    ) -> Vec<Happening> {
        let reading = self.read(text, payload);
        let made = self.facts_of(&reading, now);
        let why = made.iter().find_map(happenings::no);
        let is_yes = !made.is_empty();
        for fact in made {
            self.record(fact, now);
        }
        if let Some(number) = self.number.clone() {
            self.wrote(&number, &reading, now);
        }
        match (why, reading) {
            (Some(why), _) => vec![Happening::OptedOut {
                sentence: way::sentence(why).to_owned(),
            }],
            (None, Reading::Nothing | Reading::Help(_)) => vec![happening.clone()],
            (None, _) if is_yes => vec![Happening::Changed],
            (None, _) => Vec::new(),
        }
    }

    /// What the gate asks of a message.
    fn request(&self, effect: &Effect) -> Request {
        let found = shown(self.shelf, effect).map(|shown| &shown.found);
        Request {
            topic: found.and_then(|found| found.topic),
            number: self.number.clone(),
            template: found.map_or(request::Template::None, |found| found.state),
            ..Request::about(found.map_or(Category::Service, |found| found.category))
        }
    }

    fn decide(&self, request: &Request, now: Timestamp) -> Verdict {
        let is_held = self.app.restored.load(Ordering::SeqCst);
        if is_held && request.category == Category::Marketing {
            return Verdict::Deny(Denial::of(Code::Held));
        }
        let about = About {
            standing: &self.known.standing,
            sent: &self.sent,
            minute_there: facts::minute_there(&self.policy, now),
            country: self.policy.country(self.aliases.iter()),
        };
        verdict::decide(request, about, &self.policy, now)
    }

    /// Why no message can be made of an effect.
    fn unmade(&self, effect: &Effect) -> Option<What> {
        let failed = |(code, words): (&str, &str)| What::Failed {
            code: code.to_owned(),
            words: words.to_owned(),
        };
        let Some(to) = inbox::address(&self.aliases) else {
            return Some(failed(pump::NO_ADDRESS));
        };
        if self.number.is_none() {
            return Some(failed(pump::NO_NUMBER));
        }
        let line = shown(self.shelf, effect).map(|shown| &shown.line);
        match letter::make(effect, line, (to, &self.known), "journey") {
            Ok(Ok(_)) | Err(_) => None,
            Ok(Err((code, words))) => Some(failed((code, &words))),
        }
    }

    fn went(&mut self, request: &Request, now: Timestamp) {
        self.sent.push(Sent {
            category: request.category,
            topic: request.topic.map(|topic| topic.id),
            at: now,
        });
        if let Some(number) = &self.number {
            let heard = self.known.standing.heard.get(number).copied();
            let heard = window::answered(&heard.unwrap_or_default(), now);
            self.known.standing.hear(number, &heard);
        }
    }
}

impl World for Trial<'_> {
    fn know(&mut self, facts: &mut Facts, now: Timestamp) {
        let now_known = self.known.facts((self.number.as_ref(), &self.policy), now);
        facts.allowed = now_known.allowed;
        facts.window_open = now_known.window_open;
    }

    fn hear(&mut self, happening: &Happening, now: Timestamp) -> Vec<Happening> {
        let news = self.news.pop_front().unwrap_or_default();
        self.learn(&news, now);
        match happening {
            Happening::Replied { text, payload } => {
                self.replied(happening, (text, payload.as_deref()), now)
            }
            Happening::OptedOut { .. } => {
                self.record(Fact::OptOut(Scope::ALL), now);
                vec![happening.clone()]
            }
            Happening::Entered
            | Happening::TimeCame
            | Happening::Outcome { .. }
            | Happening::Changed => vec![happening.clone()],
        }
    }

    fn fate(
        &mut self,
        effect: &Effect,
        scripted: What,
        (now, until): (Timestamp, Timestamp),
    ) -> Fate {
        if matches!(effect, Effect::CallWebhook { .. }) {
            return Fate::Over(scripted);
        }
        if let Some(what) = self.unmade(effect) {
            return Fate::Over(what);
        }
        let request = self.request(effect);
        match self.decide(&request, now) {
            Verdict::Deny(denial) => {
                match pump::passes((denial.code, denial.until), (now, Some(until))) {
                    Some(later) => Fate::Later(later),
                    None => Fate::Over(What::Denied {
                        code: denial.code.word().to_owned(),
                        sentence: denial.code.sentence().to_owned(),
                    }),
                }
            }
            Verdict::Allow(_) => {
                if scripted == What::Accepted {
                    self.went(&request, now);
                }
                Fate::Over(scripted)
            }
        }
    }
}
