//! How often a person may be written to, as JSON.

use consent::{
    id::{BadId, TopicId},
    policy::Cap,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{error::Error, services::topics::named::category};

/// At most so many messages of a category, or of one topic of it, in so many days.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapBody {
    /// What is counted.
    pub category: String,
    /// A topic of it, by id or name, whose messages alone are counted and held back; null means the whole category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// How many may go.
    pub max: u32,
    /// In how many days, rolling: a day is 1, a week 7, a month 30.
    pub days: u32,
}

pub(super) fn body(cap: &Cap) -> CapBody {
    CapBody {
        category: cap.category.word().to_owned(),
        topic: cap.topic.map(|topic| topic.to_string()),
        max: cap.max,
        days: cap.days,
    }
}

/// Reads a cap, whose topic is named by its id.
pub(super) fn read(body: &CapBody) -> Result<Cap, Error> {
    if body.days == 0 {
        return Err(Error::field(
            "caps.days",
            "`0` days count nothing: want 1 or more",
        ));
    }
    let topic = body.topic.as_deref().map(|text| {
        let bad = |error: BadId| Error::field("caps.topic", error.to_string());
        text.parse::<TopicId>().map_err(bad)
    });
    Ok(Cap {
        category: category("caps.category", &body.category)?,
        topic: topic.transpose()?,
        max: body.max,
        days: body.days,
    })
}
