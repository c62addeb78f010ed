//! How every text format here says what is wrong with a text, and on which line.

const EXCERPT_CHARS: usize = 80;

/// A line of a text is not what its format wants there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{found}`: want {want}")]
pub struct Malformed {
    /// Counted from one, in the text as it was given.
    pub line: usize,
    /// The line, or its beginning.
    pub found: String,
    /// What should have stood there.
    pub want: &'static str,
}

impl Malformed {
    pub(crate) fn new(line: usize, found: &str, want: &'static str) -> Self {
        // An empty text has no line, and is wrong on its first one.
        let line = line.max(1);
        let found = found
            .chars()
            .take(EXCERPT_CHARS)
            .filter(|c| !c.is_control())
            .collect();
        Self { line, found, want }
    }

    /// The same, in a text that has `lines` lines before this one.
    pub(crate) fn after(self, lines: usize) -> Self {
        Self {
            line: self.line + lines,
            ..self
        }
    }
}
