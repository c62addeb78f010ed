//! Every person: their events are what the leaves say, and their standing is the fold of their events.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use consent::{
    event::{Event, Fact},
    id::EventId,
    policy::Policy,
    register::Standing,
    time::Timestamp,
};
use ledger::hash::Hash;
use store::{event::EventLine, whole::Kept};

use super::{Progress, Report, Stage, Stop, count, wordings};
use crate::{
    app::House,
    evidence::{self, Detail},
    services::{cast::OPTED_OUT_TAG, policy, policy_json, summary},
    vault::PersonKey,
};

/// How many people are looked at together.
const PAGE: u32 = 100;
/// How often a page is read before what does not fit in it is believed: somebody may be writing.
const READS: u32 = 3;

pub(super) async fn check(
    app: &House,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Result<(), Stop> {
    let rules = Rules::read(app).await?;
    let total = count(app.store.count_contacts().await?);
    let mut after = None;
    loop {
        let mut page = Page::read(app, after, &rules).await?;
        for _ in 1..READS {
            if page.notes.is_empty() {
                break;
            }
            page = Page::read(app, after, &rules).await?;
        }
        report.contacts += page.people;
        report.erased += page.erased;
        report.events += page.events;
        for note in page.notes {
            report.note(note);
        }
        progress(Stage::People, report.contacts.min(total), total);
        match page.last {
            Some(last) => after = Some(last),
            None => return Ok(()),
        }
    }
}

/// Every version of the rules, and from when it was in force.
struct Rules {
    past: Vec<(Timestamp, Policy)>,
    current: std::sync::Arc<Policy>,
    now: Timestamp,
}

impl Rules {
    async fn read(app: &House) -> Result<Self, Stop> {
        let mut past = Vec::new();
        for line in app.store.policies().await? {
            past.push((line.at, policy_json::read_stored(&line)?));
        }
        Ok(Self {
            past,
            current: policy::current(app).await?,
            now: app.clock.now(),
        })
    }

    /// What lists said of a standing when it was written then; now, too, is an answer.
    fn consents(&self, standing: &Standing, at: Timestamp) -> [&'static str; 2] {
        let then = self.past.iter().rev().find(|(since, _)| *since <= at);
        let first = Policy::default();
        let then = then.map_or(&first, |(_, policy)| policy);
        [
            summary::consent(standing, then, at),
            summary::consent(standing, &self.current, self.now),
        ]
    }
}

#[derive(Default)]
struct Page {
    people: u64,
    erased: u64,
    events: u64,
    notes: Vec<String>,
    last: Option<consent::id::ContactId>,
}

impl Page {
    async fn read(
        app: &House,
        after: Option<consent::id::ContactId>,
        rules: &Rules,
    ) -> Result<Self, Stop> {
        let kept = app.store.kept(after, OPTED_OUT_TAG, PAGE).await?;
        let ids: Vec<_> = kept.iter().map(|kept| kept.person.id).collect();
        let mut page = Self {
            last: ids.last().copied(),
            ..Self::default()
        };
        let lines = if ids.is_empty() {
            Vec::new()
        } else {
            app.store.histories(&ids).await?
        };
        let mut named = BTreeMap::new();
        for kept in &kept {
            let own: Vec<&EventLine> = lines
                .iter()
                .filter(|line| line.contact == kept.person.id)
                .collect();
            page.people += 1;
            page.erased += u64::from(kept.erased.is_some());
            page.events += count(i64::try_from(own.len()).unwrap_or(i64::MAX));
            let found = person(app, kept, &own, rules);
            page.notes.extend(found.notes);
            named.extend(found.wordings);
        }
        page.notes.extend(wordings::missing(app, &named).await?);
        Ok(page)
    }
}

/// What one person's events say.
struct Found {
    /// What does not fit.
    notes: Vec<String>,
    /// The wordings that are named and kept elsewhere, each with an event that names it.
    wordings: Vec<([u8; 32], EventId)>,
}

/// What does not fit about one person.
fn person(app: &House, kept: &Kept, lines: &[&EventLine], rules: &Rules) -> Found {
    let id = kept.person.id;
    let (mut notes, mut shown) = (Vec::new(), Vec::new());
    let erasure = lines
        .iter()
        .any(|line| matches!(line.fact, Some(Fact::Erasure)));
    let wrapped = kept.person.sealing_key.as_deref();
    if erasure != kept.erased.is_some() || erasure != wrapped.is_none() {
        notes.push(format!(
            "contact {id} is erased by its row, its key or its events, and not by all three"
        ));
    }
    let key = wrapped.map(|wrapped| app.vault.person(id, wrapped));
    let key = match key.transpose() {
        Ok(key) => key,
        Err(_) => {
            notes.push(format!("the key of contact {id} does not open"));
            None
        }
    };
    let mut hashes = BTreeSet::new();
    for line in lines {
        hashes.insert(Hash::of_leaf(&line.leaf));
    }
    let mut firsts = 0;
    for line in lines {
        let detail = event(line, key.as_ref());
        if let Ok(Some(detail)) = &detail {
            shown.extend(wordings::named(&detail.facts).map(|hash| (hash, line.id)));
        }
        match (detail, erasure) {
            (Ok(Some(detail)), false) => match detail.previous {
                None => firsts += 1,
                Some(previous) if hashes.contains(&previous) => {}
                Some(_) => notes.push(format!(
                    "event {} links to an event that contact {id} does not have",
                    line.id
                )),
            },
            (Ok(None), true) => {}
            (Ok(Some(_)), true) => notes.push(format!(
                "contact {id} is erased, and the evidence of event {} is still there",
                line.id
            )),
            (Ok(None), false) => {
                notes.push(format!("the evidence of event {} is missing", line.id));
            }
            (Err(what), _) => notes.push(what),
        }
    }
    if firsts > 1 {
        notes.push(format!(
            "{firsts} events of contact {id} say that they are its first"
        ));
    }
    notes.extend(standing(kept, lines, rules));
    Found {
        notes,
        wordings: shown,
    }
}

/// Whether an event's row, its leaf and its sealed evidence say the same. Gives the evidence, where it is there.
pub(super) fn event(line: &EventLine, key: Option<&PersonKey>) -> Result<Option<Detail>, String> {
    let id = line.id;
    let leaf = ledger::leaf::Leaf::decode(&line.leaf)
        .map_err(|error| format!("the leaf of event {id} is none: {error}"))?;
    let kind = line
        .fact
        .as_ref()
        .map_or_else(|| sealed_kind(&line.kind), Fact::leaf_kind);
    let bare = bare(line);
    let time = u64::try_from(line.received.seconds()).unwrap_or(0);
    let flags = evidence::flags(&bare);
    if leaf.kind != kind
        || leaf.time != time
        || leaf.flags != flags
        || leaf.schema != evidence::SCHEMA
    {
        return Err(format!(
            "the leaf of event {id} is of another kind, time or clock than its row"
        ));
    }
    let (Some(key), Some(sealed)) = (key, &line.sealed) else {
        return Ok(None);
    };
    let detail = Detail::open(key, sealed)
        .map_err(|_| format!("the evidence of event {id} does not open: it was changed"))?;
    ledger::verify::openings(&leaf, &detail.openings(line.contact))
        .map_err(|error| format!("event {id}: {error}"))?;
    let facts: serde_json::Value = serde_json::from_str(&detail.facts)
        .map_err(|_| format!("the facts of event {id} are not JSON"))?;
    let said = evidence::facts(&bare);
    let wanted: [(&str, serde_json::Value); 2] = [
        ("argument", line.argument.as_str().into()),
        ("kind", line.kind.as_str().into()),
    ];
    for (name, want) in wanted {
        let have: serde_json::Value = match facts.get(name) {
            Some(serde_json::Value::Object(map)) => {
                serde_json::Value::Object(map.clone()).to_string().into()
            }
            other => other.cloned().unwrap_or_default(),
        };
        if have != want {
            return Err(format!(
                "event {id} has another {name} in its row than in its evidence"
            ));
        }
    }
    for name in ["id", "contact", "clock", "at_ms", "received_ms", "source"] {
        if facts.get(name) != said.get(name) {
            return Err(format!(
                "event {id} has another {name} in its row than in its evidence"
            ));
        }
    }
    Ok(Some(detail))
}

/// The event as far as its row tells it; what happened does not matter for what is taken from it.
fn bare(line: &EventLine) -> Event {
    line.event().unwrap_or_else(|| Event {
        id: line.id,
        contact: line.contact,
        fact: Fact::PlatformBackoff,
        clock: line.clock,
        at: line.at,
        received: line.received,
        evidence: consent::event::Evidence {
            source: line.source.clone(),
            ..consent::event::Evidence::default()
        },
    })
}

/// The kinds of leaves whose facts are sealed: rows do not say what they were about.
fn sealed_kind(kind: &str) -> u8 {
    match kind {
        "alias_linked" => 12,
        "alias_ended" => 13,
        _ => 0,
    }
}

/// A standing that was kept before sources were, with those that it lacks: without one it is judged more strictly,
/// never less. What it does name must be so.
fn with_sources<'a>(stored: &'a Standing, folded: &Standing) -> Cow<'a, Standing> {
    if stored.sources.len() == folded.sources.len() {
        return Cow::Borrowed(stored);
    }
    let mut sources = folded.sources.clone();
    sources.extend(stored.sources.clone());
    Cow::Owned(Standing {
        sources,
        ..stored.clone()
    })
}

/// Whether the standing is the fold of the events, and what lists show of it fits.
fn standing(kept: &Kept, lines: &[&EventLine], rules: &Rules) -> Vec<String> {
    let id = kept.person.id;
    let mut notes = Vec::new();
    let events: Vec<Event> = lines.iter().filter_map(|line| line.event()).collect();
    let stored = &kept.person.standing;
    let folded = Standing {
        heard: stored.heard.clone(),
        ..Standing::fold(events.iter())
    };
    if folded != *with_sources(stored, &folded) || !kept.faithful {
        notes.push(format!(
            "the standing of contact {id} is not what its events make of it"
        ));
    }
    if !rules
        .consents(stored, kept.changed)
        .contains(&kept.consent.as_str())
        || summary::platform(stored) != kept.platform
    {
        notes.push(format!(
            "lists show contact {id} as `{}` and `{}`, which its standing does not say",
            kept.consent, kept.platform
        ));
    }
    let about_consent = |event: &&Event| {
        matches!(
            event.fact,
            Fact::OptIn(_) | Fact::OptOut(_) | Fact::Retract(_)
        )
    };
    let Some(last) = events.iter().rposition(|event| about_consent(&event)) else {
        return notes;
    };
    let until = events.get(..=last).unwrap_or_default();
    let then = events
        .get(last)
        .map_or(kept.changed, |event| event.received);
    let tagged_then = rules.consents(&Standing::fold(until.iter()), then);
    let answers = [tagged_then[0] == "opted_out", kept.consent == "opted_out"];
    if kept.erased.is_none() && !answers.contains(&kept.tagged) {
        notes.push(format!(
            "the tag `{OPTED_OUT_TAG}` of contact {id} is not what its events say"
        ));
    }
    notes
}
