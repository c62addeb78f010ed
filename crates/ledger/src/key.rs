//! Ed25519 keys with a name: the seed that signs, and the text by which others know us.
//!
//! The form is that of <https://c2sp.org/signed-note>, signature type 0x01.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// Bytes in the seed of a signing key.
pub const SEED_BYTES: usize = 32;

pub(crate) const ID_BYTES: usize = 4;
const ED25519: u8 = 1;
const SIGNATURE_BYTES: usize = 64;
const NAME_BYTES_MAX: usize = 255;

/// Signs under a name; for a log, the name is the origin of its checkpoints.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    verifier: Verifier,
}

impl Signer {
    /// From a seed of 32 random bytes, which the caller keeps.
    pub fn from_seed(name: &str, seed: &[u8; SEED_BYTES]) -> Result<Self, BadKey> {
        if !is_name(name) {
            return Err(BadKey::Name(name.into()));
        }
        let key = SigningKey::from_bytes(seed);
        let verifier = Verifier::of(name, key.verifying_key());
        Ok(Self { key, verifier })
    }

    /// What others need to check the signatures: print it and hand it out.
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(crate) fn sign(&self, text: &str) -> [u8; SIGNATURE_BYTES] {
        self.key.sign(text.as_bytes()).to_bytes()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

/// Checks signatures by one key. Its text is `name+hex id+base64(0x01 || public key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String, // INVARIANT: `is_name`.
    id: u32,
    key: VerifyingKey,
}

impl Verifier {
    /// From a name and the 32 bytes of a public key.
    pub fn from_public(name: &str, public: &[u8; 32]) -> Result<Self, BadKey> {
        if !is_name(name) {
            return Err(BadKey::Name(name.into()));
        }
        let key = VerifyingKey::from_bytes(public).map_err(|_| BadKey::Public(name.into()))?;
        Ok(Self::of(name, key))
    }

    /// The name in its signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The short number in its signature lines: together with the name it says which key signed.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The 32 bytes of the public key.
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    pub(crate) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else {
            return false;
        };
        self.key.verify_strict(text.as_bytes(), &signature).is_ok()
    }

    fn of(name: &str, key: VerifyingKey) -> Self {
        let digest = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', ED25519]);
        let digest: [u8; 32] = digest.chain_update(key.as_bytes()).finalize().into();
        let [a, b, c, d, ..] = digest;
        Self {
            name: name.into(),
            id: u32::from_be_bytes([a, b, c, d]),
            key,
        }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed: Vec<u8> = std::iter::once(ED25519).chain(*self.public()).collect();
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            self.id,
            STANDARD.encode(typed)
        )
    }
}

impl FromStr for Verifier {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let form = || BadKey::Form(text.chars().take(120).collect());
        let (name, rest) = text.split_once('+').ok_or_else(form)?;
        let (id, typed) = rest.split_once('+').ok_or_else(form)?;
        let typed = STANDARD.decode(typed).map_err(|_| form())?;
        let (kind, public) = typed.split_first().ok_or_else(form)?;
        if *kind != ED25519 {
            return Err(BadKey::Type(*kind));
        }
        let verifier = Self::from_public(name, public.try_into().map_err(|_| form())?)?;
        if format!("{:08x}", verifier.id) != id {
            return Err(BadKey::Id {
                found: id.into(),
                want: verifier.id,
            });
        }
        Ok(verifier)
    }
}

/// A name or a key text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// The name could not stand in a signature line.
    #[error(
        "`{0}` is not a key name: want 1 to 255 bytes without spaces, `+` and control characters"
    )]
    Name(String),
    /// Not three parts, or a part that does not decode.
    #[error("`{0}` is not a verifier key: want name+hex id+base64 key")]
    Form(String),
    /// A kind of key that this code does not check.
    #[error("key type `{0}`: want 1, Ed25519")]
    Type(u8),
    /// The 32 bytes are no point on the curve.
    #[error("the key of `{0}` is no Ed25519 public key")]
    Public(String),
    /// The id belongs to another name or key: the text was damaged.
    #[error("key id `{found}`: want `{want:08x}`, which follows from name and key")]
    Id {
        /// As written.
        found: String,
        /// As computed.
        want: u32,
    },
}

/// Whether this can stand as a key name in a signature line.
pub(crate) fn is_name(text: &str) -> bool {
    let fits = |c: char| c != '+' && !c.is_whitespace() && !c.is_control();
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Published with the signed-note specification and with Go's package for notes.
    const KEYS: [&str; 3] = [
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
    ];

    #[test]
    fn published_keys_read_and_print_as_they_are() {
        for text in KEYS {
            assert_eq!(text.parse::<Verifier>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_part_of_a_key_is_no_key() {
        for text in KEYS {
            for start in 0..text.len() {
                for end in start + 1..=text.len() {
                    let whole = (start, end) == (0, text.len());
                    assert_eq!(text[start..end].parse::<Verifier>().is_ok(), whole);
                }
            }
        }
    }

    #[test]
    fn a_damaged_key_is_refused() {
        let text = KEYS[1];
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let damaged = String::from_utf8(bytes).unwrap();
                assert!(damaged.parse::<Verifier>().is_err(), "{damaged}");
            }
        }
        let other = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(other.parse::<Verifier>(), Err(BadKey::Type(0x65)));
    }

    #[test]
    fn a_signer_hides_its_seed_and_shows_its_verifier() {
        let signer = Signer::from_seed("example.com/log", &[9; 32]).unwrap();
        let text = signer.verifier().to_string();
        assert_eq!(text.parse::<Verifier>().as_ref(), Ok(signer.verifier()));
        assert_eq!(format!("{signer:?}"), format!("Signer({text})"));
        for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b"] {
            assert_eq!(
                Signer::from_seed(name, &[9; 32]).unwrap_err(),
                BadKey::Name(name.into())
            );
        }
    }
}
