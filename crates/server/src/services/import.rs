//! Contacts out of a file: each row gets a verdict, and nothing in a file brings back anybody who refused.

pub mod apply;
pub mod mapping;
pub mod row;
pub mod sheet;
pub mod waiting;

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
    io::Read,
};

use consent::{
    event::{Evidence, StaffAct, source},
    scope::{Scope, Subject},
};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use self::{
    apply::{How, Outcome, Verdict},
    mapping::{MappingBody, Target},
    row::{Common, Reader, Refusal, Row},
    sheet::Part,
};
use crate::{
    app::App,
    error::Error,
    services::{attributes, contacts, keys::staff_event, record::Desk, topics},
};

/// Most rows of one file.
pub const ROWS_MAX: u64 = 2_000_000;

/// What is to be taken in, and by whom.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Which column means what.
    pub mapping: MappingBody,
    /// Whether nothing is written: only what would come of each row is said.
    pub is_dry: bool,
    /// Who does it.
    pub actor: String,
}

/// What became of a whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Summary {
    /// Names the import in the evidence of what it recorded.
    pub import: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Rows.
    pub rows: u64,
    /// People who are new.
    pub imported: u64,
    /// People of whom something changed.
    pub updated: u64,
    /// People of whom all of it was known.
    pub unchanged: u64,
    /// Rows of which nothing was taken.
    pub refused: u64,
    /// Opt-ins that were recorded.
    pub opt_ins: u64,
    /// Opt-outs that were recorded.
    pub opt_outs: u64,
    /// How many rows were refused for each reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// The hash of the file, where it was read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why it was not read to its end. The rows before that were taken in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// A row with the line that it begins on, as far as it makes sense.
type Seen = (u64, Result<Row, Refusal>);

/// An import that is under way.
pub struct Import {
    app: App,
    plan: Plan,
    parts: mpsc::Receiver<Part>,
    header: Vec<String>,
    targets: Vec<Target>,
    common: Common,
    seen: HashSet<u64>,
    hasher: RandomState,
    summary: Summary,
}

impl Import {
    /// Begins: reads the first row, and finds out what the columns mean.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a file that cannot be read or a mapping that does not fit it; when the database does not answer.
    pub async fn open(
        app: &App,
        plan: Plan,
        from: impl Read + Send + 'static,
    ) -> Result<Self, Error> {
        let common = common(app, &plan.mapping).await?;
        let mut parts = sheet::read(from, plan.mapping.format()?);
        let header = match parts.recv().await {
            Some(Part::Header(header)) => header,
            Some(Part::Fault(why)) => return Err(Error::field("file", why)),
            Some(Part::Rows(_) | Part::End(_)) | None => {
                return Err(Error::field("file", "it cannot be read"));
            }
        };
        let targets = plan.mapping.targets(&header)?;
        Ok(Self {
            summary: Summary {
                import: common.import.clone(),
                dry_run: plan.is_dry,
                ..Summary::default()
            },
            app: App::clone(app),
            plan,
            parts,
            header,
            targets,
            common,
            seen: HashSet::new(),
            hasher: RandomState::new(),
        })
    }

    /// The names of the columns, and what each means.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Target)> {
        self.header.iter().map(String::as_str).zip(&self.targets)
    }

    /// What became of some further rows; none at the end.
    ///
    /// # Errors
    /// When the database does not answer: then nothing of these rows was taken in.
    pub async fn step(&mut self) -> Result<Option<Vec<Outcome>>, Error> {
        let rows = match self.parts.recv().await {
            Some(Part::Rows(rows)) => rows,
            Some(Part::End(hash)) => {
                self.summary.sha256 = Some(hex::encode(hash));
                return Ok(None);
            }
            Some(Part::Fault(why)) => {
                self.summary.stopped = Some(why);
                return Ok(None);
            }
            Some(Part::Header(_)) | None => return Ok(None),
        };
        if self.summary.rows >= ROWS_MAX {
            let why = format!("the file has more than {ROWS_MAX} rows: the others were not read");
            self.summary.stopped = Some(why);
            return Ok(None);
        }
        let outcomes = self.take(&rows).await?;
        for outcome in &outcomes {
            self.summary.count(outcome);
        }
        Ok(Some(outcomes))
    }

    async fn take(&mut self, rows: &[sheet::Row]) -> Result<Vec<Outcome>, Error> {
        let app = App::clone(&self.app);
        let read = self.read(&app, rows).await?;
        let (mut good, mut bad) = (Vec::with_capacity(rows.len()), Vec::new());
        for (line, row) in read {
            match row.and_then(|row| self.once(row)) {
                Ok(row) => good.push(row),
                Err(refusal) => bad.push(Outcome::refused(line, refusal)),
            }
        }
        let evidence = Evidence {
            source: source::STAFF.to_owned(),
            actor: Some(self.plan.actor.clone()),
            note: Some(format!("import {}", self.common.import)),
            ..Evidence::default()
        };
        let how = How {
            scope: &self.common.scope,
            evidence: &evidence,
            is_dry: self.plan.is_dry,
        };
        let mut outcomes = apply::apply(&app, &good, &how).await?;
        outcomes.append(&mut bad);
        outcomes.sort_by_key(|outcome| outcome.line);
        Ok(outcomes)
    }

    async fn read(&self, app: &App, rows: &[sheet::Row]) -> Result<Vec<Seen>, Error> {
        let desk = Desk::open(app, &self.plan.actor).await?;
        let kinds = attributes::kinds(app).await?;
        let reader = Reader {
            app,
            desk: &desk,
            targets: &self.targets,
            common: &self.common,
            kinds: &kinds,
            now: app.clock.now(),
        };
        Ok(rows
            .iter()
            .map(|row| (row.line, reader.read(row)))
            .collect())
    }

    /// Each address stands in a file once: of two rows, nobody knows which one is meant.
    fn once(&mut self, row: Row) -> Result<Row, Refusal> {
        let keys: Vec<u64> = row
            .aliases
            .iter()
            .map(|alias| self.hasher.hash_one(alias.key()))
            .collect();
        if keys.iter().any(|key| self.seen.contains(key)) {
            let reason = "An earlier row of this file has the same address.";
            return Err(Refusal::of("duplicate", reason));
        }
        self.seen.extend(keys);
        Ok(row)
    }

    /// Ends: says what became of the file, and keeps in the log that it was read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finish(self) -> Result<Summary, Error> {
        let summary = self.summary;
        if summary.dry_run {
            return Ok(summary);
        }
        let note = serde_json::to_string(&summary).map_err(Error::internal)?;
        let mut tx = self.app.store.begin().await?;
        staff_event(
            &self.app,
            &mut tx,
            StaffAct::Imported,
            &self.plan.actor,
            &note,
        )
        .await?;
        tx.commit().await?;
        self.app.bell.log.notify_one();
        Ok(summary)
    }

    /// Notes that it ends before the file does.
    pub fn stop(&mut self, why: &str) {
        self.summary.stopped = Some(why.to_owned());
    }
}

impl Summary {
    fn count(&mut self, outcome: &Outcome) {
        self.rows += 1;
        match outcome.verdict {
            Verdict::Imported => self.imported += 1,
            Verdict::Updated => self.updated += 1,
            Verdict::Unchanged => self.unchanged += 1,
            Verdict::Refused => self.refused += 1,
        }
        match outcome.recorded {
            Some("opt_in") => self.opt_ins += 1,
            Some(_) => self.opt_outs += 1,
            None => {}
        }
        if let Some(code) = outcome.code {
            *self.reasons.entry(code).or_default() += 1;
        }
    }
}

async fn common(app: &App, mapping: &MappingBody) -> Result<Common, Error> {
    let scope = match mapping.topic.as_deref().filter(|topic| !topic.is_empty()) {
        None => Scope::MARKETING,
        Some(topic) => {
            let topics = app.store.topics().await?;
            let topic = topics::resolve(&topics, "mapping.topic", topic)?;
            Scope {
                subject: Subject::Topic(topic),
                ..Scope::MARKETING
            }
        }
    };
    let tags = mapping.tags.clone().unwrap_or_default();
    for tag in &tags {
        contacts::name("mapping.tags", tag)?;
    }
    let filled = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    Ok(Common {
        import: app.clock.id().to_string(),
        scope,
        source: filled(&mapping.source),
        wording: filled(&mapping.wording),
        at: filled(&mapping.at),
        locale: filled(&mapping.locale),
        tags,
    })
}
