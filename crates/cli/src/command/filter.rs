//! `filter`: which of very many numbers may be written to, in their order, in bounded memory.

use std::{
    io::{ErrorKind, Read, Write},
    sync::Arc,
    thread,
};

use index::sheet::{LINE_BYTES_MAX, Tally};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use server::{
    app::{App, House},
    services::{
        backup,
        check::{self, CheckBody},
        lookout::{Lookout, Without},
        sift::Sieve,
    },
};
use tokio::sync::mpsc;

use crate::{
    args::{Common, Filter},
    exit::OK,
    failure::Failure,
    house, output,
};

/// Bytes of the list that are answered at once.
const PIECE_BYTES: usize = 1 << 20;
/// Pieces that wait for each worker, and for the writer.
const WAITING: usize = 2;
/// Workers, at the most: more would only wait for the reader.
const WORKERS_MAX: usize = 4;

pub async fn run(common: &Common, asked: Filter) -> Result<u8, Failure> {
    let app = house::open(common).await?;
    let restored = backup::is_restored(&app).await?;
    app.restored
        .store(restored, std::sync::atomic::Ordering::SeqCst);
    let body = CheckBody {
        to: Some(String::new()),
        category: Some(asked.category),
        topic: asked.topic,
        number: asked.number,
        channel: asked.channel,
        ..CheckBody::default()
    };
    let shelf = check::shelf(&app, &[&body]).await?;
    let ask = check::read(&app, &shelf, &body)?;
    let mut pieces = Pieces::new(std::io::stdin());
    let first = pieces.next().map_err(|cause| unread(&cause))?;
    // A short list is asked of the store, unless everybody is at hand anyway.
    let without = if pieces.ended {
        Without::AskTheStore
    } else {
        Without::ReadTheRows
    };
    let lookout = Lookout::open(&app, without).await?.map(Arc::new);
    let bar = progress();
    let mut lanes = Vec::new();
    let (mut ins, mut outs) = (Vec::new(), Vec::new());
    for _ in 0..thread::available_parallelism()
        .map_or(2, usize::from)
        .min(WORKERS_MAX)
    {
        let (to_worker, from_reader) = mpsc::channel(WAITING);
        let (to_writer, from_worker) = mpsc::channel(WAITING);
        let worker = Worker {
            app: App::clone(&app),
            sieve: Sieve::new(&app, ask.clone()),
            lookout: lookout.clone(),
        };
        lanes.push(tokio::spawn(worker.work(from_reader, to_writer)));
        ins.push(to_worker);
        outs.push(from_worker);
    }
    // Threads of their own: nobody waits for a list that never ends once something has failed.
    let reader = thread::spawn(move || deal(first, pieces, &ins));
    let writer = thread::spawn(move || write(outs, &bar));
    let mut tally = Tally::default();
    for lane in lanes {
        let done = lane.await.map_err(|cause| Failure::io("filter", &cause))?;
        tally.add(&done?);
    }
    let gone = |_| Failure::Failed("a thread of the filter ended early".to_owned());
    let written = writer.join().map_err(gone)?;
    let written = written.map_err(|cause| Failure::io("write the numbers", &cause))?;
    // Where nobody wants the rest, the reader may still wait for it.
    if written == Written::Everything {
        let read = reader.join().map_err(gone)?;
        read.map_err(|cause| unread(&cause))?;
    }
    app.store.close().await;
    summary(common, &tally);
    Ok(OK)
}

/// One of those who answer pieces at the same time.
struct Worker {
    app: Arc<House>,
    sieve: Sieve,
    lookout: Option<Arc<Lookout>>,
}

/// A piece that was answered: how long it was, and the numbers that may be written to.
type Answered = (usize, Vec<u8>);

impl Worker {
    async fn work(
        mut self,
        mut pieces: mpsc::Receiver<Vec<u8>>,
        answered: mpsc::Sender<Answered>,
    ) -> Result<Tally, Failure> {
        while let Some(text) = pieces.recv().await {
            let ready = match &self.lookout {
                Some(lookout) => lookout.ready(&self.app).await?,
                None => None,
            };
            let mut out = Vec::new();
            self.sieve
                .sift(&self.app, ready.as_deref(), &text, &mut out)
                .await?;
            if answered.send((text.len(), out)).await.is_err() {
                break;
            }
        }
        Ok(self.sieve.tally().clone())
    }
}

/// Whole lines of a list, many at once.
struct Pieces<R> {
    from: R,
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> Pieces<R> {
    const fn new(from: R) -> Self {
        Self {
            from,
            rest: Vec::new(),
            ended: false,
        }
    }

    /// The next lines; nothing at the end.
    fn next(&mut self) -> std::io::Result<Vec<u8>> {
        let mut text = std::mem::take(&mut self.rest);
        loop {
            let had = text.len();
            let room = u64::try_from(PIECE_BYTES.saturating_sub(had).max(LINE_BYTES_MAX));
            text.reserve(PIECE_BYTES);
            let read = self
                .from
                .by_ref()
                .take(room.unwrap_or(1))
                .read_to_end(&mut text)?;
            if read == 0 {
                self.ended = true;
                return Ok(text);
            }
            if let Some(end) = text.iter().rposition(|byte| *byte == b'\n') {
                if text.len() >= PIECE_BYTES {
                    self.rest = text.split_off(end + 1);
                    return Ok(text);
                }
            } else if text.len() > PIECE_BYTES {
                // A line without end: no more of it is kept than shows that it is too long.
                text.truncate(LINE_BYTES_MAX + 1);
            }
        }
    }
}

/// Deals the pieces out, to each worker in turn.
fn deal<R: Read>(
    first: Vec<u8>,
    mut pieces: Pieces<R>,
    workers: &[mpsc::Sender<Vec<u8>>],
) -> std::io::Result<()> {
    let mut text = first;
    for worker in workers.iter().cycle() {
        if text.is_empty() || worker.blocking_send(text).is_err() {
            break;
        }
        text = if pieces.ended {
            Vec::new()
        } else {
            pieces.next()?
        };
    }
    Ok(())
}

/// How much was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Everything,
    /// Whoever read the numbers has enough.
    Enough,
}

/// Writes the answers in the order of the pieces.
fn write(workers: Vec<mpsc::Receiver<Answered>>, bar: &ProgressBar) -> std::io::Result<Written> {
    let written = match write_all(workers, bar) {
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(Written::Enough),
        done => done.map(|()| Written::Everything),
    };
    bar.finish_and_clear();
    written
}

fn write_all(mut workers: Vec<mpsc::Receiver<Answered>>, bar: &ProgressBar) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    loop {
        for worker in &mut workers {
            let Some((read, numbers)) = worker.blocking_recv() else {
                return out.flush();
            };
            out.write_all(&numbers)?;
            bar.inc(u64::try_from(read).unwrap_or_default());
        }
    }
}

/// A bar for whoever watches; of unknown length where the list does not come from a file.
fn progress() -> ProgressBar {
    if !output::is_watched() {
        return ProgressBar::hidden();
    }
    let known = list_length();
    let bar = known.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let look = if known.is_some() {
        "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"
    } else {
        "{spinner} {bytes} {bytes_per_sec}"
    };
    if let Ok(style) = ProgressStyle::with_template(look) {
        bar.set_style(style);
    }
    bar
}

/// The length of the list, where stdin is a file.
#[cfg(unix)]
fn list_length() -> Option<u64> {
    use std::os::fd::AsFd;
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
    let about = std::fs::File::from(stdin).metadata().ok()?;
    about.is_file().then_some(about.len())
}

#[cfg(not(unix))]
const fn list_length() -> Option<u64> {
    None
}

/// What became of the list, on stderr: stdout holds the numbers.
fn summary(common: &Common, tally: &Tally) {
    let refused = tally.refused();
    if common.json {
        let refused: Map<String, Value> = refused
            .iter()
            .map(|(code, count)| (code.word().to_owned(), json!(count)))
            .collect();
        output::say(
            &json!({ "total": tally.total(), "allowed": tally.allowed(), "refused": refused }),
        );
        return;
    }
    let mut rows = vec![("allowed", tally.allowed())];
    rows.extend(refused.iter().map(|(code, count)| (code.word(), *count)));
    rows.push(("total", tally.total()));
    let width = rows.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
    let digits = tally.total().to_string().len();
    for (word, count) in rows {
        output::say(&format!("{word:width$}  {count:>digits$}"));
    }
}

fn unread(cause: &std::io::Error) -> Failure {
    Failure::io("read the list", cause)
}
