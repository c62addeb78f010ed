//! Segments: a closed set of conditions on contacts, kept by name, counted and listed.

mod list;
pub(crate) mod text;

use consent::{
    id::{ContactId, TopicId},
    scope::Category,
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::clean,
    pool::{Store, Tx, on_pool, on_tx},
};

/// A condition on a contact.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Each of them; of none, everybody.
    All(Vec<Condition>),
    /// At least one of them; of none, nobody.
    Any(Vec<Condition>),
    /// Everybody else.
    Not(Box<Condition>),
    /// One question.
    Is(Leaf),
}

/// One question about a contact.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// What they told us about marketing.
    Consent(State),
    /// What they told us about a category.
    Category(Category, State),
    /// What they told us about a topic; what they said of its category, where they said nothing of it.
    Topic(TopicId, Category, State),
    /// WhatsApp's own switch: stopped at any of our numbers, or open.
    Stopped(bool),
    /// They have this tag.
    Tag(String),
    /// Something about an attribute.
    Attribute(String, Test),
    /// They wrote within so many days.
    Wrote(u32),
    /// Something went to them within so many days.
    Sent(u32),
    /// We know them for so many days at the most.
    Created(u32),
    /// They have a current alias of this kind.
    Alias(String),
    /// They have a number that begins with these digits.
    Prefix(String),
}

/// What somebody told us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Yes.
    OptedIn,
    /// No.
    OptedOut,
    /// They were asked, or asked for it, and have not said yes a second time.
    Pending,
    /// Nothing.
    None,
}

/// What is asked of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It has a value.
    IsSet,
    /// It is this text.
    Is(String),
    /// It has this text in it; A to Z in either case.
    Contains(String),
    /// It is a date before this one, as `2026-11-22`.
    Before(String),
    /// It is a date after this one.
    After(String),
    /// It is this number.
    Equals(f64),
    /// It is a number less than this one.
    Less(f64),
    /// It is a number greater than this one.
    Greater(f64),
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentLine {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Its condition, as JSON.
    pub body: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
}

/// Addresses of very many people as one text: a row for each of a million would cost more than what is asked about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines<T> {
    /// A line each, in no certain order; `-` for none.
    pub lines: String,
    /// Who is last in a full page: behind it there may be more.
    pub last: Option<T>,
}

/// Where a page of a segment begins, and how long it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page {
    /// The last contact of the page before.
    pub after: Option<ContactId>,
    /// How many at the most.
    pub limit: u32,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::OptedIn, Self::OptedOut, Self::Pending, Self::None];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OptedIn => "opted_in",
            Self::OptedOut => "opted_out",
            Self::Pending => "pending",
            Self::None => "none",
        }
    }

    /// Reads [`State::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

type Row = (Vec<u8>, String, String, i64, i64);

impl Store {
    /// Every segment, by name.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn segments(&self) -> Result<Vec<SegmentLine>, StoreError> {
        let sql = "select id, name, body, created_ms, changed_ms from segment order by name, id";
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        rows.into_iter().map(line).collect()
    }

    /// One segment.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn segment(&self, id: Uuid) -> Result<Option<SegmentLine>, StoreError> {
        let sql = "select id, name, body, created_ms, changed_ms from segment where id = $1";
        let id = id.as_bytes().to_vec();
        let row: Option<Row> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_optional(pool).await?);
        row.map(line).transpose()
    }
}

impl Tx {
    /// Keeps a segment, over an older one with the same id.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another has its name; and when the database does not answer.
    pub async fn put_segment(&mut self, segment: &SegmentLine) -> Result<(), StoreError> {
        let sql = "insert into segment (id, name, body, created_ms, changed_ms) values ($1, $2, $3, $4, $5) \
                   on conflict (id) do update set name = excluded.name, body = excluded.body, changed_ms = excluded.changed_ms";
        let id = segment.id.as_bytes().to_vec();
        let (created, changed) = (segment.created.millis(), segment.changed.millis());
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(clean(&segment.name)).bind(clean(&segment.body))
            .bind(created).bind(changed).execute(conn).await?; });
        Ok(())
    }

    /// Removes a segment; says whether it was there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_segment(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let sql = "delete from segment where id = $1";
        let id = id.as_bytes().to_vec();
        let done =
            on_tx!(self, conn => sqlx::query(sql).bind(id).execute(conn).await?.rows_affected());
        Ok(done == 1)
    }
}

fn line((id, name, body, created, changed): Row) -> Result<SegmentLine, StoreError> {
    Ok(SegmentLine {
        id: codec::uuid(&id)?,
        name,
        body,
        created: Timestamp::from_millis(created),
        changed: Timestamp::from_millis(changed),
    })
}
