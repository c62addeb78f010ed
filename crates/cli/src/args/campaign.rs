//! What can be asked about campaigns.

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};
use uuid::Uuid;

/// What to do with campaigns. A server that runs on the same database does the sending, and hears of each command within half a second.
#[derive(Debug, Subcommand)]
pub enum Campaign {
    /// Make a campaign: a draft, which sends nothing before it is started.
    Create {
        /// What it is to do, as JSON, as POST /api/v1/campaigns takes it; - for stdin.
        file: PathBuf,
        /// Who makes it.
        #[command(flatten)]
        by: By,
    },
    /// Change a draft: it is as the file says then, and an approval of what it was before falls away.
    Change {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
        /// What it is to do, as JSON, as POST /api/v1/campaigns takes it; - for stdin.
        file: PathBuf,
        /// Who changes it.
        #[command(flatten)]
        by: By,
    },
    /// Every campaign, newest first.
    List,
    /// One campaign, and where everybody stands.
    Show {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
    },
    /// How the message reads, person by person.
    Preview {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
        /// Of how many people, 1 to 20.
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
        limit: u32,
    },
    /// Who is in, who is out and why, what it costs and how long it takes. Exit code 3 when something keeps it from starting.
    Preflight {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
    },
    /// Agree to a campaign that is large enough to need a second person: somebody else than whoever made it.
    Approve {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
        /// Who agrees.
        #[command(flatten)]
        by: By,
    },
    /// Freeze the audience of a draft now, instead of when it starts.
    Draw {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
    },
    /// Start it: at once, or at the time that was set. A server has to run, for it is the server that sends.
    Start {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
        /// Wait until it is over or paused, and show how far it is. Ctrl-C ends the waiting; the campaign goes on.
        #[arg(long)]
        watch: bool,
    },
    /// Stop it for now: none of its sends begins any more.
    Pause {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
    },
    /// Let it go on.
    Resume {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
    },
    /// End it: whoever was not sent to gets nothing.
    Cancel {
        /// Its id.
        #[arg(value_parser = whole_id)]
        id: Uuid,
    },
    /// What became of it.
    Report(Report),
}

/// Who acts. A name is taken at its word: whoever can run commands here has the database anyway.
#[derive(Debug, Args)]
pub struct By {
    /// Who does this, as the log writes it [default: command line].
    #[arg(long = "as", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub name: Option<String>,
}

/// What to tell of a campaign.
#[derive(Debug, Args)]
pub struct Report {
    /// Its id.
    #[arg(value_parser = whole_id)]
    pub id: Uuid,
    /// Wait first until it is over or paused, and show how far it is. Ctrl-C ends the waiting; the campaign goes on.
    #[arg(long)]
    pub watch: bool,
    /// Write everybody of the campaign to this file, as CSV.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write what happened over time to this file, as CSV.
    #[arg(long, value_name = "FILE")]
    pub series: Option<PathBuf>,
}

/// Reads an id; the beginning of one is not enough.
fn whole_id(text: &str) -> Result<Uuid, String> {
    text.parse()
        .map_err(|_| "this is no whole id: `consentry campaign list` shows them".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Arguments, Command};

    const ID: &str = "01936f3e-0000-7000-8000-000000000001";

    fn read(words: &[&str]) -> Result<Campaign, clap::Error> {
        let all = [&["consentry", "campaign"], words].concat();
        Arguments::try_parse_from(all).map(|arguments| match arguments.command {
            Command::Campaign { act } => act,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn every_command_of_a_campaign_takes_its_id() {
        for word in [
            "show",
            "preview",
            "preflight",
            "approve",
            "draw",
            "start",
            "pause",
            "resume",
            "cancel",
            "report",
        ] {
            assert!(read(&[word, ID]).is_ok(), "{word}");
            assert!(read(&[word]).is_err(), "{word} of nothing");
            assert!(read(&[word, "spring"]).is_err(), "{word} by name");
        }
    }

    #[test]
    fn whoever_makes_or_approves_a_campaign_can_be_named() {
        let by = |words: &[&str]| match read(words) {
            Ok(
                Campaign::Create { by, .. }
                | Campaign::Change { by, .. }
                | Campaign::Approve { by, .. },
            ) => by.name,
            other => panic!("{words:?}: {other:?}"),
        };
        assert_eq!(by(&["create", "-"]), None);
        assert_eq!(
            by(&["create", "a.json", "--as", "Ana"]).as_deref(),
            Some("Ana")
        );
        assert_eq!(by(&["approve", ID, "--as", "Bia"]).as_deref(), Some("Bia"));
        assert_eq!(
            by(&["change", ID, "-", "--as", "Bia"]).as_deref(),
            Some("Bia")
        );
        assert!(
            read(&["approve", ID, "--as", ""]).is_err(),
            "nobody is no name"
        );
    }

    #[test]
    fn a_preview_is_of_one_to_twenty_people() {
        let limit = |text| match read(&["preview", ID, "--limit", text]) {
            Ok(Campaign::Preview { limit, .. }) => Some(limit),
            _ => None,
        };
        assert_eq!(limit("0"), None);
        assert_eq!(limit("1"), Some(1));
        assert_eq!(limit("20"), Some(20));
        assert_eq!(limit("21"), None);
    }

    #[test]
    fn a_report_can_be_waited_for_and_kept() {
        let words = [
            "report",
            ID,
            "--watch",
            "--csv",
            "people.csv",
            "--series",
            "time.csv",
        ];
        let Ok(Campaign::Report(report)) = read(&words) else {
            panic!("no report");
        };
        assert!(report.watch);
        assert_eq!(report.csv, Some(PathBuf::from("people.csv")));
        assert_eq!(report.series, Some(PathBuf::from("time.csv")));
    }
}
