//! Proofs from the log, for people who do not trust us.

use std::collections::BTreeMap;

use consent::id::{ContactId, EventId};
use ledger::{
    entries,
    proof::Plan,
    tile::{BundleId, Resource, TileId, Tiles},
    tlog_proof::TlogProof,
};
use serde::Serialize;
use store::{event::EventLine, log::CheckpointLine};
use utoipa::ToSchema;

use crate::{
    app::House,
    error::Error,
    evidence::{Detail, person_bytes},
    services::numbering,
};

/// A proof with what opens its leaf: enough to check the facts offline.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedProof {
    /// The proof, as C2SP tlog-proof text; its `extra` is the leaf.
    pub proof: String,
    /// The key that the checkpoint is signed with.
    pub key: String,
    /// The event.
    pub event: String,
    /// Its index in the log.
    pub index: i64,
    /// The 112 bytes of the leaf, in hexadecimal.
    pub leaf: String,
    /// The canonical facts, byte for byte; null once erased.
    pub facts: Option<String>,
    /// The salts for facts, person and link, in hexadecimal; null once erased.
    pub salts: Option<[String; 3]>,
    /// What the leaf commits to as the person, in hexadecimal: the contact's id; empty for the house. Null once erased.
    pub person: Option<String>,
    /// The hash of the person's previous leaf, in hexadecimal; null for the first, and once erased.
    pub previous: Option<String>,
}

/// The newest checkpoint, signed now if the log has grown.
///
/// # Errors
/// When the database does not answer.
pub async fn checkpoint(app: &House) -> Result<CheckpointLine, Error> {
    numbering::checkpoint(app).await
}

/// The proof that an event stands in the log, as text.
///
/// # Errors
/// [`Error::NotFound`] when there is no such event; [`Error::Conflict`] when it has no number yet.
pub async fn of_event(app: &House, event: EventId) -> Result<String, Error> {
    let line = find(app, event).await?;
    prove(app, &line).await
}

/// The same, with what opens the leaf.
///
/// # Errors
/// As for [`of_event`].
pub async fn opened(app: &House, event: EventId) -> Result<OpenedProof, Error> {
    let line = find(app, event).await?;
    let proof = prove(app, &line).await?;
    let detail = detail(app, &line).await?;
    let salts = detail.as_ref().map(|detail| {
        let [facts, person, link] = &detail.salts;
        [facts, person, link].map(|salt| hex::encode(salt.as_bytes()))
    });
    let person = detail
        .as_ref()
        .map(|_| hex::encode(person_bytes(line.contact)));
    Ok(OpenedProof {
        proof,
        key: key(app),
        event: line.id.to_string(),
        index: line.log_index.unwrap_or_default(),
        leaf: hex::encode(&line.leaf),
        salts,
        person,
        previous: detail.as_ref().and_then(|detail| {
            detail
                .previous
                .as_ref()
                .map(|hash| hex::encode(hash.as_bytes()))
        }),
        facts: detail.map(|detail| detail.facts),
    })
}

/// The key that checkpoints are signed with, as others know it.
#[must_use]
pub fn key(app: &House) -> String {
    app.signer.verifier().to_string()
}

/// A tile or a bundle of entries.
///
/// # Errors
/// [`Error::NotFound`] when the log does not reach it.
pub async fn resource(app: &House, path: &str) -> Result<Vec<u8>, Error> {
    let resource: Resource = path.parse().map_err(|_| Error::NotFound("tile"))?;
    match resource {
        Resource::Tile(id) => {
            let stored = stored(app, &[id]).await?;
            let bytes = stored.get(&(id.level, id.index));
            let cut = bytes.and_then(|bytes| id.cut(bytes));
            cut.map(<[u8]>::to_vec).ok_or(Error::NotFound("tile"))
        }
        Resource::Entries(id) => bundle(app, id).await,
    }
}

async fn bundle(app: &House, id: BundleId) -> Result<Vec<u8>, Error> {
    let gone = || Error::NotFound("bundle of entries");
    let first = i64::try_from(id.entries().start).map_err(|_| gone())?;
    let lines = app.store.entries(first, u32::from(id.width)).await?;
    let end = first.saturating_add(i64::from(id.width));
    if lines.len() != usize::from(id.width) || lines.iter().any(|line| line.index >= end) {
        return Err(gone());
    }
    entries::encode(lines.iter().map(|line| line.leaf.as_slice())).map_err(Error::internal)
}

async fn find(app: &House, event: EventId) -> Result<EventLine, Error> {
    let line = app.store.event(event).await?;
    line.ok_or(Error::NotFound("event"))
}

async fn prove(app: &House, line: &EventLine) -> Result<String, Error> {
    let waits = || {
        let message = "the event has no number in the log yet: ask again in a second";
        Error::Conflict(message.to_owned())
    };
    let index = line.log_index.ok_or_else(waits)?;
    let signed = numbering::checkpoint(app).await?;
    if index >= signed.size {
        return Err(waits());
    }
    let plan = Plan::inclusion(index.unsigned_abs(), signed.size.unsigned_abs());
    let plan = plan.map_err(Error::internal)?;
    let mut tiles = Tiles::default();
    for ((level, index), bytes) in stored(app, &plan.tiles()).await? {
        tiles
            .insert(level, index, &bytes)
            .map_err(Error::internal)?;
    }
    let proof = TlogProof {
        extra: Some(line.leaf.clone()),
        index: index.unsigned_abs(),
        path: plan.compute(&tiles).map_err(Error::internal)?,
        checkpoint: signed.note,
    };
    Ok(proof.to_string())
}

/// The tiles at these places, as wide as they are by now: complete ones from their rows, the last of each level from
/// the edge of the log.
async fn stored(app: &House, wanted: &[TileId]) -> Result<BTreeMap<(u8, u64), Vec<u8>>, Error> {
    // The edge is read first: a tile that becomes complete meanwhile is then found in both places.
    let head = app.store.head().await?;
    let damaged = || Error::internal("the edge of the log cannot be read");
    let edge = numbering::read_edge(&head.edge).ok_or_else(damaged)?;
    let places: Vec<(i64, i64)> = wanted
        .iter()
        .filter_map(|id| Some((i64::from(id.level), i64::try_from(id.index).ok()?)))
        .collect();
    let mut tiles = BTreeMap::new();
    for (level, hashes) in edge {
        let height = (u32::from(level) + 1) * ledger::tile::TILE_HEIGHT;
        let index = head.size.unsigned_abs().checked_shr(height).unwrap_or(0);
        tiles.insert((level, index), hashes);
    }
    for line in app.store.tiles(&places).await? {
        let level = u8::try_from(line.level).map_err(|_| damaged())?;
        tiles.insert((level, line.tile.unsigned_abs()), line.hashes);
    }
    tiles.retain(|(level, index), _| {
        wanted
            .iter()
            .any(|id| id.level == *level && id.index == *index)
    });
    Ok(tiles)
}

async fn detail(app: &House, line: &EventLine) -> Result<Option<Detail>, Error> {
    let Some(sealed) = line.sealed.as_deref() else {
        return Ok(None);
    };
    let key = if line.contact == ContactId::HOUSE {
        app.vault.house().clone()
    } else {
        let person = app.store.persons(&[line.contact]).await?.pop();
        let Some(wrapped) = person.and_then(|person| person.sealing_key) else {
            return Ok(None);
        };
        app.vault
            .person(line.contact, &wrapped)
            .map_err(Error::internal)?
    };
    Detail::open(&key, sealed)
        .map(Some)
        .map_err(Error::internal)
}
