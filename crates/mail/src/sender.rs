//! Who a letter is from, as a setting writes it: `Example Shop <news@example.com>`.

use std::str::FromStr;

use consent::alias::Email;
use lettre::{Address, message::Mailbox};
use url::Host;

/// The longest name beside an address, in characters.
const NAME_CHARS_MAX: usize = 100;

/// An address of ours, perhaps with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox); // INVARIANT: no control character; the domain is ASCII.

impl Sender {
    /// The domain of the address: ids of letters lie under it, and greetings name it.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }

    /// The name that people see, if there is one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        self.0.clone()
    }
}

impl FromStr for Sender {
    type Err = BadSender;

    fn from_str(text: &str) -> Result<Self, BadSender> {
        let bad = || BadSender(text.chars().filter(|c| !breaks_a_line(*c)).collect());
        if text.chars().any(breaks_a_line) {
            return Err(bad());
        }
        let read: Mailbox = text.trim().parse().map_err(|_| bad())?;
        let name = read.name.filter(|name| !name.trim().is_empty());
        if name
            .as_ref()
            .is_some_and(|name| name.chars().count() > NAME_CHARS_MAX)
        {
            return Err(bad());
        }
        let address = address(read.email.user(), read.email.domain()).ok_or_else(bad)?;
        if address.domain().contains('.') {
            Ok(Self(Mailbox::new(name, address)))
        } else {
            Err(bad())
        }
    }
}

/// A text that was meant to be a sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no sender of e-mail: want something like Example Shop <news@example.com>")]
pub struct BadSender(String);

/// Where a letter goes. None for an address that no mail server would take.
pub(crate) fn recipient(email: &Email) -> Option<Address> {
    let text = email.to_string();
    let (user, domain) = text.rsplit_once('@')?;
    address(user, domain)
}

/// Domains travel in ASCII: a server need not know any other form.
fn address(user: &str, domain: &str) -> Option<Address> {
    if domain.is_ascii() {
        return Address::new(user, domain).ok();
    }
    match Host::parse(domain).ok()? {
        Host::Domain(ascii) => Address::new(user, ascii).ok(),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// What ends a line for somebody: in a header, whatever follows would be read as another one.
pub(crate) fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        for (text, name, domain) in [
            ("news@example.com", None, "example.com"),
            (
                "Example Shop <news@example.com>",
                Some("Example Shop"),
                "example.com",
            ),
            (
                "\"Shop, the\" <news@example.com>",
                Some("Shop, the"),
                "example.com",
            ),
            (
                "Lojão do João <oi@joão.example>",
                Some("Lojão do João"),
                "xn--joo-nla.example",
            ),
        ] {
            let sender: Sender = text.parse().unwrap();
            assert_eq!((sender.name(), sender.domain()), (name, domain), "{text}");
        }
        for text in [
            "",
            "news",
            "news@localhost",
            "Shop <news@example.com>\r\nBcc: all@example.com",
            "Shop\n <news@example.com>",
            "a@b.example, c@d.example",
        ] {
            let error = text.parse::<Sender>().unwrap_err().to_string();
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_domain_in_any_script_travels_in_ascii() {
        let email: Email = "Ana@BÜCHER.example".parse().unwrap();
        assert_eq!(
            recipient(&email).unwrap().to_string(),
            "ana@xn--bcher-kva.example"
        );
        for text in ["a\"b@example.com", "a<b@example.com", "a@exa mple.com"] {
            let read = text.parse::<Email>().ok();
            assert_eq!(read.and_then(|email| recipient(&email)), None, "{text}");
        }
    }
}
