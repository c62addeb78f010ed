//! The address of PostgreSQL: one server, or several of which one is the primary.

use std::str::FromStr;

use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use crate::error::StoreError;

/// What is said of a server in an address that names several. We only ever want the primary.
const TARGET: &str = "target_session_attrs";
const WRITABLE: [&str; 2] = ["read-write", "primary"];

/// How to connect to each server of an address.
pub(crate) fn servers(url: &str) -> Result<Vec<PgConnectOptions>, StoreError> {
    let bad = || StoreError::BadUrl(without_password(url));
    let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).ok_or_else(bad)?;
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    let path = for_primary(path).ok_or_else(bad)?;
    hosts
        .split(',')
        .map(|host| {
            let options = PgConnectOptions::from_str(&format!("{scheme}://{user}{host}{path}"));
            let options = options.map_err(|_| bad())?;
            Ok(options
                .application_name("consentry")
                .disable_statement_logging())
        })
        .collect()
}

/// The path and the query, without what PostgreSQL's own programs would be told about several servers. None where
/// something else than the primary is asked for.
fn for_primary(path: &str) -> Option<String> {
    let Some((name, query)) = path.split_once('?') else {
        return Some(path.to_owned());
    };
    let mut kept = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((TARGET, value)) if WRITABLE.contains(&value) => {}
            Some((TARGET, _)) => return None,
            _ => kept.push(pair),
        }
    }
    if kept.is_empty() {
        return Some(name.to_owned());
    }
    Some(format!("{name}?{}", kept.join("&")))
}

/// An address as it may be shown.
pub(crate) fn without_password(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(address, _)| address);
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(url: &str) -> Vec<String> {
        let servers = servers(url).unwrap();
        let place =
            |server: &PgConnectOptions| format!("{}:{}", server.get_host(), server.get_port());
        servers.iter().map(place).collect()
    }

    #[test]
    fn an_address_may_name_several_servers() {
        let cases = [
            ("postgres://u:p@one:5433/db", vec!["one:5433"]),
            (
                "postgres://u@one:1,two:2,three/db",
                vec!["one:1", "two:2", "three:5432"],
            ),
            (
                "postgresql://one,two/db?target_session_attrs=read-write&sslmode=disable",
                vec!["one:5432", "two:5432"],
            ),
            (
                "postgres://u@10.0.0.1:7,10.0.0.2:8?target_session_attrs=primary",
                vec!["10.0.0.1:7", "10.0.0.2:8"],
            ),
        ];
        for (url, wanted) in cases {
            assert_eq!(places(url), wanted, "{url}");
        }
        let both = servers("postgres://u:p%40ss@one,two/db?options=-csearch_path%3Dx").unwrap();
        for server in both {
            assert_eq!(server.get_database(), Some("db"));
            assert_eq!(server.get_username(), "u");
        }
    }

    #[test]
    fn nothing_but_the_primary_can_be_asked_for() {
        for word in ["any", "standby", "prefer-standby", "read-only"] {
            let url = format!("postgres://u:secret@one,two/db?target_session_attrs={word}");
            let refused = servers(&url).unwrap_err();
            assert!(!refused.to_string().contains("secret"), "{refused}");
        }
    }
}
