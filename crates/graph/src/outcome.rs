//! What became of a POST: accepted, definitely not, or nobody knows.

use bytes::Bytes;
use consent::{alias::Bsuid, phone::Phone};
use serde_json::Value;

use crate::{
    fault::Fault,
    loose::{self, Object},
};

/// What became of one attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Meta took the message. That is not yet delivery.
    Accepted(Box<Accepted>),
    /// Meta said no: nothing will be sent.
    Rejected(Box<Rejected>),
    /// No byte of the request left: Meta could not be reached, or the body was empty.
    NotSent {
        /// What stood in the way.
        why: String,
    },
    /// The permit was void before the first byte: nothing was sent. Ask the gate again.
    Lapsed,
    /// The message may have been sent or not. Marketing is never tried again; a status may tell.
    Unknown(Box<Unknown>),
}

/// Meta's answer to a message that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The id of the message (`wamid.…`).
    pub id: String,
    /// `accepted`, `held_for_quality_assessment` or `paused`; only for templates.
    pub status: Option<String>,
    /// WhatsApp's spelling of the number.
    pub wa_id: Option<Phone>,
    /// The person's id, when the message went to one.
    pub bsuid: Option<Bsuid>,
    /// The status line of the answer.
    pub http: u16,
    /// The answer, to be handed on untouched.
    pub body: Bytes,
}

/// Meta's answer to a message that it did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub fault: Fault,
    /// The status line of the answer.
    pub http: u16,
    /// The answer, to be handed on untouched.
    pub body: Bytes,
}

/// An attempt of which nobody can say whether it reached Meta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What went wrong.
    pub why: String,
    /// The answer, if there was one: status line and body.
    pub answer: Option<(u16, Bytes)>,
}

/// Codes that say "not now, and nothing was sent", whatever the status line.
const HELD_BACK: [i64; 2] = [130_429, 131_056];

/// Meta's answer to a send that it accepted, as far as it can be told afterwards: for a caller who asks again.
#[must_use]
pub fn accepted_body(input: &str, id: &str) -> Bytes {
    let body = serde_json::json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": input }],
        "messages": [{ "id": id }],
    });
    Bytes::from(body.to_string())
}

impl Outcome {
    /// Reads an answer.
    ///
    /// - 200 with a message id: accepted. Without one: unknown, for Meta did say yes to something.
    /// - 429, and a Graph error with 130429 or 131056 on any status: rejected.
    /// - 4xx with a Graph error: rejected.
    /// - 4xx without one (a proxy's page between us and Meta, perhaps): unknown. 408 and 499 are said
    ///   by proxies about requests that may have gone through; nobody else promises that none did.
    /// - Everything else, 5xx above all, even with a Graph error: unknown.
    #[must_use]
    pub fn of(http: u16, body: Bytes) -> Self {
        let fault = Fault::read(&body);
        let held_back = fault
            .as_ref()
            .is_some_and(|fault| HELD_BACK.contains(&fault.code));
        match (http, fault) {
            (200, None) => Self::accepted(http, body),
            (_, Some(fault)) if held_back || (400..500).contains(&http) => {
                Self::Rejected(Box::new(Rejected { fault, http, body }))
            }
            (429, None) => Self::Rejected(Box::new(Rejected {
                fault: Fault {
                    code: 130_429,
                    message: "too many requests".to_owned(),
                    ..Fault::default()
                },
                http,
                body,
            })),
            (_, Some(fault)) => {
                let why = format!("status {http} with error {}", fault.code);
                Self::unknown(why, http, body)
            }
            (_, None) => Self::unknown(format!("status {http} without a Graph error"), http, body),
        }
    }

    /// Whether it is certain that nothing was and nothing will be sent.
    #[must_use]
    pub const fn is_definite_no(&self) -> bool {
        match self {
            Self::Rejected(_) | Self::NotSent { .. } | Self::Lapsed => true,
            Self::Accepted(_) | Self::Unknown(_) => false,
        }
    }

    fn accepted(http: u16, body: Bytes) -> Self {
        match Accepted::read(&body) {
            Some(accepted) => Self::Accepted(Box::new(Accepted {
                http,
                body,
                ..accepted
            })),
            None => Self::unknown("status 200 without a message id".to_owned(), http, body),
        }
    }

    fn unknown(why: String, http: u16, body: Bytes) -> Self {
        Self::Unknown(Box::new(Unknown {
            why,
            answer: Some((http, body)),
        }))
    }
}

impl Accepted {
    fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let body = body.as_object()?;
        let first = |name: &str| -> Option<&Object> {
            loose::list(body, name).first().and_then(Value::as_object)
        };
        let message = first("messages")?;
        let contact = first("contacts");
        Some(Self {
            id: loose::id(message, "id")?,
            status: loose::text(message, "message_status"),
            wa_id: contact.and_then(|contact| loose::phone(contact, "wa_id")),
            bsuid: contact.and_then(|contact| loose::bsuid(contact, "user_id")),
            http: 200,
            body: Bytes::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Accepted(_) => "accepted",
            Outcome::Rejected(_) => "rejected",
            Outcome::NotSent { .. } => "not sent",
            Outcome::Lapsed => "lapsed",
            Outcome::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn an_accepted_message_gives_its_id_and_whom_meta_knows() {
        let golden = Bytes::from_static(include_bytes!(
            "../tests/golden/39_send_response_accepted.json"
        ));
        let Outcome::Accepted(accepted) = Outcome::of(200, golden.clone()) else {
            panic!("not accepted")
        };
        assert_eq!(accepted.id, "wamid.ZGVtbzpvdXQtdGVtcGxhdGUtMQ==");
        assert_eq!(accepted.status.as_deref(), Some("accepted"));
        assert_eq!(accepted.wa_id.unwrap().digits(), "447700900123");
        assert_eq!(accepted.body, golden);
        let body =
            r#"{"contacts":[{"input":"GB.7","user_id":"GB.7"}],"messages":[{"id":"wamid.X"}]}"#;
        let Outcome::Accepted(accepted) = Outcome::of(200, Bytes::from_static(body.as_bytes()))
        else {
            panic!("not accepted")
        };
        assert_eq!(accepted.bsuid.unwrap().as_str(), "GB.7");
    }

    #[test]
    fn only_what_is_certain_is_called_definite() {
        let graph = |code: i64| format!(r#"{{"error":{{"message":"x","code":{code}}}}}"#);
        for (http, body, want) in [
            (400, graph(131_047), "rejected"),
            (401, graph(190), "rejected"),
            (403, graph(131_005), "rejected"),
            (404, graph(132_001), "rejected"),
            (429, graph(4), "rejected"),
            (429, String::new(), "rejected"),
            (500, graph(130_429), "rejected"),
            (500, graph(131_056), "rejected"),
            (500, graph(131_000), "unknown"),
            (503, graph(2), "unknown"),
            (502, "<html>".to_owned(), "unknown"),
            (504, String::new(), "unknown"),
            (200, "{}".to_owned(), "unknown"),
            (200, r#"{"messages":[]}"#.to_owned(), "unknown"),
            (200, r#"{"messages":[{"id":""}]}"#.to_owned(), "unknown"),
            (200, "cut o".to_owned(), "unknown"),
            (200, graph(131_047), "unknown"),
            (404, "<html>".to_owned(), "unknown"),
            (408, String::new(), "unknown"),
            (302, String::new(), "unknown"),
        ] {
            let outcome = Outcome::of(http, Bytes::from(body.clone()));
            assert_eq!(word(&outcome), want, "{http} {body}");
            assert_eq!(outcome.is_definite_no(), want == "rejected");
        }
    }
}
