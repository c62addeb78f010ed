//! The two spellings of an address that Twilio may have signed: with its port and without.

/// The address with a port, where it has none that of its scheme, and the address without one. Twilio signs now this,
/// now that, and its own libraries try both.
pub(crate) fn both(url: &str) -> [String; 2] {
    let Some(parts) = Parts::of(url) else {
        return [url.to_owned(), url.to_owned()];
    };
    let Parts {
        scheme,
        host,
        port,
        rest,
    } = parts;
    let standard = if scheme.eq_ignore_ascii_case("https") {
        "443"
    } else {
        "80"
    };
    let port = port.unwrap_or(standard);
    [
        format!("{scheme}://{host}:{port}{rest}"),
        format!("{scheme}://{host}{rest}"),
    ]
}

struct Parts<'a> {
    scheme: &'a str,
    /// With the user and password, if there are any.
    host: &'a str,
    port: Option<&'a str>,
    rest: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, after) = url.split_once("://")?;
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let (authority, rest) = after.split_at_checked(end)?;
        // What stands before the last `@` may hold a colon too, and an address in brackets holds many.
        let port = authority
            .rsplit_once(':')
            .filter(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
        let (host, port) = port.map_or((authority, None), |(host, port)| (host, Some(port)));
        Some(Self {
            scheme,
            host,
            port,
            rest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_tried_with_its_port_and_without() {
        for (url, with, without) in [
            (
                "https://a.b/c?d=e:1",
                "https://a.b:443/c?d=e:1",
                "https://a.b/c?d=e:1",
            ),
            ("http://a.b/c", "http://a.b:80/c", "http://a.b/c"),
            ("https://a.b:8443/c", "https://a.b:8443/c", "https://a.b/c"),
            ("https://a.b?x", "https://a.b:443?x", "https://a.b?x"),
            (
                "https://u:p@a.b/c",
                "https://u:p@a.b:443/c",
                "https://u:p@a.b/c",
            ),
            (
                "https://u:1@a.b:1/c",
                "https://u:1@a.b:1/c",
                "https://u:1@a.b/c",
            ),
            ("https://[::1]/c", "https://[::1]:443/c", "https://[::1]/c"),
            (
                "https://[::1]:90/c",
                "https://[::1]:90/c",
                "https://[::1]/c",
            ),
            ("https://a.b", "https://a.b:443", "https://a.b"),
            ("nowhere", "nowhere", "nowhere"),
        ] {
            assert_eq!(both(url), [with, without], "{url}");
        }
    }
}
