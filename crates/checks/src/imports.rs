//! Finds import circles: files of one crate that can only be understood together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    finding::Finding,
    mask::{Masked, line_at},
    modules::{Module, absolute, innermost, modules, paths},
    tree::Source,
};

/// Knots that are known, with the number of circles that are still in them; a number may only fall, and an entry go.
pub const KNOTS: [(&str, usize); 0] = [];

/// Which module names which, with the line where it does so first.
type Arrows = BTreeMap<Module, BTreeMap<Module, usize>>;

/// The circles of crates that have more of them than is known, and a word on those that now have fewer.
pub fn beyond(sources: &[Source], knots: &[(&str, usize)]) -> Vec<Finding> {
    let crates: BTreeSet<&str> = sources.iter().filter_map(Source::krate).collect();
    let mut found = Vec::new();
    for krate in crates {
        let circles = circles_in(sources, krate);
        let known = knots
            .iter()
            .find(|(name, _)| *name == krate)
            .map_or(0, |(_, count)| *count);
        if circles.len() > known {
            found.extend(circles);
        } else if circles.len() < known {
            let say = format!(
                "`{krate}` has {} circles, not {known}: lower its number in KNOTS",
                circles.len()
            );
            found.push(Finding::new("crates/checks/src/imports.rs", 1, say));
        }
    }
    found
}

/// The shortest circle through each module of a crate that is in one.
fn circles_in(sources: &[Source], krate: &str) -> Vec<Finding> {
    let known = modules(sources, krate);
    let arrows: Arrows = known
        .iter()
        .map(|(here, source)| (here.clone(), arrows_from(here, source, &known)))
        .collect();
    let mut seen: BTreeSet<BTreeSet<Module>> = BTreeSet::new();
    let mut found = Vec::new();
    for (here, source) in &known {
        let Some(circle) = way_back(here, &arrows) else {
            continue;
        };
        if !seen.insert(circle.iter().cloned().collect()) {
            continue;
        }
        let first = circle.get(1).or(circle.first());
        let line = first.and_then(|next| arrows.get(here)?.get(next)).copied();
        let names: Vec<String> = circle.iter().chain([here]).map(name).collect();
        let say = format!(
            "import circle {}: move what both need to a file that imports neither",
            names.join(" -> ")
        );
        found.push(Finding::new(&source.path, line.unwrap_or(1), say));
    }
    found
}

fn arrows_from(
    here: &Module,
    source: &Source,
    known: &BTreeMap<Module, &Source>,
) -> BTreeMap<Module, usize> {
    let code = Masked::of(&source.text).product().code;
    let written = paths(&code);
    // `use crate::services;` makes `services::send::f()` a way to `services::send`.
    let short: BTreeMap<&String, Module> = written
        .iter()
        .filter_map(|path| {
            let whole = absolute(here, &path.words, known)?;
            let last = path.words.last()?;
            known.contains_key(&whole).then_some((last, whole))
        })
        .collect();
    let mut arrows = BTreeMap::new();
    for path in &written {
        let through = path.words.split_first().and_then(|(first, rest)| {
            let module = short.get(first)?;
            Some([module.as_slice(), rest].concat())
        });
        let Some(meant) = absolute(here, &path.words, known).or(through) else {
            continue;
        };
        let target = innermost(&meant, known);
        if target != *here && !is_own_folder(&target, here) {
            arrows
                .entry(target)
                .or_insert_with(|| line_at(&code, path.at));
        }
    }
    arrows
}

/// A file and the folder beside it with its name are one room: what is inside may use what the file keeps for it.
/// The crate's root is no such room, since nothing lives there but the list of modules.
fn is_own_folder(target: &Module, here: &Module) -> bool {
    !target.is_empty() && here.starts_with(target)
}

/// The shortest way from a module back to itself, breadth first.
fn way_back(start: &Module, arrows: &Arrows) -> Option<Vec<Module>> {
    let mut came_from: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for next in arrows.get(here).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                return Some(trace(start, here, &came_from));
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, here);
                queue.push_back(next);
            }
        }
    }
    None
}

fn trace(start: &Module, end: &Module, came_from: &BTreeMap<&Module, &Module>) -> Vec<Module> {
    let mut way = vec![end.clone()];
    let mut here = end;
    while here != start {
        let Some(before) = came_from.get(here) else {
            break;
        };
        way.push((*before).clone());
        here = before;
    }
    way.reverse();
    way
}

fn name(module: &Module) -> String {
    if module.is_empty() {
        "crate".to_owned()
    } else {
        module.join("::")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        let sources = Tree::of(files).unwrap().sources;
        beyond(&sources, &[])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let found = circles_of(&[
            ("crates/x/src/lib.rs", "pub mod a;\npub mod b;\n"),
            ("crates/x/src/a.rs", "//! A.\nuse crate::b::B;\n"),
            ("crates/x/src/b.rs", "//! B.\nuse crate::{a::A};\n"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        let say = found.first().unwrap();
        assert!(
            say.starts_with("crates/x/src/a.rs:2: import circle a -> b -> a"),
            "{say}"
        );
    }

    #[test]
    fn a_circle_of_three_through_paths_and_short_names_is_found() {
        let found = circles_of(&[
            ("crates/x/src/app.rs", "fn a() { crate::http::router() }"),
            (
                "crates/x/src/http/mod.rs",
                "use crate::services;\nfn b() { services::send::go() }",
            ),
            ("crates/x/src/services/mod.rs", "pub mod send;"),
            (
                "crates/x/src/services/send.rs",
                "use super::super::app::App;",
            ),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found
                .first()
                .unwrap()
                .contains("app -> http -> services::send -> app"),
            "{found:?}"
        );
    }

    #[test]
    fn a_file_and_its_folder_are_one_room_and_two_files_in_the_folder_are_two() {
        let door = (
            "crates/x/src/door.rs",
            "mod key;\nmod lock;\npub fn open() { lock::turn() }",
        );
        let key = ("crates/x/src/door/key.rs", "use super::lock::Lock;");
        let within = circles_of(&[
            door,
            key,
            ("crates/x/src/door/lock.rs", "use super::Hinge;"),
        ]);
        assert!(within.is_empty(), "{within:?}");
        let across = circles_of(&[
            door,
            key,
            ("crates/x/src/door/lock.rs", "use super::key::Key;"),
        ]);
        assert_eq!(across.len(), 1, "{across:?}");
    }

    #[test]
    fn a_file_that_imports_from_the_root_which_imports_it_is_a_circle() {
        let found = circles_of(&[
            ("crates/x/src/main.rs", "mod run;\nfn main() { run::all() }"),
            ("crates/x/src/run.rs", "use crate::Error;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn a_known_knot_may_not_grow_and_its_number_follows_it_down() {
        let sources = Tree::of(&[
            ("crates/x/src/a.rs", "use crate::b::B;"),
            ("crates/x/src/b.rs", "use crate::a::A;"),
        ])
        .unwrap()
        .sources;
        let count = |known| beyond(&sources, &[("x", known)]).len();
        assert_eq!((count(0), count(1), count(2)), (1, 0, 1));
    }

    #[test]
    fn one_way_is_no_circle_and_neither_is_another_crate_a_comment_or_a_test() {
        let found = circles_of(&[
            ("crates/x/src/lib.rs", "pub mod a;\npub mod b;\n"),
            (
                "crates/x/src/a.rs",
                "use crate::b::B;\nuse self::inner::C;\nmod inner {}",
            ),
            (
                "crates/x/src/b.rs",
                "// use crate::a::A;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n",
            ),
            ("crates/x/src/b/tests.rs", "use crate::a::A;"),
            ("crates/y/src/b.rs", "use crate::a::A;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
