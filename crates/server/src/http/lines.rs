//! Lines out of a body that comes bit by bit, in bounded memory.

use axum::body::{Body, BodyDataStream};
use bytes::BytesMut;
use futures::StreamExt;

use crate::http::problem::{Kind, Problem};

/// One line of a body, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// The line.
    Whole(Vec<u8>),
    /// More bytes than a line may have; they were dropped.
    TooLong,
}

/// The lines of a body.
pub struct Lines {
    body: BodyDataStream,
    buffer: BytesMut,
    max: usize,
    skipping: bool,
    ended: bool,
}

impl Lines {
    /// The lines of `body`, each at most `max` bytes.
    #[must_use]
    pub fn of(body: Body, max: usize) -> Self {
        Self {
            body: body.into_data_stream(),
            buffer: BytesMut::new(),
            max,
            skipping: false,
            ended: false,
        }
    }

    /// Up to `count` further lines that are not empty; none at the end.
    ///
    /// # Errors
    /// 400 when the body breaks off.
    pub async fn chunk(&mut self, count: usize) -> Result<Vec<Line>, Problem> {
        let mut lines = Vec::new();
        while lines.len() < count {
            match self.take() {
                Some(Line::Whole(line)) if line.trim_ascii().is_empty() => {}
                Some(line) => lines.push(line),
                None if self.ended => break,
                None => self.more().await?,
            }
        }
        Ok(lines)
    }

    fn take(&mut self) -> Option<Line> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n');
        if let Some(end) = end {
            let mut line = self.buffer.split_to(end + 1).to_vec();
            line.truncate(end);
            let skipped = std::mem::take(&mut self.skipping);
            return Some(self.measured(line, skipped));
        }
        if self.ended && (!self.buffer.is_empty() || self.skipping) {
            let line = self.buffer.split().to_vec();
            let skipped = std::mem::take(&mut self.skipping);
            return Some(self.measured(line, skipped));
        }
        if self.buffer.len() > self.max {
            self.buffer.clear();
            self.skipping = true;
        }
        None
    }

    fn measured(&self, line: Vec<u8>, skipped: bool) -> Line {
        if skipped || line.len() > self.max {
            Line::TooLong
        } else {
            Line::Whole(line)
        }
    }

    async fn more(&mut self) -> Result<(), Problem> {
        match self.body.next().await {
            Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
            Some(Err(_)) => return Err(Problem::of(Kind::Malformed, "the body broke off")),
            None => self.ended = true,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_end_where_they_should_whatever_the_bits() {
        for bit in 1..8 {
            let bits: Vec<Result<Vec<u8>, std::io::Error>> = b"one\r\n\nnine nine nine\ntwo\nthree"
                .chunks(bit)
                .map(|part| Ok(part.to_vec()))
                .collect();
            let body = Body::from_stream(futures::stream::iter(bits));
            let mut lines = Lines::of(body, 8);
            let mut all = lines.chunk(2).await.unwrap();
            all.extend(lines.chunk(10).await.unwrap());
            let text = |text: &str| Line::Whole(text.as_bytes().to_vec());
            assert_eq!(
                all,
                [text("one\r"), Line::TooLong, text("two"), text("three")]
            );
        }
    }
}
