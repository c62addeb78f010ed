//! The flight recorder: a campaign of which too many opt out stops itself and says why and how sure that is; and a template that few
//! people have seen goes to some before it goes to the rest.

use campaign::{
    watch::{Tally, Watch},
    wave::{self, Rules},
};
use store::campaign::{CampaignLine, recipient::State};

use super::{acts, count, plan::Plan};
use crate::{app::App, drives::Wave, error::Error};

/// How seldom a campaign that is as good as allowed may stop itself: once in a hundred, however often it is looked at.
const ALPHA: f64 = 0.01;

/// Reads the recorder. Says whether the campaign stopped itself.
///
/// # Errors
/// When the database does not answer.
pub async fn look(app: &App, line: &CampaignLine, plan: &Plan) -> Result<bool, Error> {
    if !plan.is_watched {
        return Ok(false);
    }
    let progress = app.store.progress(line.id).await?;
    let is_sent = |state: State| {
        matches!(
            state,
            State::Sending | State::Accepted | State::Failed | State::Unknown
        )
    };
    let sent: i64 = progress
        .iter()
        .filter(|(state, _)| is_sent(*state))
        .map(|(_, count)| *count)
        .sum();
    let sent = u64::try_from(sent).unwrap_or(0);
    let since = line.started.unwrap_or(line.created);
    let opt_outs = app.store.opt_outs_of(line.id, since).await?;
    let tally = Tally {
        sent,
        opt_outs: u64::try_from(opt_outs).unwrap_or(0).min(sent),
    };
    let watch = Watch::new(plan.opt_out_limit / 100.0, ALPHA).map_err(Error::internal)?;
    let seen = watch.look(tally);
    // Whoever resumed it has seen that, and answers for the rest: it asks again only when it got worse.
    let worse = |before: u64| tally.opt_outs > before.saturating_mul(2);
    if seen.alarm && plan.asked_at.is_none_or(worse) {
        let asks = Plan {
            asked_at: Some(tally.opt_outs),
            ..plan.clone()
        };
        let why = sentence(plan, tally, seen.rate, seen.confidence);
        acts::ask(app, line.id, &asks, &why).await?;
        return Ok(true);
    }
    look_at_wave(app, line, plan, sent).await?;
    Ok(false)
}

/// Why it stopped: what was seen, what was allowed, and how sure it is that this is no accident.
fn sentence(plan: &Plan, tally: Tally, rate: f64, confidence: f64) -> String {
    format!(
        "{} of {} people opted out ({:.1} %), and {} % is allowed: that it is worse than allowed is {:.1} % sure. Resume it to go on.",
        tally.opt_outs,
        tally.sent,
        rate * 100.0,
        plan.opt_out_limit,
        (confidence * 100.0).min(99.9),
    )
}

/// How many more may be sent to before the first wave has told enough; none for no limit.
///
/// # Errors
/// When the database does not answer.
pub async fn wave_left(app: &App, line: &CampaignLine, plan: &Plan) -> Result<Option<u32>, Error> {
    if !plan.is_watched {
        return Ok(None);
    }
    match app.drives.wave(line.id) {
        Wave::NotKnown => {
            look(app, line, plan).await?;
            Ok(app.drives.wave(line.id).left())
        }
        known => Ok(known.left()),
    }
}

async fn look_at_wave(app: &App, line: &CampaignLine, plan: &Plan, sent: u64) -> Result<(), Error> {
    if app.drives.wave(line.id) == Wave::Over {
        return Ok(());
    }
    let rules = Rules::default();
    let total = u64::try_from(line.total).unwrap_or(0);
    let mut before = u64::MAX;
    for variant in &plan.variants {
        let so_often = app.store.sent_of_template(&variant.template).await?;
        before = before.min(u64::try_from(so_often).unwrap_or(0).saturating_sub(sent));
    }
    let planned = wave::plan(total, before, &rules);
    if !planned.is_needed() {
        app.drives.set_wave(line.id, Wave::Over);
        return Ok(());
    }
    if sent < planned.size {
        let left = u32::try_from(planned.size - sent).unwrap_or(u32::MAX);
        app.drives.set_wave(line.id, Wave::Left(left));
        return Ok(());
    }
    let counts = count::tally(app, line.id).await?.all;
    let answered = counts.delivered + counts.failed;
    let last = app.store.last_taken(line.id).await?.unwrap_or(line.changed);
    let waited = app.clock.now().millis_since(last).max(0).unsigned_abs();
    let waited = std::time::Duration::from_millis(waited);
    let is_known = wave::enough_known(counts.accepted + counts.failed, answered, waited, &rules);
    let next = if is_known { Wave::Over } else { Wave::Left(0) };
    app.drives.set_wave(line.id, next);
    Ok(())
}
