//! The words of a message.

use graph::webhook::{content::Content, said::Said};

/// The words that are kept of a message.
pub(super) fn text(content: &Content) -> Option<String> {
    match content {
        Content::FlowReply { response, .. } => Some(response.clone()),
        Content::Reaction { emoji, .. } => emoji.clone(),
        other => other.said().map(|said| match said {
            Said::Typed(text) => text.to_owned(),
            Said::Tapped { payload, label } => label.or(payload).unwrap_or_default().to_owned(),
        }),
    }
}
