//! The journeys that one person is in or went through, for the page of that person.

use consent::id::ContactId;

use super::{state, tone, words};
use crate::{app::App, error::Error, ui::desk::Desk};

/// Ways that are shown of one person.
const RUNS: u32 = 20;

/// A person's way through a journey.
pub struct Inside {
    /// Where it is shown.
    pub to: String,
    /// What the journey is called.
    pub name: String,
    /// How it stands.
    pub state: String,
    /// How that looks.
    pub tone: &'static str,
    /// When they entered.
    pub entered: String,
    /// Why they are outside, in the words of whoever said so.
    pub why: Option<String>,
}

/// The ways of a person, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of(app: &App, desk: &Desk, contact: ContactId) -> Result<Vec<Inside>, Error> {
    let mut ways = Vec::new();
    for run in app.store.runs_of(contact, RUNS).await? {
        let Some(journey) = app.store.journey(run.journey).await? else {
            continue;
        };
        ways.push(Inside {
            to: desk.to(&format!("/journeys/{}/runs/{}", journey.id, run.id)),
            name: journey.name,
            state: state(desk, run.state.word()),
            tone: tone(run.state.word()),
            entered: desk.at(&run.entered),
            why: words::why(desk, None, run.why.as_deref()),
        });
    }
    Ok(ways)
}
