//! Which links to the page are still good, and which browsers have come in.

use std::collections::VecDeque;

use crate::secret;

const LINKS_MAX: usize = 32;
const SESSIONS_MAX: usize = 64;

/// Links not opened yet, and sessions.
pub struct Doors {
    links: VecDeque<String>,
    sessions: VecDeque<String>,
}

impl Doors {
    pub fn new(first: &str) -> Self {
        let links = Some(first.to_owned()).filter(|token| !token.is_empty());
        Self {
            links: links.into_iter().collect(),
            sessions: VecDeque::new(),
        }
    }

    /// A link more; the oldest goes when there are too many.
    pub fn add_link(&mut self, token: String) {
        if self.links.len() >= LINKS_MAX {
            self.links.pop_front();
        }
        self.links.push_back(token);
    }

    /// Uses the link up.
    pub fn open(&mut self, token: &str) -> bool {
        let found = self.links.iter().position(|link| secret::same(link, token));
        found.is_some_and(|at| self.links.remove(at).is_some())
    }

    /// A session more; the oldest goes when there are too many.
    pub fn add_session(&mut self, session: String) {
        if self.sessions.len() >= SESSIONS_MAX {
            self.sessions.pop_front();
        }
        self.sessions.push_back(session);
    }

    pub fn has_session(&self, session: &str) -> bool {
        self.sessions
            .iter()
            .any(|known| secret::same(known, session))
    }
}
