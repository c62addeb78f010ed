//! Reminders that preferences can be changed: rare, only to those who agreed, and through the gate.

use consent::time::{DAY_MS, Timestamp};
use store::reply::{ReplyLine, ReplyState};

use super::{answer, plan::Kind, setting};
use crate::{app::App, error::Error};

/// The kind of nudge that a reminder is.
const NUDGE: &str = "reminder";
/// How many people one turn reminds.
const BATCH_MAX: u32 = 200;

/// Puts the reminders of one batch in line. Says how many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<usize, Error> {
    let flows = setting::current(app).await?;
    let Some(reminder) = &flows.reminder else {
        return Ok(0);
    };
    let now = app.clock.now();
    let days = DAY_MS.saturating_mul(i64::from(reminder.every_days));
    let since = now.plus_millis(-days);
    let due = app.store.unnudged(NUDGE, since, BATCH_MAX).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let contacts: Vec<_> = due.iter().map(|(contact, _)| *contact).collect();
    let mut tx = app.store.begin().await?;
    let mine = tx.nudge(&contacts, NUDGE, (since, now)).await?;
    let lines: Vec<ReplyLine> = due
        .into_iter()
        .filter(|(contact, _)| mine.contains(contact))
        .map(|(contact, address)| ReplyLine {
            contact,
            id: id(contact, now),
            kind: Kind::Reminder.word().to_owned(),
            number: reminder.number.clone(),
            recipient: address,
            language: reminder.language.clone(),
            detail: "{}".to_owned(),
            quotes: None,
            said: now,
            due: now,
            state: ReplyState::Waiting,
        })
        .collect();
    tx.keep_replies(&lines).await?;
    tx.commit().await?;
    app.bell.replies.notify_one();
    Ok(lines.len())
}

fn id(contact: consent::id::ContactId, now: Timestamp) -> uuid::Uuid {
    answer::id_of(&format!("reminder {contact} {}", now.millis()), now)
}
