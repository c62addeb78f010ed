//! How much is measured, and where.

use std::path::PathBuf;

use clap::ValueEnum;

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// The sizes that the targets speak of.
    Real,
    /// A tenth of that.
    Middle,
    /// Enough to see that everything works: some minutes.
    Small,
}

/// The sizes of a run.
#[derive(Debug, Clone)]
pub struct Size {
    /// Contacts in the large database.
    pub contacts: u64,
    /// Numbers on the list that is filtered.
    pub list: u64,
    /// Keys of Redis's GET.
    pub keys: u64,
    /// Contacts in the database that webhooks come to.
    pub ingest_contacts: u64,
    /// Seconds of each timed run.
    pub seconds: u64,
    /// The sizes of the growth curve.
    pub growth: &'static [u64],
    /// Opt-outs whose way is timed.
    pub opt_outs: u64,
    /// Sends of a run of sends.
    pub sends: u64,
    /// Whether these are the sizes that the targets speak of.
    pub is_real: bool,
}

impl Scale {
    /// The size in words, for whoever reads a table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Real => "At real size",
            Self::Middle => "**Smaller than the targets speak of (SCALE=middle: a tenth)**",
            Self::Small => {
                "**Much smaller than the targets speak of (SCALE=small: only to see that it works)**"
            }
        }
    }

    /// The sizes.
    #[must_use]
    pub const fn size(self) -> Size {
        match self {
            Self::Real => Size {
                contacts: 10_000_000,
                list: 10_000_000,
                keys: 1_000_000,
                ingest_contacts: 100_000,
                seconds: 5,
                growth: &[1_000_000, 10_000_000, 100_000_000],
                opt_outs: 2_000,
                sends: 20_000,
                is_real: true,
            },
            Self::Middle => Size {
                contacts: 1_000_000,
                list: 1_000_000,
                keys: 1_000_000,
                ingest_contacts: 50_000,
                seconds: 5,
                growth: &[100_000, 1_000_000],
                opt_outs: 500,
                sends: 10_000,
                is_real: false,
            },
            Self::Small => Size {
                contacts: 50_000,
                list: 100_000,
                keys: 50_000,
                ingest_contacts: 5_000,
                seconds: 3,
                growth: &[10_000, 50_000],
                opt_outs: 100,
                sends: 500,
                is_real: false,
            },
        }
    }
}

/// What every row is given.
#[derive(Debug, Clone)]
pub struct Bench {
    /// The sizes.
    pub size: Size,
    /// Runs of each side.
    pub runs: usize,
    /// The `consentry` that is measured.
    pub binary: PathBuf,
    /// Where databases are made.
    pub work: PathBuf,
}
