//! What is known of the person at this moment, as far as a journey asks.

use std::collections::{BTreeMap, BTreeSet};

use consent::scope::Category;

/// What is known of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Their attributes.
    pub attributes: BTreeMap<String, String>,
    /// Their tags.
    pub tags: BTreeSet<String>,
    /// What they may be sent now, by category; what is not here is denied.
    pub allowed: BTreeMap<CategoryKey, Leave>,
    /// Whether the customer service window is open.
    pub window_open: bool,
    /// Their language, as a tag: `pt-BR`.
    pub language: Option<String>,
    /// Their time zone, by its IANA name; UTC where it is not known.
    pub zone: Option<String>,
}

/// Whether something may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// It may.
    Allow,
    /// It may not, with the sentence that says why.
    Deny(String),
}

/// The word of a category: categories themselves have no order.
pub type CategoryKey = &'static str;

impl Facts {
    /// Of somebody of whom nothing is known.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            attributes: BTreeMap::new(),
            tags: BTreeSet::new(),
            allowed: BTreeMap::new(),
            window_open: false,
            language: None,
            zone: None,
        }
    }

    /// The same, with what may be sent in a category.
    #[must_use]
    pub fn with(mut self, category: Category, leave: Leave) -> Self {
        self.allowed.insert(category.word(), leave);
        self
    }

    /// Whether messages of a category may be sent.
    #[must_use]
    pub fn allows(&self, category: Category) -> bool {
        matches!(self.allowed.get(category.word()), Some(Leave::Allow))
    }
}
