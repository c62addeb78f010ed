//! An access token on its way to Meta: shown to nobody else.

use std::fmt;

use reqwest::header::HeaderValue;
use sha2::{Digest, Sha256};

/// The value of an `Authorization` header.
#[derive(Clone)]
pub struct Bearer(HeaderValue);

impl Bearer {
    /// From the token alone.
    ///
    /// # Errors
    /// [`BadToken`] when it is empty or holds what no header can carry.
    pub fn from_token(token: &str) -> Result<Self, BadToken> {
        if token.is_empty() || token.contains(char::is_whitespace) {
            return Err(BadToken);
        }
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| BadToken)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// From a whole `Authorization` header, as a caller sent it.
    ///
    /// # Errors
    /// [`BadToken`] unless it is `Bearer` (or `OAuth`, which Meta takes as well) and a token.
    pub fn from_header(header: &str) -> Result<Self, BadToken> {
        let (scheme, token) = header.trim().split_once(' ').ok_or(BadToken)?;
        if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth") {
            Self::from_token(token.trim())
        } else {
            Err(BadToken)
        }
    }

    /// SHA-256 of the header value: enough to remember a proved token by.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(…)")
    }
}

/// A text that was meant to be an access token; it is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token cannot be used: want `Bearer` and a token without white space")]
pub struct BadToken;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_a_header_and_never_printed() {
        let token = Bearer::from_token("EAAsecret").unwrap();
        for header in [
            "Bearer EAAsecret",
            "bearer  EAAsecret",
            "OAuth EAAsecret",
            " Bearer EAAsecret ",
        ] {
            assert_eq!(
                Bearer::from_header(header).unwrap().digest(),
                token.digest(),
                "{header}"
            );
        }
        for header in [
            "",
            "EAAsecret",
            "Basic EAAsecret",
            "Bearer ",
            "Bearer a b",
            "Bearer a\nb",
        ] {
            let error = Bearer::from_header(header).unwrap_err();
            assert!(!error.to_string().contains("EAA"), "{header}");
        }
        assert!(!format!("{token:?} {:?}", token.header()).contains("EAA"));
    }
}
