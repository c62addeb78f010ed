//! What every page says to a browser: keep nothing, tell nobody, load nothing from elsewhere; and who may post.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Everything that a page may do: our own style, script and pictures, and forms to ourselves.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// How the policy says that nobody may show the page inside their own.
const NO_FRAMES: &str = "frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
    (
        HeaderName::from_static("x-robots-tag"),
        "noindex, nofollow, noarchive",
    ),
];

/// The same for the dashboard, whose pages also ask for news.
const DESK_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                           form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the headers on whatever a page of the dashboard answers. It tells itself where a form came from, and nobody else.
pub async fn protect_desk(request: Request, next: Next) -> Response {
    desk(next.run(request).await)
}

/// The headers of the dashboard, put on an answer.
#[must_use]
pub fn desk(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let own = [
        (header::CONTENT_SECURITY_POLICY, DESK_POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in HEADERS.into_iter().chain(own) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Puts the headers on whatever a page answers. A page that set a policy of its own, with [`framed`], keeps that.
pub async fn protect(request: Request, next: Next) -> Response {
    people(next.run(request).await)
}

/// The same headers, put on an answer.
#[must_use]
pub fn people(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = HeaderValue::from_static(POLICY);
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        let never = HeaderValue::from_static("DENY");
        headers.insert(header::X_FRAME_OPTIONS, never);
    }
    response
}

/// Lets pages of these origins, such as `https://shop.example`, show this one inside them. Where there is none, nobody may.
#[must_use]
pub fn framed(mut response: Response, origins: &[String]) -> Response {
    let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
    let origins: Vec<&str> = origins.into_iter().filter(|text| is_origin(text)).collect();
    if origins.is_empty() {
        return response;
    }
    let ancestors = format!("frame-ancestors {}", origins.join(" "));
    // INVARIANT: origins hold no sign that a policy reads as its own, see `is_origin`.
    if let Ok(policy) = HeaderValue::from_str(&POLICY.replace(NO_FRAMES, &ancestors)) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Whether a text is a scheme, a host and perhaps a port, and nothing else.
fn is_origin(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && host.chars().all(plain))
}

/// Whether a form was sent from somebody else's page. Programs say nothing about where they come from, and neither do
/// old browsers; the token in the address is the authority in any case.
#[must_use]
pub fn is_foreign(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    // Our pages send no referrer, and then a browser's origin is `null` even towards ourselves.
    let Some(origin) = text(header::ORIGIN).filter(|origin| *origin != "null") else {
        return false;
    };
    let host = |url: &str| {
        let rest = url.split_once("://")?.1;
        Some(rest.split(['/', '?', '#']).next()?.to_ascii_lowercase())
    };
    let theirs = host(origin);
    let ours = public_url.and_then(host);
    let asked = text(header::HOST).map(str::to_ascii_lowercase);
    theirs.is_none() || (theirs != ours && theirs != asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_shown_inside_others_only_where_they_are_named() {
        let policy = |origins: &[&str]| {
            let origins: Vec<String> = origins.iter().map(|&one| one.to_owned()).collect();
            let framed = framed(Response::default(), &origins);
            let policy = framed.headers().get(header::CONTENT_SECURITY_POLICY);
            policy.map(|policy| policy.to_str().unwrap().to_owned())
        };
        let shop = "https://shop.example https://b.example:8443";
        let two = ["https://shop.example", "https://b.example:8443"];
        let said = policy(&two).unwrap();
        assert!(said.ends_with(&format!("frame-ancestors {shop}")), "{said}");
        assert!(said.starts_with("default-src 'none'; style-src 'self'"));
        for none in [
            "",
            "*",
            "https://",
            "https://shop.example; script-src *",
            "https://shop.example *",
            "https://shop.example/path",
            "data:text",
        ] {
            assert_eq!(policy(&[none]), None, "{none}");
        }
        assert!(POLICY.ends_with(NO_FRAMES));
    }

    #[test]
    fn a_form_of_somebody_else_is_told_apart() {
        let ours = Some("https://gate.example.com/base");
        for (site, origin, foreign) in [
            (None, None, false),
            (None, Some("null"), false),
            (None, Some("https://gate.example.com"), false),
            (None, Some("http://127.0.0.1:8080"), false),
            (None, Some("https://evil.example.com"), true),
            (None, Some("https://gate.example.com.evil.com"), true),
            (None, Some("nonsense"), true),
            (Some("same-origin"), Some("null"), false),
            (Some("none"), None, false),
            (Some("same-site"), Some("null"), true),
            (Some("cross-site"), Some("https://gate.example.com"), true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_foreign(&headers, ours), foreign, "{site:?} {origin:?}");
        }
    }
}
