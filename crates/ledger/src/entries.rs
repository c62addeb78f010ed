//! Entry bundles: up to 256 entries in one file, each behind its length in two bytes.
//!
//! The form is that of <https://c2sp.org/tlog-tiles>, "Log entries".

use crate::tile::TILE_WIDTH;

/// Writes a bundle.
pub fn encode<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, BadBundle> {
    let mut bundle = Vec::new();
    for (number, entry) in entries.into_iter().enumerate() {
        if number >= usize::from(TILE_WIDTH) {
            return Err(BadBundle::TooMany);
        }
        let length =
            u16::try_from(entry.len()).map_err(|_| BadBundle::TooLong(number, entry.len()))?;
        bundle.extend(length.to_be_bytes());
        bundle.extend(entry);
    }
    Ok(bundle)
}

/// Reads a bundle.
pub fn decode(bundle: &[u8]) -> Result<Vec<&[u8]>, BadBundle> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let cut = || BadBundle::Cut(entries.len());
        if entries.len() >= usize::from(TILE_WIDTH) {
            return Err(BadBundle::TooMany);
        }
        let (length, after) = rest.split_first_chunk().ok_or_else(cut)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or_else(cut)?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

/// Entries do not fit a bundle, or bytes are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBundle {
    /// More than 256.
    #[error("a bundle of more than 256 entries")]
    TooMany,
    /// This one does not fit its length field.
    #[error("entry {0} of the bundle has `{1}` bytes: want at most 65535")]
    TooLong(usize, usize),
    /// The bytes end inside this one.
    #[error("the bundle ends inside its entry {0}")]
    Cut(usize),
}
