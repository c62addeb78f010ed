//! Redis, in its best setting: no saving while it is measured, a Unix socket, pipelined commands.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::free_port;
use crate::{machine, numbers::Answer};

/// A Redis of our own.
pub struct Redis {
    child: Child,
    port: u16,
    folder: PathBuf,
}

/// How the answers of a run were asked for.
pub const SETTINGS: &str = "save \"\", appendonly no, Unix socket and loopback, one io-thread";

const STARTS_WITHIN: Duration = Duration::from_secs(300);

/// What connects to it: either kind of socket.
pub trait Socket: Read + Write + Send {}
impl<S: Read + Write + Send> Socket for S {}

/// A connection that speaks RESP.
pub struct Wire {
    socket: Box<dyn Socket>,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
}

impl Redis {
    /// The version, as it says itself.
    #[must_use]
    pub fn version() -> String {
        let said = machine::said("redis-server", &["--version"]);
        said.split(' ')
            .find_map(|word| word.strip_prefix("v="))
            .unwrap_or("none")
            .to_owned()
    }

    /// Starts one in this folder and waits until it has loaded what lies there.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let child = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .args(["--unixsocket", &folder.join("redis.sock").to_string_lossy()])
            .args([
                "--dir",
                &folder.to_string_lossy(),
                "--dbfilename",
                "dump.rdb",
            ])
            .stdout(Stdio::null())
            .spawn()
            .context("start redis-server: is it installed?")?;
        let mut redis = Self {
            child,
            port,
            folder: folder.to_owned(),
        };
        redis.wait()?;
        Ok(redis)
    }

    fn wait(&mut self) -> Result<()> {
        let ends = Instant::now() + STARTS_WITHIN;
        while Instant::now() < ends {
            if let Ok(mut wire) = self.loopback()
                && wire.call(&["PING"]).is_ok_and(|said| said == b"PONG")
            {
                return Ok(());
            }
            if self.child.try_wait()?.is_some() {
                bail!("redis-server stopped at its start");
            }
            thread::sleep(Duration::from_millis(1));
        }
        bail!("redis-server did not become ready")
    }

    /// Connects over TCP.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn loopback(&self) -> Result<Wire> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        Ok(Wire::over(Box::new(stream)))
    }

    /// Connects over the Unix socket.
    ///
    /// # Errors
    /// When it does not listen.
    pub fn unix(&self) -> Result<Wire> {
        Ok(Wire::over(Box::new(UnixStream::connect(
            self.folder.join("redis.sock"),
        )?)))
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Bytes that it holds for data.
    ///
    /// # Errors
    /// When it does not say.
    pub fn used_memory(&self) -> Result<u64> {
        let info = self.loopback()?.call(&["INFO", "memory"])?;
        let info = String::from_utf8_lossy(&info).into_owned();
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        Ok(line.context("no used_memory")?.trim().parse()?)
    }

    /// Writes its dump and stops. The folder can be started from again.
    ///
    /// # Errors
    /// When the dump cannot be written.
    pub fn dump_and_stop(mut self) -> Result<()> {
        self.loopback()?.call(&["SAVE"])?;
        self.end();
        Ok(())
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.end();
    }
}

impl Wire {
    fn over(socket: Box<dyn Socket>) -> Self {
        Self {
            socket,
            buffer: vec![0; 256 * 1024],
            at: 0,
            filled: 0,
        }
    }

    /// One command and its answer, as text.
    ///
    /// # Errors
    /// When Redis answers an error, or the connection ends.
    pub fn call(&mut self, words: &[&str]) -> Result<Vec<u8>> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.send(&command(&words))?;
        self.text()
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// When the connection ends.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.socket.write_all(bytes)?)
    }

    /// Reads an answer that is a text, a number or a list whose members nobody wants.
    ///
    /// # Errors
    /// When Redis answers an error, or the connection ends.
    pub fn text(&mut self) -> Result<Vec<u8>> {
        let line = self.line()?;
        match line.split_first() {
            Some((b'+' | b':', rest)) => Ok(rest.to_vec()),
            Some((b'$', length)) => {
                let length: i64 = std::str::from_utf8(length)?.parse()?;
                let Ok(length) = usize::try_from(length) else {
                    return Ok(Vec::new());
                };
                let mut text = self.exactly(length + 2)?;
                text.truncate(length);
                Ok(text)
            }
            _ => bail!("redis said: {}", String::from_utf8_lossy(&line)),
        }
    }

    /// Reads a list of zeros and ones, as SMISMEMBER answers, into `flags`.
    ///
    /// # Errors
    /// When the answer is another, or the connection ends.
    pub fn flags(&mut self, flags: &mut Vec<bool>) -> Result<()> {
        flags.clear();
        let line = self.line()?;
        let count: usize = match line.split_first() {
            Some((b'*', count)) => std::str::from_utf8(count)?.parse()?,
            _ => bail!("redis said: {}", String::from_utf8_lossy(&line)),
        };
        // Each is `:0\r\n` or `:1\r\n`.
        let mut left = count * 4;
        while left > 0 {
            if self.filled - self.at < 4 {
                self.more()?;
                continue;
            }
            let whole = ((self.filled - self.at) / 4 * 4).min(left);
            let seen = self
                .buffer
                .get(self.at..self.at + whole)
                .unwrap_or_default();
            flags.extend(seen.chunks_exact(4).map(|item| item.get(1) == Some(&b'1')));
            self.at += whole;
            left -= whole;
        }
        Ok(())
    }

    fn line(&mut self) -> Result<Vec<u8>> {
        loop {
            let seen = self.buffer.get(self.at..self.filled).unwrap_or_default();
            if let Some(end) = seen.iter().position(|byte| *byte == b'\n') {
                let line = seen
                    .get(..end.saturating_sub(1))
                    .unwrap_or_default()
                    .to_vec();
                self.at += end + 1;
                return Ok(line);
            }
            self.more()?;
        }
    }

    fn exactly(&mut self, count: usize) -> Result<Vec<u8>> {
        while self.filled - self.at < count {
            self.more()?;
        }
        let text = self
            .buffer
            .get(self.at..self.at + count)
            .unwrap_or_default()
            .to_vec();
        self.at += count;
        Ok(text)
    }

    fn more(&mut self) -> Result<()> {
        self.buffer.copy_within(self.at..self.filled, 0);
        self.filled -= self.at;
        self.at = 0;
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let count = self
            .socket
            .read(self.buffer.get_mut(self.filled..).unwrap_or_default())?;
        if count == 0 {
            bail!("redis closed the connection");
        }
        self.filled += count;
        Ok(())
    }
}

/// A command as bytes.
#[must_use]
pub fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// One command for each `size` numbers: `verb key number...`.
#[must_use]
pub fn commands(
    verb: &str,
    key: &str,
    numbers: impl Iterator<Item = u64>,
    size: usize,
) -> Vec<(Vec<u8>, Vec<u64>)> {
    let mut numbers = numbers.peekable();
    let mut all = Vec::new();
    while numbers.peek().is_some() {
        let part: Vec<u64> = numbers.by_ref().take(size).collect();
        let texts: Vec<String> = part.iter().map(u64::to_string).collect();
        let words = [verb, key]
            .into_iter()
            .chain(texts.iter().map(String::as_str));
        let words: Vec<&[u8]> = words.map(str::as_bytes).collect();
        all.push((command(&words), part));
    }
    all
}

/// Sends SMISMEMBER commands with so many under way, and counts the members.
///
/// # Errors
/// When the connection ends.
pub fn members(
    wire: &mut Wire,
    commands: &[(Vec<u8>, Vec<u64>)],
    under_way: usize,
) -> Result<Answer> {
    let (mut answer, mut flags) = (Answer::default(), Vec::new());
    let mut sent = 0;
    for (_, part) in commands {
        while sent < commands.len() && sent < under_way {
            wire.send(
                commands
                    .get(sent)
                    .map(|(bytes, _)| bytes.as_slice())
                    .unwrap_or_default(),
            )?;
            sent += 1;
        }
        wire.flags(&mut flags)?;
        for (number, is_member) in part.iter().zip(&flags) {
            if *is_member {
                answer.take(*number);
            }
        }
        if let Some((bytes, _)) = commands.get(sent) {
            wire.send(bytes)?;
            sent += 1;
        }
    }
    Ok(answer)
}
