//! A proof of the whole database beside everything else: one at a time in each process, and what came of the last one.

use consent::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    clock,
    error::Error,
    proving::{Outcome, Phase},
    services::verify::{self, Report},
};

/// How far a proof is, or what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationAnswer {
    /// `never`, `running`, `done` or `failed`.
    pub state: &'static str,
    /// Since when it runs, or when it ended.
    pub at: Option<String>,
    /// How much of the present stage is done.
    pub done: Option<u64>,
    /// Of how much.
    pub total: Option<u64>,
    /// Whether everything fits; null before the end.
    pub holds: Option<bool>,
    /// Entries of the log that were looked at.
    pub log_size: Option<u64>,
    /// Entries under the newest signed checkpoint.
    pub signed: Option<u64>,
    /// Events that were compared with their evidence.
    pub events: Option<u64>,
    /// Contacts whose standing was folded again.
    pub contacts: Option<u64>,
    /// How many things do not fit.
    pub found: Option<u64>,
    /// The first of them, in words.
    pub discrepancies: Vec<String>,
}

/// Begins a proof, unless one is under way.
pub fn start(app: &App) {
    let since = app.clock.now();
    if !app.proving.begin(since) {
        return;
    }
    let app = App::clone(app);
    // It ends with the process, and writes nothing.
    tokio::spawn(async move {
        let result = run(&app, since).await;
        let at = app.clock.now();
        app.proving.set(match result {
            Ok(report) => Phase::Done {
                at,
                report: outcome(report),
            },
            Err(error) => {
                tracing::error!(%error, "the proof of the database could not be brought to its end");
                Phase::Failed { at }
            }
        });
    });
}

async fn run(app: &App, since: Timestamp) -> Result<Report, Error> {
    let watched = App::clone(app);
    verify::whole(app, &mut move |stage, done, total| {
        watched.proving.set(Phase::Running {
            since,
            stage: stage.sentence(),
            done,
            total,
        });
    })
    .await
}

fn outcome(report: Report) -> Outcome {
    Outcome {
        holds: report.holds(),
        log_size: report.log_size,
        signed: report.signed,
        events: report.events,
        contacts: report.contacts,
        erased: report.erased,
        found: report.found,
        told: report.told,
    }
}

/// What is known now, for programs.
#[must_use]
pub fn answer(app: &App) -> VerificationAnswer {
    let mut answer = VerificationAnswer {
        state: "never",
        at: None,
        done: None,
        total: None,
        holds: None,
        log_size: None,
        signed: None,
        events: None,
        contacts: None,
        found: None,
        discrepancies: Vec::new(),
    };
    match app.proving.phase() {
        Phase::Never => {}
        Phase::Running {
            since, done, total, ..
        } => {
            answer.state = "running";
            answer.at = Some(clock::rfc3339(since));
            (answer.done, answer.total) = (Some(done), Some(total));
        }
        Phase::Done { at, report } => {
            answer.state = "done";
            answer.at = Some(clock::rfc3339(at));
            answer.holds = Some(report.holds);
            answer.log_size = Some(report.log_size);
            answer.signed = Some(report.signed);
            answer.events = Some(report.events);
            answer.contacts = Some(report.contacts);
            answer.found = Some(report.found);
            answer.discrepancies = report.told;
        }
        Phase::Failed { at } => {
            answer.state = "failed";
            answer.at = Some(clock::rfc3339(at));
        }
    }
    answer
}
