//! What waits for somebody's word goes over with them: messages to be read, answers in line, and when they were asked.

use consent::id::ContactId;
use store::{note::NoteLine, pool::Tx, reply::ReplyLine, review::ReviewLine};
use uuid::Uuid;

use crate::{
    error::Error,
    services::{cast::Cast, flows::asked, notes::NOTE_PURPOSE, reviews},
};

/// Takes along what waits for a contact that was found to be another. What it rests on are the copies of the events.
pub(super) async fn take_along(
    tx: &mut Tx,
    cast: &Cast<'_>,
    (gone, stays): (ContactId, ContactId),
) -> Result<(), Error> {
    let mut reviews = tx.take_reviews(gone).await?;
    for line in &mut reviews {
        review(cast, line)?;
    }
    tx.keep_reviews(&reviews).await?;
    let mut replies = tx.replies_of(gone).await?;
    if !replies.is_empty() {
        replies.iter_mut().for_each(|line| reply(cast, line));
        let details = replies.into_iter().map(|line| (line.id, line.detail));
        let details: Vec<(Uuid, String)> = details.collect();
        tx.move_replies((gone, stays), &details).await?;
    }
    tx.move_nudges(gone, stays).await?;
    tx.move_join_codes(gone, stays).await?;
    tx.move_letters(gone, stays).await?;
    tx.move_recipients(gone, stays).await?;
    let mut notes = tx.take_notes(gone).await?;
    for line in &mut notes {
        note(cast, line, stays)?;
    }
    tx.keep_notes(&notes).await?;
    tx.move_conversations(gone, stays, cast.now()).await?;
    tx.move_runs((gone, stays), cast.now()).await?;
    tx.move_happenings(gone, stays).await?;
    Ok(())
}

/// Makes a message that has to be read one of whoever wrote it, as this transaction knows them.
///
/// # Errors
/// When they were erased, or the machine gives no random bytes.
pub fn review(cast: &Cast<'_>, line: &mut ReviewLine) -> Result<(), Error> {
    let heir = cast.heir(line.contact);
    if heir == line.contact {
        return Ok(());
    }
    // What cannot be opened is nobody's words any more.
    let words = cast.unseal(line.contact, reviews::PURPOSE, &line.sealed);
    if let Some(words) = words {
        line.sealed = cast.seal(heir, reviews::PURPOSE, &words)?;
    }
    line.contact = heir;
    // None where nothing had to be copied: the hold was released, or a newer refusal of their own stands anyway.
    line.hold = line.hold.and_then(|hold| cast.copy_of(hold));
    line.event = line.event.and_then(|event| cast.copy_of(event));
    Ok(())
}

/// Makes a note one about whoever somebody turned out to be.
fn note(cast: &Cast<'_>, line: &mut NoteLine, stays: ContactId) -> Result<(), Error> {
    if let Some(words) = cast.unseal(line.contact, NOTE_PURPOSE, &line.sealed) {
        line.sealed = cast.seal(stays, NOTE_PURPOSE, &words)?;
    }
    line.contact = stays;
    Ok(())
}

/// Makes an answer one to whoever it answers, as this transaction knows them.
pub fn reply(cast: &Cast<'_>, line: &mut ReplyLine) {
    let heir = cast.heir(line.contact);
    if heir != line.contact {
        line.detail = asked::moved(&line.detail, line.contact, |event| cast.copy_of(event));
        line.contact = heir;
    }
}
