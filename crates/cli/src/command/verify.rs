//! `verify`: the whole database, or one proof.

use serde_json::json;
use server::services::verify::{self, Report};

use super::proof;
use crate::{
    args::{Common, Verify},
    bar::Bar,
    exit::{FAILED, OK},
    failure::Failure,
    house, output,
};

pub async fn run(common: &Common, asked: Verify) -> Result<u8, Failure> {
    if let Some(file) = &asked.proof {
        return proof::run(common, file, asked.key.as_deref()).await;
    }
    if asked.key.is_some() {
        return Err(Failure::Usage(
            "--key goes with a proof: want `verify PROOF --key KEY`".to_owned(),
        ));
    }
    let app = house::open(common).await?;
    let mut bar = Bar::new();
    let report = verify::whole(&app, &mut |stage, done, total| {
        bar.tell(stage.sentence(), done, total);
    })
    .await;
    bar.end();
    app.store.close().await;
    let report = report?;
    if common.json {
        show_json(&report);
    } else {
        show(&report);
    }
    Ok(if report.holds() { OK } else { FAILED })
}

fn show_json(report: &Report) {
    output::json(&json!({
        "holds": report.holds(), "log_size": report.log_size, "signed": report.signed,
        "checkpoints": report.checkpoints, "tiles": report.tiles, "events": report.events,
        "pending": report.pending, "contacts": report.contacts, "erased": report.erased,
        "reservations": report.reservations, "wordings": report.wordings, "found": report.found, "discrepancies": report.told,
    }));
}

fn show(report: &Report) {
    let numbers = [
        (
            "log",
            format!(
                "{} entries, {} of them signed",
                report.log_size, report.signed
            ),
        ),
        ("checkpoints", report.checkpoints.to_string()),
        ("tiles", report.tiles.to_string()),
        (
            "events",
            format!("{}, {} waiting for a number", report.events, report.pending),
        ),
        (
            "contacts",
            format!("{}, {} of them erased", report.contacts, report.erased),
        ),
        ("sends", report.reservations.to_string()),
        ("wordings", report.wordings.to_string()),
    ];
    output::fields(&numbers);
    if report.holds() {
        output::line("Everything fits: the log proves what the database says.");
        return;
    }
    for what in &report.told {
        output::line(format_args!("does not fit: {what}"));
    }
    let untold = report.found.saturating_sub(report.told.len() as u64);
    if untold > 0 {
        output::line(format_args!("and {untold} more"));
    }
}
