//! What is wrong with a job: said once, and once that it is over.

use std::time::Duration;

use super::BACKOFF_MAX;
use crate::error::Error;

/// What is wrong with a job, said once for each change.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    said: Option<String>,
    failures: u32,
}

impl Trouble {
    pub(super) fn note(&mut self, job: &str, error: &Error) -> Duration {
        let text = chain(error);
        if self.said.as_deref() != Some(&text) {
            tracing::error!(job, "{job} cannot go on: {text}");
            self.said = Some(text);
        }
        self.failures = self.failures.saturating_add(1);
        let wait = Duration::from_millis(250) * 2_u32.saturating_pow(self.failures.min(10));
        wait.min(BACKOFF_MAX)
    }

    pub(super) fn end(&mut self, job: &str) {
        if self.said.take().is_some() {
            tracing::info!(job, "{job} goes on again");
        }
        self.failures = 0;
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = deeper.source();
    }
    text
}
