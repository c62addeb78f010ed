//! One template in all its languages, as a reader of button taps needs it.

use crate::{
    error::StoreError,
    pool::{Store, on_pool},
};

/// A template's parts in one language.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Version {
    /// The account that owns it.
    pub account: String,
    /// The language.
    pub language: String,
    /// Its components, as Meta wrote them.
    pub components: String,
}

impl Store {
    /// Every language of the templates with this name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn versions_of(&self, name: &str) -> Result<Vec<Version>, StoreError> {
        let sql = "select account, language, components from template where name = $1 order by account, language";
        Ok(on_pool!(self, pool => sqlx::query_as(sql).bind(name).fetch_all(pool).await?))
    }
}
