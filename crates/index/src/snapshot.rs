//! The index as a file: what makes a start quick. A file that is damaged, cut off or another's is never believed.
//!
//! A header with its hash, then each shard of both tables with its own. The hashes take in the name of the snapshot and the
//! place of the shard, so that no part of another snapshot fits.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use crate::{
    index::Index,
    line::Line,
    state::ENCODING,
    table::{SHARDS, Table},
};

/// What every snapshot begins with.
const MAGIC: [u8; 8] = *b"CNSTIDX\n";
/// Changes whenever the layout of the file, or the way keys find their lines, does.
const FORMAT: u32 = 1;
/// Bytes of the header before its hash.
const HEADER: usize = 8 + 4 + 4 + 16 + 8 + 32;
/// Bytes of a hash.
const HASH: usize = 32;
/// Bytes of a line.
const LINE: usize = 64;
/// Lines of one shard, at the most: so many that no honest shard has them.
const LINES_MAX: u32 = 1 << 19;

/// What a snapshot says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The name of this snapshot: the database says which one is its own.
    pub id: [u8; 16],
    /// The version of the policy that the states were made under.
    pub policy: u64,
    /// Which program made the states: another may judge otherwise.
    pub maker: [u8; 32],
}

/// A snapshot that is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Unbelieved {
    /// It cannot be read, or ends too early.
    #[error("it cannot be read to its end: {0}")]
    Io(#[from] io::Error),
    /// It is something else, or of another version.
    #[error("it is no snapshot that this program can read")]
    Foreign,
    /// It is another one than was asked for.
    #[error("it is another snapshot than the database names, or of another policy or program")]
    Another,
    /// Bytes changed since it was written.
    #[error("it is damaged: the checksum of {0} does not fit")]
    Damaged(&'static str),
}

/// Writes a snapshot. Nobody is stopped: each shard is copied under its own lock, so what was noted while it was
/// written may be in it or not.
///
/// # Errors
/// When it cannot be written.
pub fn write(index: &Index, label: &Label, out: &mut impl Write) -> io::Result<()> {
    let header = header(label);
    out.write_all(&header)?;
    out.write_all(&Sha256::digest(header))?;
    write_table(&index.phones, &label.id, out)?;
    write_table(&index.users, &label.id, out)
}

/// Reads a snapshot, if it is the one with this label, whole and unchanged.
///
/// # Errors
/// [`Unbelieved`], saying why.
pub fn read(label: &Label, from: &mut impl Read) -> Result<Index, Unbelieved> {
    let mut found = [0; HEADER];
    from.read_exact(&mut found)?;
    let wanted = header(label);
    if found.get(..16) != wanted.get(..16) {
        return Err(Unbelieved::Foreign);
    }
    check(Sha256::new_with_prefix(found), from, "the header")?;
    if found != wanted {
        return Err(Unbelieved::Another);
    }
    let index = Index::default();
    read_table(&index.phones, &label.id, from)?;
    read_table(&index.users, &label.id, from)?;
    if from.read(&mut [0])? > 0 {
        return Err(Unbelieved::Damaged("the end"));
    }
    Ok(index)
}

fn header(label: &Label) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let parts: [&[u8]; 6] = [
        &MAGIC,
        &FORMAT.to_le_bytes(),
        &ENCODING.to_le_bytes(),
        &label.id,
        &label.policy.to_le_bytes(),
        &label.maker,
    ];
    for (to, from) in header.iter_mut().zip(parts.concat()) {
        *to = from;
    }
    header
}

fn write_table<const W: usize>(
    table: &Table<W>,
    id: &[u8; 16],
    out: &mut impl Write,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    for shard in 0..SHARDS {
        bytes.clear();
        bytes.extend_from_slice(&[0; 4]);
        {
            let _writer = table.writer(shard);
            let view = table.view();
            let lines = view.lines(shard);
            for line in lines {
                let words = line.words().map(u64::to_le_bytes);
                bytes.extend_from_slice(words.as_flattened());
            }
            let count = u32::try_from(lines.len()).map_err(io::Error::other)?;
            for (to, from) in bytes.iter_mut().zip(count.to_le_bytes()) {
                *to = from;
            }
        }
        out.write_all(&bytes)?;
        out.write_all(
            &hash_of_shard::<W>(id, shard)
                .chain_update(&bytes)
                .finalize(),
        )?;
    }
    Ok(())
}

fn read_table<const W: usize>(
    table: &Table<W>,
    id: &[u8; 16],
    from: &mut impl Read,
) -> Result<(), Unbelieved> {
    let mut bytes = Vec::new();
    for shard in 0..SHARDS {
        let mut count = [0; 4];
        from.read_exact(&mut count)?;
        let lines = u32::from_le_bytes(count);
        if lines == 0 || lines > LINES_MAX {
            return Err(Unbelieved::Damaged("a shard"));
        }
        // Read as far as there is something: what the file says of its size is not believed yet.
        bytes.clear();
        let wanted = u64::from(lines) * 64;
        from.by_ref().take(wanted).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).ok() != Some(wanted) {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let hash = hash_of_shard::<W>(id, shard)
            .chain_update(count)
            .chain_update(&bytes);
        check(hash, from, "a shard")?;
        let (whole, _) = bytes.as_chunks::<LINE>();
        let lines = whole.iter().map(line).collect();
        table
            .restore(shard, lines)
            .ok_or(Unbelieved::Damaged("a shard"))?;
    }
    Ok(())
}

fn line(bytes: &[u8; LINE]) -> Line {
    let (words, _) = bytes.as_chunks::<8>();
    let mut all = [0; 8];
    for (to, from) in all.iter_mut().zip(words) {
        *to = u64::from_le_bytes(*from);
    }
    Line::from_words(all)
}

fn hash_of_shard<const W: usize>(id: &[u8; 16], shard: usize) -> Sha256 {
    let place = [W, shard].map(|part| u64::try_from(part).unwrap_or(u64::MAX).to_le_bytes());
    Sha256::new_with_prefix(id).chain_update(place.as_flattened())
}

fn check(hash: Sha256, from: &mut impl Read, what: &'static str) -> Result<(), Unbelieved> {
    let mut found = [0; HASH];
    from.read_exact(&mut found)?;
    if hash.finalize().as_slice() == found {
        Ok(())
    } else {
        Err(Unbelieved::Damaged(what))
    }
}
