//! The link to somebody's own page, as our answers offer it.

use consent::{alias::Alias, id::ContactId};

use crate::{app::House, services::preferences};

/// The link that is given to one address of a person; none where no public address is set.
#[must_use]
pub fn link(app: &House, contact: ContactId, alias: &Alias) -> Option<String> {
    let made = preferences::link::link(app, contact, alias, app.clock.now());
    made.ok().map(|link| link.url)
}
