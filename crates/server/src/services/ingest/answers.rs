//! Answers: what a tap on a question of ours changes, what we say, and what waits for a person to decide.

use consent::{
    event::{Clock, Event, Evidence, Fact, counts_from, source},
    id::{ContactId, EventId, NumberId},
    phone::Country,
    policy::Policy,
    scope::Scope,
    time::MINUTE_MS,
    wording::{Reading, fold::fold},
};
use graph::webhook::{Origin, content::Content, inbound::Message, said::Said};
use serde_json::json;
use store::{
    pool::Tx,
    reply::{ReplyLine, ReplyState},
    review::ReviewLine,
};

use super::{clean, work::Work};
use crate::{
    error::Error,
    flows::{
        Flows,
        words::{self, Key},
    },
    services::{
        cast::Draft,
        flows::{
            answer::{self, Grounds, Tap},
            compose, language,
            plan::{self, Detail, Joining, Kind, Plan, Seen},
            pump::FRESH_MS,
            ticket::{Choice, Forged},
        },
        reviews::{
            self,
            arrival::{self, Arrival},
        },
    },
};

/// What a message did, as far as it is answered.
pub(super) struct Done<'a> {
    pub(super) contact: ContactId,
    pub(super) message: &'a Message,
    pub(super) reading: &'a Reading,
    pub(super) tap: Option<&'a Tap>,
    pub(super) evidence: &'a Evidence,
    pub(super) facts: Vec<(EventId, Fact)>,
    /// The language of the question that was answered.
    pub(super) language: Option<String>,
    /// Whether offers might have come, and the answer to a question of ours refused them.
    pub(super) refused_what_they_had: bool,
    /// What the message joins, or the question was about that it answers.
    pub(super) joining: Option<Joining>,
}

impl Done<'_> {
    fn country(&self, policy: &Policy) -> Option<Country> {
        policy.country(self.message.from.aliases().iter())
    }

    /// Whether the person's words say whether offers may come, so that nobody else has to.
    fn decides_on_offers(&self) -> bool {
        let on_offers = |fact: &Fact| match fact {
            Fact::OptOut(scope) | Fact::OptIn(scope) => scope.covers(&Scope::MARKETING),
            _ => false,
        };
        matches!(self.reading, Reading::Start(_))
            || self.tap.is_some_and(Tap::settles)
            || self.facts.iter().any(|(_, fact)| on_offers(fact))
    }
}

/// Whether a message may be answered at all, or may be an answer itself: by what was read before the transaction.
pub(super) fn may_matter(reading: &Reading, message: &Message, flows: &Flows) -> bool {
    *reading != Reading::Nothing
        || matches!(message.content.said(), Some(Said::Tapped { .. }))
        || message.content.form().is_some()
        || asked_for(&message.content, flows).is_some()
}

/// Forwarded words may be somebody else's, and forwarded buttons were made for somebody else.
pub(super) fn is_forwarded(message: &Message) -> bool {
    let context = message.context.as_ref();
    context.is_some_and(|context| context.forwarded || context.frequently_forwarded)
}

/// Whether it says nothing new, but what becomes of an older message.
pub(super) fn changes_old(message: &Message) -> bool {
    matches!(
        message.content,
        Content::Edit { .. } | Content::Revoke { .. }
    )
}

/// The choice that a message makes in one of our questions. One that nobody asked for is counted, and changes nothing.
pub(super) fn tap(work: &Work<'_>, contact: ContactId, message: &Message) -> Option<Tap> {
    if is_forwarded(message) {
        return None;
    }
    let at = message.at.min(work.cast.now());
    match answer::tap(work.app, (contact, at), &message.content, &work.load.flows) {
        // Whatever a button carries: one that says stop to who taps it is no yes.
        Ok(tap) => tap.filter(|tap| {
            let said = work.load.policy.keywords.read_button("", &tap.label);
            tap.choice != Choice::Yes || !matches!(said, Reading::Stop(_) | Reading::StopAll(_))
        }),
        Err(Forged) => {
            metrics::counter!("consentry_answers_nobody_asked_for_total").increment(1);
            tracing::warn!(contact = %contact, "an answer came to a question that nobody put to this person");
            None
        }
    }
}

/// Records what a tap changes besides its reading, and settles what waited for the person's word.
pub(super) async fn take(
    work: &mut Work<'_>,
    tx: &mut Tx,
    done: &mut Done<'_>,
) -> Result<(), Error> {
    if let Some(tap) = done.tap {
        let standing = work.cast.standing(done.contact);
        let history = tx.history(done.contact).await?;
        let mut history: Vec<Event> = history
            .iter()
            .filter_map(store::event::EventLine::event)
            .collect();
        history.extend(work.cast.made(done.contact).cloned());
        let asked = tx.reply(done.contact, tap.question).await?;
        let asked = asked.as_ref();
        let detail = asked.and_then(|line| serde_json::from_str::<Detail>(&line.detail).ok());
        let requests = detail.as_ref().map(requests).unwrap_or_default();
        let grounds = Grounds {
            standing: &standing,
            history: &history,
            requests: &requests,
            topics: &work.load.topics,
            policy: &work.load.policy,
            country: done.country(&work.load.policy),
            now: work.cast.now(),
        };
        let facts = tap.facts(grounds);
        done.refused_what_they_had =
            grounds.gets_offers() && facts.iter().any(|fact| matches!(fact, Fact::OptOut(_)));
        done.language = asked.map(|line| line.language.clone());
        let joining = detail.and_then(|detail| detail.joining);
        let kept = joining.as_ref().and_then(|joining| hash(&joining.wording));
        let wording = match kept {
            Some(_) => None,
            None => asked.and_then(|line| shown(&work.load.flows, line, tap)),
        };
        let page = joining.as_ref().and_then(|joining| joining.page.clone());
        let form = joining.as_ref().and_then(|joining| joining.form.clone());
        done.joining = joining;
        for fact in facts {
            let evidence = Evidence {
                source: source::BUTTON.to_owned(),
                span: Some(tap.label.clone()),
                rule: Some(tap.rule()),
                wording: wording.clone(),
                wording_sha256: kept,
                page: page.clone(),
                note: form.clone(),
                locale: asked.map(|line| line.language.clone()),
                ..done.evidence.clone()
            };
            record(work, done, fact, evidence)?;
        }
    }
    if done.decides_on_offers() {
        settle(work, tx, done).await?;
    }
    if matches!(done.reading, Reading::Start(_)) {
        end_pauses(work, tx, done).await?;
    }
    Ok(())
}

/// The requests that a question was about.
fn requests(detail: &Detail) -> Vec<String> {
    let joined = detail.joining.iter().flat_map(|joining| &joining.requests);
    detail.request.iter().chain(joined).cloned().collect()
}

fn hash(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}

/// What the person saw: the question and the button.
fn shown(flows: &Flows, line: &ReplyLine, tap: &Tap) -> Option<String> {
    let kind = Kind::read(&line.kind)?;
    let key = compose::question(kind)?;
    let say = |key| flows.say(&line.number, &line.language, key);
    let places = [("what", say(Key::What)), ("often", say(Key::Often))];
    let places = places
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let asked = words::filled(&say(key), &places);
    Some(format!("{asked} [{}]", tap.label))
}

pub(super) fn record(
    work: &mut Work<'_>,
    done: &mut Done<'_>,
    fact: Fact,
    evidence: Evidence,
) -> Result<(), Error> {
    let Some(at) = counts_from(&fact, done.message.at, work.cast.now()) else {
        return Ok(());
    };
    // What one message refuses and takes back is no tie: "no offers, but these".
    let refused = done
        .facts
        .iter()
        .any(|(_, other)| matches!(other, Fact::OptOut(_)));
    let at = if refused && matches!(fact, Fact::OptIn(_)) {
        at.plus_millis(1)
    } else {
        at
    };
    let contact = done.contact;
    let id = work.cast.record(Draft {
        contact,
        fact: fact.clone(),
        clock: Clock::Meta,
        at,
        evidence,
    })?;
    done.facts.push((id, fact));
    Ok(())
}

/// The person has spoken: what they wrote before and waits for somebody to read it is decided, and its hold ends.
async fn settle(work: &mut Work<'_>, tx: &mut Tx, done: &mut Done<'_>) -> Result<(), Error> {
    let verdict = match done.facts.iter().find(|(_, fact)| fact.restricts()) {
        Some(_) => reviews::STOP,
        None => reviews::NONE,
    };
    let now = work.cast.now();
    let close = |line: &mut ReviewLine| arrival::by_customer(line, verdict, now);
    let said = done.message.at.min(now);
    let mut holds = Vec::new();
    for mut line in tx.open_reviews(done.contact).await? {
        if line.kind != reviews::ERASURE && line.said <= said {
            close(&mut line);
            tx.decide_review(&line, reviews::OPEN).await?;
            holds.extend(line.hold);
        }
    }
    let fresh = work.reviews.iter_mut().filter(|line| {
        line.contact == done.contact
            && line.state == reviews::OPEN
            && line.kind != reviews::ERASURE
            && line.said <= said
    });
    for line in fresh {
        close(line);
        holds.extend(line.hold);
    }
    for hold in holds {
        let evidence = done.evidence.clone();
        record(work, done, Fact::Release(hold), evidence)?;
    }
    Ok(())
}

/// START ends the pauses that the person had asked for.
async fn end_pauses(work: &mut Work<'_>, tx: &mut Tx, done: &mut Done<'_>) -> Result<(), Error> {
    let standing = work.cast.standing(done.contact);
    let now = work.cast.now();
    let running = standing.holds.iter().filter(|(id, hold)| {
        hold.until.is_some_and(|until| now < until) && !standing.released.contains(*id)
    });
    let running: Vec<EventId> = running.map(|(id, _)| *id).collect();
    if running.is_empty() {
        return Ok(());
    }
    let history = tx.history(done.contact).await?;
    let events = history.iter().filter_map(store::event::EventLine::event);
    let made = work.cast.made(done.contact).cloned();
    let said = done.message.at.min(now);
    let own: Vec<EventId> = events
        .chain(made)
        .filter(|event| running.contains(&event.id) && event.is_by_own_message())
        .filter(|event| event.at <= said)
        .map(|event| event.id)
        .collect();
    for hold in own {
        let evidence = done.evidence.clone();
        record(work, done, Fact::Release(hold), evidence)?;
    }
    Ok(())
}

/// What the message asks for by a word of the business's own.
fn asked_for(content: &Content, flows: &Flows) -> Option<Kind> {
    let Some(Said::Typed(text)) = content.said() else {
        return None;
    };
    if text.len() > WORD_BYTES_MAX {
        return None;
    }
    let said = fold(text);
    let is_one_of =
        |words: &[String]| !said.is_empty() && words.iter().any(|word| fold(word) == said);
    if flows.menu && is_one_of(&flows.menu_words) {
        Some(Kind::Menu)
    } else if flows.help && is_one_of(&flows.help_words) {
        Some(Kind::Help)
    } else if flows.receipts && (is_one_of(&flows.receipt_words) || words::asks_for_receipt(&said))
    {
        Some(Kind::Receipt)
    } else {
        None
    }
}

/// Longer messages are no single words.
const WORD_BYTES_MAX: usize = 256;

/// Puts the answer in line, and what a person has to read in theirs.
pub(super) fn answer(work: &mut Work<'_>, origin: &Origin, done: &Done<'_>) -> Result<(), Error> {
    let number = origin.number.as_ref();
    let Done {
        contact, message, ..
    } = done;
    let at = message.at.min(work.cast.now());
    let id = answer::id_of(&message.id, at);
    review(work, number, done)?;
    // While Meta's own agent has the thread, a message of ours would take it away: what they said counts, unanswered.
    if origin.standby {
        return Ok(());
    }
    let (Some(number), None, false) = (number, &message.group, changes_old(message)) else {
        return Ok(());
    };
    let standing = work.cast.standing(*contact);
    let readable = done.tap.filter(|tap| !tap.is_unreadable);
    let seen = Seen {
        reading: done.reading,
        choice: readable.map(|tap| tap.choice),
        facts: &done.facts,
        standing: &standing,
        policy: &work.load.policy,
        number,
        refused_what_they_had: done.refused_what_they_had,
        joining: done.joining.as_ref(),
        country: done.country(&work.load.policy),
        now: work.cast.now(),
    };
    // The business's own words tell help and menu apart; a wish about consent goes before both.
    let asked = match done.reading {
        Reading::Nothing | Reading::Help(_) if !is_forwarded(message) => {
            asked_for(&message.content, &work.load.flows)
        }
        _ => None,
    };
    let Some(plan) = asked.map(Plan::from).or_else(|| plan::plan(seen)) else {
        return Ok(());
    };
    if work.cast.now().millis_since(at) > FRESH_MS {
        metrics::counter!("consentry_replies_total", "outcome" => "late").increment(1);
        return Ok(());
    }
    let Some(who) = message.from.aliases().into_iter().next() else {
        return Ok(());
    };
    let text = match message.content.said() {
        Some(Said::Typed(text)) => Some(text),
        _ => None,
    };
    let chosen = || language::choose(&work.load.flows, done.reading, text, &who);
    let language = done.language.clone().unwrap_or_else(chosen);
    let state = if plan.kind.is_on(&work.load.flows) {
        ReplyState::Waiting
    } else {
        metrics::counter!("consentry_replies_total", "outcome" => ReplyState::Off.word())
            .increment(1);
        ReplyState::Off
    };
    work.replies.push(ReplyLine {
        contact: *contact,
        id,
        kind: plan.kind.word().to_owned(),
        number: number.to_string(),
        recipient: who.value(),
        language,
        detail: serde_json::to_string(&plan.detail).map_err(Error::internal)?,
        quotes: Some(clean(&message.id)),
        said: at,
        due: work.cast.now(),
        state,
    });
    Ok(())
}

/// What a person has to read, or may take back.
fn review(work: &mut Work<'_>, number: Option<&NumberId>, done: &Done<'_>) -> Result<(), Error> {
    if done.tap.is_some_and(|tap| !tap.is_unreadable) {
        return Ok(());
    }
    let message = done.message;
    let quoted = message
        .context
        .as_ref()
        .and_then(|context| context.id.as_deref());
    let asked = |wamid: &str| {
        let line = work.load.log.of_wamid(wamid)?;
        Some(
            json!({ "template": line.template.as_ref().map(|(name, _)| name),
                "category": line.category, "sent": crate::clock::rfc3339(line.at) }),
        )
    };
    let at = message.at.min(work.cast.now());
    let text = super::text::text(&message.content).unwrap_or_default();
    let arrival = Arrival {
        contact: done.contact,
        id: answer::id_of(&message.id, at),
        message: clean(&message.id),
        number: store::message::number_text(number),
        reading: done.reading,
        facts: &done.facts,
        text: &text,
        quoted: quoted.map(|wamid| (wamid, asked(wamid).into())),
        said: at,
    };
    let line = arrival::line(&work.cast, &arrival)?;
    work.reviews.extend(line);
    Ok(())
}

const _: () = assert!(
    FRESH_MS == 5 * MINUTE_MS,
    "a confirmation later than that has to be justified"
);
