//! What became of our messages, and what a failure says about the person.

use std::collections::BTreeSet;

use consent::{
    event::{Clock, Evidence, counts_from},
    id::ContactId,
};
use graph::webhook::{
    Item,
    status::{State as Word, Status},
};
use store::{
    message::{News, State},
    pool::Tx,
};

use super::{
    clean,
    failure::{Effect, effects},
    work::Work,
};
use crate::{
    error::Error,
    services::{campaigns::late::Failed, cast::Draft, happenings::Told, identity, who},
};

/// Takes one status in.
pub(super) async fn take(
    work: &mut Work<'_>,
    tx: &mut Tx,
    item: &Item,
    news: &Status,
) -> Result<(), Error> {
    let line = work.load.log.of_status(news);
    match (line, state(&news.state)) {
        (Some(line), Some(state)) => {
            work.talk.stir_by(line);
            let issue = news.issues.first();
            let said = issue.and_then(|issue| issue.details.as_deref().or(issue.title.as_deref()));
            if let (State::Failed, Some(issue)) = (state, issue) {
                work.told
                    .push((line.contact, Told::failed(line.id, issue.code, said)));
                work.failed.push(Failed {
                    contact: line.contact,
                    attempt: line.id,
                    code: issue.code,
                    said: said.map(clean),
                });
            }
            work.news.push(News {
                id: Some(line.id),
                wamid: Some(clean(&news.id)).filter(|wamid| line.wamid.as_ref() != Some(wamid)),
                state,
                error_code: issue.map(|issue| issue.code),
                reason: said.map(clean),
                at: news.at,
            });
        }
        (None, _) => metrics::counter!("consentry_webhook_unknown_statuses_total").increment(1),
        (Some(_), None) => {}
    }
    for effect in effects(news) {
        let key = super::key(&["status", &news.id, &effect.code().to_string()]);
        if work.is_first(&key) {
            take_effect(work, tx, (item, news), effect).await?;
        }
    }
    Ok(())
}

async fn take_effect(
    work: &mut Work<'_>,
    tx: &mut Tx,
    (item, news): (&Item, &Status),
    effect: Effect,
) -> Result<(), Error> {
    let evidence = Evidence {
        source: effect.code().to_string(),
        message_id: Some(news.id.clone()),
        raw_sha256: Some(work.load.sha),
        ..Evidence::default()
    };
    let line = work.load.log.of_status(news);
    // Whom we sent it to, and whoever has that address now: a no spreads over aliases.
    let mut whom: BTreeSet<ContactId> = BTreeSet::new();
    let mut number = item.origin.number.clone();
    if let Some(line) = line {
        whom.insert(line.contact);
        let owner = who::alias(work.app, &line.recipient).ok();
        whom.extend(owner.and_then(|alias| work.cast.id_of(&alias)));
        number = number.or_else(|| line.number.parse().ok());
    }
    whom.extend(
        news.recipient
            .aliases()
            .iter()
            .filter_map(|alias| work.cast.id_of(alias)),
    );
    whom.retain(|id| work.cast.is_live(*id));
    if whom.is_empty() && effect.is_a_no() && news.recipient.is_known() {
        let grounds = work.grounds(news.at, evidence.clone());
        whom.insert(identity::resolve(tx, &mut work.cast, &news.recipient, &grounds).await?);
    }
    let Some(fact) = effect.fact(number) else {
        return Ok(());
    };
    let Some(at) = counts_from(&fact, news.at, work.cast.now()) else {
        return Ok(());
    };
    for contact in whom {
        let (fact, evidence) = (fact.clone(), evidence.clone());
        work.cast.record(Draft {
            contact,
            fact,
            clock: Clock::Meta,
            at,
            evidence,
        })?;
        work.persons.insert(contact);
    }
    Ok(())
}

const fn state(word: &Word) -> Option<State> {
    match word {
        Word::Sent => Some(State::Sent),
        Word::Delivered => Some(State::Delivered),
        Word::Read | Word::Played => Some(State::Read),
        Word::Failed => Some(State::Failed),
        Word::Other(_) => None,
    }
}
