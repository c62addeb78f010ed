//! `X-Hub-Signature-256`: who sent these bytes, before anybody parses them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The header that carries the signature.
pub const HEADER: &str = "X-Hub-Signature-256";

const SCHEME: &str = "sha256=";
const HEX_LENGTH: usize = 64;

/// An app secret, ready to sign with. Never printed.
#[derive(Clone)]
pub struct AppSecret(Hmac<Sha256>);

impl AppSecret {
    /// Takes the secret as the App Dashboard shows it.
    ///
    /// # Errors
    /// [`EmptySecret`]: an empty secret would accept what anybody can sign.
    pub fn new(secret: &str) -> Result<Self, EmptySecret> {
        if secret.is_empty() {
            return Err(EmptySecret);
        }
        Hmac::new_from_slice(secret.as_bytes())
            .map(Self)
            .map_err(|_| EmptySecret)
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecret(…)")
    }
}

/// There was nothing in the app secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the app secret is empty: want the secret that the App Dashboard shows")]
pub struct EmptySecret;

/// Why a body is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// There was no header.
    #[error("the header X-Hub-Signature-256 is missing")]
    Missing,
    /// The header is not what Meta writes.
    #[error("the header X-Hub-Signature-256 is not `sha256=` and 64 lower-case hex digits")]
    Malformed,
    /// No secret that we hold made this signature over these bytes.
    #[error("the signature matches none of the configured app secrets")]
    Wrong,
}

/// Checks the header against the exact bytes that arrived. All secrets are tried, and none of them
/// quickly: the time taken says nothing about which one came close.
///
/// # Errors
/// [`BadSignature`] unless one of the secrets signed exactly these bytes.
pub fn verify(
    secrets: &[AppSecret],
    header: Option<&[u8]>,
    bytes: &[u8],
) -> Result<(), BadSignature> {
    let header = header.ok_or(BadSignature::Missing)?;
    let given = decode(header).ok_or(BadSignature::Malformed)?;
    let mut good = Choice::from(0);
    for secret in secrets {
        good |= mac(secret, bytes).as_slice().ct_eq(given.as_slice());
    }
    if bool::from(good) {
        Ok(())
    } else {
        Err(BadSignature::Wrong)
    }
}

/// The header value for these bytes.
#[must_use]
pub fn sign(secret: &AppSecret, bytes: &[u8]) -> String {
    format!("{SCHEME}{}", hex::encode(mac(secret, bytes)))
}

fn mac(secret: &AppSecret, bytes: &[u8]) -> Vec<u8> {
    let mut mac = secret.0.clone();
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

fn decode(header: &[u8]) -> Option<[u8; 32]> {
    let digits = header.strip_prefix(SCHEME.as_bytes())?;
    let lower = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != HEX_LENGTH || !digits.iter().all(lower) {
        return None;
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    const HEX: &str = "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756";

    fn secret(text: &str) -> AppSecret {
        AppSecret::new(text).unwrap()
    }

    #[test]
    fn the_published_vector_holds_with_any_of_several_secrets() {
        let header = format!("sha256={HEX}");
        assert_eq!(sign(&secret("test_app_secret"), BODY), header);
        for secrets in [
            vec![secret("test_app_secret")],
            vec![secret("old"), secret("test_app_secret")],
            vec![secret("test_app_secret"), secret("next")],
        ] {
            assert_eq!(verify(&secrets, Some(header.as_bytes()), BODY), Ok(()));
        }
    }

    #[test]
    fn anything_but_the_exact_header_is_refused() {
        let secrets = [secret("test_app_secret")];
        let good = format!("sha256={HEX}");
        let flipped = good.replace("dec6", "dec7");
        for (header, want) in [
            (None, BadSignature::Missing),
            (Some(String::new()), BadSignature::Malformed),
            (Some(HEX.to_owned()), BadSignature::Malformed),
            (Some(good.to_uppercase()), BadSignature::Malformed),
            (
                Some(format!("sha256={}", HEX.to_uppercase())),
                BadSignature::Malformed,
            ),
            (Some(good.replace("256=", "1=")), BadSignature::Malformed),
            (Some(good[..70].to_owned()), BadSignature::Malformed),
            (Some(format!("{good}0")), BadSignature::Malformed),
            (Some(format!(" {good}")), BadSignature::Malformed),
            (Some(format!("{good}, {good}")), BadSignature::Malformed),
            (Some(good.replace('d', "g")), BadSignature::Malformed),
            (Some(flipped), BadSignature::Wrong),
        ] {
            let got = verify(&secrets, header.as_deref().map(str::as_bytes), BODY);
            assert_eq!(got, Err(want), "{header:?}");
        }
        assert_eq!(
            verify(&[], Some(good.as_bytes()), BODY),
            Err(BadSignature::Wrong)
        );
        assert_eq!(
            verify(&secrets, Some(good.as_bytes()), b"{}"),
            Err(BadSignature::Wrong)
        );
    }

    #[test]
    fn an_empty_secret_is_no_secret_and_a_secret_is_never_printed() {
        assert_eq!(AppSecret::new("").unwrap_err(), EmptySecret);
        assert!(!format!("{:?}", secret("hush")).contains("hush"));
    }
}
