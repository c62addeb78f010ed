//! Which mail server, and how it is spoken to: what a URL such as `smtps://user:password@mail.example` says.

use std::{fmt, str::FromStr};

use lettre::transport::smtp::{
    authentication::Credentials,
    client::{TlsParameters, TlsVersion},
};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::unsubscribe::is_this_machine;

/// The port for letters that are handed in over TLS from the first byte (RFC 8314).
const TLS_PORT: u16 = 465;
/// The port for letters that are handed in and encrypted by STARTTLS.
const STARTTLS_PORT: u16 = 587;
/// The port of mail servers among themselves, and of those on this machine.
const PLAIN_PORT: u16 = 25;

/// Which server, and how.
#[derive(Clone)]
pub struct Way {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) cover: Cover,
    pub(crate) credentials: Option<Credentials>,
}

/// How the conversation is kept from others.
#[derive(Clone)]
pub(crate) enum Cover {
    /// TLS from the first byte.
    Tls(TlsParameters),
    /// A plain greeting, then TLS or nothing.
    StartTls(TlsParameters),
    /// Not at all.
    Plain,
}

/// The user and the password stay inside.
impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = match self.cover {
            Cover::Tls(_) => ("smtps", ""),
            Cover::StartTls(_) => ("smtp", "?tls=required"),
            Cover::Plain => ("smtp", "?tls=none"),
        };
        write!(f, "{scheme}://{}:{}{rest}", self.host, self.port)
    }
}

impl FromStr for Way {
    type Err = BadWay;

    fn from_str(text: &str) -> Result<Self, BadWay> {
        let url: Url = text.parse().map_err(|_| BadWay::Form)?;
        let host = match url.host().ok_or(BadWay::Form)? {
            Host::Domain(name) => percent_decode_str(name)
                .decode_utf8()
                .map_err(|_| BadWay::Form)?
                .into_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let is_bare = matches!(url.path(), "" | "/") && url.fragment().is_none();
        let host_ok = !host.is_empty() && !host.contains(char::is_whitespace);
        if !is_bare || !host_ok {
            return Err(BadWay::Form);
        }
        let cover = cover(&url, &host)?;
        let usual = match cover {
            Cover::Tls(_) => TLS_PORT,
            Cover::StartTls(_) => STARTTLS_PORT,
            Cover::Plain => PLAIN_PORT,
        };
        Ok(Self {
            port: url.port().unwrap_or(usual),
            credentials: credentials(&url)?,
            host,
            cover,
        })
    }
}

/// A URL that names no mail server. It is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWay {
    /// It has another form.
    #[error(
        "the address of the mail server cannot be read: want smtps://user:password@mail.example, or smtp://user:password@mail.example?tls=required"
    )]
    Form,
    /// It asks for something that there is not.
    #[error("`{0}` is no such choice: want tls=required or tls=none, and nothing else")]
    Choice(String),
    /// It would send letters, and the password, for everybody to read.
    #[error(
        "`{0}` is another machine, and smtp:// alone speaks to it in the clear: want smtps://, or ?tls=required for STARTTLS, or ?tls=none if that is meant"
    )]
    InTheClear(String),
    /// A user without a password, or the other way round, or with characters that cannot be decoded.
    #[error(
        "the user and the password of the mail server cannot be read: want both, with %-signs for special characters"
    )]
    Credentials,
    /// TLS cannot be set up.
    #[error("TLS to the mail server cannot be set up: {0}")]
    Tls(String),
}

fn cover(url: &Url, host: &str) -> Result<Cover, BadWay> {
    let mut asked = None;
    for (name, value) in url.query_pairs() {
        if name != "tls" || asked.is_some() {
            return Err(BadWay::Choice(format!("{name}={value}")));
        }
        asked = Some(value.into_owned());
    }
    let parsed = Host::parse(host).or_else(|_| Host::parse(&format!("[{host}]")));
    let is_here = parsed.is_ok_and(|host| match &host {
        Host::Domain(name) => is_this_machine(&Host::Domain(name.as_str())),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    });
    match (url.scheme(), asked.as_deref()) {
        ("smtps", None | Some("required")) => Ok(Cover::Tls(tls(host)?)),
        ("smtp", Some("required")) => Ok(Cover::StartTls(tls(host)?)),
        ("smtp", Some("none")) => Ok(Cover::Plain),
        ("smtp", None) if is_here => Ok(Cover::Plain),
        ("smtp", None) => Err(BadWay::InTheClear(host.to_owned())),
        ("smtp" | "smtps", Some(other)) => Err(BadWay::Choice(format!("tls={other}"))),
        _ => Err(BadWay::Form),
    }
}

/// Certificates are judged by what the machine trusts, as for every other call of ours.
fn tls(host: &str) -> Result<TlsParameters, BadWay> {
    let builder = TlsParameters::builder(host.to_owned()).set_min_tls_version(TlsVersion::Tlsv12);
    let made = builder.build_rustls();
    made.map_err(|error| BadWay::Tls(crate::outcome::words(&error)))
}

fn credentials(url: &Url) -> Result<Option<Credentials>, BadWay> {
    let read = |text: &str| {
        let read = percent_decode_str(text).decode_utf8();
        read.map_or(Err(BadWay::Credentials), |text| Ok(text.into_owned()))
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(BadWay::Credentials),
        (user, Some(password)) => Ok(Some(Credentials::new(read(user)?, read(password)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_which_server_and_how() {
        for (text, want) in [
            ("smtps://u:p@mail.example", "smtps://mail.example:465"),
            (
                "smtps://mail.example:4650?tls=required",
                "smtps://mail.example:4650",
            ),
            (
                "smtp://u:p@mail.example?tls=required",
                "smtp://mail.example:587?tls=required",
            ),
            ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525?tls=none"),
            ("smtp://localhost", "smtp://localhost:25?tls=none"),
            ("smtp://[::1]:25", "smtp://::1:25?tls=none"),
            (
                "smtp://relay.internal:25?tls=none",
                "smtp://relay.internal:25?tls=none",
            ),
        ] {
            assert_eq!(text.parse::<Way>().unwrap().to_string(), want, "{text}");
        }
    }

    #[test]
    fn nothing_goes_in_the_clear_by_accident_and_no_password_is_printed() {
        for (text, want) in [
            (
                "smtp://mail.example",
                BadWay::InTheClear("mail.example".to_owned()),
            ),
            (
                "smtp://u:hunter2@127.0.0.1.example:25",
                BadWay::InTheClear("127.0.0.1.example".to_owned()),
            ),
            (
                "smtp://u:hunter2@mail.example?tls=opportunistic",
                BadWay::Choice("tls=opportunistic".to_owned()),
            ),
            (
                "smtps://u:hunter2@mail.example?tls=none",
                BadWay::Choice("tls=none".to_owned()),
            ),
            (
                "smtps://mail.example?verify=no",
                BadWay::Choice("verify=no".to_owned()),
            ),
            ("smtps://hunter2@mail.example", BadWay::Credentials),
            ("smtps://:hunter2@mail.example", BadWay::Credentials),
            ("smtps://u:%ff@mail.example", BadWay::Credentials),
            ("https://u:hunter2@mail.example", BadWay::Form),
            ("smtps://u:hunter2@mail.example/path", BadWay::Form),
            ("smtps://", BadWay::Form),
            ("hunter2", BadWay::Form),
        ] {
            let error = text.parse::<Way>().unwrap_err();
            assert_eq!(error, want, "{text}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let way: Way = "smtps://user:hunter2@mail.example".parse().unwrap();
        assert!(!format!("{way:?} {way}").contains("hunter2"));
    }
}
