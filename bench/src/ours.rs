//! Consentry, the same binary that people run: started on a free port over a folder of its own, and stopped again.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    say::say,
    wire::{self, Wire},
};

/// The secret that signs the webhooks of a run.
pub const APP_SECRET: &str = "bench-app-secret";
/// The account of a run.
pub const ACCOUNT: &str = "209900000000001";
/// The number of a run.
pub const NUMBER: &str = "109900000000001";
/// Our token at Meta.
pub const TOKEN: &str = "bench-meta-token";

const STARTS_WITHIN: Duration = Duration::from_secs(1_200);
/// What the gate says when its index is in force.
const INDEX_READY: &str = "the index is ready";

/// A running gate.
pub struct Ours {
    child: Child,
    address: SocketAddr,
    has_index: Arc<AtomicBool>,
}

/// What a gate is started with.
#[derive(Debug, Clone)]
pub struct Start<'a> {
    /// The binary.
    pub binary: &'a Path,
    /// The folder of its database.
    pub data: &'a Path,
    /// Where Meta is.
    pub graph_url: &'a str,
    /// More settings, as lines of TOML before any table.
    pub more: &'a str,
}

impl<'a> Start<'a> {
    /// With a Meta that nobody reaches.
    #[must_use]
    pub const fn new(binary: &'a Path, data: &'a Path) -> Self {
        Self {
            binary,
            data,
            graph_url: "http://127.0.0.1:9",
            more: "",
        }
    }

    /// Writes the settings.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn config(&self) -> Result<PathBuf> {
        std::fs::create_dir_all(self.data)?;
        let path = self.data.join("consentry.toml");
        let text = format!(
            "listen = \"127.0.0.1:0\"\n{}\n[whatsapp]\ngraph_url = \"{}\"\napp_secrets = [\"{APP_SECRET}\"]\n\
             access_token = \"{TOKEN}\"\n[[whatsapp.accounts]]\nid = \"{ACCOUNT}\"\nnumbers = [\"{NUMBER}\"]\n\
             [log]\nlevel = \"error,server::services::memory=info\"\n",
            self.more, self.graph_url
        );
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Starts it and waits until it says where it listens.
    ///
    /// # Errors
    /// When it does not start.
    pub fn serve(&self) -> Result<Ours> {
        let config = self.config()?;
        let mut child = self
            .command(&config)
            .arg("serve")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("no stdout")?;
        let errors = child.stderr.take().context("no stderr")?;
        let has_index = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&has_index);
        thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if line.contains(INDEX_READY) {
                    seen.store(true, Ordering::SeqCst);
                } else {
                    say(&line);
                }
            }
        });
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let Ok(line) = told.recv_timeout(STARTS_WITHIN) else {
            let _ = child.kill();
            bail!("`consentry serve` did not say where it listens");
        };
        let said: serde_json::Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        let listen = said
            .get("listen")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let address = listen
            .trim_start_matches("http://")
            .parse()
            .with_context(|| line.clone())?;
        Ok(Ours {
            child,
            address,
            has_index,
        })
    }

    /// The binary with its settings; what it should do follows.
    #[must_use]
    pub fn command(&self, config: &Path) -> Command {
        let mut command = Command::new(self.binary);
        command
            .arg("--json")
            .arg("--config")
            .arg(config)
            .arg("--data")
            .arg(self.data);
        command
    }

    /// Makes an API key.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn key(&self) -> Result<String> {
        let config = self.config()?;
        let output = self
            .command(&config)
            .args(["keys", "create", "--name", "bench", "--role", "admin"])
            .output()?;
        let said: serde_json::Value = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        let key = said.get("key").and_then(serde_json::Value::as_str);
        Ok(key.context("no key in the answer")?.to_owned())
    }
}

impl Ours {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the index is in force: until then the store answers.
    ///
    /// # Errors
    /// When it never is.
    pub fn wait_for_index(&self) -> Result<()> {
        let ends = Instant::now() + STARTS_WITHIN;
        while !self.has_index.load(Ordering::SeqCst) {
            ensure!(Instant::now() < ends, "the gate has no index");
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A connection to it.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn wire(&self) -> Result<Wire> {
        Wire::open(self.address)
    }

    /// Stops it as an operator would, and waits.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn stop(mut self) -> Result<()> {
        let told = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        ensure!(told.success(), "cannot stop the gate");
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A question about marketing to a number.
#[must_use]
pub fn question(key: &str, number: u64) -> Vec<u8> {
    let body = format!("{{\"to\":\"+{number}\",\"category\":\"marketing\"}}");
    wire::post(
        "/api/v1/check",
        &[
            ("Authorization", &format!("Bearer {key}")),
            ("Content-Type", "application/json"),
        ],
        body.as_bytes(),
    )
}
