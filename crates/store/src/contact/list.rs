//! Lists of contacts: filters, search, pages and counts, as fast for a million as for ten.
//!
//! The order is that of the last change. A list takes one of two ways. Where one of the things asked for is true of few people, they
//! are fetched, asked the rest, and sorted. Else the index of changes is walked, from the newest on, and each contact is asked;
//! pages are full soon then. Where they are not, a page ends after so many contacts were asked, and says where to go on.

use std::{collections::BTreeSet, fmt, num::NonZeroU32, str::FromStr};

use consent::{id::ContactId, time::Timestamp};
use sqlx::AssertSqlSafe;

use super::{
    ContactFilter, ContactLine, ContactRow, Person,
    filter::{Bind, Part, Piece, parts},
    id_list,
};
use crate::{
    codec,
    error::StoreError,
    list::{before, clean},
    pool::{Store, on_pool},
};

/// So many people are few: fetched and sorted in no time.
const FEW: i64 = 10_000;
/// So many contacts are asked, on the walk, for one page: first some, then more. A walk that only looks at the index goes
/// [`CHEAPER`] times as far.
const STEPS: [i64; 3] = [1_000, 4_000, 10_000];
/// How many times cheaper it is to look at the index alone.
const CHEAPER: i64 = 10;
/// Beside a page, a count may ask this part of as many.
const COUNTED: i64 = 3;

/// Where a page ends, in the order of the last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the contact was last changed.
    pub changed: Timestamp,
    /// The contact.
    pub contact: ContactId,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.changed.millis(), self.contact)
    }
}

/// A text that is no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("want the place that a page before gave")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (changed, contact) = text.split_once('.').ok_or(NoPlace)?;
        Ok(Self {
            changed: Timestamp::from_millis(changed.parse().map_err(|_| NoPlace)?),
            contact: contact.parse().map_err(|_| NoPlace)?,
        })
    }
}

/// A page of contacts.
#[derive(Debug, Clone, Default)]
pub struct ContactPage {
    /// The contacts, newest changed first.
    pub lines: Vec<ContactLine>,
    /// Where to go on; none at the end. A page may be short, even empty, and not be the last: then many were asked in vain.
    pub next: Option<Place>,
}

/// How many contacts there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many, exactly.
    Exactly(i64),
    /// At least so many: counting on would take too long.
    AtLeast(i64),
}

/// The way that a list takes.
struct Way {
    /// Who may be meant; none for everybody.
    few: Option<Piece>,
    /// What each is asked.
    asks: Piece,
    /// How far the walk may go.
    reach: Option<i64>,
}

type Row = (Vec<u8>, i64);

/// Before a place of the order, and from another on.
#[derive(Clone)]
struct Stretch {
    before: (i64, Vec<u8>),
    from: Option<Place>,
}

impl Stretch {
    const fn all(before: (i64, Vec<u8>)) -> Self {
        Self { before, from: None }
    }
}

macro_rules! bound {
    ($query:expr, $binds:expr) => {
        $binds.into_iter().fold($query, |query, bind| match bind {
            Bind::Text(text) => query.bind(text),
            Bind::Bytes(bytes) => query.bind(bytes),
            Bind::Number(number) => query.bind(number),
        })
    };
}

impl Store {
    /// A page of contacts, newest changed first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn contacts(&self, filter: &ContactFilter) -> Result<ContactPage, StoreError> {
        let (Some(parts), Some(limit)) = (parts(filter), NonZeroU32::new(filter.limit)) else {
            return Ok(ContactPage::default());
        };
        let way = self.way(filter, &parts).await?;
        let limit = i64::from(limit.get());
        let (rows, next) = if way.few.is_some() || way.reach.is_none() {
            let mut rows = self
                .found(filter, &way, Stretch::all(start(filter)), limit + 1)
                .await?;
            let next = cut(&mut rows, limit)?;
            (rows, next)
        } else {
            self.walk(filter, &way, limit).await?
        };
        Ok(ContactPage {
            lines: self.lines(&rows).await?,
            next,
        })
    }

    /// How many contacts a filter means, counted up to `max`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_of(&self, filter: &ContactFilter, max: u32) -> Result<Count, StoreError> {
        let Some(parts) = parts(filter) else {
            return Ok(Count::Exactly(0));
        };
        let way = self.way(filter, &parts).await?;
        let max = i64::from(max);
        let floor = match way.reach {
            Some(_) if way.few.is_none() => {
                let reach = way.reach.unwrap_or_default() / COUNTED;
                self.place_after(filter, start(filter), reach).await?
            }
            _ => None,
        };
        let mut all = Piece::new("select count(*) from (", []);
        let stretch = Stretch {
            before: start(filter),
            from: floor,
        };
        all.push(&query(filter, &way, stretch));
        // In this order, or else the rows themselves would be read.
        let end = " order by c.changed_ms desc, c.id desc limit ?) as found";
        all.push(&Piece::new(end, [Bind::Number(max + 1)]));
        let (sql, binds) = all.numbered();
        let found: i64 = on_pool!(self, pool => bound!(sqlx::query_scalar(AssertSqlSafe(sql)), binds).fetch_one(pool).await?);
        Ok(match floor {
            None if found <= max => Count::Exactly(found),
            _ => Count::AtLeast(found.min(max)),
        })
    }

    /// Everybody whom a filter means, however long that takes, up to `max`; wherever the page of the filter begins.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn ids_of(
        &self,
        filter: &ContactFilter,
        max: u32,
    ) -> Result<Vec<ContactId>, StoreError> {
        let Some(parts) = parts(filter) else {
            return Ok(Vec::new());
        };
        let way = self.way(filter, &parts).await?;
        let filter = ContactFilter {
            after: None,
            ..filter.clone()
        };
        let mut all = query(&filter, &way, Stretch::all(start(&filter)));
        let end = " order by c.changed_ms desc, c.id desc limit ?";
        all.push(&Piece::new(end, [Bind::Number(i64::from(max))]));
        let (sql, binds) = all.numbered();
        let rows: Vec<Row> = on_pool!(self, pool => bound!(sqlx::query_as(AssertSqlSafe(sql)), binds).fetch_all(pool).await?);
        let ids = rows
            .iter()
            .map(|(id, _)| Ok(ContactId::new(codec::uuid(id)?)));
        ids.collect()
    }

    /// Every contact's id, page by page, for work over everybody.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn contact_ids(
        &self,
        after: Option<ContactId>,
        limit: u32,
    ) -> Result<Vec<ContactId>, StoreError> {
        let sql = "select id from contact where id > $1 order by id limit $2";
        // No id is shorter than nothing.
        let after = after.map_or_else(Vec::new, |id| id.get().as_bytes().to_vec());
        let rows: Vec<(Vec<u8>,)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .collect()
    }

    /// The standings of contacts that were not erased, as they are written, some after `after` and not after `last`, in the order
    /// of their ids.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn standings(
        &self,
        (after, last): (Option<ContactId>, Option<ContactId>),
        limit: u32,
    ) -> Result<Vec<(ContactId, String)>, StoreError> {
        let sql = "select id, standing from contact where id > $1 and id <= $2 and erased_ms is null order by id limit $3";
        let after = after.map_or_else(Vec::new, |id| id.get().as_bytes().to_vec());
        let last = before(last.map(ContactId::get));
        let rows: Vec<(Vec<u8>, String)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(after).bind(last).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id, standing)| Ok((ContactId::new(codec::uuid(&id)?), standing)))
            .collect()
    }

    /// A page of the people whose wishes may name more than marketing: for writing down what follows from them.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn outspoken(
        &self,
        after: Option<ContactId>,
        limit: u32,
    ) -> Result<Vec<Person>, StoreError> {
        let sql = "select id from contact where id > $1 and erased_ms is null and (standing like '%\"all|%' \
                   or standing like '%\"utility%' or standing like '%\"authentication%' \
                   or standing like '%\"service%' or standing like '%\"marketing/%') order by id limit $2";
        let after = after.map_or_else(Vec::new, |id| id.get().as_bytes().to_vec());
        let rows: Vec<(Vec<u8>,)> = on_pool!(self, pool => sqlx::query_as(sql).bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        let ids: Vec<ContactId> = rows
            .into_iter()
            .map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .collect::<Result<_, StoreError>>()?;
        self.persons(&ids).await
    }

    /// Which of these contacts have a tag.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn tagged(
        &self,
        tag: &str,
        contacts: &[ContactId],
    ) -> Result<BTreeSet<ContactId>, StoreError> {
        let sql = "select contact_id from tag where tag = $2 \
                   and contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let list = id_list(contacts);
        let rows: Vec<(Vec<u8>,)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(list.text()).bind(clean(tag)).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .collect()
    }

    /// How many contacts there are that were not erased.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_contacts(&self) -> Result<i64, StoreError> {
        let sql = "select count(*) from contact where erased_ms is null";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }

    /// Chooses what to begin with: what is true of the fewest people, if that is few.
    async fn way(&self, filter: &ContactFilter, parts: &[Part]) -> Result<Way, StoreError> {
        let mut best: Option<(usize, i64)> = None;
        for (at, part) in parts.iter().enumerate() {
            let most = best.map_or(FEW, |(_, count)| count);
            let count = self.at_most(&part.list, most + 1).await?;
            if count <= most {
                best = Some((at, count));
            }
        }
        let mut asks = Piece::default();
        for (at, part) in parts.iter().enumerate() {
            if best.is_none_or(|(chosen, _)| chosen != at) {
                asks.push(&Piece::new(" and ", []));
                asks.push(&part.ask);
            }
        }
        let is_cheap = parts.iter().all(|part| part.is_cheap);
        let steps: i64 = STEPS.iter().sum();
        let reach = if is_cheap { steps * CHEAPER } else { steps };
        let is_plain = parts.is_empty() && filter.changed.1.is_none();
        Ok(Way {
            few: best.and_then(|(at, _)| Some(parts.get(at)?.list.clone())),
            asks,
            reach: (!is_plain && !parts.is_empty()).then_some(reach),
        })
    }

    async fn at_most(&self, list: &Piece, max: i64) -> Result<i64, StoreError> {
        let mut all = Piece::new("select count(*) from (", []);
        all.push(list);
        all.push(&Piece::new(" limit ?) as found", [Bind::Number(max)]));
        let (sql, binds) = all.numbered();
        Ok(
            on_pool!(self, pool => bound!(sqlx::query_scalar(AssertSqlSafe(sql)), binds).fetch_one(pool).await?),
        )
    }

    /// Walks from the newest on, in longer and longer steps, until the page is full or the walk long enough.
    async fn walk(
        &self,
        filter: &ContactFilter,
        way: &Way,
        limit: i64,
    ) -> Result<(Vec<Row>, Option<Place>), StoreError> {
        let steps: i64 = STEPS.iter().sum();
        let pace = (way.reach.unwrap_or(steps) / steps).max(1);
        let mut from = start(filter);
        let mut rows = Vec::new();
        for step in STEPS {
            let floor = self.place_after(filter, from.clone(), step * pace).await?;
            let wanted = limit + 1 - i64::try_from(rows.len()).unwrap_or(limit);
            let stretch = Stretch {
                before: from,
                from: floor,
            };
            rows.extend(self.found(filter, way, stretch, wanted).await?);
            let next = cut(&mut rows, limit)?;
            if next.is_some() || floor.is_none() {
                return Ok((rows, next));
            }
            from = floor.map_or_else(|| start(filter), of_place);
        }
        let next = place_of(from.0, &from.1)?;
        Ok((rows, Some(next)))
    }

    /// The contact so many places on; none where the list ends before.
    async fn place_after(
        &self,
        filter: &ContactFilter,
        from: (i64, Vec<u8>),
        count: i64,
    ) -> Result<Option<Place>, StoreError> {
        let sql = "select id, changed_ms from contact where erased_ms is null and (changed_ms, id) < ($1, $2) \
                   and changed_ms >= $3 order by changed_ms desc, id desc limit 1 offset $4";
        let row: Option<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(from.0).bind(from.1).bind(oldest(filter)).bind(count - 1).fetch_optional(pool).await?);
        row.map(|(id, changed)| place_of(changed, &id)).transpose()
    }

    async fn found(
        &self,
        filter: &ContactFilter,
        way: &Way,
        stretch: Stretch,
        limit: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let mut all = query(filter, way, stretch);
        all.push(&Piece::new(
            " order by c.changed_ms desc, c.id desc limit ?",
            [Bind::Number(limit)],
        ));
        let (sql, binds) = all.numbered();
        Ok(
            on_pool!(self, pool => bound!(sqlx::query_as(AssertSqlSafe(sql)), binds).fetch_all(pool).await?),
        )
    }

    /// The contacts themselves, in the order of the rows.
    async fn lines(&self, rows: &[Row]) -> Result<Vec<ContactLine>, StoreError> {
        let ids: Vec<ContactId> = rows
            .iter()
            .map(|(id, _)| Ok(ContactId::new(codec::uuid(id)?)))
            .collect::<Result<_, StoreError>>()?;
        let list = id_list(&ids);
        let sql = "select id, standing, version, sealing_key, name, note, consent, platform, source, created_ms, \
                   changed_ms, erased_ms from contact where id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let found: Vec<ContactRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        let mut lines = self.dress(found).await?;
        let place = |line: &ContactLine| ids.iter().position(|id| *id == line.person.id);
        lines.sort_by_key(place);
        Ok(lines)
    }
}

/// Whom a filter means, from one place of the order to another.
fn query(filter: &ContactFilter, way: &Way, stretch: Stretch) -> Piece {
    let mut all = Piece::new("select c.id, c.changed_ms from ", []);
    if let Some(few) = &way.few {
        all.push(&Piece::new("(select distinct f.id from (", []));
        all.push(few);
        // SQLite takes the sides of a cross join in their order.
        all.push(&Piece::new(
            ") as f) as d cross join contact c where c.id = d.id and ",
            [],
        ));
    } else {
        all.push(&Piece::new("contact c where ", []));
    }
    let (changed, id) = stretch.before;
    // Said of the time alone as well: one bound of a pair is all that SQLite finds a range by.
    let floor = stretch.from.map_or(i64::MIN, |from| from.changed.millis());
    let lowest = oldest(filter).max(floor);
    all.push(&Piece::new(
        "c.erased_ms is null and (c.changed_ms, c.id) < (?, ?) and c.changed_ms >= ?",
        [Bind::Number(changed), Bind::Bytes(id), Bind::Number(lowest)],
    ));
    if let Some(from) = stretch.from {
        let (changed, id) = of_place(from);
        all.push(&Piece::new(
            " and (c.changed_ms, c.id) >= (?, ?)",
            [Bind::Number(changed), Bind::Bytes(id)],
        ));
    }
    all.push(&way.asks);
    all
}

/// Before which place a list begins: after the page before, and before the end of the time that is asked for.
fn start(filter: &ContactFilter) -> (i64, Vec<u8>) {
    let end = filter.changed.1.map(|end| (end.millis(), Vec::new()));
    let after = filter.after.map(of_place);
    let everything = (i64::MAX, before(None));
    [end, after]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(everything)
}

fn oldest(filter: &ContactFilter) -> i64 {
    filter.changed.0.map_or(i64::MIN, Timestamp::millis)
}

fn of_place(place: Place) -> (i64, Vec<u8>) {
    (
        place.changed.millis(),
        place.contact.get().as_bytes().to_vec(),
    )
}

fn place_of(changed: i64, id: &[u8]) -> Result<Place, StoreError> {
    Ok(Place {
        changed: Timestamp::from_millis(changed),
        contact: ContactId::new(codec::uuid(id)?),
    })
}

/// Cuts a page to its length. Gives where to go on, if there was more.
fn cut(rows: &mut Vec<Row>, limit: i64) -> Result<Option<Place>, StoreError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    last.map(|(id, changed)| place_of(*changed, id)).transpose()
}
