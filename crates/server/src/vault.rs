//! Secrets: one master key wraps a key for each person and the keys of the house; sealing is AES-256-GCM.

use std::{path::Path, sync::Arc};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use consent::{alias::Alias, id::ContactId};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use store::{error::StoreError, pool::Store};
use subtle::ConstantTimeEq;

use crate::config::Secret;

/// Bytes of a tag: 128 bits of an HMAC-SHA-256.
pub const TAG_BYTES: usize = 16;

/// Everything that seals and opens. Built once at start.
pub struct Vault {
    wrapping: LessSafeKey,
    house: PersonKey,
    pepper: [u8; 32],
    log_seed: [u8; 32],
    token_key: [u8; 32],
}

/// The key that the evidence about one person is sealed with. Destroying its wrapped form erases the evidence.
#[derive(Clone)]
pub struct PersonKey {
    key: Arc<LessSafeKey>,
    contact: ContactId,
}

/// A vault that cannot be opened, or something sealed that cannot.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No master key was given where one is needed.
    #[error(
        "PostgreSQL needs `keys.master`: 32 random bytes as 64 hexadecimal digits, the same on every node"
    )]
    NoMaster,
    /// The master key has the wrong form.
    #[error("`keys.master` is not a key: want at least 32 characters that nobody can guess")]
    WeakMaster,
    /// The key file cannot be read or written.
    #[error("cannot use the key file `{path}`: {cause}")]
    File {
        /// The file.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The master key is another one than the database was made with, or something sealed was changed.
    #[error(
        "{0} does not open: it was changed, or `keys.master` is not the key that this database was made with"
    )]
    Sealed(&'static str),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes")]
    Random,
}

impl Vault {
    /// Opens the vault of a database; the first to come makes its keys.
    ///
    /// # Errors
    /// [`VaultError`], above all when the master key is missing or not the right one.
    pub async fn open(store: &Store, master: Option<&Secret>) -> Result<Self, VaultError> {
        let master = match (master, store.file()) {
            (Some(secret), _) if secret.expose().len() >= 32 => secret.expose().to_owned(),
            (Some(_), _) => return Err(VaultError::WeakMaster),
            (None, Some(file)) => key_file(file)?,
            (None, None) => return Err(VaultError::NoMaster),
        };
        let wrapping = derived(master.as_bytes(), b"consentry wrapping key v1");
        let wrapping = aead(&wrapping)?;
        let mut found = Vec::with_capacity(4);
        for name in ["house_key", "pepper", "log_seed", "token_key"] {
            let fresh = seal(&wrapping, name.as_bytes(), &random()?)?;
            let mut tx = store.begin().await?;
            let wrapped = tx.found_house(name, &fresh).await?;
            tx.commit().await?;
            found.push(key_of(
                &open(&wrapping, name.as_bytes(), &wrapped)
                    .ok_or(VaultError::Sealed("the vault"))?,
            )?);
        }
        let [house, pepper, log_seed, token_key] =
            <[[u8; 32]; 4]>::try_from(found).map_err(|_| VaultError::Sealed("the vault"))?;
        let house = PersonKey {
            key: Arc::new(aead(&house)?),
            contact: ContactId::HOUSE,
        };
        Ok(Self {
            wrapping,
            house,
            pepper,
            log_seed,
            token_key,
        })
    }

    /// The key of the house, for what is about nobody in particular.
    #[must_use]
    pub const fn house(&self) -> &PersonKey {
        &self.house
    }

    /// The seed of the key that signs checkpoints.
    #[must_use]
    pub const fn log_seed(&self) -> &[u8; 32] {
        &self.log_seed
    }

    /// A new key for a person, and its wrapped form for the database.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn new_person(&self, contact: ContactId) -> Result<(PersonKey, Vec<u8>), VaultError> {
        let key = random()?;
        let wrapped = seal(&self.wrapping, contact.get().as_bytes(), &key)?;
        Ok((
            PersonKey {
                key: Arc::new(aead(&key)?),
                contact,
            },
            wrapped,
        ))
    }

    /// The key of a person, from its wrapped form.
    ///
    /// # Errors
    /// [`VaultError::Sealed`] when it was wrapped by another master key or for another person.
    pub fn person(&self, contact: ContactId, wrapped: &[u8]) -> Result<PersonKey, VaultError> {
        if contact == ContactId::HOUSE {
            return Ok(self.house.clone());
        }
        let sealed = VaultError::Sealed("a person's key");
        let key = open(&self.wrapping, contact.get().as_bytes(), wrapped).ok_or(sealed)?;
        Ok(PersonKey {
            key: Arc::new(aead(&key_of(&key)?)?),
            contact,
        })
    }

    /// What is kept of an alias when its person is erased: a keyed hash that nobody can reverse by trying numbers.
    #[must_use]
    pub fn pepper(&self, alias: &Alias) -> Vec<u8> {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.pepper) else {
            return Vec::new();
        };
        mac.chain_update(alias.key().as_bytes())
            .finalize()
            .into_bytes()
            .to_vec()
    }
}

impl Vault {
    /// The tag of what we hand out ourselves, as the token of a link: nobody without our key can make one. Each
    /// purpose has tags of its own. 128 bits.
    #[must_use]
    pub fn tag(&self, purpose: &str, bytes: &[u8]) -> [u8; TAG_BYTES] {
        // HMAC itself fills a key up to a block with zeros.
        let mut key = [0; 64];
        key.iter_mut()
            .zip(self.token_key)
            .for_each(|(to, from)| *to = from);
        let length = u64::try_from(purpose.len()).unwrap_or(u64::MAX);
        let mac = Hmac::<Sha256>::new(&key.into())
            .chain_update(length.to_be_bytes())
            .chain_update(purpose.as_bytes())
            .chain_update(bytes)
            .finalize()
            .into_bytes();
        let mut tag = [0; TAG_BYTES];
        tag.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
        tag
    }

    /// Whether a tag is the right one. The time taken tells nothing about how wrong it is.
    #[must_use]
    pub fn is_tag(&self, purpose: &str, bytes: &[u8], tag: &[u8]) -> bool {
        self.tag(purpose, bytes).ct_eq(tag).into()
    }
}

impl Vault {
    /// What we hand out ourselves, with its tag, as one word that stands in addresses and forms.
    #[must_use]
    pub fn token(&self, purpose: &str, body: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([body, &self.tag(purpose, body)].concat())
    }

    /// Reads [`Vault::token`]; none when it is not one of ours, byte for byte.
    #[must_use]
    pub fn read_token<const N: usize>(&self, purpose: &str, token: &str) -> Option<[u8; N]> {
        if token.len() != ((N + TAG_BYTES) * 4).div_ceil(3) {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (body, tag) = bytes.split_first_chunk::<N>()?;
        self.is_tag(purpose, body, tag).then_some(*body)
    }
}

/// The first bytes of a tag, a hash or random bytes, where so few are enough.
#[must_use]
pub fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    first
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    first
}

impl PersonKey {
    /// Seals bytes for this person and one purpose.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn seal(&self, purpose: &str, bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
        seal(&self.key, &self.label(purpose), bytes)
    }

    /// Opens what was sealed for this person and purpose.
    ///
    /// # Errors
    /// [`VaultError::Sealed`] when it was changed, or sealed for somebody or something else.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        open(&self.key, &self.label(purpose), sealed).ok_or(VaultError::Sealed("something sealed"))
    }

    fn label(&self, purpose: &str) -> Vec<u8> {
        [self.contact.get().as_bytes().as_slice(), purpose.as_bytes()].concat()
    }
}

/// 32 random bytes.
///
/// # Errors
/// When the machine gives none.
pub fn random() -> Result<[u8; 32], VaultError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Random)?;
    Ok(bytes)
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The master key of a SQLite database: a file beside it that only its owner may read.
fn key_file(database: &Path) -> Result<String, VaultError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".master");
    let failed = |cause| VaultError::File {
        path: Path::new(&path).display().to_string(),
        cause,
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => return Ok(text.trim().to_owned()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
        Err(cause) => return Err(failed(cause)),
    }
    let key = hex::encode(random()?);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(&path) {
        Ok(file) => file,
        // Another command of ours was faster.
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            return std::fs::read_to_string(&path)
                .map(|text| text.trim().to_owned())
                .map_err(failed);
        }
        Err(cause) => return Err(failed(cause)),
    };
    std::io::Write::write_all(&mut file, key.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    Ok(key)
}

fn derived(master: &[u8], purpose: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    // 32 bytes are always a valid length for HKDF-SHA-256.
    let _ = Hkdf::<Sha256>::new(None, master).expand(purpose, &mut key);
    key
}

fn aead(key: &[u8; 32]) -> Result<LessSafeKey, VaultError> {
    Ok(LessSafeKey::new(
        UnboundKey::new(&AES_256_GCM, key).map_err(|_| VaultError::Sealed("a key"))?,
    ))
}

fn key_of(bytes: &[u8]) -> Result<[u8; 32], VaultError> {
    bytes.try_into().map_err(|_| VaultError::Sealed("a key"))
}

fn seal(key: &LessSafeKey, label: &[u8], bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(|_| VaultError::Random)?;
    let mut body = bytes.to_vec();
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(label),
        &mut body,
    )
    .map_err(|_| VaultError::Sealed("something"))?;
    Ok([nonce.as_slice(), &body].concat())
}

fn open(key: &LessSafeKey, label: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
    let mut body = body.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plain = key.open_in_place(nonce, Aad::from(label), &mut body).ok()?;
    Some(plain.to_vec())
}
