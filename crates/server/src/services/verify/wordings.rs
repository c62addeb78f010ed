//! What people were shown is what its hash says, and whatever an event names is there.

use std::collections::BTreeMap;

use consent::id::EventId;
use store::form::WordingLine;

use super::{Report, Stop};
use crate::{app::House, vault::sha256};

/// How many wordings are read at once. Each may have some 16 KB.
const PAGE: u32 = 200;

pub(super) async fn check(app: &House, report: &mut Report) -> Result<(), Stop> {
    let mut after = None;
    loop {
        let page = app.store.wordings_page(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.sha256);
        for line in &page {
            report.wordings += 1;
            if !holds(line) {
                report.note(format!(
                    "wording {} is not the text that people were shown: its hash is another",
                    hex::encode(line.sha256)
                ));
            }
        }
    }
}

fn holds(line: &WordingLine) -> bool {
    sha256(line.text.as_bytes()) == line.sha256
}

/// The hash that the facts of an event name, where the words themselves are kept apart.
pub(super) fn named(facts: &str) -> Option<[u8; 32]> {
    // Most events name none, and reading JSON costs more than looking for a word.
    if !facts.contains("\"wording_sha256\"") {
        return None;
    }
    let facts: serde_json::Value = serde_json::from_str(facts).ok()?;
    let hash = facts.get("wording_sha256")?.as_str()?;
    hex::decode(hash).ok()?.try_into().ok()
}

/// Which of the wordings that events name are not kept, in words.
pub(super) async fn missing(
    app: &House,
    named: &BTreeMap<[u8; 32], EventId>,
) -> Result<Vec<String>, Stop> {
    let mut notes = Vec::new();
    let hashes: Vec<[u8; 32]> = named.keys().copied().collect();
    for part in hashes.chunks(500) {
        let kept = app.store.wordings(part).await?;
        let gone = part
            .iter()
            .filter(|hash| !kept.iter().any(|line| line.sha256 == **hash));
        notes.extend(gone.filter_map(|hash| {
            let event = named.get(hash)?;
            let hash = hex::encode(hash);
            Some(format!(
                "wording {hash}, which event {event} names, is not there"
            ))
        }));
    }
    Ok(notes)
}
