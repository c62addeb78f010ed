//! The words that somebody is found by: kept one by one, so that the beginning of a word finds them among millions.
//!
//! A key is a word's bytes, a zero and a letter for where it stood; a number stands there a second time, backwards behind a
//! one, and is so found by its end. Bytes compare alike in both databases, texts do not.

use std::collections::BTreeSet;

use consent::{alias::Alias, id::ContactId, phone::Phone, wording::fold::fold};
use serde_json::json;

use super::{AliasLine, AliasRow, id_list};
use crate::{
    codec,
    error::StoreError,
    later::Arg,
    list::{List, hex, hex_of},
    pool::{Store, Tx, on_pool, on_tx},
};

/// Longer words are found by their beginning.
const WORD_BYTES_MAX: usize = 48;
/// Further words of one text are not kept.
const WORDS_MAX: usize = 12;
/// A search looks for so many words.
const ASKED_MAX: usize = 8;
/// Fewer digits are the end of too many numbers.
const END_DIGITS_MIN: usize = 3;
/// Longer than any name.
const SEARCH_CHARS_MAX: usize = 300;
/// Contacts of a page, when the words of old rows are made.
const PAGE: i64 = 2_000;
/// The name of the note in the table `house` that says that there are rows without words.
const TODO: &str = "words";

/// Where a word stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Name,
    Note,
    Address,
}

impl Place {
    const fn letter(self) -> u8 {
        match self {
            Self::Name => b'n',
            Self::Note => b'u',
            Self::Address => b'a',
        }
    }
}

/// Keys from one to before another.
pub(super) type Range = (Vec<u8>, Vec<u8>);

/// Who, their name and their note.
type Called = (Vec<u8>, Option<String>, Option<String>);

/// What a search looks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// Nobody can be called this.
    Nothing,
    /// For each of these there must be a word in one of its ranges.
    All(Vec<Vec<Range>>),
}

impl Search {
    pub(super) fn of(text: &str) -> Self {
        if text.chars().count() > SEARCH_CHARS_MAX {
            return Self::Nothing;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_number = !digits.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_digit() || " +-()./".contains(c));
        let asked = if is_number {
            vec![number(text, &digits)]
        } else {
            let words = pieces(text).take(ASKED_MAX);
            words.map(|word| vec![range(word.into_bytes())]).collect()
        };
        if asked.is_empty() {
            Self::Nothing
        } else {
            Self::All(asked)
        }
    }
}

/// A number as it was typed: its beginning, its end, with or without the zero of the trunk, or the person's whom it reaches.
fn number(text: &str, digits: &str) -> Vec<Range> {
    let mut ranges = vec![range(digits.as_bytes().to_vec())];
    let end = digits.trim_start_matches('0');
    if end.len() >= END_DIGITS_MIN {
        ranges.push(range(backwards(end)));
    }
    if let Ok(phone) = text.trim().parse::<Phone>() {
        ranges.push(range(phone.person().to_string().into_bytes()));
    }
    ranges
}

/// Everything that begins so.
fn range(beginning: Vec<u8>) -> Range {
    let mut end = beginning.clone();
    // No byte of a text is 255.
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    (beginning, end)
}

fn backwards(digits: &str) -> Vec<u8> {
    std::iter::once(1).chain(digits.bytes().rev()).collect()
}

/// The words of a text, folded: case, accents and width are nothing to a search.
fn pieces(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_gap = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || c.is_ascii_punctuation()
            || "·–—‘’“”…،、。".contains(c)
    };
    text.split(is_gap)
        .map(fold)
        .filter(|word| !word.is_empty())
        .map(|mut word| {
            word.truncate(word.floor_char_boundary(WORD_BYTES_MAX));
            word
        })
}

fn keys_of(text: &str, place: Place) -> BTreeSet<Vec<u8>> {
    let key = |word: String| [word.as_bytes(), &[0, place.letter()]].concat();
    pieces(text).take(WORDS_MAX).map(key).collect()
}

fn keys_of_alias(alias: &Alias) -> BTreeSet<Vec<u8>> {
    let address = Place::Address;
    let (Alias::Phone(phone) | Alias::WaId(phone)) = alias else {
        return keys_of(&alias.value(), address);
    };
    let whole = phone.e164();
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let mut keys = keys_of(&phone.person().to_string(), address);
    keys.insert([backwards(&digits), vec![0, address.letter()]].concat());
    keys.extend(keys_of(&digits, address));
    keys
}

fn rows(contact: ContactId, keys: BTreeSet<Vec<u8>>) -> impl Iterator<Item = serde_json::Value> {
    let id = hex(contact.get());
    keys.into_iter()
        .map(move |key| json!({ "id": id, "w": hex_of(key) }))
}

const INSERT: &str = "insert into word (contact_id, word) select unhex(r.value ->> 'id'), unhex(r.value ->> 'w') \
    from jsonb_each($1) as r where true on conflict (contact_id, word) do nothing";

impl Tx {
    /// Keeps the words of names or notes, in the place of those that stood there.
    pub(super) async fn note_words(
        &mut self,
        place: Place,
        texts: &[(ContactId, &str)],
        replace: bool,
    ) -> Result<(), StoreError> {
        if replace && !texts.is_empty() {
            let gone = "delete from word where contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) \
                        and substr(word, length(word), 1) = unhex($2)";
            let ids: Vec<ContactId> = texts.iter().map(|(id, _)| *id).collect();
            let letter = Arg::Text(hex_of([place.letter()]));
            self.later(gone, vec![id_list(&ids).into(), letter]).await?;
        }
        let all = texts
            .iter()
            .flat_map(|(id, text)| rows(*id, keys_of(text, place)));
        self.keep_words(all.collect()).await
    }

    /// Keeps what addresses are found by.
    pub(crate) async fn note_addresses(&mut self, aliases: &[AliasLine]) -> Result<(), StoreError> {
        let all = aliases
            .iter()
            .flat_map(|line| rows(line.contact, keys_of_alias(&line.alias)));
        self.keep_words(all.collect()).await
    }

    async fn keep_words(&mut self, rows: Vec<serde_json::Value>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.later(INSERT, vec![List::of(rows).into()]).await
    }
}

impl Store {
    /// Makes the words of contacts who were here before words were kept; once, and nothing ever after.
    pub(crate) async fn fill_words(&self) -> Result<(), StoreError> {
        while let Some(after) = self.house(TODO).await? {
            let after = if after.len() == 16 { after } else { Vec::new() };
            self.fill_page(after).await?;
        }
        Ok(())
    }

    async fn fill_page(&self, after: Vec<u8>) -> Result<(), StoreError> {
        let sql = "select id, name, note from contact where id > $1 order by id limit $2";
        let people: Vec<Called> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(after).bind(PAGE).fetch_all(pool).await?);
        let mut tx = self.begin().await?;
        let Some((last, _, _)) = people.last() else {
            let done = "delete from house where name = $1";
            on_tx!(tx, conn => { sqlx::query(done).bind(TODO).execute(conn).await?; });
            return tx.commit().await;
        };
        let ids = people
            .iter()
            .map(|(id, _, _)| Ok(ContactId::new(codec::uuid(id)?)));
        let ids: Vec<ContactId> = ids.collect::<Result<_, StoreError>>()?;
        let texts = |of: fn(&Called) -> Option<&str>| {
            let both = ids.iter().zip(&people);
            both.filter_map(|(id, row)| Some((*id, of(row)?)))
                .collect::<Vec<_>>()
        };
        tx.note_words(Place::Name, &texts(|row| row.1.as_deref()), false)
            .await?;
        tx.note_words(Place::Note, &texts(|row| row.2.as_deref()), false)
            .await?;
        let list = id_list(&ids);
        let sql = "select contact_id, kind, value, since_ms, until_ms from alias \
                   where contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let lines: Vec<AliasRow> =
            on_tx!(tx, conn => sqlx::query_as(sql).bind(list.text()).fetch_all(conn).await?);
        let lines: Vec<AliasLine> = lines
            .iter()
            .map(AliasLine::try_from)
            .collect::<Result<_, _>>()?;
        tx.note_addresses(&lines).await?;
        tx.set_house(TODO, last).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(search: &str, keys: &BTreeSet<Vec<u8>>) -> bool {
        let Search::All(asked) = Search::of(search) else {
            return false;
        };
        let inside = |(from, to): &Range| keys.iter().any(|key| key >= from && key < to);
        asked.iter().all(|ranges| ranges.iter().any(inside))
    }

    #[test]
    fn each_word_that_is_typed_begins_a_word_of_the_name() {
        let keys = keys_of("José O'Neil-Souza", Place::Name);
        for text in [
            "jose",
            "JOSÉ",
            "o'neil",
            "neil",
            "sou jo",
            "ｊｏｓé",
            "souza, josé",
        ] {
            assert!(finds(text, &keys), "`{text}`");
        }
        for text in ["ose", "jose maria", "neils", "%", "", " ", "josé\u{1}x"] {
            assert!(!finds(text, &keys), "`{text}`");
        }
    }

    #[test]
    fn a_number_is_found_by_its_beginning_its_end_and_whole() {
        let keys = keys_of_alias(&Alias::Phone("+447700900123".parse().unwrap()));
        for text in [
            "+44 7700",
            "447700900123",
            "+44 (7700) 900-123",
            "900123",
            "0123",
            "07700900123",
            "7700 900123",
        ] {
            assert!(finds(text, &keys), "`{text}`");
        }
        for text in ["7700900", "124", "23", "+4477009001234"] {
            assert!(!finds(text, &keys), "`{text}`");
        }
    }

    #[test]
    fn nothing_is_called_by_three_hundred_letters() {
        assert_eq!(Search::of(&"a ".repeat(200)), Search::Nothing);
        assert_eq!(Search::of("%_!"), Search::Nothing);
    }
}
