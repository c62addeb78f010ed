//! A body with everything that is needed to apply it: what was read before the transaction begins.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::body::Bytes;
use consent::{alias::Alias, id::AttemptId, policy::Policy, scope::Topic, wording::Reading};
use graph::webhook::{
    Delivery, Item, Notice, Place,
    content::{Card, Content},
    news::{News, TemplateNews},
    person::Person,
    status::Status,
};
use store::message::MessageLine;

use super::{clean, failure};
use crate::{
    app::App,
    error::Error,
    flows::Flows,
    intake::Body,
    services::{flows::setting, join::chat::Joined, policy, token, who},
};

/// What all bodies of a group are read with.
#[derive(Clone)]
pub(super) struct Shared {
    policy: Arc<Policy>,
    topics: Arc<[Topic]>,
    flows: Arc<Flows>,
    log: Arc<Log>,
}

/// A body, read.
pub(super) struct Load {
    /// The bytes as they came.
    pub(super) raw: Bytes,
    /// Their hash; of a part in quarantine, that of the body it came in.
    pub(super) sha: [u8; 32],
    /// The header that vouched for them.
    pub(super) signature: String,
    /// Whether others are to wait for it.
    pub(super) urgent: bool,
    /// What stands in them.
    pub(super) delivery: Delivery,
    /// What cannot be understood or applied.
    pub(super) problems: Vec<Problem>,
    /// The rules.
    pub(super) policy: Arc<Policy>,
    /// The topics of the business.
    pub(super) topics: Arc<[Topic]>,
    /// What the send log knows of the messages that are spoken of.
    pub(super) log: Arc<Log>,
    /// What each message says, by its place among the items.
    pub(super) readings: BTreeMap<usize, Reading>,
    /// What each message joins by a code of ours, by its place among the items.
    pub(super) joined: BTreeMap<usize, Joined>,
    /// The settings of the flows.
    pub(super) flows: Arc<Flows>,
    /// Whether there may be something to answer.
    pub(super) answers: bool,
}

/// A part that goes to quarantine.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// The item, where it was read at all.
    pub(super) item: Option<usize>,
    /// Where it stood.
    pub(super) path: String,
    /// Why.
    pub(super) reason: String,
    /// The part, so that it can be read by itself.
    pub(super) part: Vec<u8>,
}

/// The lines of the send log that a body speaks of.
#[derive(Default)]
pub(super) struct Log {
    by_attempt: BTreeMap<AttemptId, Arc<MessageLine>>,
    by_wamid: BTreeMap<String, Arc<MessageLine>>,
}

impl Shared {
    /// Gathers it, with a handful of queries however many bodies there are.
    pub(super) async fn gather(app: &App, bodies: &[Body]) -> Result<Self, Error> {
        let deliveries = bodies.iter().filter_map(|body| body.delivery.as_ref().ok());
        // Only what a person says can be about a topic, and is answered.
        let said = |item: &Item| matches!(item.notice, Notice::Message(_));
        let somebody_wrote = deliveries
            .clone()
            .any(|delivery| delivery.items.iter().any(said));
        let topics = async {
            match somebody_wrote {
                true => app.store.topics().await.map_err(Error::from),
                false => Ok(Vec::new()),
            }
        };
        let flows = async {
            match somebody_wrote {
                true => setting::current(app).await,
                false => Ok(setting::last_read(app)),
            }
        };
        let log = Log::gather(app, deliveries);
        let (topics, flows, policy, log) =
            tokio::try_join!(topics, flows, policy::current(app), log)?;
        Ok(Self {
            policy,
            topics: topics.into_iter().map(|line| line.topic).collect(),
            flows,
            log: Arc::new(log),
        })
    }
}

impl Load {
    /// A body with what it is read with; its messages are not read for wishes yet.
    pub(super) fn of(body: Body, shared: &Shared) -> Self {
        let (raw, urgent) = (body.raw, body.urgent);
        let (delivery, problems) = match body.delivery {
            Ok(delivery) => {
                let bad = delivery.bad.iter();
                let problems = bad
                    .map(|bad| Problem::at(&raw, bad.place, &bad.reason, Some(&bad.raw)))
                    .collect();
                (delivery, problems)
            }
            Err(reason) => {
                let problem = Problem {
                    item: None,
                    path: "body".to_owned(),
                    reason: clean(&reason),
                    part: raw.to_vec(),
                };
                (Delivery::default(), vec![problem])
            }
        };
        let mut load = Self {
            raw,
            sha: body.sha,
            signature: body.signature,
            urgent,
            delivery,
            problems,
            policy: Arc::clone(&shared.policy),
            topics: Arc::clone(&shared.topics),
            log: Arc::clone(&shared.log),
            readings: BTreeMap::new(),
            joined: BTreeMap::new(),
            flows: Arc::clone(&shared.flows),
            answers: false,
        };
        load.find_problems();
        for problem in &load.problems {
            tracing::error!(
                path = problem.path,
                reason = problem.reason,
                "part of a signed webhook could not be understood; it may be a STOP, and waits in quarantine"
            );
        }
        load
    }

    /// The items that can be applied.
    pub(super) fn good(&self) -> Vec<usize> {
        (0..self.delivery.items.len())
            .filter(|index| !self.is_problem(*index))
            .collect()
    }

    pub(super) fn is_problem(&self, index: usize) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.item == Some(index))
    }

    /// An item that could be read and not applied.
    pub(super) fn poisoned(&self, index: usize, error: &Error) -> Problem {
        let cause = match error {
            Error::Internal(cause) => cause.to_string(),
            other => other.to_string(),
        };
        let place = self
            .delivery
            .items
            .get(index)
            .map(|item| item.place)
            .unwrap_or_default();
        tracing::error!(%place, cause, "part of a signed webhook could not be applied; it waits in quarantine");
        let problem = Problem::at(&self.raw, place, &cause, None);
        Problem {
            item: Some(index),
            ..problem
        }
    }

    /// Everything that identifies somebody whom these items change.
    pub(super) fn aliases(&self, app: &App, which: &[usize]) -> Vec<Alias> {
        let items = which
            .iter()
            .filter_map(|index| self.delivery.items.get(*index));
        let mut found = BTreeSet::new();
        for item in items {
            for person in persons(item) {
                found.extend(person.aliases());
            }
            if let Notice::Status(news) = &item.notice
                && !failure::effects(news).is_empty()
            {
                let line = self.log.of_status(news);
                found.extend(line.and_then(|line| who::alias(app, &line.recipient).ok()));
            }
        }
        found.into_iter().collect()
    }

    pub(super) fn wants_templates(&self) -> bool {
        self.delivery.items.iter().any(|item| {
            matches!(
                &item.notice,
                Notice::Template(TemplateNews {
                    news: News::Components | News::Status { .. } | News::CategoryDone { .. },
                    ..
                })
            )
        })
    }

    /// What was read but cannot be applied as it stands.
    fn find_problems(&mut self) {
        let items = self.delivery.items.iter().enumerate();
        let found = items.filter_map(|(index, item)| {
            let without_number = item.origin.number.is_none()
                && match &item.notice {
                    Notice::Preference(_) => true,
                    Notice::Status(news) => {
                        let known = self.log.of_status(news);
                        let number = known.is_some_and(|line| {
                            line.number.parse::<consent::id::NumberId>().is_ok()
                        });
                        !number
                            && failure::effects(news)
                                .iter()
                                .any(failure::Effect::needs_number)
                    }
                    _ => false,
                };
            let reason = "the number that was stopped is not named: want metadata.phone_number_id";
            without_number.then(|| Problem {
                item: Some(index),
                ..Problem::at(&self.raw, item.place, reason, None)
            })
        });
        let found: Vec<Problem> = found.collect();
        self.problems.extend(found);
    }
}

impl Problem {
    fn at(raw: &[u8], place: Place, reason: &str, otherwise: Option<&str>) -> Self {
        let part = graph::webhook::parts::cut(raw, place).or_else(|| otherwise.map(str::to_owned));
        Self {
            item: None,
            path: place.to_string(),
            reason: clean(reason),
            part: part.unwrap_or_default().into_bytes(),
        }
    }
}

impl Log {
    /// One read for all the messages that these bodies speak of.
    async fn gather(app: &App, deliveries: impl Iterator<Item = &Delivery>) -> Result<Self, Error> {
        let (mut attempts, mut wamids) = (BTreeSet::new(), BTreeSet::new());
        for item in deliveries.flat_map(|delivery| &delivery.items) {
            match &item.notice {
                Notice::Status(news) => {
                    attempts.extend(attempt_of(news));
                    wamids.insert(clean(&news.id));
                }
                Notice::Message(message) => {
                    let quoted = message
                        .context
                        .as_ref()
                        .and_then(|context| context.id.as_deref());
                    wamids.extend(quoted.map(clean));
                }
                _ => {}
            }
        }
        if attempts.is_empty() && wamids.is_empty() {
            return Ok(Self::default());
        }
        let attempts: Vec<AttemptId> = attempts.into_iter().collect();
        let wamids: Vec<String> = wamids.into_iter().collect();
        let mut log = Self::default();
        for line in app.store.find_messages(&attempts, &wamids).await? {
            let line = Arc::new(line);
            if let Some(wamid) = &line.wamid {
                log.by_wamid.insert(wamid.clone(), Arc::clone(&line));
            }
            log.by_attempt.insert(line.id, line);
        }
        Ok(log)
    }

    /// The message that a status is about: by our token, else by Meta's id.
    pub(super) fn of_status(&self, news: &Status) -> Option<&MessageLine> {
        let by_token = attempt_of(news).and_then(|id| self.by_attempt.get(&id));
        by_token
            .or_else(|| self.by_wamid.get(&clean(&news.id)))
            .map(AsRef::as_ref)
    }

    /// The message with Meta's id.
    pub(super) fn of_wamid(&self, wamid: &str) -> Option<&MessageLine> {
        self.by_wamid.get(&clean(wamid)).map(AsRef::as_ref)
    }

    /// The message of an attempt.
    pub(super) fn of_attempt(&self, id: AttemptId) -> Option<&MessageLine> {
        self.by_attempt.get(&id).map(AsRef::as_ref)
    }

    /// The message that an item speaks of, if it is one of ours.
    pub(super) fn of_item(&self, item: &Item) -> Option<&MessageLine> {
        match &item.notice {
            Notice::Status(news) => self.of_status(news),
            Notice::Message(message) => {
                let quoted = message.context.as_ref()?.id.as_deref()?;
                self.of_wamid(quoted)
            }
            _ => None,
        }
    }
}

fn attempt_of(news: &Status) -> Option<AttemptId> {
    let callback = news.callback.as_deref()?;
    token::read(callback).map(|(attempt, _)| attempt)
}

/// The people whom an item changes.
fn persons(item: &Item) -> Vec<Person> {
    match &item.notice {
        Notice::Message(message) => {
            let cards: &[Card] = match &message.content {
                Content::Contacts(cards) => cards,
                _ => &[],
            };
            let own = cards.iter().filter(|card| card.own);
            let cards = own.flat_map(|card| card.phones.iter().cloned());
            std::iter::once(message.from.clone()).chain(cards).collect()
        }
        Notice::Preference(preference) => vec![preference.who.clone()],
        Notice::Change(change) => vec![change.before.clone(), change.after.clone()],
        Notice::Status(news) if !failure::effects(news).is_empty() => vec![news.recipient.clone()],
        Notice::Echo(echo) => vec![echo.to.clone()],
        Notice::Call(call) => vec![call.who.clone()],
        Notice::Status(_)
        | Notice::Handover(_)
        | Notice::UserAction(_)
        | Notice::AccountError(_)
        | Notice::Template(_)
        | Notice::Account(_)
        | Notice::Other { .. } => Vec::new(),
    }
}
