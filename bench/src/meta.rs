//! Meta's side, as thin as it gets: takes sends, remembers when each began to arrive, and tells what became of them.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use serde_json::{Value, json};

use crate::{
    stats::Waits,
    webhooks::{Signer, body},
    wire::Wire,
};

/// A send that arrived.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Whom to.
    pub to: String,
    /// Whether it was marketing, and no answer of ours to what they said.
    pub marketing: bool,
    /// When its first byte was here.
    pub at: Instant,
}

/// A simulated Meta on a loopback port.
pub struct Meta {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    arrivals: Mutex<Vec<Arrival>>,
    news: Mutex<VecDeque<String>>,
    has_news: Condvar,
    tells: AtomicBool,
    over: AtomicBool,
    told: AtomicU64,
}

/// Statuses in one webhook at the most; fewer when fewer wait.
const STATUSES_MAX: usize = 50;
/// How long a teller waits for something to tell before it looks whether it is over.
const LOOK: Duration = Duration::from_millis(20);

impl Meta {
    /// Starts to listen.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let for_all = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&for_all);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Ok(Self { address, shared })
    }

    /// Its address, for the settings.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What arrived so far.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        lock(&self.shared.arrivals).clone()
    }

    /// Statuses that were told and answered 200.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.shared.told.load(Ordering::SeqCst)
    }

    /// From now on tells three statuses for each send, over so many connections. Gives the tellers.
    ///
    /// # Errors
    /// When the gate does not listen.
    pub fn tell(
        &self,
        gate: SocketAddr,
        connections: usize,
    ) -> Result<Vec<thread::JoinHandle<Result<Waits>>>> {
        self.shared.tells.store(true, Ordering::SeqCst);
        (0..connections)
            .map(|_| {
                let (wire, shared) = (Wire::open(gate)?, Arc::clone(&self.shared));
                Ok(thread::spawn(move || teller(wire, &shared)))
            })
            .collect()
    }

    /// Statuses that still wait to be told.
    #[must_use]
    pub fn waiting(&self) -> usize {
        lock(&self.shared.news).len()
    }

    /// No more is told.
    pub fn end(&self) {
        self.shared.over.store(true, Ordering::SeqCst);
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    let _ = stream.set_nodelay(true);
    let mut seen: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    let mut first_byte = None;
    loop {
        while let Some(request) = cut(&mut seen) {
            let answer = answer(
                &request,
                first_byte.take().unwrap_or_else(Instant::now),
                shared,
            );
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            if stream
                .write_all(&[head.as_bytes(), answer.as_bytes()].concat())
                .is_err()
            {
                return;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                first_byte.get_or_insert_with(Instant::now);
                seen.extend_from_slice(buffer.get(..count).unwrap_or_default());
            }
        }
    }
}

/// One whole request from what was seen, if there is one.
fn cut(seen: &mut Vec<u8>) -> Option<String> {
    let head = seen.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(seen.get(..head)?).to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let whole = head + length.map_or(0, |length| length.trim().parse().unwrap_or(0));
    if seen.len() < whole {
        return None;
    }
    let request: Vec<u8> = seen.drain(..whole).collect();
    Some(String::from_utf8_lossy(&request).into_owned())
}

fn answer(request: &str, at: Instant, shared: &Shared) -> String {
    let (head, sent) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
    if !head.starts_with("POST") {
        return templates();
    }
    let sent: Value = serde_json::from_str(sent).unwrap_or_default();
    let text = |name: &str| {
        sent.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (to, callback) = (text("to"), text("biz_opaque_callback_data"));
    let id = {
        let mut arrivals = lock(&shared.arrivals);
        arrivals.push(Arrival {
            to: to.clone(),
            marketing: text("type") == "template",
            at,
        });
        format!("wamid.HBgMQkVOQ0hTRU5E{:016X}", arrivals.len())
    };
    let to = to.trim_start_matches('+');
    if shared.tells.load(Ordering::SeqCst) {
        let mut news = lock(&shared.news);
        for (at, state) in ["sent", "delivered", "read"].iter().enumerate() {
            news.push_back(format!(
                "{{\"id\":\"{id}\",\"status\":\"{state}\",\"timestamp\":\"{}\",\"recipient_id\":\"{to}\",\
                 \"biz_opaque_callback_data\":\"{callback}\"}}",
                1_795_341_600 + at
            ));
        }
        shared.has_news.notify_all();
    }
    json!({
        "messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}],
        "messages": [{"id": id, "message_status": "accepted"}],
    })
    .to_string()
}

/// The one template of a run; every question that is no send is answered with it.
fn templates() -> String {
    json!({"data": [{
        "name": "spring_sale", "status": "APPROVED", "category": "MARKETING", "language": "en_US", "id": "509900000000010",
        "components": [{"type": "BODY", "text": "Spring is here."}],
    }]})
    .to_string()
}

fn teller(mut wire: Wire, shared: &Shared) -> Result<Waits> {
    let (signer, mut waits) = (Signer::new()?, Waits::new()?);
    loop {
        let some: Vec<String> = {
            let news = lock(&shared.news);
            let (mut news, _) = shared
                .has_news
                .wait_timeout_while(news, LOOK, |news| news.is_empty())
                .unwrap_or_else(PoisonError::into_inner);
            let count = news.len().min(STATUSES_MAX);
            news.drain(..count).collect()
        };
        if some.is_empty() {
            if shared.over.load(Ordering::SeqCst) {
                return Ok(waits);
            }
            continue;
        }
        let request = signer.request(&body(&format!("\"statuses\":[{}]", some.join(","))));
        let began = Instant::now();
        let answer = wire.ask(&request)?;
        waits.record(began.elapsed());
        anyhow::ensure!(
            answer.status == 200,
            "statuses were answered {}",
            answer.status
        );
        shared
            .told
            .fetch_add(u64::try_from(some.len())?, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
