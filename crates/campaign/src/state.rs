//! What a campaign is at, and what may happen to it next.

use std::fmt;

use thiserror::Error;

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Being written; nothing was sent and nothing will be.
    Draft,
    /// Begins by itself at a time that was set.
    Scheduled,
    /// People are being sent to.
    Running,
    /// Stopped for now; it can go on.
    Paused,
    /// Everybody was dealt with.
    Done,
    /// Ended by somebody before everybody was dealt with.
    Cancelled,
    /// Ended by a fault that sending cannot go on from.
    Failed,
}

/// Whether a second person has to agree, and whether they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Approval {
    /// The audience is small enough for one person to answer for.
    NotNeeded,
    /// A second person has yet to agree.
    Missing,
    /// A second person agreed to the campaign as it is now.
    Given,
}

/// Something that is to happen to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Somebody pressed send.
    Start {
        /// At a time that was set, and not at once.
        later: bool,
    },
    /// The time that was set has come.
    Due,
    /// Somebody, or the campaign itself, stops it for now.
    Pause,
    /// It goes on. A campaign that was paused while it waited for its time begins at once.
    Resume,
    /// It ends; whoever was not dealt with gets nothing.
    Cancel,
    /// Everybody was dealt with.
    Finish,
    /// A fault that sending cannot go on from.
    Fail,
}

/// Why an act does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// The act does not follow from this state.
    #[error("a campaign that is {state} cannot be {act}")]
    NotFrom {
        /// What the campaign is.
        state: State,
        /// What was wanted.
        act: Act,
    },
    /// Nobody but its author has looked at it.
    #[error("the campaign needs the approval of a second person before anything is sent")]
    NeedsApproval,
}

/// The state after an act.
///
/// # Errors
/// When the act does not follow from the state, or a second person has yet to agree.
pub const fn next(state: State, approval: Approval, act: Act) -> Result<State, Refused> {
    let next = match (act, state) {
        (Act::Start { later: true }, State::Draft) => State::Scheduled,
        (Act::Start { later: false }, State::Draft)
        | (Act::Due, State::Scheduled)
        | (Act::Resume, State::Paused) => State::Running,
        (Act::Pause, State::Running | State::Scheduled) => State::Paused,
        (Act::Cancel, State::Draft | State::Scheduled | State::Running | State::Paused) => {
            State::Cancelled
        }
        (Act::Finish, State::Running) => State::Done,
        (Act::Fail, State::Running | State::Scheduled) => State::Failed,
        (
            Act::Start { .. }
            | Act::Due
            | Act::Pause
            | Act::Resume
            | Act::Cancel
            | Act::Finish
            | Act::Fail,
            _,
        ) => return Err(Refused::NotFrom { state, act }),
    };
    match (next, approval) {
        // Scheduling is a promise to send, so it needs the same approval as sending.
        (State::Running | State::Scheduled, Approval::Missing) => Err(Refused::NeedsApproval),
        _ => Ok(next),
    }
}

impl State {
    /// Every state, in the order of a campaign's life.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Scheduled,
        Self::Running,
        Self::Paused,
        Self::Done,
        Self::Cancelled,
        Self::Failed,
    ];

    /// The word that is stored and shown to machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Reads the word; none for any other.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == word)
    }

    /// Whether nothing can happen to the campaign any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Done | Self::Cancelled | Self::Failed => true,
            Self::Draft | Self::Scheduled | Self::Running | Self::Paused => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Draft => "a draft",
            Self::Scheduled
            | Self::Running
            | Self::Paused
            | Self::Done
            | Self::Cancelled
            | Self::Failed => self.name(),
        };
        f.write_str(words)
    }
}

/// As it is said of a campaign: "cannot be paused".
impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start { later: false } => "started",
            Self::Start { later: true } => "scheduled",
            Self::Due => "started by its schedule",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Cancel => "cancelled",
            Self::Finish => "finished",
            Self::Fail => "marked as failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    const ACTS: [Act; 8] = [
        Act::Start { later: false },
        Act::Start { later: true },
        Act::Due,
        Act::Pause,
        Act::Resume,
        Act::Cancel,
        Act::Finish,
        Act::Fail,
    ];
    const APPROVALS: [Approval; 3] = [Approval::NotNeeded, Approval::Missing, Approval::Given];

    #[test]
    fn every_act_leads_where_the_table_says_and_nowhere_else() {
        use State::{Cancelled, Done, Draft, Failed, Paused, Running, Scheduled};
        let table = [
            (Draft, ACTS[0], Running),
            (Draft, ACTS[1], Scheduled),
            (Scheduled, Act::Due, Running),
            (Running, Act::Pause, Paused),
            (Scheduled, Act::Pause, Paused),
            (Paused, Act::Resume, Running),
            (Draft, Act::Cancel, Cancelled),
            (Scheduled, Act::Cancel, Cancelled),
            (Running, Act::Cancel, Cancelled),
            (Paused, Act::Cancel, Cancelled),
            (Running, Act::Finish, Done),
            (Running, Act::Fail, Failed),
            (Scheduled, Act::Fail, Failed),
        ];
        for state in State::ALL {
            for act in ACTS {
                let want = table
                    .iter()
                    .find(|(from, by, _)| (*from, *by) == (state, act))
                    .map(|(_, _, to)| *to)
                    .ok_or(Refused::NotFrom { state, act });
                assert_eq!(next(state, Approval::Given, act), want);
                assert_eq!(next(state, Approval::NotNeeded, act), want);
            }
        }
    }

    #[test]
    fn without_the_second_person_nothing_starts_and_anything_can_be_stopped() {
        for state in State::ALL {
            for act in ACTS {
                let answer = next(state, Approval::Missing, act);
                assert_ne!(answer, Ok(State::Running), "{state} {act}");
                assert_ne!(answer, Ok(State::Scheduled), "{state} {act}");
                if matches!(act, Act::Pause | Act::Cancel | Act::Fail | Act::Finish) {
                    assert_eq!(answer, next(state, Approval::Given, act));
                }
            }
        }
    }

    #[test]
    fn a_refusal_is_a_plain_sentence() {
        let say = |state, act| next(state, Approval::Missing, act).unwrap_err().to_string();
        assert_eq!(
            say(State::Done, Act::Resume),
            "a campaign that is done cannot be resumed"
        );
        assert_eq!(
            say(State::Draft, Act::Pause),
            "a campaign that is a draft cannot be paused"
        );
        assert_eq!(
            say(State::Paused, Act::Resume),
            "the campaign needs the approval of a second person before anything is sent"
        );
    }

    #[test]
    fn a_state_is_read_by_its_own_name_only() {
        for state in State::ALL {
            assert_eq!(State::read(state.name()), Some(state));
            assert_eq!(state.name(), state.name().to_lowercase());
        }
        assert_eq!(State::read("Running"), None);
        assert_eq!(State::read("a draft"), None);
    }

    proptest! {
        #[test]
        fn what_is_over_stays_as_it_is(
            acts in vec((select(ACTS.to_vec()), select(APPROVALS.to_vec())), 0..40),
        ) {
            let mut state = State::Draft;
            for (act, approval) in acts {
                let was = state;
                state = next(state, approval, act).unwrap_or(state);
                prop_assert!(!was.is_over() || state == was, "{was} became {state}");
                prop_assert!(was.is_over() || ACTS.iter().any(|act| {
                    next(was, Approval::Given, *act).is_ok()
                }), "{} is a dead end", was);
            }
        }

        #[test]
        fn a_campaign_runs_only_after_an_act_that_had_its_approval(
            acts in vec((select(ACTS.to_vec()), select(APPROVALS.to_vec())), 0..40),
        ) {
            let mut state = State::Draft;
            let mut agreed = false;
            for (act, approval) in acts {
                if let Ok(new) = next(state, approval, act) {
                    state = new;
                    agreed |= approval != Approval::Missing;
                }
                prop_assert!(state != State::Running || agreed);
            }
        }
    }
}
