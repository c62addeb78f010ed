//! HTTP as thin as it gets: requests made beforehand, one connection a thread, answers read and nothing more.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::stats::Waits;

/// How long an answer may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection that stays open.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

impl Wire {
    /// Opens a connection.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream =
            TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; 64 * 1024],
            filled: 0,
        })
    }

    /// Sends a whole request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends or the answer is no HTTP.
    pub fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request)?;
        self.answer()
    }

    /// Sends bytes; the answer is read later.
    ///
    /// # Errors
    /// When the connection ends.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// A second handle to the same connection.
    ///
    /// # Errors
    /// When the system has no more handles.
    pub fn twin(&self) -> Result<Self> {
        Ok(Self {
            stream: self.stream.try_clone()?,
            buffer: vec![0; 64 * 1024],
            filled: 0,
        })
    }

    /// Reads one answer.
    ///
    /// # Errors
    /// When the connection ends or the answer is no HTTP.
    pub fn answer(&mut self) -> Result<Answer> {
        let head = loop {
            if let Some(at) = find(self.seen(), b"\r\n\r\n") {
                break at + 4;
            }
            self.more()?;
        };
        let text = String::from_utf8_lossy(self.seen().get(..head).unwrap_or_default())
            .to_ascii_lowercase();
        let status: u16 = text
            .get(9..12)
            .context("an answer without a status")?
            .parse()?;
        self.drop_front(head);
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let body = match length {
            Some(length) => self.take(length.trim().parse()?)?,
            None if text.contains("transfer-encoding: chunked") => self.chunks()?,
            None if status == 204 => Vec::new(),
            None => bail!("an answer without a length: {text}"),
        };
        Ok(Answer { status, body })
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                if let Some(at) = find(self.seen(), b"\r\n") {
                    break at;
                }
                self.more()?;
            };
            let size =
                String::from_utf8_lossy(self.seen().get(..line).unwrap_or_default()).into_owned();
            let size = usize::from_str_radix(size.trim(), 16)?;
            self.drop_front(line + 2);
            let mut part = self.take(size + 2)?;
            if size == 0 {
                return Ok(body);
            }
            part.truncate(size);
            body.append(&mut part);
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.filled < length {
            self.more()?;
        }
        let body = self.seen().get(..length).unwrap_or_default().to_vec();
        self.drop_front(length);
        Ok(body)
    }

    fn seen(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    fn drop_front(&mut self, count: usize) {
        self.buffer.copy_within(count..self.filled, 0);
        self.filled -= count;
    }

    fn more(&mut self) -> Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let count = self.stream.read(room)?;
        if count == 0 {
            bail!("the connection was closed in the middle of an answer");
        }
        self.filled += count;
        Ok(())
    }
}

/// What a load came to.
pub struct Load {
    /// How long each answer took.
    pub waits: Waits,
    /// From the first request to the last answer.
    pub took: Duration,
    /// Answers that were not wanted, by status.
    pub refused: u64,
}

impl Load {
    /// Answers a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        crate::stats::float(self.waits.len()) / self.took.as_secs_f64()
    }
}

/// Requests that several connections take turns at, each the next one, until none is left or time is up.
///
/// # Errors
/// When a connection fails.
pub fn load(
    address: SocketAddr,
    requests: &Arc<Vec<Vec<u8>>>,
    connections: usize,
    time: Duration,
) -> Result<Load> {
    let (next, over) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let wires: Result<Vec<Wire>> = (0..connections).map(|_| Wire::open(address)).collect();
    let began = Instant::now();
    let threads: Vec<_> = wires?
        .into_iter()
        .map(|wire| {
            let (requests, next, over) =
                (Arc::clone(requests), Arc::clone(&next), Arc::clone(&over));
            thread::spawn(move || one_connection(wire, &requests, &next, &over))
        })
        .collect();
    let (mut waits, mut refused) = (Waits::new()?, 0);
    let ends = began + time;
    while Instant::now() < ends && next.load(Ordering::Relaxed) < requests.len() {
        thread::sleep(Duration::from_millis(2));
    }
    over.store(true, Ordering::Relaxed);
    for thread in threads {
        let (theirs, bad) = thread
            .join()
            .map_err(|_| anyhow::anyhow!("a connection's thread broke off"))??;
        waits.add(&theirs)?;
        refused += bad;
    }
    Ok(Load {
        waits,
        took: began.elapsed(),
        refused,
    })
}

fn one_connection(
    mut wire: Wire,
    requests: &[Vec<u8>],
    next: &AtomicUsize,
    over: &AtomicBool,
) -> Result<(Waits, u64)> {
    let (mut waits, mut refused) = (Waits::new()?, 0);
    while !over.load(Ordering::Relaxed) {
        let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else {
            break;
        };
        let began = Instant::now();
        let answer = wire.ask(request)?;
        waits.record(began.elapsed());
        refused += u64::from(answer.status != 200);
    }
    Ok((waits, refused))
}

/// A request with a body.
#[must_use]
pub fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    request
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn answers_are_read_whole_with_a_length_and_in_chunks_one_after_the_other() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n")
                .unwrap();
            stream.write_all(b"1\r\nf\r\n0\r\n\r\n").unwrap();
        });
        let mut wire = Wire::open(address).unwrap();
        let first = wire.answer().unwrap();
        assert_eq!(
            (first.status, first.body.as_slice()),
            (200, b"abc".as_slice())
        );
        let second = wire.answer().unwrap();
        assert_eq!(
            (second.status, second.body.as_slice()),
            (503, b"def".as_slice())
        );
        assert!(wire.answer().is_err());
        server.join().unwrap();
    }
}
