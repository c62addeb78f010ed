//! What can be asked of the binary, as people type it.

pub mod campaign;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The consent gate for WhatsApp: knows what you may send to whom, and proves why.
#[derive(Debug, Parser)]
#[command(name = "consentry", version, about, arg_required_else_help = true)]
pub struct Arguments {
    /// What every command understands.
    #[command(flatten)]
    pub common: Common,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The settings, as TOML; without it the defaults and CONSENTRY_* from the environment.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder for the database [default: consentry-data].
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Answer as JSON, for programs.
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try everything on this machine: the gate, a simulated WhatsApp with phones, and sample people.
    Sandbox(Sandbox),
    /// Run the gate.
    Serve,
    /// May this person get such a message? Exit code 0 for yes, 3 for no.
    Check(Question),
    /// Which of these numbers may be written to? A number a line on stdin, the allowed ones on stdout.
    Filter(Filter),
    /// What is known about a person, and why they may or may not be written to.
    Explain(Explain),
    /// Take contacts in out of a CSV file; a row that brings back anybody who refused is refused.
    Import(Import),
    /// Contacts or events as CSV on stdout, beside a running server too.
    Export(Export),
    /// Prove the whole database, or one proof offline.
    Verify(Verify),
    /// How customers' words are understood.
    Wording {
        /// What to do.
        #[command(subcommand)]
        act: Wording,
    },
    /// Write to many: make a campaign, look at it, start and stop it, and see what became of it.
    Campaign {
        /// What to do.
        #[command(subcommand)]
        act: campaign::Campaign,
    },
    /// Make, list and revoke API keys.
    Keys {
        /// What to do.
        #[command(subcommand)]
        act: Keys,
    },
    /// Invite people to the dashboard, list, reset and remove them.
    Users {
        /// What to do.
        #[command(subcommand)]
        act: Users,
    },
    /// Create the database, or bring it up to date; or move a business from SQLite to PostgreSQL.
    Migrate(Migrate),
    /// Write a copy of a SQLite database to a new file, beside a running server too.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Put a copy in place of the database, or acknowledge that this was done.
    Restore(Restore),
}

/// Where the sandbox listens.
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Where the gate listens; loopback only [default: 127.0.0.1:8080, or a free port].
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// Where the simulated WhatsApp listens; loopback only.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub sandbox_listen: std::net::SocketAddr,
    /// An empty PostgreSQL database, as postgres://USER@HOST/NAME [default: an SQLite file in --data].
    #[arg(long, value_name = "ADDRESS")]
    pub database: Option<String>,
}

/// One question.
#[derive(Debug, Args)]
pub struct Question {
    /// A telephone number, a BSUID or an e-mail address.
    pub who: String,
    /// marketing, utility, authentication or service.
    #[arg(long)]
    pub category: String,
    /// A topic, by its id or its name.
    #[arg(long)]
    pub topic: Option<String>,
    /// The business number that would send.
    #[arg(long, value_name = "ID")]
    pub number: Option<String>,
    /// whatsapp, sms or email.
    #[arg(long)]
    pub channel: Option<String>,
    /// As things stood at this time (RFC 3339) instead of now.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// One question about everybody in a list.
#[derive(Debug, Args)]
pub struct Filter {
    /// marketing, utility, authentication or service.
    #[arg(long)]
    pub category: String,
    /// A topic, by its id or its name.
    #[arg(long)]
    pub topic: Option<String>,
    /// The business number that would send.
    #[arg(long, value_name = "ID")]
    pub number: Option<String>,
    /// whatsapp, sms or email.
    #[arg(long)]
    pub channel: Option<String>,
}

/// Whom to explain.
#[derive(Debug, Args)]
pub struct Explain {
    /// A telephone number, a BSUID or an e-mail address.
    pub who: String,
    /// Only this category; without it, all of them.
    #[arg(long)]
    pub category: Option<String>,
    /// A topic, by its id or its name.
    #[arg(long)]
    pub topic: Option<String>,
    /// The business number that would send.
    #[arg(long, value_name = "ID")]
    pub number: Option<String>,
    /// whatsapp, sms or email.
    #[arg(long)]
    pub channel: Option<String>,
    /// As things stood at this time (RFC 3339) instead of now.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// A file of contacts. Columns are known by their names: phone, email, bsuid, name, tags, attribute:KEY, consent, source,
/// wording, at and locale.
#[derive(Debug, Args)]
pub struct Import {
    /// The file: CSV with commas, semicolons or tabs, and the names of the columns first.
    pub file: PathBuf,
    /// Only say what would become of each row.
    #[arg(long)]
    pub dry_run: bool,
    /// What a column means, where its name does not say; then only columns that are named are taken in.
    #[arg(long, value_name = "NAME=TARGET")]
    pub column: Vec<String>,
    /// All that the options here say, as JSON, and more.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Where the opt-ins come from, where no column says.
    #[arg(long)]
    pub source: Option<String>,
    /// What people were shown when they agreed, where no column says.
    #[arg(long)]
    pub wording: Option<String>,
    /// When they agreed or refused, where no column says, as 2026-11-22.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The topic that consent is about; without it, marketing.
    #[arg(long)]
    pub topic: Option<String>,
    /// A tag for everybody in the file.
    #[arg(long)]
    pub tag: Vec<String>,
    /// What stands between cells: , or ; or tab.
    #[arg(long)]
    pub delimiter: Option<String>,
    /// utf-8 or latin1.
    #[arg(long)]
    pub encoding: Option<String>,
}

/// What to take out.
#[derive(Debug, Args)]
pub struct Export {
    /// contacts or events.
    #[arg(default_value = "contacts")]
    pub what: Exported,
    /// Only those in this segment.
    #[arg(long, value_name = "ID", conflicts_with_all = ["tag", "consent"])]
    pub segment: Option<String>,
    /// Only those with this tag.
    #[arg(long)]
    pub tag: Option<String>,
    /// Only those in this state: opted_in, opted_out, pending or none.
    #[arg(long, value_name = "STATE")]
    pub consent: Option<String>,
}

/// What can be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Exported {
    /// Contacts.
    Contacts,
    /// Events.
    Events,
}

/// What to prove.
#[derive(Debug, Args)]
pub struct Verify {
    /// A proof: the text with the leaf in its `extra` line, or JSON with `proof`, `leaf` and, to show what was
    /// recorded, `facts`, `salts`, `person` and `previous`. Without it: the whole database.
    pub proof: Option<PathBuf>,
    /// The log's key, or a file that holds it. Without it, the key of the database.
    #[arg(long, value_name = "VKEY|FILE")]
    pub key: Option<String>,
}

/// What to do with words.
#[derive(Debug, Subcommand)]
pub enum Wording {
    /// Read a corpus and say how well it was understood: precision, recall, and what was taken for what.
    Score {
        /// The corpus: language, verdict and phrase in each line, with tabs between.
        file: PathBuf,
    },
}

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make a key. It is shown once.
    Create {
        /// What people call it.
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long)]
        role: Role,
    },
    /// Every key, without the keys themselves.
    List,
    /// Revoke a key; from then on it is refused.
    Revoke {
        /// Its id.
        id: uuid::Uuid,
    },
}

/// What a key may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Role {
    /// Everything.
    Admin,
    /// The gateway and check.
    App,
    /// Look, nothing else.
    Read,
}

/// Where to move. Killed in the middle, the same command goes on where it was.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The database to move out of. Its server must be stopped.
    #[arg(long, value_name = "sqlite:FILE", requires = "to")]
    pub from: Option<String>,
    /// The database to move into, which no command has used yet; env:NAME or file:PATH keeps a password out of sight.
    #[arg(long, value_name = "postgres://USER@HOST/NAME", requires = "from")]
    pub to: Option<String>,
}

/// What to put back.
#[derive(Debug, Args)]
pub struct Restore {
    /// The copy.
    #[arg(required_unless_present = "acknowledge")]
    pub file: Option<PathBuf>,
    /// Set a database that is there aside.
    #[arg(long)]
    pub force: bool,
    /// You know what the older copy may lack, above all opt-outs: marketing goes again.
    #[arg(long)]
    pub acknowledge: bool,
}

/// What can be done with the members of the staff.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// Invite somebody. The link is shown once.
    Create {
        /// The address that they will sign in with.
        #[arg(long)]
        email: String,
        /// What colleagues call them; left out, it is what stands before the `@`.
        #[arg(long)]
        name: Option<String>,
        /// What they are trusted with.
        #[arg(long)]
        role: StaffRole,
    },
    /// Everybody who is there.
    List,
    /// A new link, for a password or an authenticator that was lost; both are gone then.
    Reset {
        /// Who.
        id: uuid::Uuid,
    },
    /// Remove somebody and sign them out.
    Remove {
        /// Who.
        id: uuid::Uuid,
    },
}

/// What somebody of the staff is trusted with.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum StaffRole {
    /// Looks, and sees numbers masked.
    Viewer,
    /// Talks with customers.
    Agent,
    /// Prepares what goes to many.
    Marketer,
    /// Answers for what is recorded and for the rules.
    Compliance,
    /// Everything.
    Admin,
}

impl StaffRole {
    /// The word of the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Agent => "agent",
            Self::Marketer => "marketer",
            Self::Compliance => "compliance",
            Self::Admin => "admin",
        }
    }
}
