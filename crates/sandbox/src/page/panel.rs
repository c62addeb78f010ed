//! What the panel "the business sends" remembers: attempts, failures and the last refusal.

use std::collections::VecDeque;

const ATTEMPTS_MAX: usize = 20;
const FAILURES_MAX: usize = 200;

#[derive(Default)]
pub struct Panel {
    pub attempts: VecDeque<Attempt>,
    /// What came of the last thing done on the page, where it was refused or led elsewhere.
    pub notice: Option<Notice>,
    /// Sends that were accepted and failed later, newest first.
    failures: VecDeque<(String, u32)>,
}

/// What a page without script says above the phones.
#[derive(Clone)]
pub enum Notice {
    Refused(String),
    /// A code was scanned that leads to this page.
    Opened(String),
}

pub struct Attempt {
    pub at_ms: i64,
    pub to: String,
    pub what: String,
    pub outcome: Outcome,
}

pub enum Outcome {
    Accepted {
        wamid: String,
    },
    Refused {
        status: u16,
        code: String,
        sentence: String,
        verdict: Option<String>,
    },
    NoAnswer {
        why: String,
    },
}

impl Panel {
    pub fn note_attempt(&mut self, attempt: Attempt) {
        self.attempts.push_front(attempt);
        self.attempts.truncate(ATTEMPTS_MAX);
    }

    pub fn note_failure(&mut self, wamid: &str, code: u32) {
        self.failures.push_front((wamid.to_owned(), code));
        self.failures.truncate(FAILURES_MAX);
    }

    pub fn failure_of(&self, wamid: &str) -> Option<u32> {
        self.failures
            .iter()
            .find(|(failed, _)| failed == wamid)
            .map(|(_, code)| *code)
    }
}
