//! Which call of Meta's a request is, by method, path and query: a list of what passes, and nothing else.

use std::fmt;

use consent::id::NumberId;
use reqwest::Method;

use crate::message::Endpoint;

/// A version of the Graph API, as `v25.0`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(Box<str>); // INVARIANT: `v`, one to three digits, a dot, one or two digits.

impl Version {
    /// The version in the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Version {
    type Err = BadRoute;

    fn from_str(text: &str) -> Result<Self, BadRoute> {
        let digits = |part: &str, max: usize| {
            (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        let parts = text.strip_prefix('v').and_then(|rest| rest.split_once('.'));
        match parts {
            Some((major, minor)) if digits(major, 3) && digits(minor, 2) => Ok(Self(text.into())),
            _ => Err(BadRoute::Version(text.to_owned())),
        }
    }
}

/// The newest version that we know.
#[must_use]
pub fn newest() -> Version {
    Version("v25.0".into())
}

/// A call that passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// A message: through the gate.
    Send(SendRoute),
    /// Something that reaches nobody: handed through.
    Pass(Passage),
}

/// Where a message is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendRoute {
    /// The version of the API.
    pub version: Version,
    /// The number that sends.
    pub number: NumberId,
    /// Which door.
    pub endpoint: Endpoint,
    /// `appsecret_proof`, which goes with the caller's own token.
    pub proof: Option<String>,
}

/// A call that is handed through. Only [`read`] and the calls of our own make one, so no message can
/// be posted this way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    version: Version,
    what: What,
    node: String,
    query: String,
}

/// What a passage does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// `GET /{id}`: a number, a file, a template; the server knows which.
    ReadNode,
    /// `DELETE /{id}`: a file. A number or an account is refused by the server.
    DeleteNode,
    /// `POST /{id}`: a change of a template, when the id is one. On a number or an account it would
    /// set a `webhook_configuration` and route STOPs around us: the server refuses those ids.
    ChangeTemplate,
    /// `POST /{number}/media`
    UploadMedia,
    /// `GET /{account}/message_templates`
    ListTemplates,
    /// `POST /{account}/message_templates`
    CreateTemplate,
    /// `DELETE /{account}/message_templates`
    DeleteTemplates,
    /// `GET /{account}/phone_numbers`
    ListNumbers,
}

/// A call that does not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRoute {
    /// There is no version in front.
    #[error(
        "`{0}` is not a version of the Graph API: want a path like /v25.0/109900000000001/messages"
    )]
    Version(String),
    /// The id in the path is not one.
    #[error("`{0}` is not an id: want the digits of a number, account, file or template")]
    Node(String),
    /// Nothing here answers that.
    #[error(
        "{method} on `{path}` is not handed through: want messages, marketing_messages, media or message_templates"
    )]
    Unknown {
        /// The method.
        method: String,
        /// The path without its version.
        path: String,
    },
    /// The query would make something else of the request.
    #[error("the query parameter `{0}` is not taken here")]
    Query(String),
}

/// What a request is, and the token in its query, if there is one.
pub type Read = (Route, Option<String>);

/// Reads a request line. `path` is as it came, with its escapes; `query` without the `?`.
///
/// # Errors
/// [`BadRoute`] for everything that is not on the list.
pub fn read(method: &str, path: &str, query: Option<&str>) -> Result<Read, BadRoute> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (version, rest) = path.split_once('/').unwrap_or((path, ""));
    let version: Version = version.parse()?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (node, edge) = match rest.split_once('/') {
        Some((node, edge)) => (node, Some(edge)),
        None => (rest, None),
    };
    let unknown = || BadRoute::Unknown {
        method: method.to_owned(),
        path: rest.to_owned(),
    };
    let endpoint = match edge {
        Some("messages") => Some(Endpoint::Messages),
        Some("marketing_messages") => Some(Endpoint::MarketingMessages),
        Some(_) | None => None,
    };
    let query = Query::read(query.unwrap_or_default())?;
    if let (Some(endpoint), "POST") = (endpoint, method) {
        let number = node.parse().map_err(|_| BadRoute::Node(node.to_owned()))?;
        let proof = query.proof()?;
        let route = SendRoute {
            version,
            number,
            endpoint,
            proof,
        };
        return Ok((Route::Send(route), query.token));
    }
    let what = What::of(method, edge).ok_or_else(unknown)?;
    let passage = Passage::new(version, what, node)?;
    let passage = Passage {
        query: query.kept.join("&"),
        ..passage
    };
    Ok((Route::Pass(passage), query.token))
}

impl What {
    fn of(method: &str, edge: Option<&str>) -> Option<Self> {
        match (method, edge) {
            ("GET", None) => Some(Self::ReadNode),
            ("DELETE", None) => Some(Self::DeleteNode),
            ("POST", None) => Some(Self::ChangeTemplate),
            ("POST", Some("media")) => Some(Self::UploadMedia),
            ("GET", Some("message_templates")) => Some(Self::ListTemplates),
            ("POST", Some("message_templates")) => Some(Self::CreateTemplate),
            ("DELETE", Some("message_templates")) => Some(Self::DeleteTemplates),
            ("GET", Some("phone_numbers")) => Some(Self::ListNumbers),
            _ => None,
        }
    }

    const fn method(self) -> Method {
        match self {
            Self::ReadNode | Self::ListTemplates | Self::ListNumbers => Method::GET,
            Self::DeleteNode | Self::DeleteTemplates => Method::DELETE,
            Self::ChangeTemplate | Self::UploadMedia | Self::CreateTemplate => Method::POST,
        }
    }

    const fn edge(self) -> &'static str {
        match self {
            Self::ReadNode | Self::DeleteNode | Self::ChangeTemplate => "",
            Self::UploadMedia => "/media",
            Self::ListTemplates | Self::CreateTemplate | Self::DeleteTemplates => {
                "/message_templates"
            }
            Self::ListNumbers => "/phone_numbers",
        }
    }
}

impl Passage {
    pub(crate) fn new(version: Version, what: What, node: &str) -> Result<Self, BadRoute> {
        let clean = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if node.is_empty() || node.len() > 128 || !node.bytes().all(clean) {
            return Err(BadRoute::Node(node.to_owned()));
        }
        Ok(Self {
            version,
            what,
            node: node.to_owned(),
            query: String::new(),
        })
    }

    pub(crate) fn with_query(self, query: String) -> Self {
        Self { query, ..self }
    }

    /// What it does.
    #[must_use]
    pub const fn what(&self) -> What {
        self.what
    }

    /// The number, account, file or template that it is about.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.what.method()
    }
}

/// Path and query, without a token.
impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/{}/{}{}",
            self.version.as_str(),
            self.node,
            self.what.edge()
        )?;
        if self.query.is_empty() {
            Ok(())
        } else {
            write!(f, "?{}", self.query)
        }
    }
}

/// The path of a send. Its query is only the proof that goes with a token.
impl fmt::Display for SendRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/{}/{}/{}",
            self.version.as_str(),
            self.number,
            self.endpoint.word()
        )
    }
}

/// The query, with the token taken out and refused when it would override the request.
#[derive(Default)]
struct Query<'a> {
    token: Option<String>,
    kept: Vec<&'a str>,
}

impl<'a> Query<'a> {
    fn read(query: &'a str) -> Result<Self, BadRoute> {
        const OVERRIDES: [&str; 6] = ["method", "batch", "path", "relative_url", "ids", "id"];
        let mut read = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name).ok_or_else(|| BadRoute::Query(name.to_owned()))?;
            let folded = name.trim().to_ascii_lowercase();
            let stem = folded.split(['[', '.']).next().unwrap_or_default();
            if OVERRIDES.contains(&stem) {
                return Err(BadRoute::Query(name));
            }
            if folded == "access_token" {
                let token = decoded(value).ok_or(BadRoute::Query(name))?;
                read.token = Some(token);
            } else {
                read.kept.push(pair);
            }
        }
        Ok(read)
    }

    /// The proof in the query of a send. Nothing else may stand there: Graph takes parameters of the
    /// query like members of the body, so `?to=` would send to somebody we have not asked about.
    fn proof(&self) -> Result<Option<String>, BadRoute> {
        let mut proof = None;
        for pair in &self.kept {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let hex = value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit());
            if name != "appsecret_proof" || !hex || proof.is_some() {
                return Err(BadRoute::Query(name.to_owned()));
            }
            proof = Some(value.to_owned());
        }
        Ok(proof)
    }
}

/// Undoes the escapes of a query; none when they are broken.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
                if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = tail.get(2..)?;
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_to_the_gate_and_the_rest_of_the_list_passes() {
        let (route, token) = read("POST", "/v25.0/109900000000001/messages", None).unwrap();
        let Route::Send(send) = route else {
            panic!("not a send")
        };
        assert_eq!(
            (send.to_string().as_str(), token),
            ("/v25.0/109900000000001/messages", None)
        );
        let path = "/v24.0/109900000000001/marketing_messages/";
        let Route::Send(send) = read("POST", path, Some("")).unwrap().0 else {
            panic!("not a send")
        };
        assert_eq!(send.endpoint, Endpoint::MarketingMessages);
        for (method, path, what) in [
            ("GET", "/v25.0/109900000000001", What::ReadNode),
            ("DELETE", "/v25.0/309900000000001", What::DeleteNode),
            ("POST", "/v25.0/509900000000001", What::ChangeTemplate),
            ("POST", "/v25.0/109900000000001/media", What::UploadMedia),
            (
                "GET",
                "/v25.0/209900000000001/message_templates",
                What::ListTemplates,
            ),
            (
                "POST",
                "/v25.0/209900000000001/message_templates",
                What::CreateTemplate,
            ),
            (
                "DELETE",
                "/v25.0/209900000000001/message_templates",
                What::DeleteTemplates,
            ),
            (
                "GET",
                "/v25.0/209900000000001/phone_numbers",
                What::ListNumbers,
            ),
        ] {
            let Route::Pass(passage) = read(method, path, Some("fields=name&limit=2")).unwrap().0
            else {
                panic!("{path}")
            };
            assert_eq!(passage.what(), what);
            assert_eq!(passage.to_string(), format!("{path}?fields=name&limit=2"));
            assert_eq!(passage.method(), method);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (method, path) in [
            ("GET", "/v25.0/109900000000001/messages"),
            ("PUT", "/v25.0/109900000000001/messages"),
            ("POST", "/messages"),
            ("POST", "/25.0/109900000000001/messages"),
            ("POST", "/v25.0/me/messages"),
            ("POST", "/v25.0/109900000000001/messages/x"),
            ("POST", "/v25.0/109900000000001//messages"),
            ("POST", "/v25.0/109900000000001/messages_encrypted"),
            ("POST", "/v25.0/109900000000001/%6dessages"),
            ("POST", "/v25.0/109900000000001/MESSAGES"),
            ("POST", "/v25.0/109900000000001/register"),
            ("POST", "/v25.0/209900000000001/subscribed_apps"),
            ("POST", "/v25.0/109900000000001/calls"),
            ("POST", "/v25.0/1099%2f../media"),
            ("POST", "/v25.0/"),
            ("POST", "/v25.0"),
            ("POST", "/"),
            ("GET", "/v25.0/.."),
        ] {
            assert!(read(method, path, None).is_err(), "{method} {path}");
        }
    }

    #[test]
    fn a_query_can_neither_change_the_request_nor_carry_the_token_on() {
        let path = "/v25.0/109900000000001/messages";
        for query in [
            "to=447700900123",
            "method=DELETE",
            "metho%64=DELETE",
            "batch=[]",
            "type=template",
            "appsecret_proof=short",
            "%ff=1",
            "Method=get",
        ] {
            assert!(
                matches!(read("POST", path, Some(query)), Err(BadRoute::Query(_))),
                "{query}"
            );
        }
        let (_, token) = read("POST", path, Some("access_token=EAA%2B1")).unwrap();
        assert_eq!(token.as_deref(), Some("EAA+1"));
        let proof = "ab".repeat(32);
        let query = format!("appsecret_proof={proof}");
        let Route::Send(send) = read("POST", path, Some(&query)).unwrap().0 else {
            panic!("not a send")
        };
        assert_eq!(send.proof, Some(proof));
        let query = Some("fields=id&access_token=EAA&limit=1");
        let (Route::Pass(passage), token) = read("GET", "/v25.0/1", query).unwrap() else {
            panic!("not a passage")
        };
        assert_eq!(passage.to_string(), "/v25.0/1?fields=id&limit=1");
        assert_eq!(token.as_deref(), Some("EAA"));
        for query in ["method=post", "ids=1,2", "batch%5B0%5D=x"] {
            assert!(read("GET", "/v25.0/1", Some(query)).is_err(), "{query}");
        }
    }
}
