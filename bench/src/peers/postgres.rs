//! PostgreSQL, tuned: plenty of memory, parallel workers, and every guarantee on.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use super::free_port;
use crate::machine;

/// A cluster of our own.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

/// The settings that differ from PostgreSQL's own. Durability is left on: fsync, full_page_writes, synchronous_commit.
const SETTINGS: [(&str, &str); 14] = [
    ("shared_buffers", "4GB"),
    ("work_mem", "1GB"),
    ("hash_mem_multiplier", "2"),
    ("maintenance_work_mem", "1GB"),
    ("effective_cache_size", "12GB"),
    ("max_parallel_workers_per_gather", "2"),
    ("max_wal_size", "16GB"),
    ("checkpoint_timeout", "30min"),
    ("wal_buffers", "64MB"),
    ("wal_compression", "off"),
    ("jit", "off"),
    ("random_page_cost", "1.1"),
    ("max_connections", "200"),
    ("autovacuum_naptime", "10min"),
];

const OWNER: &str = "postgres";
const USER: &str = "bench";

impl Postgres {
    /// What was set, on one line.
    #[must_use]
    pub fn settings() -> String {
        let set = SETTINGS.map(|(name, value)| format!("{name}={value}"));
        format!(
            "fsync, full_page_writes and synchronous_commit on; {}",
            set.join(", ")
        )
    }

    /// The version, as it says itself.
    #[must_use]
    pub fn version() -> String {
        let said = programs().map(|programs| {
            machine::said(&programs.join("postgres").to_string_lossy(), &["--version"])
        });
        said.unwrap_or_else(|_| "none".to_owned())
    }

    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub fn start() -> Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new()
            .prefix("consentry-bench-pg-")
            .tempdir()?
            .keep();
        if is_root() {
            run(Command::new("chown").arg(OWNER).arg(&folder))?;
        }
        let data = folder.join("data");
        run(as_owner(&programs.join("initdb"))
            .args([
                "-D",
                &data.to_string_lossy(),
                "-U",
                USER,
                "--auth=trust",
                "--encoding=UTF8",
            ])
            .arg("--locale=C.UTF-8"))?;
        let port = free_port()?;
        let mut options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={}",
            folder.display()
        );
        for (name, value) in SETTINGS {
            options.push_str(&format!(" -c {name}={value}"));
        }
        run(as_owner(&programs.join("pg_ctl"))
            .args([
                "-D",
                &data.to_string_lossy(),
                "-w",
                "-t",
                "60",
                "-o",
                &options,
            ])
            .args(["-l", &folder.join("log").to_string_lossy(), "start"]))?;
        Ok(Self {
            programs,
            folder,
            port,
        })
    }

    /// Its address for a client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs statements and gives what the last one answered, unaligned and without headings.
    ///
    /// # Errors
    /// When a statement fails.
    pub fn sql(&self, statements: &str) -> Result<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args([
            &self.url(),
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statements,
        ]);
        run(&mut psql)
    }

    /// Copies text, a row a line, into a table.
    ///
    /// # Errors
    /// When the rows do not fit.
    pub fn copy(&self, table: &str, rows: &[u8]) -> Result<()> {
        use std::io::Write as _;
        let mut psql = Command::new(self.programs.join("psql"))
            .args([&self.url(), "-X", "-q", "-v", "ON_ERROR_STOP=1"])
            .args(["-c", &format!("copy {table} from stdin")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        psql.stdin
            .take()
            .context("no way into psql")?
            .write_all(rows)?;
        if !psql.wait()?.success() {
            bail!("copy into {table} failed");
        }
        Ok(())
    }

    /// A command of PostgreSQL's own, pointed at this cluster.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        let socket = self.folder.to_string_lossy().into_owned();
        command.args(["-h", &socket, "-p", &self.port.to_string(), "-U", USER]);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let stopped = run(as_owner(&self.programs.join("pg_ctl")).args([
            "-D",
            &data.to_string_lossy(),
            "-m",
            "immediate",
            "-w",
            "stop",
        ]));
        if stopped.is_ok() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Debian keeps the server's programs off the PATH. The newest version wins.
fn programs() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .context("PostgreSQL is not installed: want Debian's postgresql-15")?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists() && bin.join("pgbench").exists())
        .collect();
    found.sort();
    found
        .pop()
        .map(|(_, bin)| bin)
        .context("PostgreSQL is not installed: want Debian's postgresql-15")
}

/// PostgreSQL refuses to run as root.
fn as_owner(program: &std::path::Path) -> Command {
    let mut command = if is_root() {
        Command::new("runuser")
    } else {
        Command::new(program)
    };
    if is_root() {
        command.args(["-u", OWNER, "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    machine::said("id", &["-u"]) == "0"
}

fn run(command: &mut Command) -> Result<String> {
    // pg_ctl leaves a server behind that keeps the handles that it was given: so never a pipe for its stdout.
    let out = tempfile::NamedTempFile::new()?;
    let errors = tempfile::NamedTempFile::new()?;
    let status = command
        .stdin(Stdio::null())
        .stdout(out.reopen()?)
        .stderr(errors.reopen()?)
        .status()
        .with_context(|| format!("run {command:?}"))?;
    if !status.success() {
        bail!(
            "{command:?} failed: {}",
            std::fs::read_to_string(errors.path())?.trim()
        );
    }
    Ok(std::fs::read_to_string(out.path())?.trim().to_owned())
}
