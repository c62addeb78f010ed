//! Watching a campaign: a bar for whoever waits, drawn from what the database says.

use std::time::Duration;

use server::{
    app::App,
    services::campaigns::{self, acts, audience, body::CampaignAnswer, plan::Plan},
};
use uuid::Uuid;

use crate::{bar::Bar, command::keys::ACTOR, failure::Failure, output};

/// How often it is looked how far a campaign is.
const EVERY: Duration = Duration::from_millis(500);

/// Freezes the audience of a draft.
pub async fn draw(app: &App, id: Uuid) -> Result<CampaignAnswer, Failure> {
    if !output::is_watched() {
        return Ok(campaigns::draw_now(app, id, ACTOR).await?);
    }
    let mut bar = Bar::new();
    // Both at the same time: who only looks must never hold up who draws.
    let drawn = tokio::select! {
        drawn = campaigns::draw_now(app, id, ACTOR) => drawn.map_err(Failure::from),
        failed = count(app, id, &mut bar) => Err(failed),
    };
    bar.end();
    drawn
}

/// Tells how many are drawn, until nobody asks any more. Ends only when that cannot be read.
async fn count(app: &App, id: Uuid, bar: &mut Bar) -> Failure {
    let expected = match expected(app, id).await {
        Ok(expected) => expected,
        Err(failed) => return failed,
    };
    loop {
        match acts::find(app, id).await {
            Ok(line) => {
                let drawn = u64::try_from(line.total).unwrap_or(0);
                bar.tell(DRAWING, drawn, expected.max(drawn));
            }
            Err(error) => return error.into(),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Waits until a campaign is over or paused. Whoever has waited enough ends that with Ctrl-C, and the campaign goes on.
pub async fn to_the_end(app: &App, id: Uuid) -> Result<CampaignAnswer, Failure> {
    let mut bar = Bar::new();
    let ended = tokio::select! {
        ended = follow(app, id, &mut bar) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    bar.end();
    let answer = match ended {
        Some(ended) => ended?,
        None => {
            output::note(&format!(
                "the campaign goes on: `consentry campaign report {id} --watch` shows it again"
            ));
            return Ok(campaigns::show(app, id).await?);
        }
    };
    if let Some(why) = &answer.why {
        output::note(&format!("the campaign is {}: {why}", answer.state));
    }
    Ok(answer)
}

async fn follow(app: &App, id: Uuid, bar: &mut Bar) -> Result<CampaignAnswer, Failure> {
    let expected = expected(app, id).await?;
    loop {
        let answer = campaigns::show(app, id).await?;
        let Some((sentence, done, total)) = progress(&answer, expected) else {
            return Ok(answer);
        };
        bar.tell(sentence, done, total);
        tokio::time::sleep(EVERY).await;
    }
}

/// How many will be in the audience, or are.
async fn expected(app: &App, id: Uuid) -> Result<u64, Failure> {
    let line = acts::find(app, id).await?;
    let plan = Plan::kept(&line.spec)?;
    Ok(audience::total(app, &line, &plan.audience).await?)
}

const WAITING: &str = "waiting for its time";
const DRAWING: &str = "drawing the audience";
const SENDING: &str = "sending";

/// What goes on in a campaign, how many were dealt with, and of how many; nothing when it does not go on by itself.
fn progress(answer: &CampaignAnswer, expected: u64) -> Option<(&'static str, u64, u64)> {
    let counts = answer.counts.unwrap_or_default();
    match answer.state.as_str() {
        "scheduled" => Some((WAITING, 0, expected)),
        "running" if answer.drawn_at.is_none() => {
            Some((DRAWING, counts.total, expected.max(counts.total)))
        }
        "running" => {
            let ahead = counts.waiting.saturating_add(counts.sending);
            Some((SENDING, counts.total.saturating_sub(ahead), counts.total))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use server::services::campaigns::body::Counts;

    use super::*;
    use crate::command::campaign::show::tests::campaign;

    #[test]
    fn the_bar_counts_whoever_was_dealt_with() {
        let mut answer = campaign();
        answer.counts = Some(Counts {
            total: 10,
            waiting: 3,
            sending: 2,
            accepted: 4,
            denied: 1,
            ..Counts::default()
        });
        answer.state = "running".to_owned();
        answer.drawn_at = None;
        assert_eq!(progress(&answer, 40), Some((DRAWING, 10, 40)));
        answer.drawn_at = Some("2026-11-22T10:00:00Z".to_owned());
        assert_eq!(progress(&answer, 40), Some((SENDING, 5, 10)));
        answer.state = "scheduled".to_owned();
        assert_eq!(progress(&answer, 40), Some((WAITING, 0, 40)));
    }

    #[test]
    fn nobody_waits_for_what_does_not_go_on_by_itself() {
        let mut answer = campaign();
        for state in ["draft", "paused", "done", "cancelled", "failed"] {
            answer.state = state.to_owned();
            assert_eq!(progress(&answer, 40), None, "{state}");
        }
    }
}
