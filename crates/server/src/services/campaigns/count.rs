//! Where everybody of a campaign stands: counted from the recipients and their messages when it is asked for, so that no figure can
//! differ from what it counts.

use std::collections::BTreeMap;

use store::{
    campaign::{figure::Figure, recipient},
    message::State,
};

use uuid::Uuid;

use super::{body::Counts, compose::CannotMake};
use crate::{app::House, error::Error};

/// Where one person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Their turn has not come, or comes again.
    Waiting,
    /// Their message is on its way to Meta.
    Sending,
    /// Meta took it.
    Accepted,
    /// It left Meta.
    Sent,
    /// They have it.
    Delivered,
    /// They read it.
    Read,
    /// The gate refused it.
    Denied,
    /// Meta refused it, or could not deliver it.
    Failed,
    /// Nobody knows.
    Unknown,
    /// They were left out.
    Skipped,
}

impl Stand {
    /// Where somebody stands whose turn and message are known.
    #[must_use]
    pub const fn of(turn: recipient::State, message: Option<State>) -> Self {
        match (turn, message) {
            (recipient::State::Waiting, _) => Self::Waiting,
            (recipient::State::Skipped, _) => Self::Skipped,
            (recipient::State::Denied, _) => Self::Denied,
            // What Meta said since outranks what was known when the turn ended.
            (_, Some(State::Read)) => Self::Read,
            (_, Some(State::Delivered)) => Self::Delivered,
            (_, Some(State::Sent)) => Self::Sent,
            (_, Some(State::Accepted)) => Self::Accepted,
            (_, Some(State::Failed | State::Rejected)) | (recipient::State::Failed, _) => {
                Self::Failed
            }
            (_, Some(State::Unknown)) | (recipient::State::Unknown, _) => Self::Unknown,
            (recipient::State::Accepted, _) => Self::Accepted,
            (recipient::State::Sending, _) => Self::Sending,
        }
    }

    /// The word used in JSON and exports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

impl Counts {
    /// Counts some more people who stand alike.
    pub const fn add(&mut self, stand: Stand, count: u64) {
        self.total += count;
        match stand {
            Stand::Waiting => self.waiting += count,
            Stand::Sending => self.sending += count,
            Stand::Denied => self.denied += count,
            Stand::Failed => self.failed += count,
            Stand::Unknown => self.unknown += count,
            Stand::Skipped => self.skipped += count,
            Stand::Accepted | Stand::Sent | Stand::Delivered | Stand::Read => {
                self.accepted += count;
                if !matches!(stand, Stand::Accepted) {
                    self.sent += count;
                }
                if matches!(stand, Stand::Delivered | Stand::Read) {
                    self.delivered += count;
                }
                if matches!(stand, Stand::Read) {
                    self.read += count;
                }
            }
        }
    }
}

/// What was counted.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Everybody.
    pub all: Counts,
    /// By the place of the variant.
    pub by_variant: BTreeMap<i64, Counts>,
    /// Whom the gate refused, by code.
    pub denied: BTreeMap<String, u64>,
    /// Whose message failed, by Meta's code or a word of ours.
    pub failed: BTreeMap<String, u64>,
    /// Who was left out, by word.
    pub skipped: BTreeMap<String, u64>,
}

/// Counts everybody of a campaign.
///
/// # Errors
/// When the database does not answer.
pub async fn tally(app: &House, campaign: Uuid) -> Result<Tally, Error> {
    let figures = app.store.figures(campaign).await?;
    let mut tally = of(&figures);
    // What was listed and is nobody's address is left when all are drawn.
    let line = app.store.campaign(campaign).await?;
    let left = match line.and_then(|line| line.drawn) {
        Some(_) => app.store.count_list(campaign).await?,
        None => 0,
    };
    if let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) {
        tally.all.add(Stand::Skipped, left);
        let word = CannotMake::NoAddress.code().to_owned();
        *tally.skipped.entry(word).or_default() += left;
    }
    Ok(tally)
}

fn of(figures: &[Figure]) -> Tally {
    let mut tally = Tally::default();
    for figure in figures {
        let count = u64::try_from(figure.count).unwrap_or(0);
        let stand = Stand::of(figure.state, figure.message);
        tally.all.add(stand, count);
        tally
            .by_variant
            .entry(figure.variant)
            .or_default()
            .add(stand, count);
        let by_code = match stand {
            Stand::Denied => &mut tally.denied,
            Stand::Failed => &mut tally.failed,
            Stand::Skipped => &mut tally.skipped,
            _ => continue,
        };
        let code = match (stand, figure.error_code) {
            (Stand::Failed, Some(code)) => code.to_string(),
            _ => figure.code.clone().unwrap_or_else(|| "unknown".to_owned()),
        };
        *by_code.entry(code).or_default() += count;
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_holds_those_after_it() {
        let figure = |state, message, code: Option<&str>, count| Figure {
            variant: 0,
            state,
            message,
            error_code: None,
            code: code.map(str::to_owned),
            count,
        };
        let tally = of(&[
            figure(recipient::State::Waiting, None, None, 1),
            figure(recipient::State::Sending, Some(State::Reserved), None, 2),
            figure(recipient::State::Sending, Some(State::Accepted), None, 3),
            figure(recipient::State::Sending, Some(State::Read), None, 4),
            figure(
                recipient::State::Denied,
                Some(State::Denied),
                Some("no_consent"),
                5,
            ),
            figure(recipient::State::Unknown, Some(State::Delivered), None, 6),
        ]);
        let all = tally.all;
        assert_eq!((all.total, all.waiting, all.sending), (21, 1, 2));
        assert_eq!(
            (all.accepted, all.sent, all.delivered, all.read),
            (13, 10, 10, 4)
        );
        assert_eq!(all.unknown, 0, "a status settled what was unknown");
        assert_eq!(tally.denied.get("no_consent"), Some(&5));
    }
}
