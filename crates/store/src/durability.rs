//! What the database promises about a commit, and what it does not.

use sqlx::{ConnectOptions, Connection};

use crate::{
    error::StoreError,
    pool::{Store, in_time},
};

/// What PostgreSQL is set to do with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// Whether writes are forced to the disk.
    pub fsync: bool,
    /// Whether a page torn by a power cut can be mended.
    pub full_page_writes: bool,
    /// What a commit waits for, by default: of the server, the database, the user and the address.
    pub synchronous_commit: String,
    /// Which standbys a commit waits for; empty: none.
    pub synchronous_standby_names: String,
    /// How many standbys are attached.
    pub standbys: i64,
    /// How many of them a commit waits for now. None where this user may not see it.
    pub synchronous: Option<i64>,
}

/// A way in which something acknowledged may be lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// Writes are not forced to the disk.
    #[error("`fsync` is off: a power cut may lose what was acknowledged, or the whole database")]
    Fsync,
    /// Torn pages cannot be mended.
    #[error("`full_page_writes` is off: a power cut may tear pages that nothing can mend")]
    FullPageWrites,
    /// A commit does not wait for the disk.
    #[error("`synchronous_commit` is off: a crash may lose what was acknowledged")]
    SynchronousCommit,
    /// A commit waits for no standby, though there are some.
    #[error(
        "{0} standby(s) are attached and `synchronous_standby_names` is empty: after a fail-over to one of them, what was \
         acknowledged last may be missing"
    )]
    NoSynchronousStandby(i64),
}

impl Durability {
    /// Every way in which something acknowledged may be lost; empty where none is known. A lone server is fine.
    #[must_use]
    pub fn losses(&self) -> Vec<Loss> {
        let mut losses = Vec::new();
        if !self.fsync {
            losses.push(Loss::Fsync);
        }
        if !self.full_page_writes {
            losses.push(Loss::FullPageWrites);
        }
        // `local` and `remote_write` are not here: our sessions ask for more than that by themselves.
        if self.synchronous_commit == "off" {
            losses.push(Loss::SynchronousCommit);
        }
        // With a name in the list every commit waits for a standby, or for ever.
        if self.standbys > 0 && self.synchronous_standby_names.trim().is_empty() {
            losses.push(Loss::NoSynchronousStandby(self.standbys));
        }
        losses
    }

    /// Whether commits wait for a standby that is not there.
    #[must_use]
    pub fn waits_for_nobody(&self) -> bool {
        !self.synchronous_standby_names.trim().is_empty()
            && (self.standbys == 0 || self.synchronous == Some(0))
    }
}

impl std::fmt::Display for Durability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |on| if on { "on" } else { "off" };
        write!(
            f,
            "fsync {}, full_page_writes {}, synchronous_commit {}, ",
            word(self.fsync),
            word(self.full_page_writes),
            self.synchronous_commit
        )?;
        match (self.synchronous_standby_names.trim(), self.synchronous) {
            ("", _) => write!(f, "no synchronous standbys wanted, ")?,
            (names, Some(count)) => write!(f, "synchronous standbys `{names}`: {count} there, ")?,
            (names, None) => write!(
                f,
                "synchronous standbys `{names}`, which of them are there this user may not see, "
            )?,
        }
        write!(f, "{} standby(s) attached", self.standbys)
    }
}

// What streams the log but is no standby does not count: a base backup, an archive, a logical subscriber. A user
// without pg_read_all_stats sees that there are walsenders and no more: each of them counts.
const ASK: &str = "select current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on', \
    current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), \
    (select count(*) from pg_stat_replication r where coalesce(r.state, '') <> 'backup' \
     and coalesce(r.application_name, '') not in ('pg_receivewal', 'pg_basebackup') \
     and not exists (select 1 from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical')), \
    (select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')), \
    pg_has_role(session_user, 'pg_read_all_stats', 'usage')";

type Row = (bool, bool, String, String, i64, i64, bool);

impl Store {
    /// What the database promises about a commit; none for SQLite, where every commit is on disk by our own settings.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn durability(&self) -> Result<Option<Durability>, StoreError> {
        let Self::Postgres { pool, .. } = self else {
            return Ok(None);
        };
        // A connection of its own: what it is told is the default, and the role for the log may see less than this user.
        let row: Row = in_time(async {
            let mut conn = pool.connect_options().connect().await?;
            let row = sqlx::query_as(ASK).fetch_one(&mut conn).await;
            conn.close().await?;
            row
        })
        .await?;
        let (fsync, full_page_writes, synchronous_commit, names, standbys, synchronous, sees) = row;
        Ok(Some(Durability {
            fsync,
            full_page_writes,
            synchronous_commit,
            synchronous_standby_names: names,
            standbys,
            synchronous: sees.then_some(synchronous),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lone() -> Durability {
        Durability {
            fsync: true,
            full_page_writes: true,
            synchronous_commit: "on".to_owned(),
            synchronous_standby_names: String::new(),
            standbys: 0,
            synchronous: Some(0),
        }
    }

    #[test]
    fn every_way_to_lose_is_named() {
        let names = || "FIRST 1 (a)".to_owned();
        let cases = [
            (lone(), vec![]),
            (
                Durability {
                    fsync: false,
                    ..lone()
                },
                vec![Loss::Fsync],
            ),
            (
                Durability {
                    full_page_writes: false,
                    ..lone()
                },
                vec![Loss::FullPageWrites],
            ),
            (
                Durability {
                    synchronous_commit: "off".to_owned(),
                    ..lone()
                },
                vec![Loss::SynchronousCommit],
            ),
            (
                Durability {
                    synchronous_commit: "remote_write".to_owned(),
                    ..lone()
                },
                vec![],
            ),
            (
                Durability {
                    standbys: 2,
                    ..lone()
                },
                vec![Loss::NoSynchronousStandby(2)],
            ),
            (
                Durability {
                    standbys: 2,
                    synchronous: None,
                    ..lone()
                },
                vec![Loss::NoSynchronousStandby(2)],
            ),
            (
                Durability {
                    standbys: 2,
                    synchronous: Some(1),
                    synchronous_standby_names: names(),
                    ..lone()
                },
                vec![],
            ),
            (
                Durability {
                    standbys: 1,
                    synchronous: None,
                    synchronous_standby_names: names(),
                    ..lone()
                },
                vec![],
            ),
        ];
        for (durability, wanted) in cases {
            assert_eq!(durability.losses(), wanted, "{durability}");
        }
    }

    #[test]
    fn a_standby_that_is_wanted_and_missing_is_seen() {
        let wanted = Durability {
            synchronous_standby_names: "*".to_owned(),
            ..lone()
        };
        assert!(wanted.waits_for_nobody() && !lone().waits_for_nobody());
        assert!(
            !Durability {
                standbys: 1,
                synchronous: Some(1),
                ..wanted.clone()
            }
            .waits_for_nobody()
        );
        assert!(
            !Durability {
                standbys: 1,
                synchronous: None,
                ..wanted
            }
            .waits_for_nobody()
        );
    }
}
