//! What a message puts in line for a person to read or to take back, and what the customer's next word takes out of it.

use consent::{
    event::Fact,
    id::{ContactId, EventId},
    time::Timestamp,
    wording::{How, Reading},
};
use serde_json::{Value, json};
use store::review::ReviewLine;
use uuid::Uuid;

use super::{ACTED, DECIDED, OPEN, PURPOSE};
use crate::{error::Error, services::cast::Cast};

/// A message that was read, and what it changed.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Who wrote it.
    pub contact: ContactId,
    /// The id that it has in line.
    pub id: Uuid,
    /// Its id at Meta or at Twilio.
    pub message: String,
    /// The number of ours that was written to; empty where that is none in WhatsApp.
    pub number: String,
    /// What it was taken for.
    pub reading: &'a Reading,
    /// What was recorded because of it.
    pub facts: &'a [(EventId, Fact)],
    /// Its words.
    pub text: &'a str,
    /// The message of ours that it answers: its id at Meta, and what is known of it.
    pub quoted: Option<(&'a str, Value)>,
    /// When it was written.
    pub said: Timestamp,
}

/// Its place in line; none for a message that nobody has to read.
///
/// # Errors
/// When the contact was erased or never gathered, or the machine gives no random bytes.
pub fn line(cast: &Cast<'_>, arrival: &Arrival<'_>) -> Result<Option<ReviewLine>, Error> {
    let Some(found) = arrival.reading.found() else {
        return Ok(None);
    };
    let hold = arrival.facts.iter().find_map(|(id, fact)| match fact {
        Fact::Hold(_, until) => Some((*id, until.is_none())),
        _ => None,
    });
    let refused = arrival.facts.iter().find_map(|(id, fact)| match fact {
        Fact::OptOut(_) if found.how == How::Wording => Some(*id),
        _ => None,
    });
    let state = match (hold, refused) {
        (Some((_, true)), _) => OPEN,
        (Some((_, false)), _) | (None, Some(_)) => ACTED,
        (None, None) => return Ok(None),
    };
    let quoted = arrival.quoted.as_ref();
    let words = json!({
        "text": arrival.text, "span": found.span, "quoted": quoted.map(|(id, _)| id),
        "asked": quoted.map(|(_, known)| known),
    });
    let sealed = cast.seal(arrival.contact, PURPOSE, words.to_string().as_bytes())?;
    Ok(Some(ReviewLine {
        contact: arrival.contact,
        id: arrival.id,
        kind: arrival.reading.verdict().to_owned(),
        number: arrival.number.clone(),
        message: Some(arrival.message.clone()),
        rule: found.rule.clone(),
        hold: hold.map(|(id, _)| id),
        event: refused,
        sealed,
        said: arrival.said,
        state: state.to_owned(),
        verdict: None,
        decided_by: None,
        reason: None,
        decided: None,
    }))
}

/// Notes that the customer decided it themselves, with a later word.
pub fn by_customer(line: &mut ReviewLine, verdict: &str, now: Timestamp) {
    line.state = DECIDED.to_owned();
    line.verdict = Some(verdict.to_owned());
    line.decided_by = Some("customer".to_owned());
    line.decided = Some(now);
}
