//! A row of a file: what it says of whom, or why it is refused.

use consent::{
    alias::{Alias, Bsuid, Email},
    event::{Evidence, FUTURE_MS},
    phone::Phone,
    scope::Scope,
    time::Timestamp,
};
use jiff::civil::Date;

use super::{mapping::Target, sheet};
use crate::{
    app::House,
    clock,
    error::Error,
    services::{
        attributes::{self, Kinds},
        cast::OPTED_OUT_TAG,
        contacts,
        record::{Desk, EvidenceBody},
    },
};

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 200;
/// Most tags of one row.
const TAGS_MAX: usize = 50;

/// A row that makes sense.
#[derive(Debug)]
pub struct Row {
    /// The line of the file that it begins on.
    pub line: u64,
    /// Whom it is about, the telephone number first.
    pub aliases: Vec<Alias>,
    /// What people call them.
    pub name: Option<String>,
    /// Tags to set.
    pub tags: Vec<String>,
    /// Attributes to set.
    pub attributes: Vec<(String, String)>,
    /// What they said, if the row says so.
    pub wish: Option<Wish>,
}

/// What somebody said.
#[derive(Debug)]
pub struct Wish {
    /// Yes or no.
    pub is_yes: bool,
    /// Since when; none for a refusal that says nothing of it.
    pub at: Option<Timestamp>,
    /// How we know.
    pub evidence: Evidence,
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A stable word.
    pub code: &'static str,
    /// A sentence.
    pub reason: String,
}

impl Refusal {
    /// A refusal.
    pub fn of(code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }
}

/// What rows are read against.
pub struct Reader<'a> {
    /// The house, for national numbers.
    pub app: &'a House,
    /// Where evidence is read.
    pub desk: &'a Desk<'a>,
    /// What each column means.
    pub targets: &'a [Target],
    /// What holds for every row that says nothing else.
    pub common: &'a Common,
    /// The kinds of attributes.
    pub kinds: &'a Kinds,
    /// Now.
    pub now: Timestamp,
}

/// What holds for every row that says nothing else.
#[derive(Debug, Clone)]
pub struct Common {
    /// Names the import in the evidence.
    pub import: String,
    /// What consent is about.
    pub scope: Scope,
    /// Where opt-ins come from.
    pub source: Option<String>,
    /// What was shown.
    pub wording: Option<String>,
    /// When.
    pub at: Option<String>,
    /// In which language.
    pub locale: Option<String>,
    /// Tags for everybody.
    pub tags: Vec<String>,
}

/// The cells of a row by what they mean.
#[derive(Default)]
struct Cells<'a> {
    phone: &'a str,
    email: &'a str,
    bsuid: &'a str,
    name: &'a str,
    tags: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    consent: &'a str,
    source: &'a str,
    wording: &'a str,
    at: &'a str,
    locale: &'a str,
}

impl Reader<'_> {
    /// Makes sense of a row.
    ///
    /// # Errors
    /// [`Refusal`], with the first thing that is wrong.
    pub fn read(&self, row: &sheet::Row) -> Result<Row, Refusal> {
        let Some(cells) = &row.cells else {
            return Err(Refusal::of(
                "not_text",
                "The row is not in the encoding of the file.",
            ));
        };
        if cells.len() != self.targets.len() {
            let reason = format!(
                "The row has {} cells and the first row {}.",
                cells.len(),
                self.targets.len()
            );
            return Err(Refusal::of("wrong_columns", reason));
        }
        if cells.iter().any(|cell| cell.contains('\0')) {
            return Err(Refusal::of(
                "not_text",
                "A cell has a character that is no text.",
            ));
        }
        let cells = Cells::of(cells, self.targets);
        Ok(Row {
            line: row.line,
            aliases: self.aliases(&cells)?,
            name: name(cells.name)?,
            tags: self.tags(cells.tags)?,
            attributes: self.attributes(&cells)?,
            wish: self.wish(&cells, row.line)?,
        })
    }

    fn aliases(&self, cells: &Cells<'_>) -> Result<Vec<Alias>, Refusal> {
        let mut aliases = Vec::new();
        if !cells.phone.is_empty() {
            let phone = Phone::read(cells.phone, self.app.config.home());
            let phone = phone.map_err(|error| {
                let hint = if cells.phone.contains(['E', 'e']) {
                    " A spreadsheet may have shortened it: format the column as text."
                } else {
                    ""
                };
                Refusal::of("invalid_number", format!("{error}.{hint}"))
            })?;
            aliases.push(Alias::Phone(phone));
        }
        if !cells.bsuid.is_empty() {
            let bsuid: Result<Bsuid, _> = cells.bsuid.parse();
            let bsuid = bsuid.map_err(|error| Refusal::of("invalid_bsuid", format!("{error}.")))?;
            aliases.push(if bsuid.is_parent() {
                Alias::ParentBsuid(bsuid)
            } else {
                Alias::Bsuid(bsuid)
            });
        }
        if !cells.email.is_empty() {
            let email: Result<Email, _> = cells.email.parse();
            let email = email.map_err(|error| Refusal::of("invalid_email", format!("{error}.")))?;
            aliases.push(Alias::Email(email));
        }
        if aliases.is_empty() {
            return Err(Refusal::of(
                "no_address",
                "The row names nobody: want a phone, an email or a bsuid.",
            ));
        }
        Ok(aliases)
    }

    fn tags(&self, cell: &str) -> Result<Vec<String>, Refusal> {
        let own = cell.split([',', ';', '|']).map(str::trim);
        let common = self.common.tags.iter().map(String::as_str);
        let mut tags: Vec<String> = Vec::new();
        // The derived tag follows from events; a list that repeats it changes nothing about it.
        for tag in own
            .chain(common)
            .filter(|tag| !tag.is_empty() && *tag != OPTED_OUT_TAG)
        {
            contacts::name("tags", tag)
                .map_err(|error| Refusal::of("invalid_tag", format!("{error}.")))?;
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
        }
        if tags.len() > TAGS_MAX {
            let reason = format!("The row has {} tags: want at most {TAGS_MAX}.", tags.len());
            return Err(Refusal::of("invalid_tag", reason));
        }
        Ok(tags)
    }

    fn attributes(&self, cells: &Cells<'_>) -> Result<Vec<(String, String)>, Refusal> {
        let bad = |reason: String| Refusal::of("invalid_attribute", reason);
        let given = cells
            .attributes
            .iter()
            .filter(|(_, value)| !value.is_empty());
        given
            .map(|(key, value)| {
                if value.len() > contacts::VALUE_BYTES_MAX {
                    let max = contacts::VALUE_BYTES_MAX;
                    return Err(bad(format!(
                        "The value of `{key}` has more than {max} bytes."
                    )));
                }
                let kept = attributes::fitting(self.kinds, key, value);
                let kept = kept.map_err(|error| bad(format!("{error}.")))?;
                Ok(((*key).to_owned(), kept))
            })
            .collect()
    }

    fn wish(&self, cells: &Cells<'_>, line: u64) -> Result<Option<Wish>, Refusal> {
        let Some(is_yes) = answer(cells.consent)? else {
            return Ok(None);
        };
        let or = |own: &str, common: &Option<String>| {
            let own = Some(own.to_owned()).filter(|own| !own.is_empty());
            own.or_else(|| common.clone())
        };
        let common = self.common;
        let (source, wording) = (
            or(cells.source, &common.source),
            or(cells.wording, &common.wording),
        );
        let at = or(cells.at, &common.at)
            .map(|text| time(&text))
            .transpose()?;
        if is_yes && (source.is_none() || wording.is_none() || at.is_none()) {
            return Err(Refusal::of(
                "no_evidence",
                "An opt-in is evidence only with where it comes from (source), what the person was shown (wording) and \
                 when they agreed (at).",
            ));
        }
        if is_yes && at.is_some_and(|at| at > self.now.plus_millis(FUTURE_MS)) {
            return Err(Refusal::of(
                "dated_ahead",
                "The opt-in is dated in the future.",
            ));
        }
        let evidence = self.desk.evidence(EvidenceBody {
            source: source.or_else(|| Some("import".to_owned())),
            wording,
            locale: or(cells.locale, &common.locale),
            note: Some(format!("import {}, line {line}", common.import)),
            ..EvidenceBody::default()
        });
        let evidence = evidence.map_err(|error| Refusal::of("invalid_evidence", told(&error)))?;
        Ok(Some(Wish {
            is_yes,
            at,
            evidence,
        }))
    }
}

fn told(error: &Error) -> String {
    match error {
        Error::Invalid {
            field: Some(field),
            message,
        } => format!("{field}: {message}."),
        other => format!("{other}."),
    }
}

impl<'a> Cells<'a> {
    fn of(cells: &'a [String], targets: &'a [Target]) -> Self {
        let mut found = Self::default();
        for (cell, target) in cells.iter().zip(targets) {
            let text = plain(cell.trim());
            match target {
                Target::Phone => found.phone = text,
                Target::Email => found.email = text,
                Target::Bsuid => found.bsuid = text,
                Target::Name => found.name = text,
                Target::Tags => found.tags = text,
                Target::Attribute(key) => found.attributes.push((key, text)),
                Target::Consent => found.consent = text,
                Target::Source => found.source = text,
                Target::Wording => found.wording = text,
                Target::At => found.at = text,
                Target::Locale => found.locale = text,
                Target::Ignored => {}
            }
        }
        found
    }
}

/// A cell without the sign that keeps a spreadsheet from taking it for a formula, as exports have it.
fn plain(cell: &str) -> &str {
    let inner = cell.strip_prefix('\'');
    inner
        .filter(|inner| inner.starts_with(['=', '+', '-', '@', '\t', '\r']))
        .unwrap_or(cell)
}

/// A name in one line, whatever the cell was broken into.
fn name(cell: &str) -> Result<Option<String>, Refusal> {
    let name = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let reason =
            format!("The name has control characters or more than {NAME_CHARS_MAX} characters.");
        return Err(Refusal::of("invalid_name", reason));
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// Yes, no, or nothing.
fn answer(cell: &str) -> Result<Option<bool>, Refusal> {
    match cell.to_lowercase().as_str() {
        "" | "none" | "unknown" | "-" => Ok(None),
        "yes" | "y" | "true" | "1" | "opted_in" | "opt_in" | "opt-in" | "in" | "subscribed"
        | "s\u{ed}" | "si" | "sim" => Ok(Some(true)),
        "no" | "n" | "false" | "0" | "opted_out" | "opt_out" | "opt-out" | "out"
        | "unsubscribed" | "n\u{e3}o" | "nao" => Ok(Some(false)),
        _ => Err(Refusal::of(
            "invalid_consent",
            format!("`{cell}` is neither yes nor no: want opted_in, opted_out, or nothing."),
        )),
    }
}

fn time(text: &str) -> Result<Timestamp, Refusal> {
    let day = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    let midnight = day.and_then(|day| clock::read_rfc3339(&format!("{day}T00:00:00Z")));
    midnight
        .or_else(|| clock::read_rfc3339(text))
        .ok_or_else(|| {
            Refusal::of(
                "invalid_date",
                format!("`{text}` is no date: want one like 2026-11-22 or 2026-11-22T10:00:00Z."),
            )
        })
}
