//! Signed webhooks as Meta sends them: compact JSON, one event a body, every body different.

use anyhow::Result;
use graph::signature::{self, AppSecret};

use crate::{
    numbers::{mix, number},
    ours::{ACCOUNT, APP_SECRET, NUMBER},
    wire,
};

/// One event in so many is a message; the others are statuses.
pub const MESSAGE_IN: u64 = 10;

/// The states that a message goes through at Meta, in order.
const STATES: [&str; 3] = ["sent", "delivered", "read"];

/// When the first event happened: 2026-11-22T10:00:00Z.
const BEGAN_S: u64 = 1_795_341_600;

/// Meta's id of a message that we sent.
#[must_use]
pub fn wamid(message: u64) -> String {
    format!("wamid.HBgMQkVOQ0hPVVQ{message:016X}")
}

/// The events of a run, drawn in order: which person, which message.
pub struct Draw {
    /// How many contacts there are.
    pub people: u64,
    /// The first message whose statuses were not told yet.
    pub first_message: u64,
    /// Makes bodies of different runs different.
    pub run: u64,
}

/// A signed request.
pub struct Signer(AppSecret);

impl Signer {
    /// With the secret of a run.
    ///
    /// # Errors
    /// Never: the secret is not empty.
    pub fn new() -> Result<Self> {
        Ok(Self(AppSecret::new(APP_SECRET)?))
    }

    /// A body as a whole signed request.
    #[must_use]
    pub fn request(&self, body: &str) -> Vec<u8> {
        let signature = signature::sign(&self.0, body.as_bytes());
        let headers = [
            (signature::HEADER, signature.as_str()),
            ("Content-Type", "application/json"),
        ];
        wire::post("/webhooks/whatsapp", &headers, body.as_bytes())
    }
}

impl Draw {
    /// So many signed requests: one in ten a message that says STOP or START, the others statuses, three a message of
    /// ours and in order.
    #[must_use]
    pub fn requests(&self, signer: &Signer, count: u64) -> Vec<Vec<u8>> {
        let mut told = 0;
        (0..count)
            .map(|event| {
                if event % MESSAGE_IN == MESSAGE_IN - 1 {
                    return signer.request(&self.message(event));
                }
                let body = self.status(told);
                told += 1;
                signer.request(&body)
            })
            .collect()
    }

    /// Messages of ours that so many events speak of.
    #[must_use]
    pub const fn messages_for(count: u64) -> u64 {
        count * (MESSAGE_IN - 1) / MESSAGE_IN / 3 + LAG
    }

    /// The first message that nothing was told of after so many events.
    #[must_use]
    pub const fn after(&self, events: u64) -> u64 {
        let statuses = events * (MESSAGE_IN - 1) / MESSAGE_IN + MESSAGE_IN;
        self.first_message + (statuses / (3 * LAG) + 1) * LAG
    }

    /// The messages whose statuses are all among the first so many events, but for a few that may still be under way.
    pub fn read_after(&self, events: u64) -> impl Iterator<Item = u64> + use<> {
        let statuses = (events * (MESSAGE_IN - 1) / MESSAGE_IN).saturating_sub(LAG);
        self.first_message..self.first_message + statuses / (3 * LAG) * LAG
    }

    fn message(&self, event: u64) -> String {
        let draw = mix(event ^ (self.run << 40));
        let person = draw % self.people;
        let word = if draw >> 60 < 8 { "STOP" } else { "START" };
        inbound(
            person,
            &format!("wamid.HBgMQkVOQ0hJTg{:08X}{event:012X}", self.run),
            word,
        )
    }

    fn status(&self, told: u64) -> String {
        // Statuses of one message are far enough apart that connections do not overtake each other.
        let block = told / (3 * LAG);
        let inside = told % (3 * LAG);
        let message = self.first_message + block * LAG + inside % LAG;
        let state = usize::try_from(inside / LAG)
            .ok()
            .and_then(|at| STATES.get(at))
            .copied()
            .unwrap_or("read");
        status(message, message % self.people, state)
    }
}

/// So many messages lie between two statuses of one message.
const LAG: u64 = 256;

/// A message that somebody wrote.
#[must_use]
pub fn inbound(person: u64, id: &str, word: &str) -> String {
    let from = number(person);
    body(&format!(
        "\"contacts\":[{{\"profile\":{{\"name\":\"Person {person}\"}},\"wa_id\":\"{from}\"}}],\"messages\":[{{\"from\":\"{from}\",\
         \"id\":\"{id}\",\"timestamp\":\"{}\",\"type\":\"text\",\"text\":{{\"body\":\"{word}\"}}}}]",
        now_s()
    ))
}

/// What became of a message that we sent.
#[must_use]
pub fn status(message: u64, person: u64, state: &str) -> String {
    let to = number(person);
    let pricing = if state == "read" {
        ""
    } else {
        ",\"pricing\":{\"billable\":true,\"pricing_model\":\"PMP\",\"type\":\"regular\",\"category\":\"marketing\"}"
    };
    let wamid = wamid(message);
    body(&format!(
        "\"contacts\":[{{\"profile\":{{\"name\":\"Person {person}\"}},\"wa_id\":\"{to}\"}}],\"statuses\":[{{\"id\":\"{wamid}\",\
         \"status\":\"{state}\",\"timestamp\":\"{}\",\"recipient_id\":\"{to}\"{pricing}}}]",
        BEGAN_S + message
    ))
}

/// What goes around the value.
#[must_use]
pub fn body(inside: &str) -> String {
    format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"{ACCOUNT}\",\"changes\":[{{\"field\":\"messages\",\
         \"value\":{{\"messaging_product\":\"whatsapp\",\"metadata\":{{\"display_phone_number\":\"12025550100\",\
         \"phone_number_id\":\"{NUMBER}\"}},{inside}}}}}]}}]}}"
    )
}

#[allow(
    clippy::disallowed_methods,
    reason = "a message that says when it was written must not lie in the past"
)]
fn now_s() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(BEGAN_S, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_in_ten_is_a_message_and_the_rest_are_statuses_in_order() {
        let draw = Draw {
            people: 100,
            first_message: 0,
            run: 1,
        };
        let requests = draw.requests(&Signer::new().unwrap(), 4_000);
        let mut states: std::collections::HashMap<String, Vec<String>> =
            std::collections::HashMap::new();
        let mut messages = 0;
        for request in &requests {
            let text = String::from_utf8(request.clone()).unwrap();
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            let delivery = graph::webhook::read(body.as_bytes()).unwrap();
            assert!(delivery.bad.is_empty());
            match &delivery.items.first().unwrap().notice {
                graph::webhook::Notice::Message(_) => messages += 1,
                graph::webhook::Notice::Status(status) => {
                    states
                        .entry(status.id.clone())
                        .or_default()
                        .push(format!("{:?}", status.state));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(messages, 400);
        assert_eq!(
            states.get(&wamid(0)).unwrap(),
            &["Sent", "Delivered", "Read"]
        );
        let whole = states.values().filter(|states| states.len() == 3).count();
        assert!(u64::try_from(whole).unwrap() <= Draw::messages_for(4_000) + LAG);
    }
}
