//! One file for each kind of row; each can be run alone.

mod cluster;
mod desk;
mod evidence;
mod filter;
mod growth;
mod ingest;
mod optout;
mod sends;
mod start;
mod verdict;

use anyhow::Result;

use crate::{plan::Bench, report::Section};

/// A kind of row: its name on the command line, and the work.
pub type Kind = (&'static str, fn(&Bench) -> Result<Section>);

/// Every kind, in the order of the page.
pub const ALL: [Kind; 10] = [
    ("filter", filter::run),
    ("verdict", verdict::run),
    ("ingest", ingest::run),
    ("evidence", evidence::run),
    ("start", start::run),
    ("growth", growth::run),
    ("optout", optout::run),
    ("cluster", cluster::run),
    ("sends", sends::run),
    ("desk", desk::run),
];
