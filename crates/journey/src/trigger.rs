//! What lets somebody into a journey, and who may come again.

use consent::time::{DAY_MS, Timestamp};
use serde::Serialize;

use crate::{condition::typed, date::DateRule};

/// What lets somebody in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trigger {
    /// They opted in.
    Joined {
        /// By this form; by whatever way where it is not named.
        #[serde(skip_serializing_if = "Option::is_none")]
        form: Option<String>,
    },
    /// They were given a tag.
    TagAdded {
        /// The tag.
        tag: String,
    },
    /// An attribute of theirs has another value than before.
    AttributeChanged {
        /// The attribute.
        attribute: String,
        /// The value that it must have now; any where it is not named.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// A program of the business told an event.
    Event {
        /// The name of the event.
        name: String,
    },
    /// A day came that an attribute of theirs names.
    Date(DateRule),
    /// They wrote one of these words, and nothing else.
    Keyword {
        /// The words; case, accents and punctuation do not matter.
        words: Vec<String>,
    },
    /// They wrote from an advertisement.
    AdReferral {
        /// The id of the advertisement at Meta; any where it is not named.
        #[serde(skip_serializing_if = "Option::is_none")]
        ad: Option<String>,
    },
}

/// Something that may let somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause<'a> {
    /// They opted in, perhaps by a form.
    Joined {
        /// The form, by its short name.
        form: Option<&'a str>,
    },
    /// They were given a tag that they did not have.
    TagAdded {
        /// The tag.
        tag: &'a str,
    },
    /// An attribute was set; none for a value that is not set.
    AttributeChanged {
        /// The attribute.
        attribute: &'a str,
        /// What it was.
        from: Option<&'a str>,
        /// What it is.
        to: Option<&'a str>,
    },
    /// An event was told.
    Event {
        /// Its name.
        name: &'a str,
    },
    /// The time came that [`crate::date::due`] gave for an attribute.
    DateCame {
        /// The attribute.
        attribute: &'a str,
    },
    /// They wrote, perhaps from an advertisement.
    Wrote {
        /// What they wrote.
        text: &'a str,
        /// The advertisement that they came from, by its id; empty where Meta named none.
        ad: Option<&'a str>,
    },
}

impl Trigger {
    /// Every kind, as JSON names it.
    pub const KINDS: [&str; 7] = [
        "joined",
        "tag_added",
        "attribute_changed",
        "event",
        "date",
        "keyword",
        "ad_referral",
    ];

    /// The kind, as JSON names it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Joined { .. } => "joined",
            Self::TagAdded { .. } => "tag_added",
            Self::AttributeChanged { .. } => "attribute_changed",
            Self::Event { .. } => "event",
            Self::Date(_) => "date",
            Self::Keyword { .. } => "keyword",
            Self::AdReferral { .. } => "ad_referral",
        }
    }

    /// Whether this lets somebody in.
    #[must_use]
    pub fn matches(&self, cause: &Cause<'_>) -> bool {
        match (self, *cause) {
            (Self::Joined { form }, Cause::Joined { form: by }) => {
                form.is_none() || form.as_deref() == by
            }
            (Self::TagAdded { tag }, Cause::TagAdded { tag: given }) => tag == given,
            (
                Self::AttributeChanged { attribute, to },
                Cause::AttributeChanged {
                    attribute: changed,
                    from,
                    to: now,
                },
            ) => attribute == changed && from != now && (to.is_none() || to.as_deref() == now),
            (Self::Event { name }, Cause::Event { name: told }) => name == told,
            (Self::Date(rule), Cause::DateCame { attribute }) => rule.attribute == attribute,
            (Self::Keyword { words }, Cause::Wrote { text, .. }) => {
                words.iter().any(|word| typed(text, word))
            }
            (Self::AdReferral { ad }, Cause::Wrote { ad: Some(from), .. }) => {
                ad.as_deref().is_none_or(|ad| ad == from)
            }
            (
                Self::Joined { .. }
                | Self::TagAdded { .. }
                | Self::AttributeChanged { .. }
                | Self::Event { .. }
                | Self::Date(_)
                | Self::Keyword { .. }
                | Self::AdReferral { .. },
                _,
            ) => false,
        }
    }

    /// The rule for dates, where the journey begins by one.
    #[must_use]
    pub const fn date(&self) -> Option<&DateRule> {
        match self {
            Self::Date(rule) => Some(rule),
            Self::Joined { .. }
            | Self::TagAdded { .. }
            | Self::AttributeChanged { .. }
            | Self::Event { .. }
            | Self::Keyword { .. }
            | Self::AdReferral { .. } => None,
        }
    }
}

/// Who may enter once more. Nobody enters while they are inside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// Nobody: once in a life.
    #[default]
    Never,
    /// Whoever entered so many days ago, or earlier.
    AfterDays(u32),
    /// Everybody who is outside.
    Outside,
}

/// When somebody was in a journey before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Never.
    Never,
    /// They are inside now.
    Inside,
    /// They are outside, and entered last at this time.
    Entered(Timestamp),
}

impl Again {
    /// Whether somebody may enter now.
    #[must_use]
    pub const fn admits(self, before: Before, now: Timestamp) -> bool {
        match (before, self) {
            (Before::Never, Self::Never | Self::AfterDays(_) | Self::Outside)
            | (Before::Entered(_), Self::Outside) => true,
            (Before::Inside, Self::Never | Self::AfterDays(_) | Self::Outside)
            | (Before::Entered(_), Self::Never) => false,
            (Before::Entered(at), Self::AfterDays(days)) => {
                now.millis_since(at) >= (days as i64).saturating_mul(DAY_MS)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrote(text: &str) -> Cause<'_> {
        Cause::Wrote { text, ad: None }
    }

    #[test]
    fn a_keyword_is_the_whole_message_in_any_clothes() {
        let trigger = Trigger::Keyword {
            words: vec!["Olá".to_owned(), "👋".to_owned()],
        };
        for text in ["ola", " OLÁ! ", "ｏｌａ", "👋"] {
            assert!(trigger.matches(&wrote(text)), "{text}");
        }
        for text in ["ola amigo", "👍", "", "!!"] {
            assert!(!trigger.matches(&wrote(text)), "{text}");
        }
    }

    #[test]
    fn what_is_not_named_may_be_anything() {
        let any = Trigger::Joined { form: None };
        let one = Trigger::Joined {
            form: Some("spring".to_owned()),
        };
        assert!(any.matches(&Cause::Joined { form: None }));
        assert!(one.matches(&Cause::Joined {
            form: Some("spring")
        }));
        assert!(!one.matches(&Cause::Joined { form: None }));
        let ad = Trigger::AdReferral { ad: None };
        assert!(ad.matches(&Cause::Wrote {
            text: "x",
            ad: Some("")
        }));
        assert!(!ad.matches(&wrote("x")));
        assert!(!ad.matches(&Cause::TagAdded { tag: "ad" }));
    }

    #[test]
    fn an_attribute_changes_only_to_another_value() {
        let trigger = |to: Option<&str>| Trigger::AttributeChanged {
            attribute: "plan".to_owned(),
            to: to.map(str::to_owned),
        };
        let changed = |from, to| Cause::AttributeChanged {
            attribute: "plan",
            from,
            to,
        };
        assert!(trigger(None).matches(&changed(Some("a"), None)));
        assert!(!trigger(None).matches(&changed(Some("a"), Some("a"))));
        assert!(trigger(Some("b")).matches(&changed(None, Some("b"))));
        assert!(!trigger(Some("b")).matches(&changed(Some("b"), Some("c"))));
    }

    #[test]
    fn who_may_come_again() {
        let now = Timestamp::from_millis(10 * DAY_MS);
        let ago = |days: i64| Before::Entered(now.plus_millis(-days * DAY_MS));
        for again in [Again::Never, Again::AfterDays(3), Again::Outside] {
            assert!(again.admits(Before::Never, now), "{again:?}");
            assert!(!again.admits(Before::Inside, now), "{again:?}");
        }
        assert!(!Again::Never.admits(ago(9), now));
        assert!(Again::AfterDays(3).admits(ago(3), now));
        assert!(!Again::AfterDays(3).admits(ago(2), now));
        assert!(Again::Outside.admits(ago(0), now));
    }
}
