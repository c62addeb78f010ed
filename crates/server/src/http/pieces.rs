//! Whole lines out of a body that comes bit by bit, many at once, in bounded memory.

use axum::body::{Body, BodyDataStream};
use futures::StreamExt;

use crate::http::problem::{Kind, Problem};

/// A piece is handed on once it has so many bytes.
const PIECE_BYTES: usize = 128 * 1024;

/// The lines of a body, a piece of text at a time.
pub struct Pieces {
    body: BodyDataStream,
    rest: Vec<u8>,
    max: usize,
    /// The line that `rest` begins with is longer than a line may be: its end is thrown away.
    skipping: bool,
    ended: bool,
}

impl Pieces {
    /// The lines of `body`. Of a line that is longer than `max` bytes no more than its beginning is kept.
    #[must_use]
    pub fn of(body: Body, max: usize) -> Self {
        Self {
            body: body.into_data_stream(),
            rest: Vec::new(),
            max,
            skipping: false,
            ended: false,
        }
    }

    /// Some further lines, each with its end but for the last of the body; none at the end.
    ///
    /// # Errors
    /// 400 when the body breaks off.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        while self.rest.len() < PIECE_BYTES && !self.ended {
            match self.body.next().await {
                Some(Ok(bytes)) => self.take(&bytes),
                Some(Err(_)) => return Err(Problem::of(Kind::Malformed, "the body broke off")),
                None => self.ended = true,
            }
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let after = self.rest.iter().rposition(|byte| *byte == b'\n');
        let whole = match after {
            Some(end) if !self.ended => end + 1,
            Some(_) | None => self.rest.len(),
        };
        let next = self.rest.split_off(whole);
        Ok(Some(std::mem::replace(&mut self.rest, next)))
    }

    /// Takes bytes in, without the middle of lines that are too long.
    fn take(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if self.skipping {
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                return;
            };
            bytes = bytes.get(end..).unwrap_or_default();
            self.skipping = false;
        }
        self.rest.extend_from_slice(bytes);
        let begun = self.rest.iter().rposition(|byte| *byte == b'\n');
        let begun = begun.map_or(0, |end| end + 1);
        if self.rest.len() - begun > self.max {
            // One byte more than is allowed stays: so that the line is seen to be too long.
            self.rest.truncate(begun + self.max + 1);
            self.skipping = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &str, bit: usize) -> String {
        let bits: Vec<Result<Vec<u8>, std::io::Error>> = text
            .as_bytes()
            .chunks(bit)
            .map(|part| Ok(part.to_vec()))
            .collect();
        let body = Body::from_stream(futures::stream::iter(bits));
        let mut pieces = Pieces::of(body, 8);
        let mut found = Vec::new();
        while let Some(piece) = pieces.next().await.unwrap() {
            found.extend(piece);
        }
        String::from_utf8(found).unwrap()
    }

    #[tokio::test]
    async fn lines_stay_whole_whatever_the_bits() {
        for bit in 1..8 {
            let text = "one\r\n\ntwo\nthree";
            assert_eq!(all(text, bit).await, text);
        }
        let many = "4477009\n".repeat(60_000);
        assert_eq!(all(&many, 777).await.len(), many.len());
    }

    #[tokio::test]
    async fn a_line_without_end_takes_no_memory() {
        let text = format!("a\n{}\nb\n", "x".repeat(1_000_000));
        let found = all(&text, 1_000).await;
        assert!(found.len() < 3_000, "{}", found.len());
        let lengths: Vec<usize> = found.lines().map(str::len).collect();
        assert!(lengths.len() == 3 && lengths[1] > 8, "{lengths:?}");
    }
}
