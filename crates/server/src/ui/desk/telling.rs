//! What pages of things that the API writes down have in common: moments, categories and states in the reader's words.

use consent::time::Timestamp;

use super::Desk;
use crate::clock;

/// Who speaks first on a topic: the words of the API.
const DEFAULTS: [&str; 3] = ["category", "opt_in", "opt_out"];

impl Desk {
    /// A moment as the API writes it, on the reader's clock.
    #[must_use]
    pub fn told(&self, at: &str) -> String {
        clock::read_rfc3339(at).map_or_else(String::new, |at| self.time(at))
    }

    /// A moment, on the reader's clock.
    #[must_use]
    pub fn at(&self, at: &Timestamp) -> String {
        self.time(*at)
    }

    /// The same moment as machines read it.
    #[must_use]
    pub fn machine_at(&self, at: &Timestamp) -> String {
        self.machine_time(*at)
    }

    /// What a category is called.
    #[must_use]
    pub fn category(&self, word: &str) -> String {
        self.say(&format!("state-category-{word}"))
    }

    /// Who may speak first on a topic: the word, what it is called, and what it means.
    #[must_use]
    pub fn who_speaks(&self) -> [(&'static str, String, String); 3] {
        DEFAULTS.map(|word| {
            let id = word.replace('_', "-");
            let note = self.say(&format!("topics-first-note-{id}"));
            (word, self.say(&format!("topics-first-{id}")), note)
        })
    }
}
