//! To whom a question was put: its buttons stay theirs when two contacts are found to be one person.

use consent::id::{ContactId, EventId};
use graph::webhook::{content::Content, said::Said};
use serde_json::{Value, json};
use store::pool::Tx;

use super::ticket::Ticket;
use crate::{error::Error, vault::Vault};

/// Where the details of an answer say whose it was before.
const PUT_TO: &str = "put_to";

/// The details of an answer that goes over from a contact to whoever that contact was found to be.
#[must_use]
pub fn moved(
    detail: &str,
    gone: ContactId,
    copy_of: impl Fn(EventId) -> Option<EventId>,
) -> String {
    let Ok(Value::Object(mut parts)) = serde_json::from_str(detail) else {
        return detail.to_owned();
    };
    let copy = |id: &Value| copy_of(id.as_str()?.parse().ok()?).map(|id| json!(id.to_string()));
    if let Some(Value::Array(confirms)) = parts.get_mut("confirms") {
        *confirms = confirms.iter().filter_map(copy).collect();
    }
    if let Some(request) = parts.get_mut("request") {
        *request = copy(request).unwrap_or(Value::Null);
    }
    let joined = parts
        .get_mut("joining")
        .and_then(|joining| joining.get_mut("requests"));
    if let Some(Value::Array(requests)) = joined {
        *requests = requests.iter().filter_map(copy).collect();
    }
    let before = parts.entry(PUT_TO).or_insert_with(|| json!([]));
    if let Value::Array(before) = before {
        before.push(json!(gone.to_string()));
    }
    Value::Object(parts).to_string()
}

/// The contact that a button or a form of ours in this message was made for: the writer, or one who was found to be
/// the writer since. The writer, too, when it was made for nobody: the ticket tells.
///
/// # Errors
/// When the database does not answer.
pub async fn put_to(
    vault: &Vault,
    tx: &mut Tx,
    writer: ContactId,
    content: &Content,
) -> Result<ContactId, Error> {
    let Some(text) = ticket(content) else {
        return Ok(writer);
    };
    let fits = |contact: &ContactId| matches!(Ticket::read(vault, *contact, text), Some(Ok(_)));
    let Some(question) = Ticket::question(text).filter(|_| !fits(&writer)) else {
        return Ok(writer);
    };
    // The question went over with the person it was put to. Nobody else's did, whoever had their number before.
    let line = tx.reply(writer, question).await?;
    let mut before = line.into_iter().flat_map(|line| before(&line.detail));
    Ok(before.find(fits).unwrap_or(writer))
}

fn ticket(content: &Content) -> Option<&str> {
    if let Some(form) = content.form() {
        return Some(form.token);
    }
    match content.said() {
        Some(Said::Tapped { payload, .. }) => payload,
        _ => None,
    }
}

fn before(detail: &str) -> Vec<ContactId> {
    let parts: Value = serde_json::from_str(detail).unwrap_or_default();
    let ids = parts.get(PUT_TO).and_then(Value::as_array);
    ids.into_iter()
        .flatten()
        .filter_map(|id| id.as_str()?.parse().ok())
        .collect()
}
