//! A body that comes bit by bit, as something that a thread can read.

use std::io::{self, Read};

use axum::body::Body;
use bytes::{Buf, Bytes};
use futures::StreamExt;
use tokio::sync::mpsc;

/// Bits of the body that wait to be read.
const WAITING: usize = 8;

/// A body for a thread that may wait. Dropped, the body is read no further.
pub struct Upload {
    bits: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
}

impl Upload {
    /// Begins to take the body in.
    #[must_use]
    pub fn of(body: Body) -> Self {
        let (give, bits) = mpsc::channel(WAITING);
        let mut stream = body.into_data_stream();
        tokio::spawn(async move {
            while let Some(bit) = stream.next().await {
                let bit = bit.map_err(|_| io::Error::other("the body broke off"));
                if give.send(bit).await.is_err() {
                    break;
                }
            }
        });
        Self {
            bits,
            rest: Bytes::new(),
        }
    }
}

impl Read for Upload {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.bits.blocking_recv() {
                Some(bit) => self.rest = bit?,
                None => return Ok(0),
            }
        }
        let count = self.rest.len().min(into.len());
        if let Some(into) = into.get_mut(..count) {
            self.rest.copy_to_slice(into);
        }
        Ok(count)
    }
}
