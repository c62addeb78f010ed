//! What somebody agreed to, as it is told in the chat: written when it is sent, so that it says what holds then.

use consent::alias::Alias;
use store::reply::ReplyLine;

use super::link;
use crate::{
    app::House,
    error::Error,
    flows::Flows,
    services::{
        facts, policy,
        receipts::{
            self,
            text::{Teller, letter},
        },
    },
};

/// The receipts of whoever asked for them.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn text(
    app: &House,
    flows: &Flows,
    line: &ReplyLine,
    alias: &Alias,
) -> Result<String, Error> {
    let policy = policy::current(app).await?;
    let contact = app.store.contact(line.contact).await?;
    let receipts = match &contact {
        Some(contact) => receipts::of(app, contact).await?,
        None => Vec::new(),
    };
    let teller = Teller {
        flows,
        number: &line.number,
        language: &line.language,
        zone: facts::zone(&policy),
    };
    let link = link::link(app, line.contact, alias);
    Ok(letter(&receipts, &teller, link.as_deref()))
}
