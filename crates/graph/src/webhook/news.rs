//! What Meta tells about templates.

use consent::{scope::Category, time::Timestamp};

use crate::{
    loose::{self, Object},
    template,
};

/// News about one template in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateNews {
    /// Meta's id, with all its digits.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its language, as `en_US`.
    pub language: Option<String>,
    /// What is new.
    pub news: News,
}

/// What is new about a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It may be used, or no longer.
    Status {
        /// `APPROVED`, `PAUSED`, …; also the words that only events use, like `REINSTATED`.
        event: String,
        /// What the status is after this event.
        status: template::Status,
        /// Why, in Meta's word: `FIRST_PAUSE` and the like, or why it was refused; none for `NONE`.
        reason: Option<String>,
        /// The category, where it is told.
        category: Option<Category>,
        /// What Meta says about it, and advises.
        note: Option<String>,
        /// The day that Meta names with it, as Meta writes it.
        day: Option<String>,
    },
    /// Its category will change. Nothing changes yet.
    CategoryAnnounced {
        /// Today's category.
        current: Option<Category>,
        /// What it will be.
        coming: Option<Category>,
        /// From when.
        at: Option<Timestamp>,
    },
    /// Its category has changed. A word that we do not know is none, and counts as marketing.
    CategoryDone {
        /// What it was.
        previous: Option<Category>,
        /// What it is now.
        now: Option<Category>,
    },
    /// A Direct Send was labelled wrongly.
    CategoryWrong {
        /// What the sender said.
        said: Option<Category>,
        /// What it was.
        correct: Option<Category>,
    },
    /// Its quality.
    Quality {
        /// What it was.
        previous: Option<String>,
        /// What it is now: `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
        now: String,
    },
    /// Its text or buttons changed. Quick replies are not told here: read the template again.
    Components,
}

impl TemplateNews {
    /// Whether a value is about a template, whatever its field says.
    pub(super) fn fits(field: &str, value: &Object) -> bool {
        field.starts_with("message_template_")
            || field.starts_with("template_")
            || (loose::get(value, "message_template_name").is_some()
                && loose::get(value, "new_quality_score").is_some())
    }

    /// Reads the value; the error says what could not be read.
    pub(super) fn of(field: &str, value: &Object) -> Result<Self, String> {
        let category = |name| loose::text(value, name).and_then(|word| template::category(&word));
        let has = |name| loose::get(value, name).is_some();
        // Meta's own example of a quality update wears the name of a status update: content decides.
        let news = if has("new_quality_score") {
            News::Quality {
                previous: loose::text(value, "previous_quality_score"),
                now: loose::id(value, "new_quality_score").ok_or("no `new_quality_score`")?,
            }
        } else if field == "message_template_components_update" {
            News::Components
        } else if field == "template_correct_category_detection" {
            News::CategoryWrong {
                said: category("category"),
                correct: category("correct_category"),
            }
        } else if has("previous_category") && has("new_category") {
            News::CategoryDone {
                previous: category("previous_category"),
                now: category("new_category"),
            }
        } else if has("correct_category") {
            News::CategoryAnnounced {
                current: category("new_category"),
                coming: category("correct_category"),
                at: loose::time(value, "category_update_timestamp"),
            }
        } else {
            Self::status(value)?
        };
        Self::named(value, news)
    }

    fn status(value: &Object) -> Result<News, String> {
        let event = loose::id(value, "event").ok_or("neither `event` nor categories")?;
        let of =
            |object, name| loose::object(value, object).and_then(|part| loose::text(part, name));
        let reason = loose::text(value, "reason").filter(|reason| reason != "NONE");
        let said = [
            of("other_info", "description"),
            of("rejection_info", "reason"),
            of("rejection_info", "recommendation"),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        Ok(News::Status {
            status: template::Status::after(&event),
            reason: of("other_info", "title").or(reason),
            category: loose::text(value, "message_template_category")
                .and_then(|word| template::category(&word)),
            event,
            note: (!said.is_empty()).then(|| said.join(" ")),
            day: of("disable_info", "disable_date"),
        })
    }

    fn named(value: &Object, news: News) -> Result<Self, String> {
        let told = Self {
            id: loose::id(value, "message_template_id"),
            name: loose::id(value, "message_template_name"),
            language: loose::text(value, "message_template_language")
                .map(|language| template::language(&language)),
            news,
        };
        if told.id.is_none() && told.name.is_none() {
            return Err("no `message_template_id` and no `message_template_name`".to_owned());
        }
        Ok(told)
    }
}
