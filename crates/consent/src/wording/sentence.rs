//! One sentence as one language understands it: which classes stand in it, and which stand near each other.

use super::{
    class::{Class, Set},
    hits::Hit,
    language::Language,
};

/// The phrases of one sentence that one language knows, in the order of their beginnings.
#[derive(Debug)]
pub(super) struct Sentence<'a> {
    /// The language's place in [`Language::ALL`].
    pub language: u8,
    pub hits: Vec<&'a Hit>,
    pub present: Set,
    /// How many words it has.
    pub words: u32,
    /// How many of them the language does not know.
    pub unknown: u32,
    /// How many of them are no part of a plain refusal.
    pub unexplained: u32,
    /// Whether it ends with a question mark.
    pub asks: bool,
}

/// Two phrases that belong together, in folded bytes and in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub from: usize,
    pub to: usize,
    pub first: u32,
    pub last: u32,
}

impl Pair {
    fn of(a: &Hit, b: &Hit) -> Self {
        Self {
            from: a.from.min(b.from),
            to: a.to.max(b.to),
            first: a.first.min(b.first),
            last: a.last.max(b.last),
        }
    }
}

impl Sentence<'_> {
    /// Whether any of these stands in it.
    pub(super) const fn has(&self, set: Set) -> bool {
        self.present.meets(set)
    }

    /// Whether the language says "write me not".
    pub(super) const fn puts_not_last(&self) -> bool {
        self.language == Language::German as u8 || self.language == Language::Dutch as u8
    }

    /// How many phrases of these classes it has.
    pub(super) fn count(&self, set: Set) -> usize {
        let mut places: Vec<usize> = self
            .hits
            .iter()
            .filter(|hit| hit.is(set))
            .map(|hit| hit.from)
            .collect();
        places.dedup();
        places.len()
    }

    pub(super) const fn holds(&self, class: Class) -> bool {
        self.present.has(class)
    }

    /// The first phrase of these classes.
    pub(super) fn first(&self, set: Set) -> Option<Pair> {
        let hit = self.hits.iter().find(|hit| hit.is(set))?;
        Some(Pair::of(hit, hit))
    }

    /// The nearest two, one of each set, in any order, with at most `gap` words between them.
    pub(super) fn near(&self, a: Set, b: Set, gap: u32) -> Option<Pair> {
        let there = self.follow(a, b, gap);
        let back = self.follow(b, a, gap);
        let long = |pair: &Pair| pair.last - pair.first;
        match (there, back) {
            (Some(there), Some(back)) if long(&back) < long(&there) => Some(back),
            (None, back) => back,
            (there, _) => there,
        }
    }

    /// The nearest two of which one of `a` comes first, with at most `gap` words between them.
    pub(super) fn follow(&self, a: Set, b: Set, gap: u32) -> Option<Pair> {
        if !self.has(a) || !self.has(b) {
            return None;
        }
        let mut before: Option<&Hit> = None;
        let mut best: Option<Pair> = None;
        for hit in &self.hits {
            if hit.is(b)
                && let Some(before) = before
                && before.to <= hit.from
                && hit.first.saturating_sub(before.last) <= gap
            {
                let pair = Pair::of(before, hit);
                if best.is_none_or(|best| pair.last - pair.first < best.last - best.first) {
                    best = Some(pair);
                }
            }
            if hit.is(a) && before.is_none_or(|before| hit.last >= before.last) {
                before = Some(hit);
            }
            // One phrase may stand for both: "don't text me" in one word.
            if hit.is(b)
                && let Some(before) = before
                && before.from == hit.from
                && before.to == hit.to
            {
                best = Some(best.unwrap_or(Pair::of(before, hit)));
            }
        }
        best
    }

    /// Whether one of `a` ends before one of `b` begins, with at most `gap` words between them.
    pub(super) fn precedes(&self, a: Set, b: Set, gap: u32) -> bool {
        let mut before: Option<&Hit> = None;
        self.hits.iter().any(|hit| {
            let found = hit.is(b)
                && before.is_some_and(|before| {
                    before.to <= hit.from && hit.first.saturating_sub(before.last) <= gap
                });
            if hit.is(a) && before.is_none_or(|before| hit.to >= before.to) {
                before = Some(hit);
            }
            found
        })
    }

    /// Whether one of a set stands within `gap` words of a pair.
    pub(super) fn beside(&self, pair: Pair, set: Set, gap: u32) -> bool {
        self.hits.iter().filter(|hit| hit.is(set)).any(|hit| {
            hit.first <= pair.last.saturating_add(gap) && hit.last.saturating_add(gap) >= pair.first
        })
    }
}
