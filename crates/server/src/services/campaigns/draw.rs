//! The audience is drawn: everybody who is in it then, and nobody who comes into it later. Page by page, so that a million people need
//! no more memory than a thousand; after a crash it goes on where it was.

use std::collections::BTreeMap;

use campaign::draw;
use consent::{alias::Alias, id::ContactId, time::MINUTE_MS};
use store::{
    campaign::{CampaignChange, CampaignLine, ListLine, recipient::NewRecipient},
    segment::{Condition, Page},
};
use uuid::Uuid;

use super::{acts::change_of, plan::Plan};
use crate::{
    app::App,
    error::Error,
    services::{cast::Cast, policy, retry, segments, who},
};

/// People of a page: a transaction each.
const PAGE: u32 = 2_000;

/// Draws one page more. Says whether all are drawn.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App, line: &CampaignLine) -> Result<bool, Error> {
    let plan = Plan::kept(&line.spec)?;
    let condition = plan.audience.condition(app).await?;
    let leaf = page(app, line.id, condition.as_ref(), (&line.cursor, PAGE)).await?;
    let next = leaf.next.clone();
    let is_kept = retry::on_conflict(|| keep(app, line, &plan, &leaf)).await?;
    if next.is_some() || !is_kept {
        return Ok(false);
    }
    let now = app.clock.now();
    let change = CampaignChange {
        drawn: Some(now),
        ..change_of(line, now)
    };
    let mut tx = app.store.begin().await?;
    // Somebody paused it meanwhile: then the next turn says that all are drawn.
    if tx.change_campaign(line.id, line.version, &change).await? {
        tx.commit().await?;
        return Ok(true);
    }
    Ok(false)
}

/// A page of an audience, as it is now.
#[derive(Debug, Default)]
struct Leaf {
    /// People who are known.
    known: Vec<ContactId>,
    /// People who were listed.
    listed: Vec<ListLine>,
    /// Where the next page begins; none on the last.
    next: Option<String>,
}

/// A page of an audience: those after a cursor that a page before gave.
async fn page(
    app: &App,
    campaign: Uuid,
    condition: Option<&Condition>,
    (cursor, limit): (&str, u32),
) -> Result<Leaf, Error> {
    match condition {
        Some(condition) => {
            let after: Option<Uuid> = cursor.parse().ok();
            let page = Page {
                after: after.map(ContactId::new),
                limit,
            };
            let known = segments::ids(app, condition, &page).await?;
            let is_last = known.len() < usize::try_from(limit).unwrap_or(usize::MAX);
            let next = known.last().filter(|_| !is_last).map(ToString::to_string);
            Ok(Leaf {
                known,
                next,
                ..Leaf::default()
            })
        }
        None => {
            let after: i64 = cursor.parse().unwrap_or(-1);
            let listed = app.store.list_page(campaign, after, limit).await?;
            let is_last = listed.len() < usize::try_from(limit).unwrap_or(usize::MAX);
            let next = listed.last().filter(|_| !is_last);
            let next = next.map(|line| line.place.to_string());
            Ok(Leaf {
                listed,
                next,
                ..Leaf::default()
            })
        }
    }
}

/// Keeps those who were drawn. Says whether it did: not if the campaign was changed meanwhile, and may want others now.
async fn keep(app: &App, line: &CampaignLine, plan: &Plan, leaf: &Leaf) -> Result<bool, Error> {
    let mut tx = app.store.begin().await?;
    let mut people: Vec<(ContactId, Option<String>)> =
        leaf.known.iter().map(|id| (*id, None)).collect();
    if !leaf.listed.is_empty() {
        let (drawn, places) = listed(app, &mut tx, &leaf.listed).await?;
        people.extend(drawn);
        tx.drop_places(line.id, &places).await?;
    }
    let started = line.started.unwrap_or_else(|| app.clock.now());
    let shares = plan.shares();
    let rows: Vec<NewRecipient> = people
        .into_iter()
        .map(|(contact, extra)| {
            let variant = draw::split(*line.id.as_bytes(), contact.get(), &shares);
            let delay = plan
                .variants
                .get(variant)
                .map_or(0, |variant| variant.delay_minutes);
            NewRecipient {
                contact,
                variant: i64::try_from(variant).unwrap_or(0),
                due: started.plus_millis(MINUTE_MS.saturating_mul(i64::from(delay))),
                extra,
            }
        })
        .collect();
    let added = tx.add_recipients(line.id, &rows).await?;
    let cursor = leaf.next.as_deref().unwrap_or(&line.cursor);
    let total = line.total.saturating_add_unsigned(added);
    if !tx
        .set_cursor((line.id, line.version), cursor, total)
        .await?
    {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// People with what a list says of them alone, and the places that they have in it.
type Drawn = (Vec<(ContactId, Option<String>)>, Vec<i64>);

/// Whoever was listed and is not known is made, as by an import: every message is somebody's. Who cannot be, because it is no
/// address, is nobody's: such lines stay in the list, and are counted as left out.
async fn listed(app: &App, tx: &mut store::pool::Tx, lines: &[ListLine]) -> Result<Drawn, Error> {
    let read: Vec<(Alias, &ListLine)> = lines
        .iter()
        .filter_map(|line| Some((who::alias(app, &line.address).ok()?, line)))
        .filter(|(alias, _)| !matches!(alias, Alias::Email(_)))
        .collect();
    let aliases: Vec<Alias> = read.iter().map(|(alias, _)| alias.clone()).collect();
    let mut cast = Cast::gather(app, tx, &aliases).await?;
    let mut people = BTreeMap::new();
    let places = read.iter().map(|(_, line)| line.place).collect();
    for (alias, line) in read {
        let contact = match cast.id_of(&alias) {
            Some(known) => known,
            None => cast.create(std::slice::from_ref(&alias), None)?,
        };
        people.entry(contact).or_insert_with(|| line.extra.clone());
    }
    let policy = policy::current(app).await?;
    cast.save(tx, &policy).await?;
    Ok((people.into_iter().collect(), places))
}
