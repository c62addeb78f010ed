//! The log itself: every leaf, tile and checkpoint, computed again in one pass.

use ledger::{audit::Audit, tile};
use store::log::Head;

use super::{Progress, Report, Stage, Stop, count};
use crate::{app::House, services::numbering};

/// How many leaves are read at once.
const LEAVES: u32 = 1_000;
/// How many checkpoints are read at once.
const CHECKPOINTS: u32 = 200;

pub(super) async fn check(
    app: &House,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Result<(), Stop> {
    let head = app.store.head().await?;
    let mut reading = Reading {
        app,
        audit: Audit::new(vec![app.signer.verifier().clone()]),
        total: count(head.size),
        progress,
    };
    let mut after = -1;
    loop {
        let page = app.store.checkpoints(after, CHECKPOINTS).await?;
        // Those above the head that we began with were signed while we read.
        for line in page.iter().filter(|line| line.size <= head.size) {
            let checkpoint = reading.audit.open(&line.note)?;
            if checkpoint.size != count(line.size) {
                return Err(Stop::Found(format!(
                    "the checkpoint kept as of size {} speaks of size {}",
                    line.size, checkpoint.size
                )));
            }
            reading.until(checkpoint.size).await?;
            reading.audit.check(&checkpoint)?;
        }
        match page.last() {
            Some(line) if line.size < head.size => after = line.size,
            _ => break,
        }
    }
    let total = reading.total;
    reading.until(total).await?;
    finish(app, reading.audit, &head, report).await
}

struct Reading<'a, 'p> {
    app: &'a House,
    audit: Audit,
    total: u64,
    progress: &'a mut Progress<'p>,
}

impl Reading<'_, '_> {
    /// Reads leaves up to a size, and the tiles that they complete.
    async fn until(&mut self, size: u64) -> Result<(), Stop> {
        while self.audit.size() < size {
            let at = self.audit.size();
            let from = i64::try_from(at).unwrap_or(i64::MAX);
            let limit = u32::try_from(size - at).unwrap_or(LEAVES).min(LEAVES);
            let entries = self.app.store.entries(from, limit).await?;
            let gap = entries
                .iter()
                .zip(from..)
                .find(|(entry, index)| entry.index != *index);
            if entries.is_empty() || gap.is_some() {
                let missing = gap.map_or(from, |(_, index)| index);
                return Err(Stop::Found(format!(
                    "entry {missing} of the log is missing"
                )));
            }
            let leaves: Vec<&[u8]> = entries.iter().map(|entry| entry.leaf.as_slice()).collect();
            let full = self.audit.leaves(&leaves)?;
            let wanted: Vec<(i64, i64)> = full
                .iter()
                .map(|tile| {
                    (
                        i64::from(tile.level),
                        i64::try_from(tile.index).unwrap_or(i64::MAX),
                    )
                })
                .collect();
            let stored = if wanted.is_empty() {
                Vec::new()
            } else {
                self.app.store.tiles(&wanted).await?
            };
            for (tile, place) in full.iter().zip(&wanted) {
                let kept = stored.iter().find(|line| (line.level, line.tile) == *place);
                self.audit
                    .tile(tile, kept.map(|line| line.hashes.as_slice()))?;
            }
            (self.progress)(Stage::Log, self.audit.size(), self.total);
        }
        Ok(())
    }
}

async fn finish(app: &House, audit: Audit, head: &Head, report: &mut Report) -> Result<(), Stop> {
    let unfit = || Stop::Found("the right edge of the log is damaged".to_owned());
    let edge = numbering::read_edge(&head.edge).ok_or_else(unfit)?;
    let size = audit.size();
    if edge.len() != tile::partial(size).len() {
        return Err(unfit());
    }
    let summary = audit.finish(|id| {
        let row = edge.iter().find(|(level, _)| *level == id.level);
        row.map(|(_, bytes)| bytes.clone())
    })?;
    report.log_size = summary.size;
    report.signed = summary.signed;
    report.checkpoints = summary.checkpoints;
    report.tiles = summary.tiles;
    let tiles = app.store.count_tiles().await?;
    let now = app.store.head().await?;
    let want = tile::full_count(size)..=tile::full_count(count(now.size));
    if !want.contains(&count(tiles)) {
        report.note(format!(
            "there are {tiles} complete tiles: want {}",
            want.start()
        ));
    }
    if !app.store.checkpoints(now.size, 1).await?.is_empty() {
        let later = app.store.head().await?;
        if !app.store.checkpoints(later.size, 1).await?.is_empty() {
            report.note(format!(
                "a checkpoint speaks of more entries than the log has, which is {}",
                later.size
            ));
        }
    }
    Ok(())
}
