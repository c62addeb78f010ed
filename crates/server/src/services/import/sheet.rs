//! A file of comma-separated values, read row by row on a thread of its own, whatever its size.

use std::{
    cell::Cell,
    io::{self, Cursor, Read},
    rc::Rc,
};

use csv::{ByteRecord, ReaderBuilder};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

/// Bytes that are looked at before anything is read: where the delimiter and the encoding are found.
const HEAD_BYTES: u64 = 64 * 1024;
/// Longest row, in bytes: a quote that is never closed would take in the rest of the file.
const ROW_BYTES_MAX: u64 = 256 * 1024;
/// Largest file.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Rows that are handed on at once.
pub const ROWS: usize = 500;
/// Most columns.
const COLUMNS_MAX: usize = 300;
/// Parts that wait for whoever takes them in.
const WAITING: usize = 2;

/// What bytes mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a mark at the beginning.
    #[default]
    Utf8,
    /// Latin-1 as Windows writes it.
    Latin1,
}

/// How a file is read; what is not said is found out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Format {
    /// What stands between cells: a comma, a semicolon or a tab.
    pub delimiter: Option<u8>,
    /// What bytes mean.
    pub encoding: Option<Encoding>,
}

/// What comes out of a file, in this order.
#[derive(Debug)]
pub enum Part {
    /// The first row.
    Header(Vec<String>),
    /// Some further rows.
    Rows(Vec<Row>),
    /// The end: the hash of the bytes.
    End([u8; 32]),
    /// It cannot be read on, and why.
    Fault(String),
}

/// A row.
#[derive(Debug)]
pub struct Row {
    /// The line of the file that it begins on, from 1.
    pub line: u64,
    /// Its cells; none when they are no text in the encoding of the file.
    pub cells: Option<Vec<String>>,
}

/// Begins to read.
pub fn read(from: impl Read + Send + 'static, format: Format) -> mpsc::Receiver<Part> {
    let (parts, taken) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let end = match deal(from, format, &parts) {
            Ok(Some(hash)) => Part::End(hash),
            Ok(None) => return,
            Err(why) => Part::Fault(why),
        };
        let _ = parts.blocking_send(end);
    });
    taken
}

/// Hands the rows on; none when nobody wants them any more.
fn deal(
    mut from: impl Read,
    format: Format,
    parts: &mpsc::Sender<Part>,
) -> Result<Option<[u8; 32]>, String> {
    let mut head = Vec::new();
    from.by_ref()
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(|cause| unread(&cause))?;
    let hash = Sha256::new_with_prefix(&head);
    let (text, encoding) = look(&head, format.encoding)?;
    let delimiter = format.delimiter.unwrap_or_else(|| delimiter(text));
    let has_cr = ends_in_cr(text);
    let since = Rc::new(Cell::new(0));
    let guarded = Guarded {
        from,
        hash,
        total: u64::try_from(head.len()).unwrap_or(u64::MAX),
        since: Rc::clone(&since),
    };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(Cursor::new(text.to_vec()).chain(guarded));
    let mut record = ByteRecord::new();
    let mut header = None;
    let mut rows = Vec::new();
    while reader
        .read_byte_record(&mut record)
        .map_err(|cause| unread(&cause))?
    {
        since.set(0);
        if u64::try_from(record.as_slice().len()).unwrap_or(u64::MAX) > ROW_BYTES_MAX {
            return Err(endless());
        }
        // Between CR and LF a row has ended, and the line has not.
        let behind = u64::from(header.is_some() && has_cr);
        let line = record.position().map_or(0, csv::Position::line) + behind;
        let cells = record.iter().map(|cell| encoding.text(cell)).collect();
        if header.is_none() {
            let cells: Option<Vec<String>> = cells;
            let cells = cells.ok_or_else(|| NOT_UTF8.to_owned())?;
            if cells.len() > COLUMNS_MAX {
                return Err(format!(
                    "`{}` columns: want at most {COLUMNS_MAX}",
                    cells.len()
                ));
            }
            header = Some(cells.len());
            if parts.blocking_send(Part::Header(cells)).is_err() {
                return Ok(None);
            }
            continue;
        }
        rows.push(Row { line, cells });
        let is_full = rows.len() >= ROWS;
        if is_full
            && parts
                .blocking_send(Part::Rows(std::mem::take(&mut rows)))
                .is_err()
        {
            return Ok(None);
        }
    }
    if header.is_none() {
        return Err("the file is empty: want a first row with the names of the columns".to_owned());
    }
    if !rows.is_empty() && parts.blocking_send(Part::Rows(rows)).is_err() {
        return Ok(None);
    }
    let (_, guarded) = reader.into_inner().into_inner();
    Ok(Some(guarded.hash.finalize().into()))
}

const NOT_UTF8: &str = "the file is not UTF-8: save it as \u{201c}CSV UTF-8\u{201d}, or say that its encoding is latin1";

/// What the beginning of a file says of the rest: where its text begins, and what its bytes mean.
fn look(head: &[u8], asked: Option<Encoding>) -> Result<(&[u8], Encoding), String> {
    if head.starts_with(b"PK\x03\x04") {
        return Err(
            "this is a workbook, not CSV: save it as \u{201c}CSV UTF-8\u{201d} first".to_owned(),
        );
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) || head.contains(&0) {
        return Err(
            "this is UTF-16 or no text at all: save it as \u{201c}CSV UTF-8\u{201d} first"
                .to_owned(),
        );
    }
    let marked = head.strip_prefix(b"\xef\xbb\xbf");
    let text = marked.unwrap_or(head);
    let encoding = match asked {
        Some(encoding) if marked.is_none() => encoding,
        Some(_) | None => Encoding::Utf8,
    };
    if encoding == Encoding::Utf8
        && let Err(cause) = std::str::from_utf8(text)
        // The last character may have been cut in two.
        && cause.error_len().is_some()
    {
        return Err(NOT_UTF8.to_owned());
    }
    Ok((text, encoding))
}

/// Whether the first row ends in CR and LF.
fn ends_in_cr(text: &[u8]) -> bool {
    let mut quoted = false;
    let mut end = text.iter().enumerate().filter(|(_, byte)| {
        quoted ^= **byte == b'"';
        **byte == b'\n' && !quoted
    });
    let before = end.next().and_then(|(at, _)| at.checked_sub(1));
    before.and_then(|at| text.get(at)) == Some(&b'\r')
}

/// What stands most often between the names of the columns.
fn delimiter(text: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            other if !quoted => {
                for (delimiter, count) in &mut counts {
                    *count += usize::from(delimiter == other);
                }
            }
            _ => {}
        }
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(delimiter, _)| delimiter)
}

impl Encoding {
    fn text(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Latin1 => Some(bytes.iter().map(|byte| windows(*byte)).collect()),
        }
    }
}

/// A byte of Latin-1, with the signs that Windows has where Latin-1 has none.
fn windows(byte: u8) -> char {
    const SIGNS: [char; 32] = [
        '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}',
        '\u{2021}', '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}',
        '\u{8f}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}',
        '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}',
        '\u{178}',
    ];
    let place = usize::from(byte).checked_sub(0x80);
    let sign = place.and_then(|place| SIGNS.get(place));
    sign.copied().unwrap_or_else(|| char::from(byte))
}

/// Hashes what is read, and stops where a row or the file has no end.
struct Guarded<R> {
    from: R,
    hash: Sha256,
    total: u64,
    since: Rc<Cell<u64>>,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.hash.update(into.get(..count).unwrap_or_default());
        let count_u64 = u64::try_from(count).unwrap_or(u64::MAX);
        self.total = self.total.saturating_add(count_u64);
        self.since.set(self.since.get().saturating_add(count_u64));
        if self.since.get() > ROW_BYTES_MAX {
            return Err(io::Error::other(endless()));
        }
        if self.total > FILE_BYTES_MAX {
            let why = format!("the file is too large: want at most {FILE_BYTES_MAX} bytes");
            return Err(io::Error::other(why));
        }
        Ok(count)
    }
}

fn endless() -> String {
    format!("a row has more than {ROW_BYTES_MAX} bytes: is a quote never closed?")
}

fn unread(cause: &dyn std::fmt::Display) -> String {
    format!("the file cannot be read on: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(bytes: &[u8], format: Format) -> Result<Vec<Vec<String>>, String> {
        let mut parts = read(Cursor::new(bytes.to_vec()), format);
        let mut rows = Vec::new();
        while let Some(part) = parts.recv().await {
            match part {
                Part::Header(cells) => rows.push(cells),
                Part::Rows(more) => {
                    rows.extend(more.into_iter().map(|row| row.cells.unwrap_or_default()))
                }
                Part::End(hash) => assert_eq!(hash, <[u8; 32]>::from(Sha256::digest(bytes))),
                Part::Fault(why) => return Err(why),
            }
        }
        Ok(rows)
    }

    #[tokio::test]
    async fn any_delimiter_mark_and_encoding_gives_the_same_rows() {
        let want = [["phone", "name"], ["+44", "Jos\u{e9}, \"J\u{2019}\"\nII"]];
        for (delimiter, mark) in [(",", ""), (";", ""), ("\t", "\u{feff}"), (",", "\u{feff}")] {
            let text = format!(
                "{mark}phone{delimiter}name\r\n+44{delimiter}\"Jos\u{e9}, \"\"J\u{2019}\"\"\nII\"\r\n"
            );
            let rows = all(text.as_bytes(), Format::default()).await;
            assert_eq!(rows.unwrap(), want, "{delimiter:?}");
        }
        let latin = b"phone;name\n+44;\"Jos\xe9, \"\"J\x92\"\"\nII\"";
        let format = Format {
            encoding: Some(Encoding::Latin1),
            ..Format::default()
        };
        assert_eq!(all(latin, format).await.unwrap(), want);
        let why = all(latin, Format::default()).await.unwrap_err();
        assert!(why.contains("latin1"), "{why}");
    }

    #[tokio::test]
    async fn what_is_no_csv_is_refused_in_words() {
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"PK\x03\x04...", "workbook"),
            (b"\xff\xfep\0", "UTF-16"),
        ] {
            let why = all(bytes, Format::default()).await.unwrap_err();
            assert!(why.contains(word), "{why}");
        }
        let mut endless = b"phone\n\"".to_vec();
        endless.resize(2_000_000, b'x');
        let why = all(&endless, Format::default()).await.unwrap_err();
        assert!(why.contains("never closed"), "{why}");
    }
}
