//! What became of a campaign: counted from its recipients, their messages and the ledger's events, so that all three agree.

use std::collections::BTreeMap;

use campaign::compare::{self, Arm, Measure};
use consent::{event::StaffAct, id::ContactId, time::HOUR_MS};
use serde::Serialize;
use store::{
    campaign::recipient::{Filter, RecipientRow},
    message,
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    acts,
    body::Counts,
    count::{self, Stand},
    plan::Plan,
};
use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{
        export::cell::{Sheet, safe},
        keys::staff_event,
    },
};

/// After a message, so long an opt-out or a reply counts as one to it: 72 hours.
pub const WITHIN_MS: i64 = 72 * HOUR_MS;

/// What became of a campaign.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReportAnswer {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its state.
    pub state: String,
    /// Why it is paused or failed, where it did that by itself.
    pub why: Option<String>,
    /// Where everybody stands.
    pub counts: Counts,
    /// How many opted out within 72 hours after their message, with us or at WhatsApp.
    pub opted_out: u64,
    /// How many replied within 72 hours after their message; whoever opted out is none of them.
    pub replied: u64,
    /// Whom the gate refused: how many for each code.
    pub denied: BTreeMap<String, u64>,
    /// Whose message failed: how many for each of Meta's codes, or a word of ours.
    pub failed: BTreeMap<String, u64>,
    /// Who was left out: how many for each word.
    pub skipped: BTreeMap<String, u64>,
    /// By variant.
    pub variants: Vec<VariantReport>,
    /// Which variant is ahead.
    pub winner: WinnerAnswer,
}

/// What became of one variant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VariantReport {
    /// What it is called.
    pub name: String,
    /// Its template.
    pub template: String,
    /// The language of it.
    pub language: String,
    /// Where everybody who gets it stands.
    pub counts: Counts,
    /// How many opted out within 72 hours.
    pub opted_out: u64,
    /// How many replied within 72 hours.
    pub replied: u64,
    /// Reads or replies less opt-outs, for each person; null while fewer than a hundred have it.
    pub score: Option<f64>,
}

/// Which variant is ahead.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WinnerAnswer {
    /// `reads` or `replies`, net of opt-outs.
    pub by: String,
    /// The variant that is ahead; null where none is.
    pub leader: Option<String>,
    /// How sure it is that it is better than all others, 0 to 1.
    pub confidence: f64,
    /// Whether that is sure enough to call it the winner.
    pub decided: bool,
}

/// What became of a campaign.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn report(app: &House, id: Uuid) -> Result<ReportAnswer, Error> {
    let line = acts::find(app, id).await?;
    let plan = Plan::kept(&line.spec)?;
    let tally = count::tally(app, id).await?;
    let opted_out = by_variant(app.store.reached_opt_outs(id, WITHIN_MS).await?);
    let replied = by_variant(app.store.replies(id, WITHIN_MS).await?);
    let mut variants = Vec::with_capacity(plan.variants.len());
    let mut arms = Vec::with_capacity(plan.variants.len());
    for (place, variant) in (0_i64..).zip(&plan.variants) {
        let of = |all: &BTreeMap<i64, u64>| all.get(&place).copied().unwrap_or(0);
        let counts = tally.by_variant.get(&place).copied().unwrap_or_default();
        arms.push(Arm {
            sent: counts.accepted,
            read: counts.read,
            replied: of(&replied),
            opted_out: of(&opted_out),
        });
        variants.push(VariantReport {
            name: variant.name.clone(),
            template: variant.template.clone(),
            language: variant.language.clone(),
            counts,
            opted_out: of(&opted_out),
            replied: of(&replied),
            score: None,
        });
    }
    let measure = Measure::read(&plan.winner_by).unwrap_or(Measure::Reads);
    let outcome = compare::standing(&arms, measure);
    for (variant, score) in variants.iter_mut().zip(&outcome.scores) {
        let is_enough = variant.counts.accepted >= compare::ENOUGH;
        variant.score = score.filter(|_| is_enough);
    }
    let leader = outcome.leader.and_then(|place| variants.get(place));
    Ok(ReportAnswer {
        id: id.to_string(),
        winner: WinnerAnswer {
            by: plan.winner_by,
            leader: leader.map(|variant| variant.name.clone()),
            confidence: outcome.confidence,
            decided: outcome.decided,
        },
        name: line.name,
        state: line.state,
        why: line.why,
        counts: tally.all,
        opted_out: opted_out.values().sum(),
        replied: replied.values().sum(),
        denied: tally.denied,
        failed: tally.failed,
        skipped: tally.skipped,
        variants,
    })
}

fn by_variant(rows: Vec<(i64, i64)>) -> BTreeMap<i64, u64> {
    rows.into_iter()
        .map(|(variant, count)| (variant, u64::try_from(count).unwrap_or(0)))
        .collect()
}

/// Somebody in a campaign.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecipientAnswer {
    /// Their id.
    pub contact: String,
    /// The variant that they get.
    pub variant: String,
    /// Where they stand, as `waiting`, `delivered` or `denied`.
    pub state: &'static str,
    /// The code of a refusal or a failure.
    pub code: Option<String>,
    /// The same in words: ours, or Meta's.
    pub reason: Option<String>,
    /// The id of their message, where one was tried.
    pub message: Option<String>,
    /// When it was tried.
    pub sent_at: Option<String>,
    /// When the last news of it came.
    pub news_at: Option<String>,
    /// When their turn comes, of those who wait.
    pub due_at: Option<String>,
    /// How often it was tried before.
    pub tries: i64,
}

/// A page of the people of a campaign, by their ids.
///
/// # Errors
/// As for [`report`].
pub async fn recipients(
    app: &House,
    id: Uuid,
    filter: &Filter,
) -> Result<Vec<RecipientAnswer>, Error> {
    let line = acts::find(app, id).await?;
    let plan = Plan::kept(&line.spec)?;
    let rows = app.store.recipients(id, filter).await?;
    Ok(rows.into_iter().map(|row| answer(&plan, row)).collect())
}

fn answer(plan: &Plan, row: RecipientRow) -> RecipientAnswer {
    let RecipientRow { line, sent } = row;
    let stand = Stand::of(line.state, sent.as_ref().map(|sent| sent.state));
    let variant = usize::try_from(line.variant).ok();
    let variant = variant.and_then(|place| plan.variants.get(place));
    let meta = sent.as_ref().and_then(|sent| sent.error_code);
    let said = sent.as_ref().and_then(|sent| sent.reason.clone());
    RecipientAnswer {
        contact: line.contact.to_string(),
        variant: variant
            .map(|variant| variant.name.clone())
            .unwrap_or_default(),
        state: stand.word(),
        code: meta.map(|code| code.to_string()).or(line.code),
        reason: said.or(line.reason),
        message: sent.as_ref().map(|sent| sent.id.to_string()),
        sent_at: sent.as_ref().map(|sent| clock::rfc3339(sent.at)),
        news_at: sent.and_then(|sent| sent.outcome.map(clock::rfc3339)),
        due_at: (stand == Stand::Waiting).then(|| clock::rfc3339(line.due)),
        tries: line.tries,
    }
}

/// How far a message came at least, where a word says so.
#[must_use]
pub fn stage(word: &str) -> Option<message::State> {
    match word {
        "sent" => Some(message::State::Sent),
        "delivered" => Some(message::State::Delivered),
        "read" => Some(message::State::Read),
        _ => None,
    }
}

/// The columns of the file of everybody in a campaign.
const COLUMNS: [&str; 11] = [
    "contact", "address", "variant", "state", "code", "reason", "message", "sent_at", "news_at",
    "due_at", "tries",
];

/// Rows of a page of the file.
const PAGE: u32 = 1_000;

/// A page of the file of everybody in a campaign, as CSV; the first one with the names of the columns. None after the last.
///
/// # Errors
/// As for [`report`].
pub async fn rows(
    app: &App,
    id: Uuid,
    after: Option<ContactId>,
) -> Result<Option<(Vec<u8>, ContactId)>, Error> {
    let filter = Filter {
        after,
        limit: PAGE,
        ..Filter::default()
    };
    let page = recipients(app, id, &filter).await?;
    let mut sheet = Sheet::default();
    if after.is_none() {
        sheet.row(COLUMNS.map(str::to_owned));
    }
    let ids: Vec<ContactId> = page
        .iter()
        .filter_map(|row| row.contact.parse().ok())
        .collect();
    let mut addresses: BTreeMap<String, String> = BTreeMap::new();
    for alias in app.store.aliases_of(&ids).await? {
        let value = alias.alias.value();
        addresses.entry(alias.contact.to_string()).or_insert(value);
    }
    let last = ids.last().copied();
    for row in page {
        let address = addresses.remove(&row.contact).unwrap_or_default();
        let some = |text: Option<String>| text.unwrap_or_default();
        sheet.row([
            row.contact,
            safe(address),
            safe(row.variant),
            row.state.to_owned(),
            safe(some(row.code)),
            safe(some(row.reason)),
            some(row.message),
            some(row.sent_at),
            some(row.news_at),
            some(row.due_at),
            row.tries.to_string(),
        ]);
    }
    match last {
        Some(last) => Ok(Some((sheet.bytes()?, last))),
        None if after.is_none() => Ok(Some((sheet.bytes()?, ContactId::new(Uuid::max())))),
        None => Ok(None),
    }
}

/// Notes that somebody takes the people of a campaign out.
///
/// # Errors
/// When the database does not answer.
pub async fn note_export(app: &App, id: Uuid, actor: &str) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    let note = format!("campaign {id}");
    staff_event(app, &mut tx, StaffAct::Exported, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}
