//! The words in a message by which a person may tell a wish.

use serde_json::Value;

use super::content::Content;

/// Words that came from a person, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// Typed: a text, a caption, a note with an order, new words for an old message.
    Typed(&'a str),
    /// A tap on a button or a row that the business had written.
    Tapped {
        /// What the sender hid in it.
        payload: Option<&'a str>,
        /// Its label.
        label: Option<&'a str>,
    },
}

impl Content {
    /// Everything the person said with this content; nothing for a file without caption, a place,
    /// a reaction. A Flow's answers are fields, not words: see [`Content::FlowReply`].
    #[must_use]
    pub fn said(&self) -> Option<Said<'_>> {
        match self {
            Self::Text { body } => Some(Said::Typed(body)),
            Self::Media(media) => media.caption.as_deref().map(Said::Typed),
            Self::Order { text, .. } => text.as_deref().map(Said::Typed),
            Self::Edit { inner, .. } => inner.said(),
            Self::Button { payload, text } => Some(Said::Tapped {
                payload: payload.as_deref(),
                label: text.as_deref(),
            }),
            Self::ButtonReply { id, title } | Self::ListReply { id, title, .. } => {
                Some(Said::Tapped {
                    payload: Some(id),
                    label: title.as_deref(),
                })
            }
            Self::FlowReply { .. }
            | Self::CallPermission { .. }
            | Self::Reaction { .. }
            | Self::Contacts(_)
            | Self::Location { .. }
            | Self::Revoke { .. }
            | Self::Unsupported { .. }
            | Self::Other { .. } => None,
        }
    }
}

/// What a person answered in a Flow of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form<'a> {
    /// The token that the Flow was opened with.
    pub token: &'a str,
    /// The one choice.
    pub choice: Option<&'a str>,
    /// The topics that were ticked.
    pub topics: Vec<&'a str>,
}

/// The members of a Flow's answer that are understood. `docs/flows/preferences.json` gives them.
const FLOW_TOKEN: &str = "flow_token";
const FLOW_CHOICE: &str = "choice";
const FLOW_TOPICS: &str = "topics";

impl Content {
    /// The answers given in a Flow that was opened with a token; none of anything else.
    #[must_use]
    pub fn form(&self) -> Option<Form<'_>> {
        let Self::FlowReply {
            fields: Some(Value::Object(fields)),
            ..
        } = self
        else {
            return None;
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let topics = fields.get(FLOW_TOPICS).and_then(Value::as_array);
        Some(Form {
            token: text(FLOW_TOKEN)?,
            choice: text(FLOW_CHOICE),
            topics: topics
                .map(|list| list.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_says_its_new_words_and_a_tap_its_payload() {
        let text = Content::Text {
            body: "stop".to_owned(),
        };
        let edit = Content::Edit {
            original: None,
            inner: Box::new(text),
        };
        assert_eq!(edit.said(), Some(Said::Typed("stop")));
        let tap = Content::ButtonReply {
            id: "optin_yes".to_owned(),
            title: Some("Yes".to_owned()),
        };
        let want = Said::Tapped {
            payload: Some("optin_yes"),
            label: Some("Yes"),
        };
        assert_eq!(tap.said(), Some(want));
        assert_eq!(Content::Revoke { original: None }.said(), None);
    }

    #[test]
    fn a_form_without_our_token_is_no_answer() {
        let reply = |fields: Option<Value>| Content::FlowReply {
            name: Some("flow".to_owned()),
            response: String::new(),
            fields,
        };
        for fields in [
            None,
            Some(serde_json::json!([])),
            Some(serde_json::json!({"choice": "keep"})),
            Some(serde_json::json!({"flow_token": 7})),
        ] {
            assert_eq!(reply(fields).form(), None);
        }
        let fields = serde_json::json!({"flow_token": "cq1", "choice": "keep", "topics": ["a", 3]});
        let given = reply(Some(fields));
        let form = given.form().unwrap();
        assert_eq!((form.token, form.choice), ("cq1", Some("keep")));
        assert_eq!(form.topics, ["a"]);
    }
}
