//! What a list of contacts is narrowed to: each wish as a list of its own, and as a question about one contact.

use consent::{id::TopicId, time::Timestamp};

use super::{
    ContactFilter,
    word::{Range, Search},
};
use crate::list::clean;

/// A value that is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bind {
    Text(String),
    Bytes(Vec<u8>),
    Number(i64),
}

/// A piece of a statement, with `?` for each value that is bound to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    pub(super) sql: String,
    pub(super) binds: Vec<Bind>,
}

impl Piece {
    pub(super) fn new(sql: &str, binds: impl IntoIterator<Item = Bind>) -> Self {
        Self {
            sql: sql.to_owned(),
            binds: binds.into_iter().collect(),
        }
    }

    pub(super) fn push(&mut self, other: &Self) {
        self.sql.push_str(&other.sql);
        self.binds.extend(other.binds.iter().cloned());
    }

    /// The text with its parameters numbered.
    pub(super) fn numbered(self) -> (String, Vec<Bind>) {
        let mut pieces = self.sql.split('?');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for (at, piece) in pieces.enumerate() {
            text.push_str(&format!("${}{piece}", at + 1));
        }
        (text, self.binds)
    }
}

/// One thing that is asked of a contact.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Everybody of whom it is true, as `id`; somebody may stand there twice.
    pub(super) list: Piece,
    /// Whether it is true of contact `c`. Written so that no index is chosen for it: where it is asked, another one gives the order.
    pub(super) ask: Piece,
    /// Whether the index that gives the order answers it.
    pub(super) is_cheap: bool,
}

/// What is asked, or that nobody can be meant.
pub(super) fn parts(filter: &ContactFilter) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    match (filter.topic, &filter.consent) {
        (Some(topic), state) => parts.push(said(topic, state.as_deref())),
        (None, Some(state)) => parts.push(column("consent", state)),
        (None, None) => {}
    }
    parts.extend(
        filter
            .platform
            .iter()
            .map(|state| column("platform", state)),
    );
    parts.extend(filter.source.iter().map(|source| column("source", source)));
    parts.extend(filter.tags.iter().map(|tag| tagged(tag)));
    let attributes = filter.attributes.iter();
    parts.extend(attributes.map(|(key, value)| attribute(key, value)));
    if filter.created.0.is_some() || filter.created.1.is_some() {
        parts.push(created(filter.created));
    }
    if let Some(text) = filter
        .search
        .as_deref()
        .filter(|text| !text.trim().is_empty())
    {
        match Search::of(&clean(text)) {
            Search::Nothing => return None,
            Search::All(asked) => parts.extend(asked.iter().map(|ranges| words(ranges))),
        }
    }
    Some(parts)
}

fn column(name: &str, value: &str) -> Part {
    let bind = [Bind::Text(clean(value).into_owned())];
    Part {
        list: Piece::new(
            &format!("select id from contact where {name} = ?"),
            bind.clone(),
        ),
        ask: Piece::new(&format!("c.{name} || '' = ?"), bind),
        is_cheap: true,
    }
}

/// What was said of a topic: anything, or that it comes to a state.
fn said(topic: TopicId, state: Option<&str>) -> Part {
    let state = state.map(|state| Bind::Text(clean(state).into_owned()));
    let more = if state.is_some() {
        " and w.state = ?"
    } else {
        ""
    };
    let topic = Bind::Text(topic.to_string());
    let binds: Vec<Bind> = [topic].into_iter().chain(state).collect();
    rows_of("stance w", "w", &format!("w.subject = ?{more}"), binds)
}

fn tagged(tag: &str) -> Part {
    rows_of(
        "tag t",
        "t",
        "t.tag = ?",
        [Bind::Text(clean(tag).into_owned())],
    )
}

fn attribute(key: &str, value: &str) -> Part {
    let binds = [key, value].map(|text| Bind::Text(clean(text).into_owned()));
    rows_of("attribute a", "a", "a.key = ? and a.value = ?", binds)
}

fn words(ranges: &[Range]) -> Part {
    let inside = vec!["(w.word >= ? and w.word < ?)"; ranges.len()].join(" or ");
    let binds = |range: &Range| [Bind::Bytes(range.0.clone()), Bind::Bytes(range.1.clone())];
    let binds: Vec<Bind> = ranges.iter().flat_map(binds).collect();
    // One by one: the index has each range in one place.
    let one = "select w.contact_id as id from word w where w.word >= ? and w.word < ?";
    Part {
        list: Piece::new(&vec![one; ranges.len()].join(" union all "), binds.clone()),
        ..rows_of("word w", "w", &format!("({inside})"), binds)
    }
}

fn rows_of(table: &str, name: &str, is: &str, binds: impl IntoIterator<Item = Bind>) -> Part {
    let list = format!("select {name}.contact_id as id from {table} where {is}");
    // A count stays a question about one contact: a planner would make a list of `exists`, as long as it is.
    let ask = format!("0 < (select count(*) from {table} where {name}.contact_id = c.id and {is})");
    let list = Piece::new(&list, binds);
    Part {
        ask: Piece::new(&ask, list.binds.clone()),
        list,
        is_cheap: false,
    }
}

fn created((from, to): (Option<Timestamp>, Option<Timestamp>)) -> Part {
    let binds = [
        Bind::Number(from.map_or(i64::MIN, Timestamp::millis)),
        Bind::Number(to.map_or(i64::MAX, Timestamp::millis)),
    ];
    Part {
        list: Piece::new(
            "select id from contact where created_ms >= ? and created_ms < ?",
            binds.clone(),
        ),
        ask: Piece::new("c.created_ms + 0 >= ? and c.created_ms + 0 < ?", binds),
        is_cheap: true,
    }
}
