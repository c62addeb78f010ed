//! A campaign runs: whoever's turn has come is decided again, claimed and sent, at the pace of the number, through the one gate.

mod after;
mod driver;

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use campaign::state::State;
use consent::{
    id::{ContactId, NumberId},
    reason::Code,
    request::Template,
};
pub use driver::LEASE;
use store::campaign::{
    CampaignLine,
    recipient::{self, RecipientLine, Settled},
};

use super::{
    acts,
    compose::{self, Known, Letter, Ready},
    draw, place, plan,
    plan::Plan,
    recorder,
};
use crate::{
    app::App,
    error::Error,
    services::{
        gate::many::{self, Entry, Guest, Refusal},
        send::Way,
    },
};

/// People who are decided and claimed at one time. A permit lives a tenth of a second, so no more than can begin in one.
const BATCH_MAX: u32 = 100;
/// How often the flight recorder is read.
const RECORDED_EVERY: Duration = Duration::from_secs(2);
/// How long Meta's first words on the last messages are waited for, before a campaign counts as done.
const FIRST_WORDS_MS: i64 = 5_000;
/// How long a refusal may last until a person's turn comes again instead of being over: a day, and an hour for clocks.
const PATIENCE_MS: i64 = 25 * consent::time::HOUR_MS;

/// Takes one turn with every campaign that runs, where this node is the one that drives them. Says whether there may be more to do at
/// once.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<bool, Error> {
    let mut open = app.store.open_campaigns().await?;
    if open.is_empty() {
        return Ok(false);
    }
    for line in &open {
        stop_for_what_was_heard(app, line).await?;
    }
    if !driver::is_here(app).await? {
        return Ok(false);
    }
    driver::learn_paces(app, &open).await?;
    // Campaigns of one number take from one pace: each is the first to do so in its turn.
    let first = app.drives.turn() % open.len();
    open.rotate_left(first);
    let mut busy = false;
    for line in &open {
        match turn(app, line).await {
            Ok(more) => busy |= more,
            Err(error @ (Error::Unavailable(_) | Error::Busy(_))) => return Err(error),
            Err(error) => give_up(app, line, &error).await?,
        }
    }
    Ok(busy)
}

async fn turn(app: &App, line: &CampaignLine) -> Result<bool, Error> {
    match State::read(&line.state) {
        Some(State::Scheduled) if line.start.is_none_or(|at| at <= app.clock.now()) => {
            acts::due(app, line).await?;
            Ok(true)
        }
        Some(State::Running) => run(app, line).await,
        _ => Ok(false),
    }
}

/// This node heard of a failure that concerns everybody; another one may be driving. What was sent before somebody resumed the campaign
/// says nothing any more.
async fn stop_for_what_was_heard(app: &App, line: &CampaignLine) -> Result<(), Error> {
    match app.drives.take_hold(line.id) {
        Some(hold) if hold.sent >= line.changed => acts::stop_itself(app, line.id, &hold.why).await,
        _ => Ok(()),
    }
}

/// A campaign with which something is wrong keeps no other waiting: it stops itself, unless somebody changed it meanwhile.
async fn give_up(app: &App, line: &CampaignLine, error: &Error) -> Result<(), Error> {
    tracing::error!(campaign = %line.id, error = error as &dyn std::error::Error, "a campaign cannot go on");
    let now = app.store.campaign(line.id).await?;
    if now.is_none_or(|now| now.version != line.version) {
        return Ok(());
    }
    let cause = std::error::Error::source(error);
    let cause = cause.map_or_else(|| error.to_string(), ToString::to_string);
    acts::stop_itself(app, line.id, &format!("It cannot go on: {cause}.")).await
}

async fn run(app: &App, line: &CampaignLine) -> Result<bool, Error> {
    if line.drawn.is_none() {
        draw::step(app, line).await?;
        return Ok(true);
    }
    // An older copy was put back: until somebody answers for it nobody is written to, and nobody refused for that either.
    if app.restored.load(Ordering::SeqCst) {
        return Ok(false);
    }
    let plan = Plan::kept(&line.spec)?;
    if app.drives.is_time(line.id, RECORDED_EVERY) && recorder::look(app, line, &plan).await? {
        return Ok(false);
    }
    let Some(tour) = Tour::begin(app, line, &plan).await? else {
        return Ok(false);
    };
    tour.go(app).await
}

/// One turn of one campaign.
struct Tour<'a> {
    line: &'a CampaignLine,
    plan: &'a Plan,
    variants: Vec<Ready>,
    numbers: Vec<NumberId>,
}

impl<'a> Tour<'a> {
    /// None when the campaign had to stop itself: a template of it cannot be sent any more.
    async fn begin(
        app: &App,
        line: &'a CampaignLine,
        plan: &'a Plan,
    ) -> Result<Option<Self>, Error> {
        let variants = compose::variants(app, plan).await?;
        let stuck = variants
            .iter()
            .find(|ready| ready.found.state == Template::Unavailable);
        if let Some(stuck) = stuck {
            let (name, language) = &stuck.named;
            let why = format!("The template {name} ({language}) cannot be sent now.");
            acts::stop_itself(app, line.id, &why).await?;
            return Ok(None);
        }
        let numbers = plan.numbers.iter().map(|text| plan::number(app, text));
        Ok(Some(Self {
            line,
            plan,
            variants,
            numbers: numbers.collect::<Result<_, _>>()?,
        }))
    }

    /// Sends as many as every number may now. Says whether there may be more to do at once.
    async fn go(&self, app: &App) -> Result<bool, Error> {
        let mut busy = false;
        let mut held = None;
        for number in &self.numbers {
            held = recorder::wave_left(app, self.line, self.plan).await?;
            let want = BATCH_MAX
                .min(app.drives.free())
                .min(held.unwrap_or(u32::MAX));
            let share = (self.line.id, number.as_str());
            let asked = (self.plan.pace, want);
            let granted = app.drives.take(share, asked, app.clock.now());
            if granted == 0 {
                // A number at its pace may send again in a moment; a free slot rings.
                busy |= want > 0;
                continue;
            }
            let now = app.clock.now();
            let due = app.store.due_recipients(self.line.id, now, granted).await?;
            let count = u32::try_from(due.len()).unwrap_or(granted);
            let begun = self.turns(app, number, due).await?;
            app.drives.give_back(share, granted.saturating_sub(begun));
            app.drives.spend_wave(self.line.id, begun);
            busy |= count > 0;
        }
        if !busy && held.is_none() && !app.drives.is_underway(self.line.id) {
            self.end(app).await?;
        }
        Ok(busy)
    }

    /// It is over when nobody waits any more, not even for tomorrow.
    async fn end(&self, app: &App) -> Result<(), Error> {
        if app.store.next_due(self.line.id).await?.is_some() {
            return Ok(());
        }
        // Meta's first words on a message may be that it wants to be tried again tomorrow.
        let last = app.store.last_taken(self.line.id).await?;
        let waited = last.map_or(i64::MAX, |last| app.clock.now().millis_since(last));
        if waited < FIRST_WORDS_MS && app.store.has_unanswered(self.line.id).await? {
            return Ok(());
        }
        loop {
            let mut tx = app.store.begin().await?;
            let settled = tx.reconcile(self.line.id, app.clock.now()).await?;
            tx.commit().await?;
            if settled == 0 {
                break;
            }
        }
        // What another node sends, or sent before it died, comes back yet, or is given up as unknown.
        if app.store.has_underway(self.line.id).await? {
            return Ok(());
        }
        if app.store.next_due(self.line.id).await?.is_none() {
            acts::finish(app, self.line.id).await?;
        }
        Ok(())
    }

    /// Whoever's turn has come, from one number. Gives how many sends began.
    async fn turns(
        &self,
        app: &App,
        number: &NumberId,
        due: Vec<RecipientLine>,
    ) -> Result<u32, Error> {
        let asks = self.variants.iter().any(Ready::asks);
        let known = compose::known(app, &due, asks).await?;
        let (letters, settled) = self.write(app, number, (due, &known));
        if !settled.is_empty() {
            let mut tx = app.store.begin().await?;
            tx.settle_recipients(&settled).await?;
            tx.commit().await?;
        }
        let guests: Vec<Guest> = letters.iter().map(guest).collect();
        let entries = many::enter_all(app, self.line.id, &guests).await?;
        let mut refused = Vec::new();
        let mut later = Vec::new();
        let mut begun = 0;
        let way = Way {
            route: compose::route(app, number),
            token: app
                .token
                .clone()
                .ok_or_else(|| Error::internal("no token"))?,
        };
        for ((entry, guest), (recipient, letter)) in entries.into_iter().zip(&guests).zip(letters) {
            match entry {
                Entry::Gone => {}
                Entry::Refused(refusal) => match self.postponed(app, &recipient, &refusal) {
                    Some(settled) => later.push(settled),
                    None => refused.push((guest, *refusal)),
                },
                Entry::Admitted(admitted) => {
                    begun += 1;
                    after::begin(app, (recipient, letter), &way, *admitted);
                }
            }
        }
        many::refuse_all(app, self.line.id, refused).await?;
        if !later.is_empty() {
            let mut tx = app.store.begin().await?;
            tx.settle_recipients(&later).await?;
            tx.commit().await?;
        }
        Ok(begun)
    }

    /// What each is sent; and what becomes of those for whom it is quiet now, or for whom nothing can be made.
    fn write(
        &self,
        app: &App,
        number: &NumberId,
        (due, known): (Vec<RecipientLine>, &BTreeMap<ContactId, Known>),
    ) -> (Vec<(RecipientLine, Letter)>, Vec<Settled>) {
        let nobody = Known::default();
        let now = app.clock.now();
        let mut letters = Vec::with_capacity(due.len());
        let mut settled = Vec::new();
        for recipient in due {
            let known = known.get(&recipient.contact).unwrap_or(&nobody);
            if let Some(until) = place::quiet_until(self.plan.quiet, known.phone(), now) {
                let code = Code::QuietHours;
                settled.push(Settled {
                    due: Some(until),
                    ..waits(&recipient, code.word(), code.sentence())
                });
                continue;
            }
            let variant = usize::try_from(recipient.variant).unwrap_or(0);
            let Some(ready) = self.variants.get(variant) else {
                continue;
            };
            match ready.write(known, (number, &self.line.name)) {
                Ok(letter) => letters.push((recipient, letter)),
                Err(why) => settled.push(Settled {
                    state: recipient::State::Skipped,
                    ..waits(&recipient, why.code(), &why.to_string())
                }),
            }
        }
        (letters, settled)
    }

    /// A refusal that passes by itself soon lets the person wait for it.
    fn postponed(
        &self,
        app: &App,
        recipient: &RecipientLine,
        refusal: &Refusal,
    ) -> Option<Settled> {
        let until = refusal.denial.until?;
        let passes = matches!(
            refusal.denial.code,
            Code::QuietHours | Code::PlatformBackoff
        );
        let is_soon = until.millis_since(app.clock.now()) <= PATIENCE_MS;
        (passes && is_soon && recipient.tries <= i64::from(TRIES_MAX)).then(|| Settled {
            due: Some(until),
            tries: recipient.tries + 1,
            ..waits(
                recipient,
                refusal.denial.code.word(),
                refusal.denial.code.sentence(),
            )
        })
    }
}

/// How often somebody's turn is put off.
const TRIES_MAX: u32 = 10;

/// Somebody who waits on, with the reason.
fn waits(recipient: &RecipientLine, code: &str, reason: &str) -> Settled {
    Settled {
        campaign: recipient.campaign,
        contact: recipient.contact,
        attempt: None,
        state: recipient::State::Waiting,
        code: Some(code.to_owned()),
        reason: Some(reason.to_owned()),
        due: None,
        tries: recipient.tries,
    }
}

fn guest((recipient, letter): &(RecipientLine, Letter)) -> Guest {
    Guest {
        contact: recipient.contact,
        tries: recipient.tries,
        ask: letter.ask.clone(),
    }
}
