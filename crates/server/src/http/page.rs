//! Lists: a page, a cursor to the next, and the limits of both.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::problem::{Kind, Problem};

/// Items on a page, when the caller does not say.
pub const LIMIT_DEFAULT: u32 = 50;
/// Items on a page at the most.
pub const LIMIT_MAX: u32 = 500;

/// Which page is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Items on the page, 1 to 500.
    pub limit: Option<u32>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to give as `cursor` for the next page; null on the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page from one item more than it may hold, if there are as many; `id` names an item.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: u32, id: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(id);
        Self { items, next }
    }

    /// A page out of a list that is at hand as a whole; the cursor is a position.
    ///
    /// # Errors
    /// 400 when the cursor is none of ours.
    pub fn slice(all: Vec<T>, cursor: Option<&str>, limit: u32) -> Result<Self, Problem> {
        let from: usize = cursor.map(read_cursor).transpose()?.unwrap_or(0);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let end = from.saturating_add(limit);
        let next = (all.len() > end).then(|| end.to_string());
        let items = all.into_iter().skip(from).take(limit).collect();
        Ok(Self { items, next })
    }
}

/// Reads a cursor.
///
/// # Errors
/// 400 when it is none of ours.
pub fn read_cursor<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| {
        let detail = format!("`{text}` is not a cursor: want `next` of the page before");
        Problem::of(Kind::Malformed, detail).at("cursor")
    })
}

/// The limit of a page.
///
/// # Errors
/// 400 when it is out of bounds.
pub fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked.unwrap_or(LIMIT_DEFAULT) {
        limit @ 1..=LIMIT_MAX => Ok(limit),
        other => {
            let detail = format!("`{other}` is not a limit: want 1 to {LIMIT_MAX}");
            Err(Problem::of(Kind::Malformed, detail).at("limit"))
        }
    }
}
