//! Where one person of a campaign stands, and what may become of them.

/// Where one person of a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Not their turn yet, or to be tried again.
    Waiting,
    /// Taken into a batch; the gate is asked or Meta is.
    Sending,
    /// Meta took the message.
    Accepted,
    /// The gate said no at their turn, or Meta did because the person wants no marketing.
    Denied,
    /// It did not get through and will not be tried again.
    Failed,
    /// Nobody knows whether Meta took it. It is never sent again (DESIGN section 6); a status may tell.
    Unknown,
    /// Left out: the campaign ended before their turn.
    Skipped,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Sending,
        Self::Accepted,
        Self::Denied,
        Self::Failed,
        Self::Unknown,
        Self::Skipped,
    ];

    /// The word that is stored and shown to machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }

    /// Reads the word; none for any other.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|standing| standing.name() == word)
    }

    /// Whether `next` may follow. Nothing follows itself: a change that changes nothing is a fault of
    /// the caller, such as a batch taken twice.
    ///
    /// - Back to `Waiting` go those of whom it is certain that they got nothing: from `Sending` after a
    ///   definite no, from `Accepted` after a failed status.
    /// - `Unknown` never goes back by itself: a status must first say accepted or failed.
    /// - `Denied`, `Failed` and `Skipped` are the end.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Waiting => matches!(
                next,
                Self::Sending | Self::Denied | Self::Failed | Self::Skipped
            ),
            Self::Sending => matches!(
                next,
                Self::Waiting | Self::Accepted | Self::Denied | Self::Failed | Self::Unknown
            ),
            Self::Accepted => matches!(next, Self::Waiting | Self::Denied | Self::Failed),
            Self::Unknown => matches!(next, Self::Accepted | Self::Denied | Self::Failed),
            Self::Denied | Self::Failed | Self::Skipped => false,
        }
    }

    /// Whether the campaign has nothing more to do for this person: it is finished when all are settled.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        match self {
            Self::Waiting | Self::Sending => false,
            Self::Accepted | Self::Denied | Self::Failed | Self::Unknown | Self::Skipped => true,
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Waiting | Self::Sending | Self::Accepted | Self::Unknown => false,
            Self::Denied | Self::Failed | Self::Skipped => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    #[test]
    fn a_standing_is_read_by_its_own_name_only() {
        for standing in Standing::ALL {
            assert_eq!(Standing::read(standing.name()), Some(standing));
        }
        assert_eq!(Standing::read("Waiting"), None);
        assert_eq!(Standing::read(""), None);
    }

    #[test]
    fn nobody_is_sent_to_but_from_waiting() {
        for standing in Standing::ALL {
            assert_eq!(
                standing.may_become(Standing::Sending),
                standing == Standing::Waiting,
                "{standing:?}"
            );
        }
    }

    #[test]
    fn an_unknown_outcome_is_never_simply_tried_again() {
        assert!(!Standing::Unknown.may_become(Standing::Waiting));
        assert!(!Standing::Unknown.may_become(Standing::Sending));
        assert!(Standing::Unknown.may_become(Standing::Accepted));
    }

    #[test]
    fn whoever_was_taken_into_a_batch_is_not_skipped_by_a_cancel() {
        assert!(!Standing::Sending.may_become(Standing::Skipped));
        assert!(Standing::Waiting.may_become(Standing::Skipped));
    }

    #[test]
    fn only_what_is_final_has_nothing_after_it_and_only_the_unsettled_are_worked_on() {
        for standing in Standing::ALL {
            let followers = Standing::ALL
                .into_iter()
                .filter(|next| standing.may_become(*next))
                .count();
            assert_eq!(standing.is_final(), followers == 0, "{standing:?}");
            assert!(!standing.is_final() || standing.is_settled());
            assert!(!standing.may_become(standing));
        }
        assert!(!Standing::Waiting.is_settled() && !Standing::Sending.is_settled());
    }

    proptest! {
        /// Between two sends to one person there is always an answer that says nothing was sent.
        #[test]
        fn two_sends_have_a_known_no_between_them(path in vec(select(Standing::ALL.to_vec()), 0..60)) {
            let mut standing = Standing::Waiting;
            let mut since_sending = Vec::new();
            for next in path {
                if !standing.may_become(next) {
                    continue;
                }
                if next == Standing::Sending {
                    let was_unknown = since_sending.contains(&Standing::Unknown);
                    prop_assert!(!was_unknown || since_sending.contains(&Standing::Accepted));
                    since_sending.clear();
                }
                since_sending.push(next);
                standing = next;
            }
        }
    }
}
