//! The listening socket, which notes when the first byte of a request came in and can cut an answer short.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use crate::clock::Clock;

const ACCEPT_PAUSE_MS: u64 = 50;
const UNCUT: i64 = -1;

pub struct Watching {
    pub inner: TcpListener,
    pub clock: Arc<Clock>,
}

/// What is known of one connection.
#[derive(Clone)]
pub struct Wire(Arc<WireState>);

struct WireState {
    clock: Arc<Clock>,
    first_byte_ns: AtomicU64,
    between_requests: AtomicBool,
    cut_after: AtomicI64,
}

pub struct Watched {
    inner: TcpStream,
    wire: Wire,
}

impl Wire {
    fn new(clock: Arc<Clock>) -> Self {
        Self(Arc::new(WireState {
            clock,
            first_byte_ns: AtomicU64::new(0),
            between_requests: AtomicBool::new(true),
            cut_after: AtomicI64::new(UNCUT),
        }))
    }

    /// When the first byte of the request under way was read, on the monotonic clock.
    pub fn first_byte_ns(&self) -> u64 {
        self.0.first_byte_ns.load(Ordering::Acquire)
    }

    /// Resets the connection after so many more bytes of answer.
    pub fn cut_after(&self, bytes: u32) {
        self.0.cut_after.store(i64::from(bytes), Ordering::Release);
    }
}

impl Listener for Watching {
    type Io = Watched;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Watched, SocketAddr) {
        loop {
            match self.inner.accept().await {
                Ok((inner, addr)) => {
                    let _ = inner.set_nodelay(true);
                    return (
                        Watched {
                            inner,
                            wire: Wire::new(self.clock.clone()),
                        },
                        addr,
                    );
                }
                // Out of file handles or a caller already gone: neither is a reason to stop listening.
                Err(_) => tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl Connected<IncomingStream<'_, Watching>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Watching>) -> Self {
        stream.io().wire.clone()
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        let state = &self.wire.0;
        if buf.filled().len() > before && state.between_requests.swap(false, Ordering::AcqRel) {
            state
                .first_byte_ns
                .store(state.clock.mono_ns(), Ordering::Release);
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wire.0.between_requests.store(true, Ordering::Release);
        let left = self.wire.0.cut_after.load(Ordering::Acquire);
        if left < 0 {
            return Pin::new(&mut self.inner).poll_write(cx, data);
        }
        if left == 0 {
            let _ = self.inner.set_zero_linger();
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
        let polled = Pin::new(&mut self.inner).poll_write(cx, data.get(..room).unwrap_or(data));
        if let Poll::Ready(Ok(written)) = &polled {
            let less = i64::try_from(*written).unwrap_or(i64::MAX);
            self.wire.0.cut_after.fetch_sub(less, Ordering::AcqRel);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
