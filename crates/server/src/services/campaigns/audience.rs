//! Whom a campaign is for: people who were listed, or whoever meets a condition when the audience is drawn.

use std::collections::{BTreeMap, BTreeSet};

use consent::alias::Alias;
use serde::{Deserialize, Serialize};
use store::{campaign::CampaignLine, segment::Condition};

use super::body::{AudienceAnswer, AudienceBody};
use crate::{
    app::House,
    error::Error,
    services::{
        contacts,
        segments::{self, condition::ConditionBody},
        who,
    },
};

/// People of a list at the most; more than these are imported, and make a segment.
pub const LISTED_MAX: usize = 1_000_000;
/// The names of the column of a CSV text that holds the number.
const ADDRESS_COLUMNS: [&str; 5] = ["phone", "number", "to", "mobile", "whatsapp"];
/// Columns at the most.
const COLUMNS_MAX: usize = 50;
/// The signs before a country code, as keyboards have them.
const PLUS: [char; 2] = ['+', '\u{ff0b}'];
/// Longest cell that fills a gap, in characters (facts, section 5.1).
const CELL_CHARS_MAX: usize = 1_024;

/// Whom a campaign is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Audience {
    /// People who were listed by their addresses.
    Listed {
        /// How many, each once.
        listed: u64,
        /// Whether they came as CSV.
        csv: bool,
        /// How many numbers had neither `+` nor a home country to be read by.
        #[serde(default)]
        unmarked: u64,
    },
    /// Whoever is in a segment when the audience is drawn.
    Segment {
        /// Its id.
        id: String,
        /// What it was called then.
        name: String,
    },
    /// Whoever has a tag when the audience is drawn.
    Tag {
        /// The tag.
        tag: String,
    },
}

/// Somebody who was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Their address: a number as E.164, or an id; what makes no sense stays as it was written, and is refused as that.
    pub address: String,
    /// What fills gaps for them alone.
    pub own: BTreeMap<String, String>,
}

impl Audience {
    /// As an answer tells it.
    #[must_use]
    pub fn answer(&self) -> AudienceAnswer {
        let (kind, name, listed) = match self {
            Self::Listed {
                listed, csv: false, ..
            } => ("numbers", None, Some(*listed)),
            Self::Listed {
                listed, csv: true, ..
            } => ("csv", None, Some(*listed)),
            Self::Segment { name, .. } => ("segment", Some(name.clone()), None),
            Self::Tag { tag } => ("tag", Some(tag.clone()), None),
        };
        AudienceAnswer {
            kind: kind.to_owned(),
            name,
            listed,
        }
    }

    /// What people must meet, where they are not listed.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the segment is gone; when the database does not answer.
    pub async fn condition(&self, app: &House) -> Result<Option<Condition>, Error> {
        match self {
            Self::Listed { .. } => Ok(None),
            Self::Segment { id, .. } => segments::condition_of(app, id).await.map(Some),
            Self::Tag { tag } => {
                let body = ConditionBody::Tag(tag.clone());
                Ok(Some(segments::shelf(app).await?.read(&body)?.condition))
            }
        }
    }
}

/// Whether exactly one audience is named.
///
/// # Errors
/// [`Error::Invalid`] where there are none or several.
pub fn is_one(body: &AudienceBody) -> Result<(), Error> {
    let given = [
        body.numbers.is_some(),
        body.segment.is_some(),
        body.tag.is_some(),
        body.csv.is_some(),
        body.list_of.is_some(),
    ];
    if given.into_iter().filter(|given| *given).count() != 1 {
        let message = "want exactly one of `numbers`, `segment`, `tag`, `csv` and `list_of`";
        return Err(Error::field("audience", message));
    }
    Ok(())
}

/// Reads whom a campaign is for, where it is not the list of another one. Of people who were listed twice one is left.
///
/// # Errors
/// [`Error::Invalid`] naming the field; when the database does not answer.
pub async fn read(app: &House, body: &AudienceBody) -> Result<(Audience, Vec<Listed>), Error> {
    is_one(body)?;
    if let Some(id) = &body.segment {
        let known = segments::find(app, id).await.map_err(|error| match error {
            Error::NotFound(_) => {
                Error::field("audience.segment", format!("there is no segment `{id}`"))
            }
            other => other,
        })?;
        let audience = Audience::Segment {
            id: known.id,
            name: known.name,
        };
        return Ok((audience, Vec::new()));
    }
    if let Some(tag) = &body.tag {
        contacts::tag_name(tag)?;
        return Ok((Audience::Tag { tag: tag.clone() }, Vec::new()));
    }
    let ((listed, unmarked), csv) = match (&body.numbers, &body.csv) {
        (Some(numbers), _) => {
            let all = numbers.iter().map(|text| (text.clone(), BTreeMap::new()));
            (each_once(app, all), false)
        }
        (None, Some(text)) => (each_once(app, rows(text)?.into_iter()), true),
        (None, None) => ((Vec::new(), 0), false),
    };
    if listed.is_empty() {
        return Err(Error::field("audience", "nobody is listed"));
    }
    if listed.len() > LISTED_MAX {
        let message =
            format!("want at most {LISTED_MAX} people: import them, and send to a segment");
        return Err(Error::field("audience", message));
    }
    let audience = Audience::Listed {
        listed: listed.len().try_into().unwrap_or(u64::MAX),
        csv,
        unmarked,
    };
    Ok((audience, listed))
}

/// Each person once, whatever way their number is written; the first row counts. And how many numbers have nothing that tells their
/// country code from the rest.
fn each_once(app: &House, all: impl Iterator<Item = Row>) -> (Vec<Listed>, u64) {
    let mut seen = BTreeSet::new();
    let mut listed = Vec::new();
    let mut unmarked = 0;
    for (text, own) in all {
        let read = who::alias(app, &text).ok();
        let key = read
            .as_ref()
            .map_or_else(|| format!("?:{}", text.trim()), Alias::key);
        if seen.insert(key) {
            let is_number = matches!(read, Some(Alias::Phone(_)));
            let is_marked = app.config.home().is_some() || is_international(&text);
            unmarked += u64::from(is_number && !is_marked);
            let address = read.map_or_else(|| text.trim().to_owned(), |alias| alias.value());
            listed.push(Listed { address, own });
        }
    }
    (listed, unmarked)
}

fn is_international(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_ascii_digit() && !PLUS.contains(&c));
    text.starts_with(PLUS) || text.starts_with("00")
}

/// An address, and what fills gaps for that person alone.
type Row = (String, BTreeMap<String, String>);

/// The rows of a CSV text: the address, and what the other columns say. Columns without a name say nothing.
fn rows(text: &str) -> Result<Vec<Row>, Error> {
    let invalid = |message: String| Error::field("audience.csv", message);
    let delimiter = match text.lines().next() {
        Some(head) if head.contains(';') && !head.contains(',') => b';',
        Some(head) if head.contains('\t') && !head.contains(',') => b'\t',
        _ => b',',
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let names: Vec<String> = reader
        .headers()
        .map_err(|error| invalid(error.to_string()))?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    if names.len() > COLUMNS_MAX {
        return Err(invalid(format!("want at most {COLUMNS_MAX} columns")));
    }
    let is_address = |name: &String| ADDRESS_COLUMNS.contains(&name.to_lowercase().as_str());
    let Some(place) = names.iter().position(is_address) else {
        let wanted = ADDRESS_COLUMNS.join("`, `");
        return Err(invalid(format!(
            "want a header line with a column `{wanted}`"
        )));
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| invalid(error.to_string()))?;
        let Some(address) = record.get(place).filter(|text| !text.is_empty()) else {
            continue;
        };
        let mut own = BTreeMap::new();
        for (at, (name, cell)) in names.iter().zip(record.iter()).enumerate() {
            if at == place || name.is_empty() || cell.is_empty() {
                continue;
            }
            if cell.chars().count() > CELL_CHARS_MAX {
                let line = record.position().map_or(0, csv::Position::line);
                let message =
                    format!("line {line}: `{name}` has more than {CELL_CHARS_MAX} characters");
                return Err(invalid(message));
            }
            own.insert(name.clone(), cell.to_owned());
        }
        rows.push((address.to_owned(), own));
        if rows.len() > LISTED_MAX {
            return Err(invalid(format!("want at most {LISTED_MAX} rows")));
        }
    }
    Ok(rows)
}

/// How many are in the audience of a campaign.
///
/// # Errors
/// When the database does not answer, or the segment is gone.
pub async fn total(app: &House, line: &CampaignLine, audience: &Audience) -> Result<u64, Error> {
    let count = if line.drawn.is_some() {
        line.total
    } else {
        match audience.condition(app).await? {
            Some(condition) => {
                let now = app.clock.now();
                app.store.count_segment(&condition, now).await?
            }
            None => app.store.count_list(line.id).await?,
        }
    };
    Ok(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_text_gives_numbers_and_what_fills_gaps() {
        let text = "\u{feff}first_name;Phone;city\nAna;+55 11 98765-4321;\"São; Paulo\"\n;+447700900123;\nnobody;;x\n";
        let rows = rows(text).unwrap();
        assert_eq!(rows.len(), 2, "a row without a number is nobody's");
        let (ana, own) = rows.first().unwrap();
        assert_eq!(ana, "+55 11 98765-4321");
        assert_eq!(own.get("city").map(String::as_str), Some("São; Paulo"));
        assert_eq!(own.get("first_name").map(String::as_str), Some("Ana"));
        assert!(
            rows.last().unwrap().1.is_empty(),
            "what is empty says nothing"
        );
        assert!(
            super::rows("name,city\nAna,Lima\n").is_err(),
            "no number anywhere"
        );
    }
}
