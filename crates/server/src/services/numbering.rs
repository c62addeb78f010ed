//! Numbering: leaves get their place in the log, tiles fill, and checkpoints are signed.

use consent::time::Timestamp;
use ledger::{
    checkpoint::Checkpoint,
    hash::Hash,
    tree::{Edge, PartialTile},
};
use store::{
    log::{CheckpointLine, Head, TileLine},
    pool::Tx,
};

use crate::{app::House, error::Error};

/// How many leaves are numbered in one go.
const BATCH_MAX: u32 = 1_000;

/// Numbers what waits, in this transaction. Gives the size of the log afterwards.
///
/// # Errors
/// A conflict when another sequencer was faster; when the database does not answer; when the edge is damaged.
pub async fn number(tx: &mut Tx) -> Result<i64, Error> {
    let head = tx.head().await?;
    let epoch = head.epoch;
    append(tx, head, epoch).await
}

/// The same as the sequencer of an epoch: from then on the head refuses every sequencer of an earlier one.
///
/// # Errors
/// As for [`number`]; a conflict too when there has been a later sequencer.
pub async fn number_as(tx: &mut Tx, epoch: i64) -> Result<i64, Error> {
    let head = tx.head().await?;
    append(tx, head, epoch).await
}

async fn append(tx: &mut Tx, mut head: Head, epoch: i64) -> Result<i64, Error> {
    loop {
        let pending = tx.pending(BATCH_MAX).await?;
        if pending.is_empty() {
            return Ok(head.size);
        }
        let mut edge = restore(&head)?;
        let hashes: Vec<Hash> = pending
            .iter()
            .map(|leaf| Hash::of_leaf(&leaf.leaf))
            .collect();
        let growth = edge.append(&hashes).map_err(Error::internal)?;
        let tiles: Vec<TileLine> = growth
            .full
            .iter()
            .map(|tile| TileLine {
                level: i64::from(tile.level),
                tile: i64::try_from(tile.index).unwrap_or(i64::MAX),
                hashes: tile.bytes(),
            })
            .collect();
        let new = Head {
            size: i64::try_from(edge.size()).unwrap_or(i64::MAX),
            epoch,
            edge: write_edge(&edge.partial()),
        };
        tx.number(&head, &pending, &tiles, &new).await?;
        head = new;
        if pending.len() < BATCH_MAX as usize {
            return Ok(head.size);
        }
    }
}

/// The right edge of the log from its head.
///
/// # Errors
/// When the stored edge does not fit the stored size.
pub fn restore(head: &Head) -> Result<Edge, Error> {
    let damaged = || {
        Error::internal(format!(
            "the edge of the log does not fit its size {}",
            head.size
        ))
    };
    let rows = read_edge(&head.edge).ok_or_else(damaged)?;
    Edge::restore(u64::try_from(head.size).map_err(|_| damaged())?, rows).map_err(Error::internal)
}

/// Signs a checkpoint of the log as it is, unless there is one of this size. Gives the newest.
///
/// # Errors
/// When the database does not answer or the edge is damaged.
pub async fn checkpoint(app: &House) -> Result<CheckpointLine, Error> {
    let head = app.store.head().await?;
    if let Some(last) = app.store.checkpoint().await?
        && last.size >= head.size
    {
        return Ok(last);
    }
    let line = sign(app, &head, app.clock.now())?;
    let mut tx = app.store.begin().await?;
    tx.keep_checkpoint(&line).await?;
    tx.commit().await?;
    Ok(line)
}

fn sign(app: &House, head: &Head, at: Timestamp) -> Result<CheckpointLine, Error> {
    let edge = restore(head)?;
    let name = app.signer.verifier().name().to_owned();
    let checkpoint = Checkpoint::new(&name, edge.size(), edge.root()).map_err(Error::internal)?;
    let note = checkpoint.sign(&app.signer).map_err(Error::internal)?;
    Ok(CheckpointLine {
        size: head.size,
        at,
        note: note.to_string(),
    })
}

/// Level, count of hashes, hashes; and so on.
fn write_edge(tiles: &[PartialTile]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for tile in tiles.iter().filter(|tile| !tile.hashes.is_empty()) {
        bytes.push(tile.level);
        // INVARIANT: a partial tile has at most 255 hashes.
        bytes.push(u8::try_from(tile.hashes.len()).unwrap_or(u8::MAX));
        bytes.extend(tile.bytes());
    }
    bytes
}

/// Reads what `write_edge` wrote: the level and the hashes of each partial tile.
#[must_use]
pub fn read_edge(mut bytes: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut rows = Vec::new();
    while let [level, count, rest @ ..] = bytes {
        let (hashes, after) = rest.split_at_checked(usize::from(*count) * 32)?;
        rows.push((*level, hashes.to_vec()));
        bytes = after;
    }
    bytes.is_empty().then_some(rows)
}
