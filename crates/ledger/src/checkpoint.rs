//! Checkpoints: signed statements of how many leaves a log has, and of their root.
//!
//! The form is that of <https://c2sp.org/tlog-checkpoint>.

use std::fmt;
use std::str::FromStr;

use crate::decimal;
use crate::hash::Hash;
use crate::key::{Signer, Verifier};
use crate::malformed::Malformed;
use crate::note::{Note, Untrusted};
use crate::proof::Head;

/// A log's size and root at one moment. Prints as the text that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,          // INVARIANT: a line, not empty, no control characters.
    extensions: Vec<String>, // INVARIANT: likewise, each.
    /// Leaves in the log.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A checkpoint that was opened: read, and signed by a key of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The known keys that signed, as `name+hex`.
    pub signed_by: Vec<String>,
    /// Those that say they signed and are not known to us, as `name+hex`. They prove nothing.
    pub unknown: Vec<String>,
}

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// The text is not in the form.
    #[error("malformed checkpoint: {0}")]
    Malformed(#[from] Malformed),
    /// The signatures do not hold.
    #[error("untrusted checkpoint: {0}")]
    Untrusted(#[from] Untrusted),
    /// Keys that we know signed it, but none that bears the name of the log.
    #[error("the checkpoint of `{0}` is not signed by a known key of that name")]
    Origin(String),
}

impl Checkpoint {
    /// A statement about the log named `origin`, not signed yet.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, Malformed> {
        let origin = line(1, origin, "the origin, one line of text")?;
        Ok(Self {
            origin,
            extensions: Vec::new(),
            size,
            root,
        })
    }

    /// Adds a line of the caller's own below the root.
    pub fn with_extension(mut self, text: &str) -> Result<Self, Malformed> {
        let number = self.extensions.len() + 4;
        self.extensions
            .push(line(number, text, "an extension, one line of text")?);
        Ok(self)
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The lines below the root.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Size and root, for checking proofs.
    pub const fn head(&self) -> Head {
        Head {
            size: self.size,
            root: self.root,
        }
    }

    /// Signs it; the note prints as the text that is stored and served.
    pub fn sign(&self, signer: &Signer) -> Result<Note, Malformed> {
        Note::sign(&self.to_string(), signer)
    }

    /// Reads a signed checkpoint and checks it: every signature by a known key must verify, and one
    /// of them must be by a key that bears the origin as its name.
    pub fn open(text: &str, keys: &[Verifier]) -> Result<Opened, BadCheckpoint> {
        let note: Note = text.parse()?;
        let checkpoint: Self = note.text().parse()?;
        let signed = note.verify(keys)?;
        if !signed.by.iter().any(|key| key.name() == checkpoint.origin) {
            return Err(BadCheckpoint::Origin(checkpoint.origin));
        }
        let known = |key: &&Verifier| format!("{}+{:08x}", key.name(), key.id());
        Ok(Opened {
            signed_by: signed.by.iter().map(known).collect(),
            unknown: signed
                .unknown
                .iter()
                .map(|signature| signature.key())
                .collect(),
            checkpoint,
        })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions
            .iter()
            .try_for_each(|extension| writeln!(f, "{extension}"))
    }
}

impl FromStr for Checkpoint {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let count = text.split('\n').count();
        let last = text.lines().last().unwrap_or("");
        let body = text.strip_suffix('\n');
        let body = body.ok_or_else(|| Malformed::new(count, last, "a newline at the end"))?;
        let mut lines = body.split('\n');
        let origin = lines.next().unwrap_or("");
        let size = lines.next().unwrap_or("");
        let size = decimal::parse(size)
            .ok_or_else(|| Malformed::new(2, size, "the size, a number without leading zeros"))?;
        let root = lines.next().unwrap_or("");
        let root = root
            .parse()
            .map_err(|_| Malformed::new(3, root, "the root, 32 bytes in base64"))?;
        let checkpoint = Self::new(origin, size, root)?;
        lines.try_fold(checkpoint, Self::with_extension)
    }
}

fn line(number: usize, text: &str, want: &'static str) -> Result<String, Malformed> {
    if text.is_empty() || text.contains(|c: char| c < ' ') {
        return Err(Malformed::new(number, text, want));
    }
    Ok(text.into())
}
