//! The body of a send: asks the permit at the last moment, before the first byte.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Whether a send may still start.
pub(super) type Live = Box<dyn Fn(Instant) -> bool + Send + Sync>;

/// A body that is handed out whole, or not at all.
///
/// HTTP/1 writes the head of a request into a buffer, asks the body for its first frame, and only
/// then flushes both. A body that fails at its first frame therefore stops the request before its
/// first byte: the check stands as late as it can.
pub(super) struct Gauge {
    live: Live,
    bytes: Option<Bytes>,
    length: u64,
    start: Start,
}

/// Whether the body was handed out; shared with the one who waits for the answer.
#[derive(Clone)]
pub(super) struct Start(Arc<AtomicU8>);

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const CALLED_OFF: u8 = 2;

impl Start {
    /// Sees to it that the body is never handed out. False when it already was.
    pub(super) fn call_off(&self) -> bool {
        self.settle(CALLED_OFF)
    }

    /// From waiting to `to`; false when it was settled otherwise before.
    fn settle(&self, to: u8) -> bool {
        let done = self
            .0
            .compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire);
        done.is_ok() || done == Err(to)
    }
}

impl Gauge {
    pub(super) fn new(bytes: Bytes, live: Live) -> (Self, Start) {
        let start = Start(Arc::new(AtomicU8::new(WAITING)));
        let gauge = Self {
            live,
            length: bytes.len() as u64,
            bytes: Some(bytes),
            start: start.clone(),
        };
        (gauge, start)
    }
}

impl Body for Gauge {
    type Data = Bytes;
    type Error = Lapsed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Lapsed>>> {
        let Some(bytes) = self.bytes.take() else {
            return Poll::Ready(None);
        };
        if (self.live)(Instant::now()) && self.start.settle(STARTED) {
            Poll::Ready(Some(Ok(Frame::data(bytes))))
        } else {
            self.start.call_off();
            Poll::Ready(Some(Err(Lapsed)))
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.bytes.is_some() { self.length } else { 0 })
    }
}

/// The permit was void before the first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lapsed;

impl fmt::Display for Lapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the permit was void before the first byte")
    }
}

impl Error for Lapsed {}

impl Lapsed {
    /// Whether an error was caused by a void permit.
    pub(super) fn caused(error: &(dyn Error + 'static)) -> bool {
        std::iter::successors(Some(error), |error| (*error).source())
            .any(|error| error.is::<Self>())
    }
}
