//! What a message holds: its phrases, without those that are part of a longer one with another meaning.

use std::ops::Range;

use super::{
    class::{Class, Set},
    lexicon::{Lexicon, Meaning},
    text::{Text, is_mark, is_unspaced},
};

/// A phrase in a message, as one language understands it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// Folded bytes, to the end of the word.
    pub from: usize,
    pub to: usize,
    /// The words it takes, as counted by the text.
    pub first: u32,
    pub last: u32,
    pub meaning: Meaning,
}

impl Hit {
    pub(super) const fn is(&self, set: Set) -> bool {
        set.has(self.meaning.class)
    }
}

/// What hides the phrases inside it.
const HIDES: Set = Set::of(&[Class::Idiom]);
/// What is said by itself, not about it: hides nothing, is hidden by nothing.
const FOOTER: Set = Set::of(&[Class::Footer]);

const DOUBT: Set = Set::of(&[Class::Doubt]);

/// The phrases of a message in the order of their beginnings, and what was left out.
pub(super) fn find((text, message): (&Text, &str), active: u32, footers: &[&str]) -> Vec<Hit> {
    let lexicon = Lexicon::get();
    let mut hits = Vec::with_capacity(64);
    for found in lexicon.find(text) {
        let to = if text.folded.get(..found.to).is_some_and(ends_unspaced) {
            found.to
        } else {
            text.word_end(found.to)
        };
        push(text, &mut hits, (found.from, to), found.meanings);
    }
    mistyped(text, lexicon, &mut hits);
    numbers(text, &mut hits);
    let written = |hit: &Hit| {
        let at = text.original(hit.from..hit.to);
        hit.meaning.fits(message.get(at).unwrap_or_default())
    };
    let spoken = |hit: &Hit| {
        let language = u32::from(hit.meaning.language);
        language >= 27 || active & (1 << language) != 0 || hit.is(HIDES) || hit.is(FOOTER)
    };
    hits.retain(|hit| spoken(hit) && written(hit));
    hits.sort_unstable_by_key(|hit| (hit.from, std::cmp::Reverse(hit.to)));
    hide(text, &mut hits, footers);
    hits
}

fn ends_unspaced(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_unspaced)
}

fn push(text: &Text, hits: &mut Vec<Hit>, (from, to): (usize, usize), meanings: &[Meaning]) {
    let first = text.word(from);
    let last = text.word(to.saturating_sub(1)) + 1;
    hits.extend(meanings.iter().map(|meaning| Hit {
        from,
        to,
        first,
        last,
        meaning: *meaning,
    }));
}

/// Words that are a slip away from one that is looked for, where nothing else was found.
fn mistyped(text: &Text, lexicon: &Lexicon, hits: &mut Vec<Hit>) {
    let mut known: Vec<Range<usize>> = hits.iter().map(|hit| hit.from..hit.to).collect();
    known.sort_unstable_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut known = known.into_iter().peekable();
    let mut reached = 0;
    for word in words(&text.folded) {
        while let Some(range) = known.next_if(|range| range.start <= word.start) {
            reached = reached.max(range.end);
        }
        if reached >= word.end {
            continue;
        }
        let typed = text.folded.get(word.clone()).unwrap_or_default();
        if let Some((_, pattern)) = lexicon.typos.of(typed) {
            push(
                text,
                hits,
                (word.start, word.end),
                lexicon.meanings(pattern),
            );
        }
    }
}

/// Numbers that name an order, an amount or a code: three to seven digits.
fn numbers(text: &Text, hits: &mut Vec<Hit>) {
    for word in words(&text.folded) {
        let typed = text.folded.get(word.clone()).unwrap_or_default();
        let digits = typed.chars().filter(|c| c.is_numeric()).count();
        let class = match digits {
            0 => continue,
            3..=7 if typed.chars().all(char::is_numeric) => Class::Goods,
            1 | 2 if typed.chars().all(|c| c.is_ascii_digit()) => Class::Number,
            _ => continue,
        };
        let meaning = Meaning {
            language: super::lexicon::COMMON,
            class,
            value: typed.parse().unwrap_or(0),
            marks: 0,
        };
        push(text, hits, (word.start, word.end), &[meaning]);
    }
}

/// The words of a folded text, in bytes.
pub(super) fn words(folded: &str) -> impl Iterator<Item = Range<usize>> {
    let start = folded.as_ptr() as usize;
    folded
        .split(' ')
        .filter(|word| !word.is_empty() && !word.chars().all(is_mark))
        .map(move |word| {
            let from = word.as_ptr() as usize - start;
            from..from + word.len()
        })
}

/// Drops what lies inside an idiom, inside a sentence of a footer, or inside a footer of ours.
fn hide(text: &Text, hits: &mut Vec<Hit>, footers: &[&str]) {
    let mut hidden: Vec<Range<usize>> = Vec::new();
    // "I wrote STOP three times" is no footer.
    let told: Vec<Range<usize>> = hits
        .iter()
        .filter(|hit| hit.is(DOUBT))
        .map(|hit| hit.from..hit.to)
        .collect();
    let is_told = |hit: &Hit| {
        told.iter()
            .any(|at| at.start <= hit.from && hit.from < at.end)
    };
    for hit in hits.iter() {
        if hit.is(FOOTER) && is_told(hit) {
            continue;
        }
        if hit.is(FOOTER) {
            hidden.push(sentence_around(&text.folded, hit.from));
        } else if hit.is(HIDES) {
            hidden.push(hit.from..hit.to);
        }
    }
    for footer in footers {
        let footer = Text::fold(footer).folded;
        let words = footer.trim_matches([' ', '.', ',', '?']);
        if words.is_empty() {
            continue;
        }
        let found = text.folded.match_indices(words);
        hidden.extend(found.map(|(from, _)| from..from + words.len()));
    }
    if hidden.is_empty() {
        return;
    }
    hidden.sort_unstable_by_key(|range| range.start);
    let mut ranges = hidden.into_iter().peekable();
    // What begins inside of an idiom is part of it; what begins with it may be longer.
    let (mut inside, mut start, mut beside) = (0, 0, 0);
    hits.retain(|hit| {
        while let Some(range) = ranges.next_if(|range| range.start <= hit.from) {
            if range.start > start {
                inside = inside.max(beside);
                (start, beside) = (range.start, 0);
            }
            beside = beside.max(range.end);
        }
        if start < hit.from {
            inside = inside.max(beside);
        }
        let same = start == hit.from && hit.to <= beside;
        hit.is(HIDES) || hit.is(FOOTER) || (hit.from >= inside && !same)
    });
}

fn sentence_around(folded: &str, at: usize) -> Range<usize> {
    let ends = [". ", "? "];
    let before = folded.get(..at).unwrap_or_default();
    let after = folded.get(at..).unwrap_or_default();
    let from = ends.iter().filter_map(|end| before.rfind(end)).max();
    let to = ends.iter().filter_map(|end| after.find(end)).min();
    from.map_or(0, |from| from + 1)..to.map_or(folded.len(), |to| at + to)
}
