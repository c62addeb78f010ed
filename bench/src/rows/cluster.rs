//! From an opt-out at one node to its effect at another: two gates on one PostgreSQL.

use anyhow::Result;

use super::optout::Way;
use crate::{
    meta::Meta, ours::Start, peers::postgres::Postgres, plan::Bench, report::Section, say::say,
    seed,
};

/// The longest that 99 in 100 may take, in milliseconds.
const P99_MS: f64 = 250.0;
/// Nodes of one house share the key that its secrets are wrapped with.
const MASTER: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// Measures.
///
/// # Errors
/// When a node does not start, or a webhook is refused.
pub fn run(bench: &Bench) -> Result<Section> {
    let postgres = Postgres::start()?;
    let meta = Meta::start()?;
    let (url, folders) = (meta.url(), [tempfile::tempdir()?, tempfile::tempdir()?]);
    let more = format!(
        "database = \"{}\"\nkeys.master = \"{MASTER}\"\n",
        postgres.url()
    );
    let [one, other] = folders.each_ref().map(|folder| Start {
        graph_url: &url,
        more: &more,
        ..Start::new(&bench.binary, folder.path())
    });
    let contacts = bench.size.ingest_contacts;
    say(&format!("cluster: {contacts} contacts in PostgreSQL"));
    seed::block_on(async {
        let app = seed::open_as(&one).await?;
        seed::fill(&app, contacts).await?;
        seed::say_nothing(&app).await?;
        app.store.close().await;
        Ok(())
    })?;
    let key = one.key()?;
    let (hears, sends) = (one.serve()?, other.serve()?);
    let way = Way {
        hears: &hears,
        sends: &sends,
        key: &key,
        meta: &meta,
    };
    let told = way.many("cluster", bench)?;
    hears.stop()?;
    sends.stop()?;
    Ok(Section {
        title: "From an opt-out at one node to its effect at another".to_owned(),
        how: format!(
            "Two nodes on one PostgreSQL, on one machine: one hears of the opt-out, the other sends and is asked. {}",
            told.how()
        ),
        rows: told.rows(P99_MS),
    })
}
