//! What was sealed with events, opened again: how we know, and the words that people were shown.

use std::collections::{BTreeMap, BTreeSet};

use consent::id::EventId;
use serde_json::{Map, Value};
use store::{contact::Person, event::EventLine, form::WordingLine};
use uuid::Uuid;

use crate::{
    app::House,
    error::Error,
    evidence::Detail,
    vault::{PersonKey, sha256},
};

/// How we know of an event.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// The canonical facts.
    pub facts: Map<String, Value>,
    /// What the person was shown, where the facts say so.
    pub shown: Option<Shown>,
}

/// What a person was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The words; none where only their hash is known.
    pub text: Option<String>,
    /// SHA-256 of the words.
    pub sha256: [u8; 32],
    /// The form that showed them, and its version.
    pub form: Option<(Uuid, i64)>,
}

impl Opened {
    /// One of the facts that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.facts.get(name)?.as_str()
    }

    /// The words that the person was shown.
    #[must_use]
    pub fn wording(&self) -> Option<&str> {
        self.shown.as_ref()?.text.as_deref()
    }
}

/// Opens what was sealed with the events of a person. One that cannot be opened any more is left out.
///
/// # Errors
/// When the database does not answer, or the person's key is none.
pub async fn open(
    app: &House,
    person: &Person,
    events: &[&EventLine],
) -> Result<BTreeMap<EventId, Opened>, Error> {
    let wrapped = person.sealing_key.as_deref();
    let key = wrapped.map(|wrapped| app.vault.person(person.id, wrapped));
    let Some(key) = key.transpose().map_err(Error::internal)? else {
        return Ok(BTreeMap::new());
    };
    let mut opened: BTreeMap<EventId, Opened> = events
        .iter()
        .filter_map(|event| Some((event.id, facts(event, &key)?)))
        .map(|(id, facts)| {
            let shown = shown(&facts);
            (id, Opened { facts, shown })
        })
        .collect();
    let asked: BTreeSet<[u8; 32]> = opened
        .values()
        .filter(|one| one.facts.contains_key("wording_sha256"))
        .filter_map(|one| Some(one.shown.as_ref()?.sha256))
        .collect();
    if asked.is_empty() {
        return Ok(opened);
    }
    let asked: Vec<[u8; 32]> = asked.into_iter().collect();
    let kept = app.store.wordings(&asked).await?;
    // Words that were changed after they were shown are not what was shown.
    let kept: BTreeMap<[u8; 32], WordingLine> = kept
        .into_iter()
        .filter(|line| sha256(line.text.as_bytes()) == line.sha256)
        .map(|line| (line.sha256, line))
        .collect();
    for shown in opened.values_mut().filter_map(|one| one.shown.as_mut()) {
        if let Some(line) = kept.get(&shown.sha256) {
            shown.form = line.form;
            shown.text.get_or_insert_with(|| line.text.clone());
        }
    }
    Ok(opened)
}

fn facts(event: &EventLine, key: &PersonKey) -> Option<Map<String, Value>> {
    let detail = Detail::open(key, event.sealed.as_deref()?).ok()?;
    serde_json::from_str(&detail.facts).ok()
}

/// What the facts themselves say of it: the words, or their hash.
fn shown(facts: &Map<String, Value>) -> Option<Shown> {
    let text = facts.get("wording").and_then(Value::as_str);
    let stated = facts.get("wording_sha256").and_then(Value::as_str);
    let stated = stated.and_then(|hash| hex::decode(hash).ok()?.try_into().ok());
    let computed = || text.map(|text| sha256(text.as_bytes()));
    Some(Shown {
        sha256: stated.or_else(computed)?,
        text: text.map(str::to_owned),
        form: None,
    })
}
