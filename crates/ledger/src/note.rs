//! Signed notes: a text, a blank line, and a line for each signature.
//!
//! The form is that of <https://c2sp.org/signed-note>. Signatures by keys that we do not know are
//! kept and count for nothing; one by a key that we know must verify, or the note is refused.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{ID_BYTES, Signer, Verifier, is_name};
use crate::malformed::Malformed;

/// Longest note that is read.
pub const NOTE_BYTES_MAX: usize = 1024 * 1024;
/// Most signatures that are read.
pub const SIGNATURES_MAX: usize = 100;

const DASH: &str = "\u{2014} ";

/// A note as it stands, nothing verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String, // INVARIANT: ends in a newline, no other control characters.
    signatures: Vec<Signature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key that claims to have signed.
    pub name: String,
    /// The number of that key.
    pub id: u32,
    /// What follows the number: 64 bytes for Ed25519, anything for keys that we do not know.
    pub bytes: Vec<u8>,
}

impl Signature {
    /// Name and number, as `name+hex`.
    pub fn key(&self) -> String {
        format!("{}+{:08x}", self.name, self.id)
    }
}

/// Who signed a note, among the keys that were asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<'a> {
    /// The known keys whose signatures verified, each once; at least one.
    pub by: Vec<&'a Verifier>,
    /// Signatures by keys that were not asked about.
    pub unknown: Vec<&'a Signature>,
}

/// Why the text of a note must not be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// A signature names a known key and does not verify.
    #[error("the signature by `{0}` does not verify")]
    BadSignature(String),
    /// No signature is by a known key.
    #[error("none of the {0} signatures is by a known key")]
    NoKnownKey(usize),
}

impl Note {
    /// Signs a text, which must end in a newline and hold no other control characters.
    pub fn sign(text: &str, signer: &Signer) -> Result<Self, Malformed> {
        check_text(text)?;
        if !text.ends_with('\n') {
            let line = text.lines().count();
            return Err(Malformed::new(
                line,
                text.lines().last().unwrap_or(""),
                "a newline at the end",
            ));
        }
        let mut note = Self {
            text: text.into(),
            signatures: Vec::new(),
        };
        note.cosign(signer);
        Ok(note)
    }

    /// Adds a signature, in place of an earlier one by the same key.
    pub fn cosign(&mut self, signer: &Signer) {
        let verifier = signer.verifier();
        self.signatures
            .retain(|s| s.id != verifier.id() || s.name != verifier.name());
        self.signatures.push(Signature {
            name: verifier.name().into(),
            id: verifier.id(),
            bytes: signer.sign(&self.text).into(),
        });
    }

    /// The text, with its last newline; not to be believed before `verify`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Checks every signature by one of these keys.
    pub fn verify<'a>(&'a self, keys: &'a [Verifier]) -> Result<Signed<'a>, Untrusted> {
        let mut signed = Signed {
            by: Vec::new(),
            unknown: Vec::new(),
        };
        for signature in &self.signatures {
            let named = |key: &&Verifier| key.id() == signature.id && key.name() == signature.name;
            let mut known = keys.iter().filter(named).peekable();
            if known.peek().is_none() {
                signed.unknown.push(signature);
                continue;
            }
            let key = known.find(|key| key.verifies(&self.text, &signature.bytes));
            let key = key.ok_or_else(|| Untrusted::BadSignature(signature.key()))?;
            if !signed.by.contains(&key) {
                signed.by.push(key);
            }
        }
        if signed.by.is_empty() {
            return Err(Untrusted::NoKnownKey(self.signatures.len()));
        }
        Ok(signed)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| {
            let bytes = [&signature.id.to_be_bytes(), signature.bytes.as_slice()].concat();
            writeln!(f, "{DASH}{} {}", signature.name, STANDARD.encode(bytes))
        })
    }
}

impl FromStr for Note {
    type Err = Malformed;

    fn from_str(note: &str) -> Result<Self, Malformed> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(Malformed::new(1, note, "a note of at most 1 MiB"));
        }
        check_text(note)?;
        let lines = note.lines().count();
        let last = note.lines().last().unwrap_or("");
        let gap = note.rfind("\n\n");
        let gap =
            gap.ok_or_else(|| Malformed::new(lines, last, "a blank line before the signatures"))?;
        let (text, rest) = note.split_at(gap + 1);
        let rest = rest.strip_prefix('\n').unwrap_or(rest);
        let before = text.lines().count() + 1;
        if rest.is_empty() {
            return Err(Malformed::new(before + 1, "", "a signature"));
        }
        let Some(block) = rest.strip_suffix('\n') else {
            return Err(Malformed::new(lines, last, "a newline at the end"));
        };
        let mut signatures = Vec::new();
        for (number, line) in block.split('\n').enumerate() {
            let bad = |want| Malformed::new(before + number + 1, line, want);
            if number >= SIGNATURES_MAX {
                return Err(bad("at most 100 signatures"));
            }
            signatures
                .push(signature(line).ok_or_else(|| bad("`\u{2014} name base64`, a signature"))?);
        }
        Ok(Self {
            text: text.into(),
            signatures,
        })
    }
}

fn signature(line: &str) -> Option<Signature> {
    let (name, bytes) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = STANDARD.decode(bytes).ok()?;
    let (id, bytes) = bytes.split_first_chunk::<ID_BYTES>()?;
    let sound = is_name(name) && !bytes.is_empty();
    sound.then(|| Signature {
        name: name.into(),
        id: u32::from_be_bytes(*id),
        bytes: bytes.into(),
    })
}

fn check_text(text: &str) -> Result<(), Malformed> {
    for (number, line) in text.split('\n').enumerate() {
        if line.contains(|c: char| c < ' ') {
            return Err(Malformed::new(number + 1, line, "no control characters"));
        }
    }
    Ok(())
}
