//! What Meta tells about the account and its numbers.

use consent::time::Timestamp;

use crate::loose::{self, Object};

/// News about an account or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountNews {
    /// Something happened to the account.
    Update {
        /// `ACCOUNT_RESTRICTION`, `DISABLED_UPDATE`, …: an open list.
        event: String,
        /// What is restricted, and until when.
        restrictions: Vec<Restriction>,
        /// The rule that was broken.
        violation: Option<String>,
        /// `SCHEDULE_FOR_DISABLE`, `DISABLE`, `REINSTATE`, …
        ban: Option<String>,
    },
    /// The quality or throughput of a number; limits are kept as the words that came.
    NumberQuality {
        /// The number as people write it.
        display: Option<String>,
        /// `ONBOARDING`, `THROUGHPUT_UPGRADE`, …: an open list.
        event: String,
        /// `TIER_…`
        old_limit: Option<String>,
        /// `TIER_…`
        limit: Option<String>,
        /// `TIER_…` or a number.
        daily: Option<String>,
    },
    /// What the business may do.
    Capability {
        /// `TIER_…` or a number; `-1` is unlimited.
        daily: Option<String>,
        /// How many numbers it may have.
        numbers: Option<String>,
    },
    /// A warning.
    Alert {
        /// How bad it is.
        severity: Option<String>,
        /// What it is about.
        kind: Option<String>,
        /// In Meta's words.
        description: Option<String>,
    },
    /// The account was reviewed.
    Review {
        /// `APPROVED`, `REJECTED`, …
        decision: String,
    },
    /// A change of security settings of a number.
    Security {
        /// The number as people write it.
        display: Option<String>,
        /// What happened.
        event: String,
    },
    /// The username of a number.
    Username {
        /// The number as people write it.
        display: Option<String>,
        /// The username.
        username: Option<String>,
        /// `approved`, `reserved` or `deleted`.
        status: String,
    },
}

/// Something that an account may not do for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// `RESTRICTED_BIZ_INITIATED_MESSAGING`, …
    pub kind: String,
    /// Until when; none is for good or unsaid.
    pub until: Option<Timestamp>,
}

impl AccountNews {
    /// Reads the value of a field about the account; none when the field is another.
    pub(super) fn of(field: &str, value: &Object) -> Option<Result<Self, String>> {
        let display = || loose::text(value, "display_phone_number");
        let need = |name: &str| loose::id(value, name).ok_or_else(|| format!("no `{name}`"));
        Some(match field {
            "account_update" => need("event").map(|event| Self::update(value, event)),
            "phone_number_quality_update" => need("event").map(|event| Self::NumberQuality {
                display: display(),
                event,
                old_limit: loose::text(value, "old_limit"),
                limit: loose::text(value, "current_limit"),
                daily: loose::text(value, "max_daily_conversations_per_business"),
            }),
            "business_capability_update" => Ok(Self::Capability {
                daily: loose::text(value, "max_daily_conversations_per_business")
                    .or_else(|| loose::text(value, "max_daily_conversation_per_phone")),
                numbers: loose::text(value, "max_phone_numbers_per_business")
                    .or_else(|| loose::text(value, "max_phone_numbers_per_waba")),
            }),
            "account_alerts" => Ok(Self::alert(value)),
            "account_review_update" => need("decision").map(|decision| Self::Review { decision }),
            "security" => need("event").map(|event| Self::Security {
                display: display(),
                event,
            }),
            "business_username_updates" => need("status").map(|status| Self::Username {
                display: display(),
                username: loose::text(value, "username"),
                status,
            }),
            _ => return None,
        })
    }

    fn update(value: &Object, event: String) -> Self {
        let restrictions = loose::list(value, "restriction_info").iter();
        let within = |object: &str, name: &str| {
            loose::object(value, object).and_then(|inner| loose::text(inner, name))
        };
        Self::Update {
            event,
            restrictions: restrictions
                .filter_map(|item| {
                    let item = item.as_object()?;
                    Some(Restriction {
                        kind: loose::id(item, "restriction_type")?,
                        until: loose::time(item, "expiration"),
                    })
                })
                .collect(),
            violation: within("violation_info", "violation_type"),
            ban: within("ban_info", "waba_ban_state"),
        }
    }

    fn alert(value: &Object) -> Self {
        let info = loose::object(value, "alert_info").unwrap_or(value);
        Self::Alert {
            severity: loose::text(info, "alert_severity"),
            kind: loose::text(info, "alert_type"),
            description: loose::text(info, "alert_description"),
        }
    }
}
