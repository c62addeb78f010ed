//! A form body: names and values as bytes, exactly those that were signed.

use std::{borrow::Cow, str};

use percent_encoding::percent_decode;

/// The type of a form body.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// How large a body may be. Twilio's are a few kilobytes: a message holds 1,600 characters.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// The parameters of one POST. They stay bytes until one is asked for: a signature covers bytes, and what was
/// made readable first would be something else than what was signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(Vec<u8>, Vec<u8>)>); // In the order of the body.

/// Why a form cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// The body is larger than any message.
    #[error("the body has {0} bytes: want at most {BODY_BYTES_MAX}")]
    TooLarge(usize),
    /// One parameter with two meanings.
    #[error("the parameter `{0}` stands there more than once with different values: want one")]
    Twice(&'static str),
    /// A parameter that is no text.
    #[error("the parameter `{0}` is not UTF-8: want text")]
    NotText(&'static str),
}

impl Form {
    /// Takes a body apart. Every sequence of bytes is some form; a name without `=` has an empty value.
    ///
    /// # Errors
    /// [`BadForm::TooLarge`] above [`BODY_BYTES_MAX`].
    pub fn read(body: &[u8]) -> Result<Self, BadForm> {
        if body.len() > BODY_BYTES_MAX {
            return Err(BadForm::TooLarge(body.len()));
        }
        let pieces = body.split(|b| *b == b'&').filter(|piece| !piece.is_empty());
        Ok(Self(pieces.map(pair).collect()))
    }

    /// The value of a parameter, where it is there. Said twice with one value it is said once: Twilio's signature
    /// does not count either.
    ///
    /// # Errors
    /// [`BadForm::Twice`] for two values, since nothing says which of them is meant; [`BadForm::NotText`].
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, BadForm> {
        let named = |(key, _): &&(Vec<u8>, Vec<u8>)| key == name.as_bytes();
        let mut values = self.0.iter().filter(named).map(|(_, value)| value);
        let Some(first) = values.next() else {
            return Ok(None);
        };
        if values.any(|value| value != first) {
            return Err(BadForm::Twice(name));
        }
        let text = str::from_utf8(first).map_err(|_| BadForm::NotText(name))?;
        Ok(Some(text))
    }

    /// What of this form Twilio signs: each name with its value, sorted, and what stands there twice once.
    pub(crate) fn signed(&self) -> Vec<u8> {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort_unstable();
        pairs.dedup();
        let parts = pairs
            .into_iter()
            .flat_map(|(name, value)| [name.as_slice(), value]);
        parts.collect::<Vec<_>>().concat()
    }
}

/// The parameters of a query, which is written like a form.
pub(crate) fn query(url: &str) -> Form {
    let query = url.split_once('?').map_or("", |(_, rest)| rest);
    let query = query.split_once('#').map_or(query, |(before, _)| before);
    Form::read(query.as_bytes()).unwrap_or_default()
}

fn pair(piece: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let at = piece.iter().position(|b| *b == b'=');
    let (name, value) = match at.and_then(|at| piece.split_at_checked(at)) {
        Some((name, value)) => (name, value.strip_prefix(b"=").unwrap_or(value)),
        None => (piece, &[][..]),
    };
    (decoded(name), decoded(value))
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|b| if *b == b'+' { b' ' } else { *b })
        .collect();
    Cow::from(percent_decode(&spaced)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Form {
        Form::read(body.as_bytes()).unwrap()
    }

    #[test]
    fn a_parameter_is_what_was_written_in_whatever_spelling() {
        let form = form("&Body=a+b%2Bc%20%C3%A9&&Empty=&Bare&=nameless&From=%2B44%zz&a=b=c&");
        for (name, want) in [
            ("Body", Some("a b+c é")),
            ("Empty", Some("")),
            ("Bare", Some("")),
            ("", Some("nameless")),
            ("From", Some("+44%zz")),
            ("a", Some("b=c")),
            ("body", None),
        ] {
            assert_eq!(form.one(name), Ok(want), "{name}");
        }
    }

    #[test]
    fn one_name_has_one_value() {
        let form = form("From=a&To=b&From=a&To=c&Body=%FF");
        assert_eq!(form.one("From"), Ok(Some("a")));
        assert_eq!(form.one("To"), Err(BadForm::Twice("To")));
        assert_eq!(form.one("Body"), Err(BadForm::NotText("Body")));
        let said = form.one("To").unwrap_err().to_string();
        assert!(
            said.contains("`To`") && said.ends_with("want one"),
            "{said}"
        );
    }

    #[test]
    fn a_body_has_a_limit() {
        let largest = vec![b'a'; BODY_BYTES_MAX];
        assert!(Form::read(&largest).is_ok());
        let more = vec![b'a'; BODY_BYTES_MAX + 1];
        assert_eq!(
            Form::read(&more),
            Err(BadForm::TooLarge(BODY_BYTES_MAX + 1))
        );
    }

    #[test]
    fn what_is_signed_is_sorted_by_bytes_and_has_no_doubles() {
        let form = form("b=2&a=z&B=1&a=y&a=z&%C3%A9=3&c");
        assert_eq!(form.signed(), "B1ayazb2cé3".as_bytes());
    }
}
