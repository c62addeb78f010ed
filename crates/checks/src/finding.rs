//! One thing that is wrong, where, and what to do about it.

use std::fmt;

/// A breach of a rule of this repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the root of the repository.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what is wanted.
    pub say: String,
}

impl Finding {
    /// A finding at a line of a file.
    pub fn new(path: &str, line: usize, say: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            say: say.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.say)
    }
}
