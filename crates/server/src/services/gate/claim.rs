//! What the gate writes: refusals, and the reservations that are themselves the check. Those that come at one time share a
//! transaction, and each stands or falls by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use consent::{
    id::{AttemptId, ContactId},
    policy::Policy,
    verdict::{Clearance, Denial},
};
use store::{
    campaign::recipient::{self, Settled, Turn},
    contact::{Person, Update},
    message::{MessageLine, Reservation, State},
};

use super::{
    Admitted, Answer, Ask, Beside, CALLBACK_PURPOSE, Refused, Seen,
    newcomer::{self, Claimant, Newcomer},
};
use crate::{
    app::House,
    claim::{Claim, Claimed},
    error::Error,
    services::summary,
};

/// Writes a refusal down, so that "why did Ana not get it?" is answered by what was decided, not by a guess.
pub(super) async fn refuse(
    app: &House,
    ask: &Ask,
    seen: &Seen,
    denial: Denial,
) -> Result<Answer, Error> {
    let line = refusal(app, ask, seen, &denial);
    let attempt = line.id;
    if ask.tie.is_some() {
        if let Some(taken) = refuse_answer(app, line).await? {
            return Ok(Answer::Claimed(Box::new(taken)));
        }
    } else {
        let all = |lines: Vec<MessageLine>| async move {
            keep(app, &lines).await?;
            Ok(vec![(); lines.len()])
        };
        app.refusals.run(line, all).await?;
    }
    tracing::info!(attempt = %attempt, code = denial.code.word(), category = ask.category.word(), "refused a send");
    Ok(Answer::Refused(Box::new(Refused { attempt, denial })))
}

/// A refusal as it is written down.
pub(super) fn refusal(app: &House, ask: &Ask, seen: &Seen, denial: &Denial) -> MessageLine {
    metrics::counter!("consentry_verdicts_total", "verdict" => "deny", "code" => denial.code.word()).increment(1);
    let mut line = seen.line(app, ask, State::Denied);
    line.code = Some(denial.code.word().to_owned());
    line.reason = Some(denial.code.sentence().to_owned());
    line.because = denial.because.iter().map(ToString::to_string).collect();
    line
}

/// Gives the line of whoever was faster: another node may have refused, or claimed, the same answer.
async fn refuse_answer(app: &House, line: MessageLine) -> Result<Option<MessageLine>, Error> {
    let attempt = line.id;
    match keep(app, &[line]).await {
        Err(Error::Unavailable(conflict)) if conflict.is_conflict() => {
            let taken = app.store.find_messages(&[attempt], &[]).await?.pop();
            taken.map(Some).ok_or(Error::Unavailable(conflict))
        }
        kept => kept.map(|()| None),
    }
}

async fn keep(app: &House, lines: &[MessageLine]) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    tx.keep_messages(lines).await?;
    Ok(tx.commit().await?)
}

/// Claims the send: none when the person or the policy changed meanwhile, and the verdict must be decided anew.
pub(super) async fn reserve(
    app: &House,
    ask: &Ask,
    seen: &Seen,
    clearance: Clearance,
) -> Result<Option<Admitted>, Error> {
    let mut claim = Claim::of(app, ask, seen, &clearance);
    let done = match &seen.person {
        None => newcomers(app, ask, seen, &mut claim).await?,
        Some(person) => {
            claim.stand_for(app, ask, Claimant::of(person))?;
            let claim = claim.clone();
            // The id of an answer may be taken, which is not to disturb others.
            if ask.tie.is_some() {
                alone(app, claim).await?
            } else {
                app.claims.run(claim, |claims| all(app, claims)).await?
            }
        }
    };
    let (attempt, contact) = (claim.line.id, claim.line.contact);
    Ok(done.map(|done| admitted(ask, seen, clearance, (attempt, contact), done)))
}

/// One who may get it, as far as was looked.
pub(super) struct Cleared<'a> {
    pub(super) ask: &'a Ask,
    pub(super) seen: Seen,
    pub(super) clearance: Clearance,
    pub(super) turn: (Turn, i64),
}

/// Claims the sends of those whose turn has come, in one transaction: none for whoever changed meanwhile, or whose turn it is not.
pub(super) async fn reserve_all(
    app: &House,
    cleared: Vec<Cleared<'_>>,
) -> Result<Vec<Option<Admitted>>, Error> {
    let mut claims = Vec::with_capacity(cleared.len());
    for one in &cleared {
        let mut claim = Claim::of(app, one.ask, &one.seen, &one.clearance);
        claim.turn = Some(one.turn);
        if let Some(person) = &one.seen.person {
            claim.stand_for(app, one.ask, Claimant::of(person))?;
        }
        claims.push(claim);
    }
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<(AttemptId, ContactId)> = claims
        .iter()
        .map(|claim| (claim.line.id, claim.line.contact))
        .collect();
    let done = all(app, claims).await?;
    let all = cleared.into_iter().zip(ids).zip(done);
    Ok(all
        .map(|((one, ids), done)| {
            done.map(|done| admitted(one.ask, &one.seen, one.clearance, ids, done))
        })
        .collect())
}

/// A reservation that went through gives a permit.
fn admitted(
    ask: &Ask,
    seen: &Seen,
    clearance: Clearance,
    (attempt, contact): (AttemptId, ContactId),
    Claimed { reserved, underway }: Claimed,
) -> Admitted {
    metrics::counter!("consentry_verdicts_total", "verdict" => "allow", "code" => "").increment(1);
    let heard = seen
        .person
        .as_ref()
        .and_then(|person| person.standing.heard.get(&ask.number));
    let from_ad = heard.is_some_and(|heard| heard.from_ad.is_some());
    let permit = clearance.permit(attempt, ask.number.clone(), reserved);
    Admitted {
        permit: permit.watched_by(underway.onlooker()),
        underway,
        attempt,
        contact,
        from_ad,
    }
}

/// Somebody unknown is made in the transaction that claims the send.
async fn newcomers(
    app: &House,
    ask: &Ask,
    seen: &Seen,
    claim: &mut Claim,
) -> Result<Option<Claimed>, Error> {
    let mut tx = app.store.begin().await?;
    let claimant = match newcomer::make(app, &mut tx, seen).await? {
        Newcomer::Made(claimant) => claimant,
        Newcomer::TakenBySomebodyElse => return Ok(None),
        Newcomer::Refused => {
            tx.commit().await?;
            return Ok(None);
        }
    };
    claim.stand_for(app, ask, claimant)?;
    let claimed = write(app, tx, std::slice::from_ref(claim)).await;
    lost_where_taken(claimed)
}

impl Claim {
    /// A claim to what a clearance allows; whose it is, is still to be said.
    fn of(app: &House, ask: &Ask, seen: &Seen, clearance: &Clearance) -> Self {
        let mut line = seen.line(app, ask, State::Reserved);
        line.basis = Some(clearance.basis().word().to_owned());
        line.because = clearance
            .basis()
            .event()
            .iter()
            .map(ToString::to_string)
            .collect();
        let capped = seen.person.as_ref().filter(|_| seen.is_capped(ask));
        Self {
            line,
            version: 0,
            policy_row: seen.policy_row,
            capped: capped.map(|person| Box::new((person.clone(), Arc::clone(&seen.policy)))),
            turn: None,
        }
    }

    fn stand_for(&mut self, app: &House, ask: &Ask, claimant: Claimant) -> Result<(), Error> {
        let Claimant {
            contact,
            version,
            key,
        } = claimant;
        self.line.contact = contact;
        self.version = version;
        if let Some(wrapped) = key {
            let beside = Beside {
                callback: ask.callback.clone(),
                said: ask.said.clone(),
            };
            let beside = serde_json::to_vec(&beside).map_err(Error::internal)?;
            let key = app.vault.person(contact, &wrapped);
            let sealed = key
                .map_err(Error::internal)?
                .seal(CALLBACK_PURPOSE, &beside);
            self.line.sealed = Some(sealed.map_err(Error::internal)?);
        }
        Ok(())
    }
}

/// Claims in one transaction; where somebody else's work stands in the way of it, one by one.
async fn all(app: &House, claims: Vec<Claim>) -> Result<Vec<Option<Claimed>>, Error> {
    let tx = app.store.begin().await?;
    match write(app, tx, &claims).await {
        Err(Error::Unavailable(conflict)) if conflict.is_conflict() => {}
        done => return done,
    }
    let mut done = Vec::with_capacity(claims.len());
    for claim in claims {
        done.push(alone(app, claim).await?);
    }
    Ok(done)
}

async fn alone(app: &House, claim: Claim) -> Result<Option<Claimed>, Error> {
    let tx = app.store.begin().await?;
    lost_where_taken(write(app, tx, &[claim]).await)
}

fn lost_where_taken(done: Result<Vec<Option<Claimed>>, Error>) -> Result<Option<Claimed>, Error> {
    match done {
        Err(Error::Unavailable(conflict)) if conflict.is_conflict() => Ok(None),
        done => Ok(done?.pop().flatten()),
    }
}

/// One statement for all who saw the same policy. The database says of each whether it still holds.
async fn write(
    app: &House,
    mut tx: store::pool::Tx,
    claims: &[Claim],
) -> Result<Vec<Option<Claimed>>, Error> {
    let capped = claims.iter().filter(|claim| claim.capped.is_some());
    let capped: Vec<ContactId> = capped.map(|claim| claim.line.contact).collect();
    if !capped.is_empty() {
        // Their rows will be written: whoever only shares the lock until then waits for whoever else does.
        tx.lock(&capped).await?;
    }
    let turns = take_turns(&mut tx, claims).await?;
    let is_in_turn = |claim: &&Claim| claim.turn.is_none() || turns.contains(&claim.line.id);
    let mut by_policy: BTreeMap<i64, Vec<Reservation<'_>>> = BTreeMap::new();
    for claim in in_turn(claims).filter(is_in_turn) {
        by_policy
            .entry(claim.policy_row)
            .or_default()
            .push(Reservation {
                message: &claim.line,
                version: claim.version,
            });
    }
    let mut won: BTreeSet<AttemptId> = BTreeSet::new();
    for (policy_row, reservations) in by_policy {
        won.extend(tx.reserve(&reservations, policy_row).await?);
    }
    // Whoever changed meanwhile has their turn back.
    let lost: Vec<Settled> = claims
        .iter()
        .filter(|claim| turns.contains(&claim.line.id) && !won.contains(&claim.line.id))
        .filter_map(|claim| claim.turn.map(given_back))
        .collect();
    tx.settle_recipients(&lost).await?;
    let has_won = |claim: &&Claim| won.contains(&claim.line.id);
    let capped = claims.iter().filter(has_won);
    let capped = capped.filter_map(|claim| claim.capped.as_deref());
    let updates: Vec<Update<'_>> = capped.map(|capped| moved(app, capped)).collect();
    if !updates.is_empty() {
        tx.set_standings(&updates).await?;
    }
    // Until the commit nobody else can change these people; so the lives of the permits may begin here.
    let reserved = app.clock.instant();
    let done = claims.iter().map(|claim| {
        has_won(&claim).then(|| Claimed {
            reserved,
            underway: app.afoot.begin(claim.line.contact, reserved),
        })
    });
    let done = done.collect();
    tx.commit().await?;
    Ok(done)
}

/// Takes the turns that claims want: the attempts of those whose turn it was, in a campaign that runs.
async fn take_turns(
    tx: &mut store::pool::Tx,
    claims: &[Claim],
) -> Result<BTreeSet<AttemptId>, Error> {
    let turns: Vec<Turn> = claims
        .iter()
        .filter_map(|claim| claim.turn.map(|(turn, _)| turn))
        .collect();
    let taken: BTreeSet<_> = tx.take_turns(&turns).await?.into_iter().collect();
    let taken = turns
        .iter()
        .filter(|turn| taken.contains(&(turn.campaign, turn.contact)));
    Ok(taken.map(|turn| turn.attempt).collect())
}

fn given_back((turn, tries): (Turn, i64)) -> Settled {
    Settled {
        campaign: turn.campaign,
        contact: turn.contact,
        attempt: Some(turn.attempt),
        state: recipient::State::Waiting,
        code: None,
        reason: None,
        due: None,
        tries,
    }
}

/// A cap counts reservations: the next one must see this one, so the version moves.
fn moved<'a>(app: &House, capped: &'a (Person, Arc<Policy>)) -> Update<'a> {
    summary::update(&capped.0, &capped.1, app.clock.now())
}

/// Those that do not stand behind another one which moves their person's version: such would go through here, because
/// all of them are looked at before anything moves.
fn in_turn(claims: &[Claim]) -> impl Iterator<Item = &Claim> {
    let mut moved = BTreeSet::new();
    claims.iter().filter(move |claim| {
        let stands = !moved.contains(&claim.line.contact);
        if stands && claim.capped.is_some() {
            moved.insert(claim.line.contact);
        }
        stands
    })
}
