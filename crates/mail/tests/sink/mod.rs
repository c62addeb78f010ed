//! A mail server for tests: it takes letters, or refuses them at a step of the test's choice.
#![allow(dead_code, reason = "each binary of tests needs a part of it")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the server does instead of taking a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It takes it.
    Takes,
    /// It answers a command with a line of its own: `("RCPT", "550 no such user")`.
    Says(&'static str, &'static str),
    /// It hangs up after it has read the letter.
    HangsUp,
    /// It hangs up at a command.
    HangsUpAt(&'static str),
    /// It reads the letter and never answers.
    FallsAsleep,
}

/// What the server has seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// The commands, without the letters.
    pub commands: Vec<String>,
    /// The letters, as they were meant.
    pub letters: Vec<String>,
    /// How many connections there were.
    pub connections: usize,
}

/// A running server.
#[derive(Clone)]
pub struct Sink {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    mood: Arc<Mutex<Mood>>,
}

impl Sink {
    /// Starts a server on this machine.
    pub async fn open(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            mood: Arc::new(Mutex::new(mood)),
        };
        let own = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.seen.lock().unwrap().connections += 1;
                tokio::spawn(own.clone().talk(stream));
            }
        });
        sink
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// How it behaves from now on.
    pub fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// What it has seen.
    pub fn with<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    /// The letters that it took or read.
    pub fn letters(&self) -> Vec<String> {
        self.with(|seen| seen.letters.clone())
    }

    async fn talk(self, stream: TcpStream) -> Option<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 sink.test ESMTP\r\n").await.ok()?;
        while let Some(line) = lines.next_line().await.ok()? {
            self.seen.lock().unwrap().commands.push(line.clone());
            let word = line.split([' ', ':']).next().unwrap().to_uppercase();
            let mood = *self.mood.lock().unwrap();
            let answer = match (mood, word.as_str()) {
                (Mood::HangsUpAt(at), word) if at == word => return None,
                (Mood::Says(at, what), word) if at == word => format!("{what}\r\n"),
                (_, "EHLO") => "250-sink.test\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n".to_owned(),
                (_, "AUTH") => "235 welcome\r\n".to_owned(),
                (_, "QUIT") => "221 bye\r\n".to_owned(),
                (_, "DATA") => "354 go on\r\n".to_owned(),
                _ => "250 fine\r\n".to_owned(),
            };
            write.write_all(answer.as_bytes()).await.ok()?;
            if !answer.starts_with("354") {
                continue;
            }
            let mut letter = String::new();
            while let Some(line) = lines.next_line().await.ok()? {
                if line == "." {
                    break;
                }
                letter += line.strip_prefix('.').unwrap_or(&line);
                letter += "\r\n";
            }
            self.seen.lock().unwrap().letters.push(letter);
            let answer = match mood {
                Mood::HangsUp => return None,
                Mood::FallsAsleep => std::future::pending().await,
                Mood::Says("LETTER", what) => format!("{what}\r\n"),
                _ => "250 2.0.0 queued as 42\r\n".to_owned(),
            };
            write.write_all(answer.as_bytes()).await.ok()?;
        }
        None
    }
}
