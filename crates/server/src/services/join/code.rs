//! The codes that stand in a first message: short enough to be typed off a poster, and nobody else can make one.

use store::join::ID_BYTES;

use crate::{
    app::House,
    error::Error,
    vault::{self, Vault, first},
};

/// What the tag of a code is for.
const PURPOSE: &str = "code of a link";
/// Bytes of the tag in a code. Whoever guesses one joins a list with their own number, and no more.
const TAG_BYTES: usize = 4;
/// Characters of a code without its hyphens: 80 bits, five to each.
const CHARS: usize = (ID_BYTES + TAG_BYTES) * 8 / 5;
/// Characters between two hyphens.
const GROUP: usize = 4;
/// Crockford's digits: none that is taken for another.
const DIGITS: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The longest message that is searched, in bytes: what we write into a link is far shorter.
const MESSAGE_BYTES_MAX: usize = 4096;

const _: () = assert!((ID_BYTES + TAG_BYTES) * 8 == CHARS * 5);

/// The id of a code that nobody has yet.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn fresh() -> Result<[u8; ID_BYTES], Error> {
    let random = vault::random().map_err(Error::internal)?;
    Ok(first(&random))
}

/// The code of an id, as people see it: `7QK2-…`.
#[must_use]
pub fn write(app: &House, id: [u8; ID_BYTES]) -> String {
    written(&app.vault, id)
}

/// The id of a code that is ours.
#[must_use]
pub fn read(app: &House, code: &str) -> Option<[u8; ID_BYTES]> {
    id_of(&app.vault, code)
}

/// The first code of ours in a message, and the message without it.
#[must_use]
pub fn find<'a>(app: &House, message: &'a str) -> Option<([u8; ID_BYTES], &'a str, &'a str)> {
    found(&app.vault, message)
}

fn written(vault: &Vault, id: [u8; ID_BYTES]) -> String {
    let bytes = id.into_iter().chain(tag(vault, id));
    let value = bytes.fold(0_u128, |value, byte| (value << 8) | u128::from(byte));
    let mut text = String::with_capacity(CHARS + CHARS / GROUP);
    for place in 0..CHARS {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        let digit = (value >> (5 * (CHARS - 1 - place))) & 31;
        let digit = usize::try_from(digit).unwrap_or(0);
        text.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
    }
    text
}

fn id_of(vault: &Vault, code: &str) -> Option<[u8; ID_BYTES]> {
    let digits: Vec<u8> = code.bytes().filter(|c| *c != b'-').collect();
    if digits.len() != CHARS {
        return None;
    }
    let value = digits.iter().try_fold(0_u128, |value, c| {
        Some((value << 5) | u128::from(digit(*c)?))
    })?;
    let bytes = value.to_be_bytes();
    let (_, used) = bytes.split_last_chunk::<{ ID_BYTES + TAG_BYTES }>()?;
    let (id, theirs) = used.split_first_chunk::<ID_BYTES>()?;
    let ours = tag(vault, *id);
    let is_ours: bool = subtle::ConstantTimeEq::ct_eq(ours.as_slice(), theirs).into();
    is_ours.then_some(*id)
}

fn found<'a>(vault: &Vault, message: &'a str) -> Option<([u8; ID_BYTES], &'a str, &'a str)> {
    let length = CHARS + CHARS / GROUP - 1;
    let text = message.get(..MESSAGE_BYTES_MAX).unwrap_or(message);
    if !text.contains('-') {
        return None;
    }
    text.char_indices().find_map(|(at, _)| {
        let candidate = text.get(at..at + length)?;
        let looks_right = candidate
            .bytes()
            .enumerate()
            .all(|(place, c)| (c == b'-') == (place % (GROUP + 1) == GROUP));
        let id = looks_right.then(|| id_of(vault, candidate))??;
        Some((id, message.get(..at)?, message.get(at + length..)?))
    })
}

/// The value of a digit, in either case, and of the letters that are taken for one.
fn digit(c: u8) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    let place = DIGITS.iter().position(|digit| *digit == c)?;
    u8::try_from(place).ok()
}

fn tag(vault: &Vault, id: [u8; ID_BYTES]) -> [u8; TAG_BYTES] {
    first(&vault.tag(PURPOSE, &id))
}

#[cfg(test)]
mod tests {
    use store::pool::Store;

    use super::*;

    async fn vault() -> (tempfile::TempDir, Vault) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let store = Store::open(&url).await.unwrap();
        let vault = Vault::open(&store, None).await.unwrap();
        (folder, vault)
    }

    #[tokio::test]
    async fn a_code_is_found_in_a_message_and_a_changed_one_is_not() {
        let (_folder, vault) = vault().await;
        let id = [1, 2, 3, 250, 251, 252];
        let code = written(&vault, id);
        assert_eq!(code.len(), 19, "{code}");
        for message in [
            code.clone(),
            format!("Hello! Offers, please. [{code}]"),
            format!("مرحبا {} شكرا", code.to_lowercase()),
            format!("AAAA-AAAA-AAAA-AAAA {code}"),
        ] {
            let (found, before, after) = found(&vault, &message).expect(&message);
            assert_eq!(found, id);
            assert_eq!(before.len() + after.len() + code.len(), message.len());
        }
        for (at, c) in code.char_indices().filter(|(_, c)| *c != '-') {
            let other = if c == 'Z' { "Y" } else { "Z" };
            let mut changed = code.clone();
            changed.replace_range(at..=at, other);
            assert_eq!(found(&vault, &changed), None, "{changed}");
        }
        for nonsense in ["", "hello", "1234-5678-9ABC", "----", "é-ééé"] {
            assert_eq!(found(&vault, nonsense), None);
        }
    }
}
