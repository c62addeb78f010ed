//! What the run ran on: processor, memory, disk, versions, load.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::Path,
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result};

use crate::stats::Runs;

/// What is written above the table.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    lines: Vec<(String, String)>,
}

/// Writes of one page whose way to the disk is timed.
const DISK_WRITES: usize = 200;

impl Machine {
    /// Looks at the machine; `folder` is where the databases will lie.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn look(folder: &Path) -> Result<Self> {
        let mut machine = Self::default();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let cpu = field("/proc/cpuinfo", "model name").unwrap_or_default();
        machine.add("processor", &format!("{cores} cores, {cpu}"));
        machine.add(
            "memory",
            &field("/proc/meminfo", "MemTotal").unwrap_or_default(),
        );
        machine.add("kernel", &said("uname", &["-sr"]));
        machine.add(
            "fdatasync of 4 KiB",
            &format!("{:.0} us, median of {DISK_WRITES}", disk_us(folder)?),
        );
        machine.add("rustc", &said("rustc", &["--version"]));
        Ok(machine)
    }

    /// Adds a line.
    pub fn add(&mut self, name: &str, value: &str) {
        if !self.lines.iter().any(|(known, _)| known == name) {
            self.lines.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    /// The lines as a table.
    #[must_use]
    pub fn page(&self) -> String {
        let mut text = String::from("| | |\n|---|---|\n");
        for (name, value) in &self.lines {
            let _ = writeln!(text, "| {name} | {value} |");
        }
        text
    }
}

/// The load average of the last minute, five and fifteen.
#[must_use]
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// How much memory a process holds that is its own or mapped, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn resident(pid: u32) -> Result<u64> {
    memory(pid, "VmRSS")
}

/// The most that it ever held, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn most_resident(pid: u32) -> Result<u64> {
    memory(pid, "VmHWM")
}

fn memory(pid: u32, name: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let line = field(&path, name).with_context(|| format!("no {name} in `{path}`"))?;
    let kib: u64 = line.trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

/// What a command says, on one line; empty when it cannot be run.
#[must_use]
pub fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn disk_us(folder: &Path) -> Result<f64> {
    let path = folder.join("disk.probe");
    let mut file = File::create(&path)?;
    let mut runs = Runs::default();
    for _ in 0..DISK_WRITES {
        file.write_all(&[7; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        runs.push(began.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(path)?;
    Ok(runs.median())
}
