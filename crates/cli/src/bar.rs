//! A bar for somebody who watches and waits.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// Shorter work shows no progress.
const SHOW_AFTER: Duration = Duration::from_secs(1);

/// The bar of what is going on.
pub struct Bar {
    since: Instant,
    sentence: Option<&'static str>,
    bar: Option<ProgressBar>,
}

impl Bar {
    /// Nothing to show yet.
    pub fn new() -> Self {
        Self {
            since: Instant::now(),
            sentence: None,
            bar: None,
        }
    }

    /// What is going on, how much of it is done, and of how much.
    pub fn tell(&mut self, sentence: &'static str, done: u64, total: u64) {
        if !output::is_watched() || self.since.elapsed() < SHOW_AFTER {
            return;
        }
        if self.sentence != Some(sentence) {
            self.end();
            let bar = ProgressBar::new(total);
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            bar.set_message(sentence);
            self.sentence = Some(sentence);
            self.bar = Some(bar);
        }
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    /// Takes it away.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
