//! The second factor: codes of an authenticator (RFC 6238: SHA-1, 6 digits, 30 seconds, which is what every app reads).

use consent::time::Timestamp;
use totp_rs::{Builder, Secret, Totp};

use crate::{
    app::House,
    error::Error,
    vault::{first, random},
};

/// Bytes of a secret (RFC 4226 section 4 recommends 160 bits).
const SECRET_BYTES: usize = 20;
/// What a secret is sealed for.
const PURPOSE: &str = "authenticator";
/// Milliseconds in a second.
const SECOND_MS: i64 = 1_000;
/// How many steps of 30 seconds a clock may be off.
const SKEW_STEPS: u16 = 1;
/// Who the codes are for, in the list of an app.
const ISSUER: &str = "Consentry";

/// A new secret, before it was proved to have arrived.
pub struct Proposal {
    /// The secret, sealed: what the form carries until the first code comes back.
    pub sealed: String,
    /// The secret as it is typed where no camera is.
    pub typed: String,
    /// The address that an app reads from a QR code.
    pub url: String,
}

/// A new secret for somebody.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn propose(app: &House, email: &str) -> Result<Proposal, Error> {
    let secret: [u8; SECRET_BYTES] = first(&random().map_err(Error::internal)?);
    let sealed = seal(app, &secret)?;
    shown(hex::encode(sealed), &secret, email)
}

/// The same proposal once more, for a page that comes back.
///
/// # Errors
/// [`Error::Invalid`] when it is not one of ours.
pub fn proposed(app: &House, sealed: &str, email: &str) -> Result<Proposal, Error> {
    let secret = open(app, &bytes(sealed)?)?;
    shown(sealed.to_owned(), &secret, email)
}

/// The sealed secret of a proposal as bytes, for the row of a member.
///
/// # Errors
/// [`Error::Invalid`] when it is not one of ours.
pub fn bytes(sealed: &str) -> Result<Vec<u8>, Error> {
    hex::decode(sealed).map_err(|_| Error::field("secret", "the page is too old: open it again"))
}

/// Which step of time a code is of, if it is right and later than the last one that was used.
///
/// # Errors
/// When the secret does not open.
pub fn step(
    app: &House,
    (sealed, last): (&[u8], i64),
    code: &str,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    let totp = totp(&open(app, sealed)?, "")?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.millis() / SECOND_MS).unwrap_or_default();
    let step = totp
        .check(&digits, seconds)
        .and_then(|step| i64::try_from(step).ok());
    Ok(step.filter(|step| *step > last))
}

fn shown(sealed: String, secret: &[u8], email: &str) -> Result<Proposal, Error> {
    let totp = totp(secret, email)?;
    Ok(Proposal {
        sealed,
        typed: Secret::from(secret.to_vec()).to_base32(),
        url: totp
            .to_url()
            .map_err(|cause| Error::internal(cause.to_string()))?,
    })
}

fn totp(secret: &[u8], email: &str) -> Result<Totp, Error> {
    let built = Builder::new()
        .with_secret(secret.to_vec())
        .with_skew(SKEW_STEPS)
        .with_issuer(Some(ISSUER))
        // A colon would end the name of the issuer.
        .with_account_name(email.replace(':', " "))
        .build();
    built.map_err(|cause| Error::internal(cause.to_string()))
}

fn seal(app: &House, secret: &[u8]) -> Result<Vec<u8>, Error> {
    app.vault
        .house()
        .seal(PURPOSE, secret)
        .map_err(Error::internal)
}

fn open(app: &House, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let secret = app.vault.house().open(PURPOSE, sealed);
    secret.map_err(|_| Error::field("secret", "the page is too old: open it again"))
}
