//! The words in a message by which a person may tell a wish.

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
}
