//! The pages of the dashboard, as its menu names them.

use store::waiting::Waiting;

use super::Desk;
use crate::services::staff::Power;

/// What is counted in the menu is counted up to this, and then said to be more.
pub const COUNT_MAX: u32 = 100;

/// The page that leads to every page of settings.
pub const SETTINGS: &str = "/settings";

/// A page in the menu.
#[derive(Debug)]
pub struct Item {
    /// Where it is.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// Whether it is the one that is open.
    pub is_here: bool,
    /// The word that its count is found by when it changes; none where nothing is ever counted.
    pub counts: Option<&'static str>,
    /// What waits there, if anything does.
    pub count: Option<Count>,
    /// The pages of settings, below the one that leads to them and only while one of them is open.
    pub below: Vec<Self>,
}

/// How much waits.
#[derive(Debug)]
pub struct Count {
    /// As a sign: `3`, `99+`.
    pub shown: String,
    /// In words: `3 unread`.
    pub words: String,
}

/// Path, text and power of every page, in the order of the menu. What lies below [`SETTINGS`] is in its group and on its
/// page, where `settings-` and the end of the path say what it is for.
const PAGES: &[(&str, &str, Power)] = &[
    ("/", "nav-home", Power::See),
    ("/consent", "nav-consent", Power::See),
    ("/customers", "nav-customers", Power::See),
    ("/inbox", "nav-inbox", Power::See),
    ("/reviews", "nav-reviews", Power::See),
    ("/segments", "nav-segments", Power::See),
    ("/campaigns", "nav-campaigns", Power::See),
    ("/templates", "nav-templates", Power::See),
    ("/journeys", "nav-journeys", Power::See),
    ("/import", "nav-import", Power::Market),
    ("/forms", "nav-forms", Power::See),
    ("/reports", "nav-reports", Power::See),
    ("/reports/alerts", "reports-alerts", Power::See),
    ("/ledger", "nav-ledger", Power::See),
    ("/quarantine", "nav-quarantine", Power::See),
    (SETTINGS, "nav-settings", Power::See),
    ("/settings/consent", "nav-rules", Power::Rule),
    ("/settings/confirmations", "nav-confirmations", Power::Rule),
    ("/settings/topics", "nav-topics", Power::See),
    ("/settings/attributes", "nav-attributes", Power::See),
    ("/settings/users", "nav-users", Power::Manage),
    ("/settings/keys", "nav-keys", Power::Manage),
];

/// Whether the menu has this page for the member.
#[must_use]
pub fn opens(desk: &Desk, path: &str) -> bool {
    let mut pages = PAGES.iter();
    pages.any(|(page, _, power)| *page == path && desk.may(*power))
}

pub(super) fn items(desk: &Desk) -> Vec<Item> {
    let pages = PAGES.iter().filter(|(path, ..)| !is_setting(path));
    let mut items: Vec<Item> = pages.filter_map(|page| item(desk, page)).collect();
    for item in &mut items {
        if lies_at(&desk.path, SETTINGS) && item.href == desk.to(SETTINGS) {
            item.below = settings(desk);
        }
    }
    items
}

/// The pages of settings that the member may open.
pub(super) fn settings(desk: &Desk) -> Vec<Item> {
    let pages = PAGES.iter().filter(|(path, ..)| is_setting(path));
    pages.filter_map(|page| item(desk, page)).collect()
}

fn item(desk: &Desk, (path, text, power): &(&'static str, &str, Power)) -> Option<Item> {
    let (counts, count) = waits(&desk.waiting, path).unzip();
    desk.may(*power).then(|| Item {
        href: desk.to(path),
        name: desk.say(text),
        is_here: is_here(&desk.path, path),
        counts,
        count: counts
            .zip(count)
            .and_then(|(what, count)| counted(desk, what, count)),
        below: Vec::new(),
    })
}

/// What waits on a page, and the word for it.
fn waits(waiting: &Waiting, path: &str) -> Option<(&'static str, i64)> {
    match path {
        "/inbox" => Some(("unread", waiting.unread)),
        "/reviews" => Some(("reviews", waiting.reviews)),
        "/quarantine" => Some(("quarantine", waiting.quarantine)),
        "/reports/alerts" => Some(("alerts", waiting.alerts)),
        _ => None,
    }
}

fn counted(desk: &Desk, what: &str, count: i64) -> Option<Count> {
    let count = usize::try_from(count).ok().filter(|count| *count > 0)?;
    Some(Count {
        shown: shown(count),
        words: desk.count(&format!("nav-count-{what}"), count),
    })
}

/// A count as a sign; one that was not counted to its end says so.
#[must_use]
pub fn shown(count: usize) -> String {
    let max = usize::try_from(COUNT_MAX).unwrap_or(usize::MAX);
    if count < max {
        count.to_string()
    } else {
        format!("{}+", max - 1)
    }
}

fn is_setting(path: &str) -> bool {
    path != SETTINGS && lies_at(path, SETTINGS)
}

/// Whether a page is the one that a path belongs to: the nearest that the menu has.
fn is_here(path: &str, page: &str) -> bool {
    let nearer = |(other, ..): &(&str, &str, Power)| {
        *other != page && lies_at(other, page) && lies_at(path, other)
    };
    lies_at(path, page) && !PAGES.iter().any(nearer)
}

/// Whether a path is that of a page, or lies below it.
fn lies_at(path: &str, page: &str) -> bool {
    path == page
        || (page != "/"
            && path
                .strip_prefix(page)
                .is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_marked_with_what_lies_below_it() {
        assert!(is_here("/", "/"));
        assert!(!is_here("/users", "/"));
        assert!(is_here("/customers/1", "/customers"));
        assert!(!is_here("/customersx", "/customers"));
        assert!(is_here("/reports/failures", "/reports"));
        assert!(is_here("/reports/alerts", "/reports/alerts"));
        assert!(!is_here("/reports/alerts", "/reports"));
        assert!(!is_here("/settings/users", "/settings"));
    }

    #[test]
    fn a_count_that_was_not_counted_to_its_end_says_so() {
        assert_eq!(shown(99), "99");
        assert_eq!(shown(100), "99+");
    }
}
