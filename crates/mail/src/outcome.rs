//! What became of a letter: taken, refused, not now, or nobody knows.

use std::fmt;

use lettre::transport::smtp::{Error, response::Response};

/// The longest text of a server that is kept, in characters.
const SAID_CHARS_MAX: usize = 300;
/// Codes that speak of who we are, not of the letter: it goes once our settings are right.
const ABOUT_US: [u16; 5] = [421, 530, 534, 535, 538];

/// What became of one attempt to hand a letter over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took the letter. That is not yet delivery.
    Accepted(Said),
    /// The server will not take this letter, now or later.
    Refused(Said),
    /// Nothing was handed over: the server asked us to come again, could not be reached, or did not know us.
    Later(String),
    /// The connection broke off after the letter had begun: it may have been taken or not.
    Unknown(String),
}

/// What a server said, without the addresses in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The three digits.
    pub code: u16,
    /// The words after them.
    pub text: String,
}

impl Said {
    pub(crate) fn of(response: &Response) -> Self {
        let lines: Vec<&str> = response.message().collect();
        Self {
            code: response.code().into(),
            text: masked(&lines.join(" ")),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// What an error means before the first byte of the letter: a definite no of the server, or try again.
pub(crate) fn before_the_letter(error: &Error) -> Outcome {
    match said(error) {
        Some(said) if (500..600).contains(&said.code) && !ABOUT_US.contains(&said.code) => {
            Outcome::Refused(said)
        }
        Some(said) => Outcome::Later(said.to_string()),
        None => Outcome::Later(words(error)),
    }
}

/// What an error means once the letter was under way.
pub(crate) fn after_the_letter(error: &Error) -> Outcome {
    match said(error) {
        Some(_) => before_the_letter(error),
        None => Outcome::Unknown(words(error)),
    }
}

/// An error in words that name nobody.
pub(crate) fn words(error: &Error) -> String {
    masked(&error.to_string())
}

fn said(error: &Error) -> Option<Said> {
    let code: u16 = error.status()?.into();
    let text = std::error::Error::source(error).map(ToString::to_string);
    Some(Said {
        code,
        text: masked(&text.unwrap_or_default()),
    })
}

/// Servers like to repeat the address that they refuse. What is kept must not name the person.
fn masked(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words = words
        .filter(|word| !word.is_empty())
        .map(|word| if word.contains('@') { "…" } else { word });
    let text = words.collect::<Vec<_>>().join(" ");
    text.chars().take(SAID_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_kept_without_addresses_and_without_end() {
        assert_eq!(
            masked("5.1.1 <ana@example.com>: Recipient\r\nunknown\u{7}"),
            "5.1.1 … Recipient unknown"
        );
        assert_eq!(masked(&"x".repeat(1_000)).len(), SAID_CHARS_MAX);
    }
}
