//! `export`: contacts or events as CSV on stdout, beside a running server too.

use std::io::{ErrorKind, Write};

use server::services::export::{Export, What, Whom};

use super::keys::ACTOR;
use crate::{
    args::{self, Common},
    exit::OK,
    failure::Failure,
    house,
};

pub async fn run(common: &Common, asked: args::Export) -> Result<u8, Failure> {
    let what = match (asked.what, asked.segment) {
        (args::Exported::Events, None) => What::Events,
        (args::Exported::Events, Some(_)) => {
            let why = "--segment: only contacts are in a segment";
            return Err(Failure::Usage(why.to_owned()));
        }
        (args::Exported::Contacts, Some(segment)) => What::Contacts(Whom::Segment(segment)),
        (args::Exported::Contacts, None) => What::Contacts(Whom::with(asked.tag, asked.consent)),
    };
    let app = house::open(common).await?;
    let mut export = Export::open(&app, what, ACTOR).await?;
    while let Some(rows) = export.step().await? {
        let mut out = std::io::stdout().lock();
        match out.write_all(&rows).and_then(|()| out.flush()) {
            // Whoever read it has enough.
            Err(cause) if cause.kind() == ErrorKind::BrokenPipe => break,
            done => done.map_err(|cause| Failure::io("write the rows", &cause))?,
        }
    }
    app.store.close().await;
    Ok(OK)
}
