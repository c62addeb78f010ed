//! `import`: contacts out of a CSV file, with a verdict for each row.

use std::{collections::BTreeMap, fs::File};

use serde_json::json;
use server::{
    serve::{CannotServe, Lock},
    services::import::{
        Import, Plan,
        apply::{Outcome, Verdict},
        mapping::MappingBody,
    },
};

use super::keys::ACTOR;
use crate::{
    args::{self, Common},
    exit::OK,
    failure::Failure,
    house, output,
};

pub async fn run(common: &Common, asked: args::Import) -> Result<u8, Failure> {
    let file = File::open(&asked.file)
        .map_err(|cause| Failure::io(&format!("open `{}`", asked.file.display()), &cause))?;
    let config = house::settings(common)?;
    let lock = match house::database_file(&config) {
        // What is only tried changes nothing.
        Some(database) if !asked.dry_run => Some(alone(Lock::take(&database), &asked)?),
        Some(_) | None => None,
    };
    let plan = Plan {
        mapping: mapping(&asked)?,
        is_dry: asked.dry_run,
        actor: ACTOR.to_owned(),
    };
    let app = house::open(common).await?;
    let mut import = Import::open(&app, plan, file).await?;
    let mut failed = None;
    loop {
        match import.step().await {
            Ok(Some(outcomes)) => outcomes.iter().for_each(|outcome| show(common, outcome)),
            Ok(None) => break,
            Err(error) => {
                import.stop(&error.to_string());
                failed = Some(error);
                break;
            }
        }
    }
    let summary = import.finish().await?;
    app.store.close().await;
    drop(lock);
    if let Some(error) = failed {
        return Err(error.into());
    }
    if common.json {
        output::json(&json!({ "summary": summary }));
    } else {
        let mut rows = vec![
            ("rows", summary.rows),
            ("imported", summary.imported),
            ("updated", summary.updated),
            ("unchanged", summary.unchanged),
            ("refused", summary.refused),
            ("opt-ins", summary.opt_ins),
            ("opt-outs", summary.opt_outs),
        ];
        rows.extend(summary.reasons.iter().map(|(code, count)| (*code, *count)));
        let rows: Vec<(&str, String)> = rows
            .into_iter()
            .map(|(name, count)| (name, count.to_string()))
            .collect();
        output::fields(&rows);
        if summary.dry_run {
            output::line("Nothing was written: this was a dry run.");
        }
    }
    match summary.stopped {
        Some(why) => Err(Failure::Failed(format!(
            "the file was not read to its end: {why}"
        ))),
        None => Ok(OK),
    }
}

/// A server that has the file would not hear of what we write.
fn alone(lock: Result<Lock, CannotServe>, asked: &args::Import) -> Result<Lock, Failure> {
    lock.map_err(|error| match error {
        CannotServe::Locked(_) => Failure::Failed(format!(
            "a server has this database open: let it do the work, with POST /api/v1/import (curl -X POST \
             -H 'Authorization: Bearer csk_…' -H 'Content-Type: text/csv' --data-binary @'{}' .../api/v1/import), or \
             stop it first",
            asked.file.display()
        )),
        other => other.into(),
    })
}

/// What was said of the file: a mapping as JSON, and what single options say over it.
fn mapping(asked: &args::Import) -> Result<MappingBody, Failure> {
    let base = match &asked.mapping {
        None => MappingBody::default(),
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|cause| Failure::io(&format!("read `{}`", file.display()), &cause))?;
            serde_json::from_str(&text)
                .map_err(|cause| Failure::Usage(format!("--mapping: {cause}")))?
        }
    };
    let mut columns = base.columns.unwrap_or_default();
    for pair in &asked.column {
        let (name, target) = pair.split_once('=').ok_or_else(|| {
            Failure::Usage(format!("--column: `{pair}`: want NAME=phone, or the like"))
        })?;
        columns.insert(name.to_owned(), target.to_owned());
    }
    Ok(MappingBody {
        columns: Some(columns).filter(|columns: &BTreeMap<_, _>| !columns.is_empty()),
        source: asked.source.clone().or(base.source),
        wording: asked.wording.clone().or(base.wording),
        at: asked.at.clone().or(base.at),
        topic: asked.topic.clone().or(base.topic),
        tags: Some(asked.tag.clone())
            .filter(|tags| !tags.is_empty())
            .or(base.tags),
        delimiter: asked.delimiter.clone().or(base.delimiter),
        encoding: asked.encoding.clone().or(base.encoding),
        ..base
    })
}

/// For programs each row; for people those of which nothing was taken.
fn show(common: &Common, outcome: &Outcome) {
    if common.json {
        output::json(&json!(outcome));
    } else if outcome.verdict == Verdict::Refused {
        let (code, reason) = (outcome.code.unwrap_or_default(), outcome.reason.as_deref());
        let reason = reason.unwrap_or_default();
        output::line(format_args!("line {}  {code}  {reason}", outcome.line));
    }
}
