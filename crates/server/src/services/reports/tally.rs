//! Counting, off the hot path: events in the order of the log, messages a quarter of an hour at a time.
//!
//! An event is marked once, when its number in the log is reached, and its mark is added to the tallies once: the cursor moves in the
//! same transaction. What becomes of a message is told later, so its slot is counted whole, again and again at growing ages, and put in
//! the place of what was counted before; three days after its end for the last time.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use consent::{
    id::ContactId,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
};
use serde_json::Value;
use store::{
    message::State,
    pool::Tx,
    report::{LoggedLine, Mark, MessageCount, SLOT_MS, TallyRow, slot_of},
};
use uuid::Uuid;

use super::mark::{self, Draft};
use crate::{app::App, error::Error, evidence::Detail};

/// How far the marks are: the next number of the log.
pub const MARKED_TO: &str = "marked_to";
/// How far the marks are counted.
pub const COUNTED_TO: &str = "counted_to";
/// How far the messages are counted for the last time: the first slot that will be counted again.
pub const MESSAGES_TO: &str = "messages_to";

/// Events that are marked in one turn.
const MARKS_MAX: u32 = 500;
/// Marks that are counted in one turn.
const COUNTED_MAX: i64 = 5_000;
/// Slots that are counted in one turn.
const SLOTS_MAX: usize = 8;
/// So long before a no a message may have been what it answers.
pub const ANSWERS_MS: i64 = 72 * HOUR_MS;
/// How often the slot that is running is counted.
const RUNNING_MS: i64 = 30_000;
/// So long after its end a slot is counted for the last time.
pub const FINAL_MS: i64 = 3 * DAY_MS;
/// How long after its end a slot is counted again.
const AGES: [i64; 8] = [
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    HOUR_MS,
    3 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    FINAL_MS,
];
/// After a piece of work four times as long is waited: at most a fifth of one connection's time is taken.
const REST: u32 = 4;
/// The longest of those waits.
const REST_MAX: Duration = Duration::from_secs(2);
/// How long a node is the one that counts.
const LEASE_MS: i64 = 60_000;
/// The name of that lease.
const LEASE: &str = "reports";

/// What is counted of messages.
const WHATS: [&str; 10] = [
    "received",
    "denied",
    "unknown",
    "rejected",
    "sent",
    "delivered",
    "read",
    "failed",
    "marketing_sent",
    "marketing_delivered",
];
/// By what each is broken down.
const DIMENSIONS: [&str; 6] = ["", "number", "category", "template", "topic", "code"];

/// Takes one turn at everything. Says whether there is more to do at once.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<bool, Error> {
    let more = [
        mark_events(app).await?,
        count_events(app).await?,
        count_messages(app).await?,
    ];
    write_times(app).await?;
    Ok(more.contains(&true))
}

/// A transaction of the node that counts; none while another one does.
pub(super) async fn begin(app: &App) -> Result<Option<Tx>, Error> {
    let mut tx = app.store.begin().await?;
    if app.store.numbers_at_once() {
        return Ok(Some(tx));
    }
    let now = app.clock.now();
    let until = now.plus_millis(LEASE_MS);
    let mine = tx.lease(LEASE, app.node, now, until).await?.is_some();
    Ok(mine.then_some(tx))
}

/// Reads the next events of the log, and takes down what reports need of them.
async fn mark_events(app: &App) -> Result<bool, Error> {
    let seen = app.store.tally_state(MARKED_TO).await?;
    let lines = app.store.logged(seen.unwrap_or(0), MARKS_MAX).await?;
    let Some(last) = lines.last().map(|line| line.index) else {
        return Ok(false);
    };
    let marks = marks(app, &lines).await?;
    let Some(mut tx) = begin(app).await? else {
        return Ok(false);
    };
    if !marks.is_empty() {
        tx.keep_marks(&marks).await?;
    }
    if tx.move_tally(MARKED_TO, seen, last + 1).await? {
        tx.commit().await?;
    }
    Ok(lines.len() == usize::try_from(MARKS_MAX).unwrap_or(usize::MAX))
}

async fn marks(app: &App, lines: &[LoggedLine]) -> Result<Vec<Mark>, Error> {
    let mut drafts = Vec::new();
    for line in lines {
        if let Some(draft) = mark::draft(line, facts(app, line).as_ref())? {
            drafts.push((draft, line));
        }
    }
    let wamids = drafts.iter().filter_map(|(draft, _)| draft.message.clone());
    let wamids: Vec<String> = wamids.collect();
    let found = app.store.find_messages(&[], &wamids).await?;
    let numbers: HashMap<String, String> = found
        .into_iter()
        .filter_map(|line| Some((line.wamid?, line.number)))
        .collect();
    let asked: Vec<(i64, ContactId, Timestamp)> = drafts
        .iter()
        .filter(|(draft, _)| draft.wants_template)
        .map(|(draft, line)| (draft.mark.index, line.contact, line.received))
        .collect();
    let answered = app.store.last_marketing(&asked, ANSWERS_MS).await?;
    let answered: HashMap<i64, (Option<String>, String)> = answered
        .into_iter()
        .map(|(index, template, number)| (index, (template, number)))
        .collect();
    let finish = |(draft, _): (Draft, &LoggedLine)| {
        let mut mark = draft.mark;
        let sent = answered.get(&mark.index);
        mark.template = sent
            .and_then(|(template, _)| template.clone())
            .unwrap_or_default();
        if mark.number.is_empty() {
            let wrote_to = draft.message.and_then(|wamid| numbers.get(&wamid).cloned());
            let sent_by = sent.map(|(_, number)| number.clone());
            mark.number = wrote_to.or(sent_by).unwrap_or_default();
        }
        mark
    };
    Ok(drafts.into_iter().map(finish).collect())
}

/// The facts of an event; none where they were destroyed or cannot be opened.
fn facts(app: &App, line: &LoggedLine) -> Option<Value> {
    if line.contact == ContactId::HOUSE {
        return None;
    }
    let (sealed, wrapped) = (line.sealed.as_deref()?, line.sealing_key.as_deref()?);
    let key = app.vault.person(line.contact, wrapped).ok()?;
    let detail = Detail::open(&key, sealed).ok()?;
    serde_json::from_str(&detail.facts).ok()
}

/// Adds marks to the tallies, and moves the cursor in the same transaction.
async fn count_events(app: &App) -> Result<bool, Error> {
    let marked = app.store.tally_state(MARKED_TO).await?.unwrap_or(0);
    let seen = app.store.tally_state(COUNTED_TO).await?;
    let from = seen.unwrap_or(0);
    let until = marked.min(from.saturating_add(COUNTED_MAX));
    if from >= until {
        return Ok(false);
    }
    let Some(mut tx) = begin(app).await? else {
        return Ok(false);
    };
    tx.count_marks(from, until).await?;
    if tx.move_tally(COUNTED_TO, seen, until).await? {
        tx.commit().await?;
    }
    Ok(until < marked)
}

/// Counts the slots whose turn it is.
async fn count_messages(app: &App) -> Result<bool, Error> {
    let now = app.clock.now();
    let Some(mut from) = app.store.tally_state(MESSAGES_TO).await? else {
        let first = app.store.next_message(Uuid::nil()).await?;
        let first = first.map_or(slot_of(now), |id| slot_of(time_of(id)).min(slot_of(now)));
        if let Some(mut tx) = begin(app).await? {
            tx.move_tally(MESSAGES_TO, None, first).await?;
            tx.commit().await?;
        }
        return Ok(true);
    };
    let mut done = 0;
    while is_final(from, now) && done < SLOTS_MAX {
        let Some(next) = finish_slot(app, from, now).await? else {
            return Ok(false);
        };
        (from, done) = (next, done + 1);
    }
    let counted: BTreeMap<i64, Timestamp> = app.store.counted_slots().await?.into_iter().collect();
    let slots = (0..).map(|at| from + at * SLOT_MS);
    let slots = slots.take_while(|slot| *slot <= now.millis());
    let mut due: Vec<i64> = slots
        .filter(|slot| !is_final(*slot, now) && is_due(*slot, counted.get(slot).copied(), now))
        .collect();
    // The newest first: what people look at.
    due.reverse();
    let room = SLOTS_MAX - done;
    for slot in due.iter().take(room) {
        let rows = count_slot(app, *slot).await?;
        let Some(mut tx) = begin(app).await? else {
            return Ok(false);
        };
        tx.put_tallies(*slot, &kinds(), &rows).await?;
        tx.note_slot(*slot, now).await?;
        tx.commit().await?;
    }
    Ok(due.len() > room || is_final(from, now))
}

/// Counts a slot for the last time, and gives the next one that has something, or that is not to be counted for the last time yet.
async fn finish_slot(app: &App, slot: i64, now: Timestamp) -> Result<Option<i64>, Error> {
    let rows = count_slot(app, slot).await?;
    let following = app.store.next_message(first_id(slot + SLOT_MS)).await?;
    let open = slot_of(now.plus_millis(-FINAL_MS - SLOT_MS)) + SLOT_MS;
    let next = following.map_or(open, |id| slot_of(time_of(id)).min(open));
    let next = next.max(slot + SLOT_MS);
    let Some(mut tx) = begin(app).await? else {
        return Ok(None);
    };
    tx.put_tallies(slot, &kinds(), &rows).await?;
    tx.finish_slots(next).await?;
    if !tx.move_tally(MESSAGES_TO, Some(slot), next).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(next))
}

const fn is_final(slot: i64, now: Timestamp) -> bool {
    slot + SLOT_MS + FINAL_MS <= now.millis()
}

/// Whether a slot is to be counted now.
fn is_due(slot: i64, counted: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(counted) = counted else {
        return true;
    };
    let end = slot + SLOT_MS;
    if now.millis() < end {
        return now.millis_since(counted) >= RUNNING_MS;
    }
    let passed = AGES.iter().map(|age| end + age);
    counted.millis() < end
        || passed
            .into_iter()
            .any(|at| counted.millis() < at && at <= now.millis())
}

/// Counts the messages of a slot, a minute at a time, and rests in between.
async fn count_slot(app: &App, slot: i64) -> Result<Vec<TallyRow>, Error> {
    let mut sums = BTreeMap::new();
    for minute in 0..SLOT_MS / MINUTE_MS {
        let from = slot + minute * MINUTE_MS;
        let began = app.clock.instant();
        let counts = app
            .store
            .count_messages(first_id(from), first_id(from + MINUTE_MS))
            .await?;
        fold(&counts, &mut sums);
        if !counts.is_empty() {
            tokio::time::sleep((began.elapsed() * REST).min(REST_MAX)).await;
        }
    }
    let row = |((what, dimension, value), count): ((&str, &str, String), i64)| TallyRow {
        what: what.to_owned(),
        dimension: dimension.to_owned(),
        value,
        count,
    };
    Ok(sums.into_iter().map(row).collect())
}

type Sums = BTreeMap<(&'static str, &'static str, String), i64>;

fn fold(counts: &[MessageCount], sums: &mut Sums) {
    for count in counts {
        let is_out = count.direction == "out";
        for what in whats(count) {
            for dimension in DIMENSIONS {
                let value = match dimension {
                    "" => Some(String::new()),
                    "number" => Some(count.number.clone()),
                    "category" => is_out.then(|| count.category.clone()),
                    "template" => count.template.clone(),
                    "topic" => count.topic.map(|topic| topic.to_string()),
                    _ => code(what, count),
                };
                let value = value.filter(|value| dimension.is_empty() || !value.is_empty());
                if let Some(value) = value {
                    *sums.entry((what, dimension, value)).or_default() += count.count;
                }
            }
        }
    }
}

/// Everything that a message counts as.
fn whats(count: &MessageCount) -> Vec<&'static str> {
    if count.direction != "out" {
        return vec!["received"];
    }
    let is_marketing = count.category == "marketing";
    let mut whats = match State::read(&count.state) {
        Some(State::Denied) => vec!["denied"],
        Some(State::Unknown) => vec!["unknown"],
        Some(State::Rejected) => vec!["rejected"],
        Some(State::Failed) => vec!["failed"],
        Some(State::Accepted | State::Sent) => vec!["sent"],
        Some(State::Delivered) => vec!["sent", "delivered"],
        Some(State::Read) => vec!["sent", "delivered", "read"],
        Some(State::Received | State::Echo | State::Reserved) | None => vec![],
    };
    if is_marketing && whats.contains(&"sent") {
        whats.push("marketing_sent");
    }
    if is_marketing && whats.contains(&"delivered") {
        whats.push("marketing_delivered");
    }
    whats
}

fn code(what: &str, count: &MessageCount) -> Option<String> {
    match what {
        "denied" => count.code.clone(),
        "failed" | "rejected" => Some(
            count
                .error_code
                .map_or_else(|| "none".to_owned(), |code| code.to_string()),
        ),
        _ => None,
    }
}

fn kinds() -> Vec<(&'static str, &'static str)> {
    let each = |what| DIMENSIONS.map(move |dimension| (what, dimension));
    WHATS.into_iter().flat_map(each).collect()
}

/// Writes down how long it took until a no was in force.
async fn write_times(app: &App) -> Result<(), Error> {
    let times = app.tempo.take();
    if times.is_empty() {
        return Ok(());
    }
    let written = async {
        let mut tx = app.store.begin().await?;
        tx.add_in_force_times(&times).await?;
        tx.commit().await
    };
    let written = written.await;
    if written.is_err() {
        app.tempo.give_back(times);
    }
    Ok(written?)
}

/// Forgets every tally, and begins anew. What was measured, and what was read of events while their evidence was there, stays.
///
/// # Errors
/// When the database does not answer.
pub async fn rebuild(app: &App) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    tx.forget_tallies(&[COUNTED_TO, MESSAGES_TO]).await?;
    tx.commit().await?;
    app.bell.reports.notify_one();
    Ok(())
}

/// The smallest id of a moment, or none of before the epoch.
fn first_id(ms: i64) -> Uuid {
    let ms = u128::try_from(ms).unwrap_or(0);
    Uuid::from_u128(ms << 80)
}

/// The moment at which an id was made.
fn time_of(id: Uuid) -> Timestamp {
    Timestamp::from_millis(i64::try_from(id.as_u128() >> 80).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn a_slot_is_counted_while_it_runs_then_ever_more_rarely_and_never_after_three_days() {
        let slot = 1_795_341_600_000;
        let mut counted: Option<Timestamp> = None;
        let mut times = Vec::new();
        for second in 0..(4 * 24 * 3_600) {
            let now = at(slot + second * 1_000);
            let last = counted.is_some_and(|counted| is_final(slot, counted));
            if !last && is_due(slot, counted, now) {
                counted = Some(now);
                times.push(second);
            }
        }
        assert!(times.len() < 45, "{}", times.len());
        let ages: Vec<i64> = times.iter().map(|s| s - 900).filter(|s| *s > 0).collect();
        assert_eq!(ages, [60, 300, 900, 3_600, 10_800, 43_200, 86_400, 259_200]);
    }

    #[test]
    fn ids_and_moments_are_each_others() {
        let now = 1_795_341_600_123;
        assert_eq!(time_of(first_id(now)), at(now));
        let id = Uuid::now_v7();
        let ms = time_of(id).millis();
        assert!(first_id(ms) <= id && id < first_id(ms + 1));
    }

    #[test]
    fn a_message_counts_as_everything_that_became_of_it() {
        let read = MessageCount {
            direction: "out".to_owned(),
            number: "1099".to_owned(),
            category: "marketing".to_owned(),
            template: Some("spring".to_owned()),
            topic: None,
            state: "read".to_owned(),
            code: None,
            error_code: None,
            count: 3,
        };
        let failed = MessageCount {
            state: "failed".to_owned(),
            error_code: Some(131_050),
            ..read.clone()
        };
        let mut sums = Sums::new();
        fold(&[read, failed], &mut sums);
        let sum =
            |what, dimension, value: &str| sums.get(&(what, dimension, value.to_owned())).copied();
        assert_eq!(sum("sent", "", ""), Some(3));
        assert_eq!(sum("marketing_delivered", "template", "spring"), Some(3));
        assert_eq!(sum("failed", "code", "131050"), Some(3));
        assert_eq!(sum("sent", "code", "none"), None);
        let known = kinds();
        assert!(
            sums.keys()
                .all(|(what, dimension, _)| known.contains(&(*what, *dimension)))
        );
    }
}
