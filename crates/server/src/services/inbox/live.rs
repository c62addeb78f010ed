//! What those who watch the inbox are told, from the rows: so it is the same whichever node a change came through.

use store::conversation::Stir;

use crate::{app::App, error::Error};

/// How far back each look reaches: longer than a transaction takes, and than clocks of nodes differ.
const SLACK_MS: i64 = 10_000;
/// More changes than these within that time are not named one by one.
const CHANGES_MAX: u32 = 500;
/// Looks for changes, where anybody watches, and tells of them.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<(), Error> {
    if !app.live.is_watched() {
        app.live.forget();
        return Ok(());
    }
    let since = app.clock.now().plus_millis(-SLACK_MS);
    let stirs = app.store.stirred(since, CHANGES_MAX).await?;
    let of = |person: bool| {
        stirs
            .iter()
            .filter(move |stir: &&Stir| stir.person == person)
    };
    let max = usize::try_from(CHANGES_MAX).unwrap_or(usize::MAX);
    let all = of(false).count() < max && of(true).count() < max;
    app.live.tell(&stirs, all);
    Ok(())
}
