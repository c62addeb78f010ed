//! How rows of people are locked in PostgreSQL; SQLite has one writer, which holds every lock already.

/// How rows are locked.
#[derive(Clone, Copy)]
pub(crate) enum Hold {
    Alone,
    Shared,
}

macro_rules! hold_all {
    ($how:literal) => {
        concat!(
            "select id from contact where id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) ",
            "order by id for ",
            $how
        )
    };
}

impl Hold {
    pub(crate) const fn one(self) -> &'static str {
        match self {
            Self::Alone => "select id from contact where id = $1 for update",
            Self::Shared => "select id from contact where id = $1 for share",
        }
    }

    pub(crate) const fn all(self) -> &'static str {
        match self {
            Self::Alone => hold_all!("update"),
            Self::Shared => hold_all!("share"),
        }
    }
}
