//! How well a corpus of phrases is read: precision, recall, and what was taken for what.

use std::{collections::BTreeMap, fmt};

use super::{Reading, Setting, keywords::Keywords};

/// The verdicts, in the order of the tables.
pub const VERDICTS: [&str; 10] = [
    "stop",
    "stop_all",
    "start",
    "help",
    "topic",
    "pause",
    "erasure",
    "wrong_number",
    "review",
    "none",
];

/// A phrase of a corpus, and what a person took it for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The language, by its code.
    pub language: &'a str,
    /// The verdict, one of [`VERDICTS`].
    pub expected: &'static str,
    /// What somebody wrote.
    pub phrase: &'a str,
}

/// A line that is no phrase of a corpus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {number}: {wanted}")]
pub struct BadLine {
    /// Its number, from 1.
    pub number: usize,
    /// What was wanted.
    pub wanted: String,
}

/// Reads a corpus: `language`, `verdict` and `phrase`, with tabs between them. Empty lines, lines that begin
/// with `#`, and a first line that names the columns say nothing.
///
/// # Errors
/// [`BadLine`] at the first line that is something else.
pub fn lines(corpus: &str) -> Result<Vec<Line<'_>>, BadLine> {
    let numbered = (1..).zip(corpus.trim_start_matches('\u{feff}').lines());
    numbered
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .filter(|(number, line)| !(*number == 1 && line.starts_with("language\tverdict")))
        .map(|(number, line)| {
            let bad = |wanted: String| BadLine { number, wanted };
            let mut parts = line.splitn(3, '\t');
            let (Some(language), Some(verdict), Some(phrase)) =
                (parts.next(), parts.next(), parts.next())
            else {
                return Err(bad(
                    "want language, verdict and phrase, with tabs between".to_owned()
                ));
            };
            let known = VERDICTS.into_iter().find(|word| *word == verdict.trim());
            let expected = known.ok_or_else(|| {
                bad(format!(
                    "`{verdict}` is no verdict: want one of {}",
                    VERDICTS.join(", ")
                ))
            })?;
            Ok(Line {
                language: language.trim(),
                expected,
                phrase,
            })
        })
        .collect()
}

/// The halves of a corpus: one is looked at while the lexicons are written, the other is only scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// May be looked at.
    Look,
    /// Is only scored.
    Scored,
}

impl Half {
    /// The half that a phrase is in: FNV-1a, 64 bits, of its bytes, both halves of that put together; even is looked at.
    #[must_use]
    pub fn of(phrase: &str) -> Self {
        let hash = phrase
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        if (hash ^ (hash >> 32)).is_multiple_of(2) {
            Self::Look
        } else {
            Self::Scored
        }
    }
}

/// What a phrase was taken for.
#[must_use]
pub fn read(phrase: &str) -> Reading {
    Keywords::default().read(phrase, Setting::Alone)
}

/// What was counted for one language, or for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often a verdict was given for what was another: by (expected, given).
    pub counts: BTreeMap<(&'static str, &'static str), u64>,
}

impl Tally {
    /// Counts a phrase.
    pub fn add(&mut self, expected: &'static str, given: &'static str) {
        *self.counts.entry((expected, given)).or_default() += 1;
    }

    /// How many phrases.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.sum(|_, _| true)
    }

    /// How many phrases got the verdict that a person gave.
    #[must_use]
    pub fn right(&self) -> u64 {
        self.sum(|expected, given| expected == given)
    }

    /// Of the phrases that are acted upon at once, the share that a person gave the same verdict.
    #[must_use]
    pub fn precision(&self) -> Share {
        Share {
            of: self.sum(|_, given| acts(given)),
            part: self.sum(|expected, given| acts(given) && expected == given),
        }
    }

    /// Of the phrases that ask to stop, the share that is acted upon or goes to a person.
    #[must_use]
    pub fn recall(&self) -> Share {
        let heard = |given: &str| given != "none" && given != "start" && given != "help";
        Share {
            of: self.sum(|expected, _| stops(expected)),
            part: self.sum(|expected, given| stops(expected) && heard(given)),
        }
    }

    /// Of the phrases that ask to stop, the share that is acted upon at once.
    #[must_use]
    pub fn acted(&self) -> Share {
        Share {
            of: self.sum(|expected, _| stops(expected)),
            part: self.sum(|expected, given| stops(expected) && stops(given)),
        }
    }

    fn sum(&self, counts: impl Fn(&str, &str) -> bool) -> u64 {
        let chosen = self.counts.iter().filter(|((a, b), _)| counts(a, b));
        chosen.map(|(_, count)| count).sum()
    }
}

/// Verdicts that change consent at once.
fn acts(verdict: &str) -> bool {
    stops(verdict) || verdict == "start"
}

fn stops(verdict: &str) -> bool {
    matches!(verdict, "stop" | "stop_all")
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The part.
    pub part: u64,
    /// The whole.
    pub of: u64,
}

impl Share {
    /// The part in thousandths of the whole, rounded down; of nothing it is all.
    #[must_use]
    pub const fn thousandths(self) -> u64 {
        match self.of {
            0 => 1000,
            of => self.part * 1000 / of,
        }
    }

    /// The part as a fraction of the whole; of nothing it is all.
    #[must_use]
    pub fn fraction(self) -> f64 {
        let exact = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if self.of == 0 {
            1.0
        } else {
            exact(self.part) / exact(self.of)
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.4}", self.fraction())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_lines_of_three() {
        let read = lines("# ours\n\nen\tstop\tno, thanks\tx\n");
        let line = Line {
            language: "en",
            expected: "stop",
            phrase: "no, thanks\tx",
        };
        assert_eq!(read, Ok(vec![line]));
        assert_eq!(lines("en\tstop").unwrap_err().number, 1);
        let told = lines("en\tstop\ta\nen\thalt\tb").unwrap_err().to_string();
        assert!(
            told.starts_with("line 2: `halt` is no verdict: want one of stop,"),
            "{told}"
        );
    }

    #[test]
    fn shares_are_of_what_was_done_and_of_what_was_asked() {
        let mut tally = Tally::default();
        for (expected, given) in [
            ("stop", "stop"),
            ("stop", "review"),
            ("stop", "none"),
            ("none", "stop"),
            ("none", "none"),
            ("stop_all", "stop"),
        ] {
            tally.add(expected, given);
        }
        assert_eq!(tally.precision(), Share { part: 1, of: 3 });
        assert_eq!(tally.recall(), Share { part: 3, of: 4 });
        assert_eq!((tally.lines(), tally.right()), (6, 2));
        assert_eq!(Share { part: 0, of: 0 }.thousandths(), 1000);
    }

    #[test]
    fn a_corpus_falls_into_two_halves_of_a_size() {
        let phrases = (0..1000).map(|number| format!("phrase {number}"));
        let look = phrases
            .filter(|phrase| Half::of(phrase) == Half::Look)
            .count();
        assert!((400..600).contains(&look), "{look}");
    }
}
