//! The index by itself, in this process: filled from arithmetic, so that a hundred million contacts need no database.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    thread,
    time::Instant,
};

use anyhow::{Result, ensure};
use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    phone::Phone,
    policy::Policy,
    reason::Code,
    register::Standing,
    request::Request,
    scope::{Category, Scope},
    time::Timestamp,
};
use index::{
    answer::{ALLOW, deny},
    index::Index,
    key::PhoneKey,
    plan::Plan,
    sheet::{Home, Sheet, Tally},
    snapshot::{self, Label},
    state::State,
};
use uuid::Uuid;

use crate::{
    numbers::{Answer, agreed, number},
    stats::Waits,
};

/// Cores that a filter may use: as many as Redis and its client have together.
const THREADS: usize = 2;
/// Text that is read at once.
const PIECE_BYTES: usize = 256 * 1024;
/// Questions between two looks at the clock.
const LOOK: usize = 1_000;

/// An index with a plan for questions about marketing.
pub struct Engine {
    index: Index,
    plan: Plan,
}

impl Engine {
    /// With so many contacts, in the state that `numbers::agreed` says.
    ///
    /// # Errors
    /// When a thread breaks off.
    pub fn with(contacts: u64) -> Result<Self> {
        let index = Index::with_room_for(usize::try_from(contacts)?, 0);
        let (policy, now) = (Policy::default(), Timestamp::from_millis(1_795_341_700_000));
        let of = |fact| State::of(&Standing::fold(std::iter::once(&event(fact))), &policy, now);
        let (yes, no) = (
            of(Fact::OptIn(Scope::MARKETING)),
            of(Fact::OptOut(Scope::MARKETING)),
        );
        let step = contacts / 2 + 1;
        thread::scope(|scope| {
            for first in (0..contacts).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
                let index = &index;
                scope.spawn(move || {
                    for at in first..(first + step).min(contacts) {
                        if let Some(phone) = Phone::from_number(number(at)) {
                            index
                                .phones
                                .set(PhoneKey::of(phone), if agreed(at) { yes } else { no });
                        }
                    }
                });
            }
        });
        ensure!(
            index.size().keys == usize::try_from(contacts)?,
            "the index holds {} keys",
            index.size().keys
        );
        let request = Request::about(Category::Marketing);
        let plan = Plan::of(&request, deny(Code::NoConsent));
        Ok(Self { index, plan })
    }

    /// Writes the index down as a snapshot with this label.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, label: &Label, path: &Path) -> Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        snapshot::write(&self.index, label, &mut out)?;
        out.flush()?;
        Ok(())
    }

    /// Bytes of its tables.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.index.size().bytes
    }

    /// The allowed lines of a text, in order, and how many seconds that took.
    ///
    /// # Errors
    /// When a thread breaks off.
    pub fn filter(&self, text: &[u8]) -> Result<(Answer, f64)> {
        let began = Instant::now();
        let middle = cut(text, text.len() / THREADS);
        let (first, second) = text.split_at(middle);
        let parts: Vec<Vec<u8>> = thread::scope(|scope| {
            let threads: Vec<_> = [first, second]
                .map(|part| scope.spawn(|| self.part(part)))
                .into_iter()
                .collect();
            threads
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .collect()
        });
        let took = began.elapsed().as_secs_f64();
        ensure!(parts.len() == THREADS, "a thread of the filter broke off");
        Ok((Answer::of_text(&parts.concat()), took))
    }

    /// The allowed lines of a text, on this thread.
    #[must_use]
    pub fn part(&self, text: &[u8]) -> Vec<u8> {
        let (mut sheet, mut tally, mut out) = (Sheet::default(), Tally::default(), Vec::new());
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cut(rest, PIECE_BYTES));
            sheet.read(piece, Home::Abroad);
            sheet.look_up(&self.index.phones, &self.plan);
            self.settle(piece, &mut sheet);
            sheet.hand_back(piece, &mut out, &mut tally);
            rest = after;
        }
        out
    }

    /// What no plain digits said is read by the rules, as in the gate.
    fn settle(&self, piece: &[u8], sheet: &mut Sheet) {
        for line in sheet.open() {
            let text = std::str::from_utf8(sheet.line(piece, line)).unwrap_or_default();
            if let Ok(phone) = Phone::read(text, None) {
                let answer = self.plan.answer(self.index.phone(PhoneKey::of(phone)));
                sheet.settle(line, answer);
            }
        }
    }

    /// One question, from text to verdict.
    ///
    /// # Errors
    /// When the text is no number.
    pub fn may(&self, text: &str) -> Result<bool> {
        let key = PhoneKey::of(Phone::read(text, None)?);
        Ok(self.plan.answer(self.index.phone(key)) == ALLOW)
    }

    /// One question at a time, from text to verdict, until the time is up.
    ///
    /// # Errors
    /// When a text is no number.
    pub fn ask(&self, texts: &[String], seconds: u64) -> Result<Waits> {
        let mut waits = Waits::new()?;
        let began = Instant::now();
        let mut allowed = 0_u64;
        while began.elapsed().as_secs() < seconds {
            for text in texts
                .iter()
                .cycle()
                .skip(usize::try_from(waits.len())? % texts.len())
                .take(LOOK)
            {
                let asked = Instant::now();
                allowed += u64::from(self.may(text)?);
                waits.record(asked.elapsed());
            }
        }
        ensure!(allowed > 0, "nobody is allowed");
        Ok(waits)
    }
}

/// The end of the last whole line at or before `near`, or of the first one where none is whole by then.
fn cut(text: &[u8], near: usize) -> usize {
    let near = near.min(text.len());
    let before = text
        .get(..near)
        .unwrap_or_default()
        .iter()
        .rposition(|byte| *byte == b'\n');
    let after = || text.iter().position(|byte| *byte == b'\n');
    before.or_else(after).map_or(text.len(), |at| at + 1)
}

fn event(fact: Fact) -> Event {
    let at = Timestamp::from_millis(1_795_341_600_000);
    Event {
        id: EventId::new(Uuid::from_u128(1)),
        contact: ContactId::new(Uuid::from_u128(2)),
        fact,
        clock: Clock::Ours,
        at,
        received: at,
        evidence: Evidence::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::List;

    #[test]
    fn a_filtered_list_is_what_was_expected() {
        let list = List::new(2_000, 30_000);
        let engine = Engine::with(2_000).unwrap();
        assert_eq!(engine.filter(&list.text()).unwrap().0, list.expected());
    }
}
