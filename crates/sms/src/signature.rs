//! `X-Twilio-Signature`: who sent this request, before anybody reads what it says.
//!
//! Twilio signs the address it was given and, after it, every parameter's name and value with nothing between them. So
//! the same signature fits where a letter moves from a value to the name that follows: who acts on a request once
//! only has to remember its [`Seal`] beside the message's own name.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    form::{self, Form},
    spelling,
};

/// The header that carries the signature.
pub const HEADER: &str = "X-Twilio-Signature";

/// The header that says how it was made, where that was not with the account's auth token.
pub const SETTINGS_HEADER: &str = "X-Twilio-Webhooks-Signature-Settings";

/// The parameter of the query that holds the hash of a body that is no form.
const BODY_HASH: &str = "bodySHA256";

/// A secret that Twilio signs with, ready to compare: an auth token or a shared key. Never printed.
#[derive(Clone)]
pub struct Token {
    sha1: hmac::Key,
    sha256: hmac::Key,
}

impl Token {
    /// Takes the secret as Twilio's console shows it.
    ///
    /// # Errors
    /// [`EmptyToken`]: an empty one would accept what anybody can sign.
    pub fn new(token: &str) -> Result<Self, EmptyToken> {
        if token.is_empty() {
            return Err(EmptyToken);
        }
        let key = |algorithm| hmac::Key::new(algorithm, token.as_bytes());
        Ok(Self {
            // SHA-1 is what Twilio signs with, and as an HMAC it holds.
            sha1: key(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            sha256: key(hmac::HMAC_SHA256),
        })
    }

    const fn key(&self, algorithm: Algorithm) -> &hmac::Key {
        match algorithm {
            Algorithm::Sha1 => &self.sha1,
            Algorithm::Sha256 => &self.sha256,
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// There was nothing in the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the auth token is empty: want the one that Twilio's console shows")]
pub struct EmptyToken;

/// A request as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The address that Twilio was given, with the query that came.
    pub url: &'a str,
    /// What was in the body.
    pub body: Body<'a>,
    /// What [`HEADER`] held.
    pub signature: Option<&'a [u8]>,
    /// What [`SETTINGS_HEADER`] held.
    pub settings: Option<&'a [u8]>,
}

/// What was in a request's body.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Parameters, which are signed one by one.
    Form(&'a Form),
    /// Anything else. Its hash stands in the query, and the query is signed.
    Other(&'a [u8]),
}

/// A signature that fitted. A request that says the same in other words has the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal(Vec<u8>);

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.0))
    }
}

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// There was no header.
    #[error("the header {HEADER} is missing")]
    Missing,
    /// The header is not what Twilio writes.
    #[error("the header {HEADER} is not the base64 of an HMAC")]
    Malformed,
    /// It was made in a way that we do not know.
    #[error("the header {SETTINGS_HEADER} names an algorithm other than HMAC_SHA1 and HMAC_SHA256")]
    Algorithm,
    /// The body is no form, and nothing that is signed speaks of it.
    #[error("the body is no form, and the query has no {BODY_HASH} that fits it")]
    Body,
    /// No token that we hold made this signature over this request.
    #[error(
        "the signature fits none of the configured auth tokens, or another address than the configured one"
    )]
    Wrong,
}

/// Checks who signed a request. All tokens and both spellings of the address are tried, and none of them quickly:
/// the time taken says nothing about which one came close.
///
/// # Errors
/// [`BadSignature`] unless one of the tokens signed this address with these parameters.
pub fn verify(tokens: &[Token], request: &Request<'_>) -> Result<Seal, BadSignature> {
    let algorithm = Algorithm::of(request.settings)?;
    let given = algorithm.decode(request.signature.ok_or(BadSignature::Missing)?)?;
    let parameters = match request.body {
        Body::Form(form) => form.signed(),
        Body::Other(body) if has_its_hash(request.url, body) => Vec::new(),
        Body::Other(_) => return Err(BadSignature::Body),
    };
    let mut good = false;
    for url in spelling::both(request.url) {
        for token in tokens {
            let tag = tag(token.key(algorithm), &url, &parameters);
            good |= constant_time::verify_slices_are_equal(tag.as_ref(), &given).is_ok();
        }
    }
    if good {
        Ok(Seal(given))
    } else {
        Err(BadSignature::Wrong)
    }
}

/// What [`HEADER`] holds in a request of Twilio's that an account's own auth token signed.
#[must_use]
pub fn sign(token: &Token, url: &str, form: &Form) -> String {
    STANDARD.encode(tag(&token.sha1, url, &form.signed()))
}

fn tag(key: &hmac::Key, url: &str, parameters: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(url.as_bytes());
    context.update(parameters);
    context.sign()
}

fn has_its_hash(url: &str, body: &[u8]) -> bool {
    let hash = hex::encode(digest::digest(&digest::SHA256, body));
    let query = form::query(url);
    let given = query.one(BODY_HASH).ok().flatten().unwrap_or_default();
    constant_time::verify_slices_are_equal(hash.as_bytes(), given.as_bytes()).is_ok()
}

/// How a signature was made.
#[derive(Debug, Clone, Copy)]
enum Algorithm {
    Sha1,
    Sha256,
}

impl Algorithm {
    /// Without the header, or without this part of it, as an auth token signs. All that it can choose
    /// is one of two algorithms under a key of ours.
    fn of(settings: Option<&[u8]>) -> Result<Self, BadSignature> {
        let settings = str::from_utf8(settings.unwrap_or_default());
        let settings = settings.map_err(|_| BadSignature::Algorithm)?;
        let mut parts = settings.split(',').filter_map(|part| part.split_once('='));
        let named =
            parts.find(|(name, value)| name.trim() == "algorithm" && !value.trim().is_empty());
        let Some((_, named)) = named else {
            return Ok(Self::Sha1);
        };
        match named.trim().to_ascii_uppercase().as_str() {
            "HMAC_SHA1" => Ok(Self::Sha1),
            "HMAC_SHA256" => Ok(Self::Sha256),
            _ => Err(BadSignature::Algorithm),
        }
    }

    fn decode(self, header: &[u8]) -> Result<Vec<u8>, BadSignature> {
        let length = match self {
            Self::Sha1 => digest::SHA1_OUTPUT_LEN,
            Self::Sha256 => digest::SHA256_OUTPUT_LEN,
        };
        if header.len() != length.div_ceil(3) * 4 {
            return Err(BadSignature::Malformed);
        }
        let bytes = STANDARD.decode(header).ok();
        bytes
            .filter(|bytes| bytes.len() == length)
            .ok_or(BadSignature::Malformed)
    }
}

#[cfg(test)]
mod tests;
