//! Files of campaigns: what one is to do comes in, who got what goes out.

use std::{
    fs::File,
    io::{BufWriter, Read, Write},
    path::Path,
};

use server::{
    app::App,
    services::campaigns::{
        body::CampaignBody,
        report,
        series::{self, Slice},
    },
};
use uuid::Uuid;

use crate::{command::keys::ACTOR, failure::Failure, output};

/// What a campaign is to do, out of a file or, for `-`, out of stdin.
pub fn body(file: &Path) -> Result<CampaignBody, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|whole| text = whole)
    };
    read.map_err(|cause| Failure::io(&format!("read `{}`", file.display()), &cause))?;
    serde_json::from_str(&text)
        .map_err(|cause| Failure::Usage(format!("`{}` is no campaign: {cause}", file.display())))
}

/// Writes everybody of a campaign to a file, page by page. It is an event: people were taken out.
pub async fn people(app: &App, id: Uuid, file: &Path) -> Result<(), Failure> {
    report::note_export(app, id, ACTOR).await?;
    let unwritten = |cause: std::io::Error| not_written(file, &cause);
    let mut out = BufWriter::new(File::create(file).map_err(unwritten)?);
    let mut after = None;
    while let Some((rows, last)) = report::rows(app, id, after).await? {
        out.write_all(&rows).map_err(unwritten)?;
        after = Some(last);
    }
    out.flush().map_err(unwritten)?;
    written(file);
    Ok(())
}

/// Writes what happened over time to a file.
pub async fn series(app: &App, id: Uuid, file: &Path) -> Result<(), Failure> {
    let rows = series::series_csv(app, id, &Slice::default()).await?;
    std::fs::write(file, rows).map_err(|cause| not_written(file, &cause))?;
    written(file);
    Ok(())
}

fn written(file: &Path) {
    output::note(&format!("`{}` is written", file.display()));
}

fn not_written(file: &Path, cause: &std::io::Error) -> Failure {
    Failure::io(&format!("write `{}`", file.display()), cause)
}
