//! The text of a proof that can be checked offline: an index, a path, and a signed checkpoint.
//!
//! The form is that of <https://c2sp.org/tlog-proof>:
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>            (may be left out; nothing vouches for it)
//! index <n>
//! <hash in base64>          (any number, from the leaf's sibling up)
//!
//! <the checkpoint, with its signatures>
//! ```

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::decimal;
use crate::hash::Hash;
use crate::malformed::Malformed;
use crate::note::NOTE_BYTES_MAX;

/// Most hashes in a path: one for each level of the largest log.
pub const PATH_MAX: usize = 63;
/// Longest extra data, decoded.
pub const EXTRA_BYTES_MAX: usize = 64 * 1024;
/// The extension of files that hold such a text.
pub const FILE_EXTENSION: &str = "tlog-proof";

const HEADER: &str = "c2sp.org/tlog-proof@v1";
const TEXT_BYTES_MAX: usize = NOTE_BYTES_MAX + 2 * EXTRA_BYTES_MAX;

/// A proof as it stands, nothing checked yet. Prints as its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Anything that helps to rebuild the leaf. Nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// Where the leaf stands.
    pub index: u64,
    /// From the leaf's sibling up to the root's child.
    pub path: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl TlogProof {
    /// Lines of the text before the checkpoint, for saying where in the text something is wrong.
    pub(crate) fn lines_before_checkpoint(&self) -> usize {
        3 + usize::from(self.extra.is_some()) + self.path.len()
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(Malformed::new(1, text, "a proof of at most 1 MiB"));
        }
        let end = |found| {
            Malformed::new(
                text.lines().count(),
                found,
                "a blank line, then the checkpoint",
            )
        };
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| end(text.lines().last().unwrap_or("")))?;
        let mut lines = (1..).zip(head.split('\n')).peekable();
        match lines.next() {
            Some((_, HEADER)) => {}
            other => {
                return Err(Malformed::new(
                    1,
                    other.map_or("", |(_, line)| line),
                    HEADER,
                ));
            }
        }
        let extra = lines.next_if(|(_, line)| line.starts_with("extra "));
        let extra = extra
            .map(|(number, line)| read_extra(number, line))
            .transpose()?;
        let (number, line) = lines.next().unwrap_or((2, ""));
        let index = line.strip_prefix("index ").and_then(decimal::parse);
        let index = index.ok_or_else(|| Malformed::new(number, line, "`index` and a number"))?;
        let mut path = Vec::new();
        for (number, line) in lines {
            let bad = |want| Malformed::new(number, line, want);
            if path.len() == PATH_MAX {
                return Err(bad("at most 63 hashes"));
            }
            path.push(
                line.parse()
                    .map_err(|_| bad("a hash, 32 bytes in base64"))?,
            );
        }
        Ok(Self {
            extra,
            index,
            path,
            checkpoint: checkpoint.into(),
        })
    }
}

fn read_extra(number: usize, line: &str) -> Result<Vec<u8>, Malformed> {
    let data = line
        .strip_prefix("extra ")
        .and_then(|data| STANDARD.decode(data).ok());
    let data = data.filter(|data| data.len() <= EXTRA_BYTES_MAX);
    data.ok_or_else(|| Malformed::new(number, line, "`extra` and at most 64 KiB in base64"))
}
