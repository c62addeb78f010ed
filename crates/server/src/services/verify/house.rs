//! What is about nobody in particular: versions of the policy, keys, and the batches that speak of sends.

use std::collections::{BTreeMap, VecDeque};

use consent::{
    event::{Fact, StaffAct},
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use ledger::hash::Hash;
use serde_json::Value;
use store::{event::EventLine, message::Direction};

use super::{Progress, Report, Stage, Stop, count, people};
use crate::{
    app::House,
    evidence::Detail,
    services::{policy, reservations},
};

/// How many events are read at once.
const PAGE: u32 = 200;
/// How far back an event of the house may link. Events of one transaction follow each other closely.
const LINKS: usize = 5_000;

pub(super) async fn check(
    app: &House,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Result<(), Stop> {
    let sealed_before = count(app.store.count_sealed().await?);
    let mut seen = Seen::default();
    let mut recent: VecDeque<Hash> = VecDeque::new();
    let mut after = None;
    loop {
        let page = app
            .store
            .history_page(ContactId::HOUSE, after, PAGE)
            .await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for line in &page {
            report.events += 1;
            match people::event(line, Some(app.vault.house())) {
                Err(what) => report.note(what),
                Ok(None) => report.note(format!("the evidence of event {} is missing", line.id)),
                Ok(Some(detail)) => {
                    if detail.previous.is_some_and(|hash| !recent.contains(&hash)) {
                        report.note(format!(
                            "event {} links to an event that is not there",
                            line.id
                        ));
                    }
                    seen.take(app, line, &detail, report).await?;
                }
            }
            recent.push_back(Hash::of_leaf(&line.leaf));
            if recent.len() > LINKS {
                recent.pop_front();
            }
        }
        progress(Stage::House, report.reservations, sealed_before);
    }
    seen.policies(app, report).await?;
    seen.keys(app, report).await?;
    let sealed_after = count(app.store.count_sealed().await?);
    if !(sealed_before..=sealed_after).contains(&report.reservations) {
        report.note(format!(
            "{sealed_after} sends say that the log speaks of them: it speaks of {}",
            report.reservations
        ));
    }
    Ok(())
}

/// What the events of the house say.
#[derive(Default)]
struct Seen {
    /// The hash and the time of each version of the policy.
    policies: BTreeMap<i64, (String, Timestamp)>,
    /// The role and the name of each key, by its id.
    keys: BTreeMap<String, String>,
    /// When keys were revoked.
    revoked: BTreeMap<String, Timestamp>,
}

impl Seen {
    async fn take(
        &mut self,
        app: &House,
        line: &EventLine,
        detail: &Detail,
        report: &mut Report,
    ) -> Result<(), Stop> {
        let facts: Value = serde_json::from_str(&detail.facts).unwrap_or_default();
        let note = facts
            .get("note")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match &line.fact {
            Some(Fact::PolicyChanged(version)) => {
                let version = i64::try_from(*version).unwrap_or(i64::MAX);
                self.policies.insert(version, (note.to_owned(), line.at));
            }
            Some(Fact::Staff(StaffAct::KeyCreated)) => {
                let (id, rest) = note.split_once(' ').unwrap_or((note, ""));
                self.keys.insert(id.to_owned(), rest.to_owned());
            }
            Some(Fact::Staff(StaffAct::KeyRevoked)) => {
                self.revoked.insert(note.to_owned(), line.at);
            }
            Some(Fact::Reservations(said)) => batch(app, line, (*said, &facts), report).await?,
            _ => {}
        }
        Ok(())
    }

    async fn policies(&mut self, app: &House, report: &mut Report) -> Result<(), Stop> {
        for row in app.store.policies().await? {
            let want = (policy::body_hash(&row.body), row.at);
            match self.policies.remove(&row.version) {
                Some(said) if said == want => {}
                Some(_) => report.note(format!(
                    "version {} of the policy is not the one that the log speaks of",
                    row.version
                )),
                None => report.note(format!(
                    "the log does not speak of version {} of the policy",
                    row.version
                )),
            }
        }
        for version in self.policies.keys() {
            report.note(format!(
                "the log speaks of version {version} of the policy, which is not there"
            ));
        }
        Ok(())
    }

    async fn keys(&mut self, app: &House, report: &mut Report) -> Result<(), Stop> {
        for row in app.store.keys().await? {
            let id = row.id.to_string();
            let said = self.keys.remove(&id);
            let revoked = self.revoked.remove(&id);
            if said != Some(format!("{} {}", row.role, row.name)) {
                report.note(format!("key {id} is not one that the log speaks of"));
            }
            if revoked.is_some() != row.revoked.is_some() {
                report.note(format!(
                    "the log and the row disagree on whether key {id} is revoked"
                ));
            }
        }
        for id in self.keys.keys() {
            report.note(format!("the log speaks of key {id}, which is not there"));
        }
        Ok(())
    }
}

/// Compares one batch with the rows of its reservations.
async fn batch(
    app: &House,
    line: &EventLine,
    (said, facts): (u64, &Value),
    report: &mut Report,
) -> Result<(), Stop> {
    let none = Vec::new();
    let members = facts
        .get(reservations::MEMBER)
        .and_then(Value::as_array)
        .unwrap_or(&none);
    if u64::try_from(members.len()).ok() != Some(said) {
        report.note(format!(
            "batch {} does not list as many sends as it says",
            line.id
        ));
    }
    let attempt =
        |member: &Value| -> Option<AttemptId> { member.get("attempt")?.as_str()?.parse().ok() };
    let ids: Vec<AttemptId> = members.iter().filter_map(attempt).collect();
    let rows = app.store.find_messages(&ids, &[]).await?;
    let rows: BTreeMap<AttemptId, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let batches: BTreeMap<AttemptId, _> = app.store.batches_of(&ids).await?.into_iter().collect();
    for (id, member) in ids.iter().zip(members) {
        let fits = rows.get(id).is_some_and(|row| {
            row.direction == Direction::Out && reservations::facts_of(row) == *member
        });
        if !fits {
            report.note(format!(
                "send {id} is not what batch {} of the log says of it",
                line.id
            ));
        }
        if batches.get(id) == Some(&line.id.get()) {
            report.reservations += 1;
        } else {
            report.note(format!(
                "send {id} does not say that batch {} speaks of it",
                line.id
            ));
        }
    }
    Ok(())
}
