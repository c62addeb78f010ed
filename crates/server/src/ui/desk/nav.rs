//! The pages of the dashboard, as its menu names them.

use super::Desk;
use crate::services::staff::Power;

/// A page in the menu.
#[derive(Debug)]
pub struct Item {
    /// Where it is.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// Whether it is the one that is open.
    pub is_here: bool,
}

/// Path, text and power of every page, in the order of the menu.
const PAGES: &[(&str, &str, Power)] = &[
    ("/", "nav-home", Power::See),
    ("/consent", "nav-consent", Power::See),
    ("/customers", "nav-customers", Power::See),
    ("/inbox", "nav-inbox", Power::See),
    ("/segments", "nav-segments", Power::See),
    ("/import", "nav-import", Power::Market),
    ("/forms", "nav-forms", Power::See),
    ("/reports", "nav-reports", Power::See),
    ("/ledger", "nav-ledger", Power::See),
    ("/quarantine", "nav-quarantine", Power::See),
    ("/settings/consent", "nav-rules", Power::Rule),
    ("/settings/confirmations", "nav-confirmations", Power::Rule),
    ("/settings/topics", "nav-topics", Power::See),
    ("/settings/attributes", "nav-attributes", Power::See),
    ("/settings/users", "nav-users", Power::Manage),
    ("/settings/keys", "nav-keys", Power::Manage),
];

pub(super) fn items(desk: &Desk) -> Vec<Item> {
    let pages = PAGES.iter().filter(|(_, _, power)| desk.may(*power));
    let item = |(path, text, _): &(&str, &str, Power)| Item {
        href: desk.to(path),
        name: desk.say(text),
        is_here: is_here(&desk.path, path),
    };
    pages.map(item).collect()
}

/// Whether a path is that of a page, or lies below it.
fn is_here(path: &str, page: &str) -> bool {
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
    }
}
