//! Where a visitor comes from: for limits, and as evidence.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, request::Parts},
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of whoever sent a request, when `proxies` of ours stand before us: the one that the outermost of them saw.
#[must_use]
pub fn of(parts: &Parts, proxies: usize) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|info| info.0.ip());
    let seen = forwarded(&parts.headers, proxies).or(peer);
    seen.map(|address| address.to_canonical())
}

/// What the outermost proxy wrote. Whatever stands before that the visitor may have written.
fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let from_the_end = proxies.checked_sub(1)?;
    let lines = headers.get_all(FORWARDED_FOR).into_iter();
    let text: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let text = text.join(",");
    read(text.rsplit(',').nth(from_the_end)?.trim())
}

/// An address; some proxies write the port too.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Request};

    use super::*;

    fn seen(peer: Option<&str>, lines: &[&str], proxies: usize) -> Option<String> {
        let (mut parts, ()) = Request::new(()).into_parts();
        if let Some(peer) = peer {
            let peer: SocketAddr = peer.parse().unwrap();
            parts.extensions.insert(ConnectInfo(peer));
        }
        for line in lines {
            let line = HeaderValue::from_str(line).unwrap();
            parts.headers.append(FORWARDED_FOR, line);
        }
        of(&parts, proxies).map(|address| address.to_string())
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let forged = "198.51.100.9, 203.0.113.5, 10.0.0.2";
        for (lines, proxies, want) in [
            (&[forged][..], 0, "192.0.2.1"),
            (&[forged], 1, "10.0.0.2"),
            (&[forged], 2, "203.0.113.5"),
            (&["198.51.100.9", "203.0.113.5,10.0.0.2"], 2, "203.0.113.5"),
            (&["203.0.113.5:4711"], 1, "203.0.113.5"),
            // Whoever comes past the proxies is seen as they are.
            (&["198.51.100.9"], 2, "192.0.2.1"),
            (&["198.51.100.9, unknown"], 1, "192.0.2.1"),
            (&[], 1, "192.0.2.1"),
        ] {
            let seen = seen(Some("192.0.2.1:443"), lines, proxies);
            assert_eq!(seen.as_deref(), Some(want), "{lines:?} {proxies}");
        }
        assert_eq!(seen(None, &[], 0), None);
    }

    #[test]
    fn an_address_is_read_in_every_way_in_which_proxies_write_it() {
        for (line, want) in [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"),
            ("[2001:db8:1:3::1]:4711", "2001:db8:1:3::1"),
            ("[2001:db8:1:3::1]", "2001:db8:1:3::1"),
            ("::ffff:203.0.113.5", "203.0.113.5"),
            (" 203.0.113.5:80 ", "203.0.113.5"),
        ] {
            assert_eq!(seen(None, &[line], 1).as_deref(), Some(want), "{line}");
        }
    }
}
