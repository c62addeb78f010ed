//! The two headers that put an unsubscribe button into a mail program (RFC 2369, RFC 8058).

use std::{fmt, str::FromStr};

use url::{Host, Url};

/// The name of the header that holds the address.
pub const LIST_UNSUBSCRIBE: &str = "List-Unsubscribe";
/// The name of the header that says that one POST is enough.
pub const LIST_UNSUBSCRIBE_POST: &str = "List-Unsubscribe-Post";
/// The only value that RFC 8058 gives the second header, and the body of the POST.
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";
/// The longest address: with its header it stays in one line, and a line has at most 998 octets (RFC 5322).
const URL_BYTES_MAX: usize = 900;

/// An address at which one POST ends the messages.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsubscribe(String); // INVARIANT: https, or http to this machine; printable ASCII without `<`, `>`, `,`, white space.

impl Unsubscribe {
    /// Both headers, name and value. They belong together: the second without the first means nothing, and the first
    /// without the second is a page that people have to read.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 2] {
        [
            (LIST_UNSUBSCRIBE, format!("<{}>", self.0)),
            (LIST_UNSUBSCRIBE_POST, ONE_CLICK.to_owned()),
        ]
    }

    /// The address alone.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0
    }
}

/// Whoever has the address can end somebody's messages, so it is not for logs.
impl fmt::Debug for Unsubscribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unsubscribe(…)")
    }
}

impl FromStr for Unsubscribe {
    type Err = BadUnsubscribe;

    fn from_str(text: &str) -> Result<Self, BadUnsubscribe> {
        // A comma separates addresses within the header, and a bracket ends one.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b',');
        if text.len() > URL_BYTES_MAX || !text.bytes().all(is_plain) {
            return Err(BadUnsubscribe);
        }
        let url: Url = text.parse().map_err(|_| BadUnsubscribe)?;
        let is_safe = match url.scheme() {
            "https" => url.has_host(),
            "http" => url.host().is_some_and(|host| is_this_machine(&host)),
            _ => false,
        };
        if is_safe {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadUnsubscribe)
        }
    }
}

/// Whether a host is the machine that we run on.
#[must_use]
pub fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// An address that no mail program would post to. It is not repeated: it may be the key to somebody's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a mail program cannot unsubscribe at this address: want https, at most 900 characters, none of them a comma or a bracket"
)]
pub struct BadUnsubscribe;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_headers_are_those_of_rfc_8058() {
        let one: Unsubscribe = "https://c.example/p/AbC_-9/unsubscribe".parse().unwrap();
        assert_eq!(
            one.headers(),
            [
                (
                    "List-Unsubscribe",
                    "<https://c.example/p/AbC_-9/unsubscribe>".to_owned()
                ),
                (
                    "List-Unsubscribe-Post",
                    "List-Unsubscribe=One-Click".to_owned()
                ),
            ]
        );
        assert!(!format!("{one:?}").contains("AbC"));
    }

    #[test]
    fn only_what_a_mail_program_would_post_to_is_taken() {
        let long = format!("https://c.example/{}", "x".repeat(URL_BYTES_MAX));
        for (text, want) in [
            ("https://c.example/p/x", true),
            ("http://127.0.0.1:8080/p/x", true),
            ("http://[::1]:8080/p/x", true),
            ("http://localhost/p/x", true),
            ("http://c.example/p/x", false),
            ("http://127.0.0.1.example/p/x", false),
            ("mailto:out@c.example", false),
            ("https://c.example/a,b", false),
            ("https://c.example/a>b", false),
            ("https://c.example/a\r\nBcc: x@y.z", false),
            ("https://c.example/ä", false),
            ("https://", false),
            ("", false),
            (&long, false),
        ] {
            assert_eq!(text.parse::<Unsubscribe>().is_ok(), want, "{text}");
        }
    }
}
