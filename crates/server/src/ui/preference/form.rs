//! What a form of the page says about its switches.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
};
use store::house::TopicLine;

use crate::{
    services::preferences::choice::Choice,
    ui::form::{self, Form},
};

impl Form {
    /// The switches that were on when the page was shown, and are not any more.
    #[must_use]
    pub fn switched_off(&self, topics: &[TopicLine]) -> Vec<Choice> {
        let kept: Vec<&str> = self.all("keep").collect();
        Self::read_all(self.all("shown").filter(|key| !kept.contains(key)), topics)
    }

    /// The switches that were off when the page was shown, and are on now.
    #[must_use]
    pub fn switched_on(&self, topics: &[TopicLine]) -> Vec<Choice> {
        let kept: Vec<&str> = self.all("keep").collect();
        Self::read_all(self.all("closed").filter(|key| kept.contains(key)), topics)
    }

    fn read_all<'a>(keys: impl Iterator<Item = &'a str>, topics: &[TopicLine]) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        for choice in keys.filter_map(|key| Choice::read(key, topics)) {
            if !choices.contains(&choice) {
                choices.push(choice);
            }
        }
        choices
    }
}

/// Whether a body is the one that RFC 8058 prescribes, in either of the two ways in which a form is sent.
///
/// # Errors
/// 413 when it is too large, 400 when it breaks off.
pub async fn is_one_click(headers: &HeaderMap, body: Body) -> Result<bool, StatusCode> {
    let bytes = form::bytes(body).await?;
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        let text = String::from_utf8_lossy(&bytes);
        let (mut lines, name) = (text.lines(), "name=\"list-unsubscribe\"");
        let found = lines.any(|line| line.to_ascii_lowercase().contains(name));
        return Ok(found && lines.any(|line| line.trim() == "One-Click"));
    }
    Ok(Form::of(&bytes).get("List-Unsubscribe") == Some("One-Click"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_on_and_is_not_kept_is_switched_off_and_nothing_else() {
        let form = Form::of(
            b"shown=category%3Amarketing&shown=channel%3Asms&shown=channel:email&keep=channel%3Asms\
              &shown=category:marketing&shown=nonsense&keep=category:utility",
        );
        let marketing = Choice::read("category:marketing", &[]).unwrap();
        let email = Choice::read("channel:email", &[]).unwrap();
        assert_eq!(form.switched_off(&[]), [marketing, email]);
        assert_eq!(Form::of(b"keep=all").switched_off(&[]), []);
    }

    #[tokio::test]
    async fn one_click_is_read_in_both_ways_in_which_a_form_is_sent() {
        let parts = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        for (kind, body, want) in [
            (
                "application/x-www-form-urlencoded",
                "List-Unsubscribe=One-Click",
                true,
            ),
            ("", "List-Unsubscribe=One-Click", true),
            ("multipart/form-data; boundary=x", parts, true),
            ("application/x-www-form-urlencoded", "", false),
            (
                "application/x-www-form-urlencoded",
                "List-Unsubscribe=Two-Clicks",
                false,
            ),
            ("multipart/form-data; boundary=x", "One-Click", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            let read = is_one_click(&headers, Body::from(body)).await;
            assert_eq!(read, Ok(want), "{kind} {body}");
        }
        let long = Body::from(vec![b'x'; form::BYTES_MAX + 1]);
        let read = is_one_click(&HeaderMap::new(), long).await;
        assert_eq!(read, Err(StatusCode::PAYLOAD_TOO_LARGE));
    }
}
