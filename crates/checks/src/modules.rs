//! The modules of one crate, and what the paths written in a file mean among them.

use std::collections::BTreeMap;

use crate::tree::Source;

/// A module's path from the crate's root, without `crate`; the root itself is empty.
pub type Module = Vec<String>;

/// A path as it is written, with the byte offset of its first word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it begins.
    pub at: usize,
    /// Its words: `use crate::{a, b::c}` is two of them.
    pub words: Vec<String>,
}

/// The product modules of a crate, each with its file.
pub fn modules<'a>(sources: &'a [Source], krate: &str) -> BTreeMap<Module, &'a Source> {
    sources
        .iter()
        .filter(|source| source.krate() == Some(krate) && !source.is_test())
        .filter_map(|source| {
            let (_, inside) = source.path.split_once("/src/")?;
            let mut words: Module = inside
                .trim_end_matches(".rs")
                .split('/')
                .map(str::to_owned)
                .collect();
            let last = words.last().map(String::as_str);
            if last == Some("mod") || (words.len() == 1 && matches!(last, Some("lib" | "main"))) {
                words.pop();
            }
            Some((words, source))
        })
        .collect()
}

/// Every path of two words or more in code whose comments and strings are blanked; groups are taken apart.
pub fn paths(code: &str) -> Vec<Written> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = code.get(at..).and_then(|rest| rest.chars().next()) {
        if c.is_alphabetic() || c == '_' {
            at = path(code, at, &[], &mut found);
        } else if c.is_numeric() {
            at += word(code, at).len();
        } else {
            at += c.len_utf8();
        }
    }
    found.retain(|written| written.words.len() > 1);
    found
}

/// What a path means in a module: an absolute path in this crate, or nothing if it leads elsewhere.
pub fn absolute(
    here: &Module,
    words: &[String],
    known: &BTreeMap<Module, &Source>,
) -> Option<Module> {
    let (first, rest) = words.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([here.as_slice(), rest].concat()),
        "super" => {
            let parent = here.split_last()?.1.to_vec();
            if rest.first().is_some_and(|word| word == "super") {
                absolute(&parent, rest, known)
            } else {
                Some([parent.as_slice(), rest].concat())
            }
        }
        _ => {
            let child = [here.as_slice(), std::slice::from_ref(first)].concat();
            known
                .contains_key(&child)
                .then(|| [here.as_slice(), words].concat())
        }
    }
}

/// The innermost module that an absolute path goes through; the root if it names something there.
pub fn innermost(path: &[String], known: &BTreeMap<Module, &Source>) -> Module {
    let lengths = (0..=path.len()).rev();
    lengths
        .filter_map(|len| path.get(..len))
        .find(|prefix| known.contains_key(*prefix))
        .unwrap_or_default()
        .to_vec()
}

/// Reads one path, with `before` in front of it, and returns where reading goes on.
fn path(code: &str, from: usize, before: &[String], found: &mut Vec<Written>) -> usize {
    let mut words = before.to_vec();
    let mut at = from;
    loop {
        let name = word(code, at);
        if name.is_empty() {
            break;
        }
        words.push(name.to_owned());
        at += name.len();
        let next = skip_blank(code, at);
        if !code.get(next..).is_some_and(|rest| rest.starts_with("::")) {
            break;
        }
        at = skip_blank(code, next + 2);
        if code.get(at..).is_some_and(|rest| rest.starts_with('{')) {
            return group(code, at + 1, &words, found);
        }
    }
    // `use a::{self}` names `a`.
    if words.len() > 1 && words.last().is_some_and(|last| last == "self") {
        words.pop();
    }
    found.push(Written { at: from, words });
    at
}

fn group(code: &str, from: usize, before: &[String], found: &mut Vec<Written>) -> usize {
    let mut at = from;
    while let Some(c) = code.get(at..).and_then(|rest| rest.chars().next()) {
        if c == '}' {
            return at + 1;
        }
        if word(code, at).is_empty() {
            at += c.len_utf8();
        } else {
            at = skip_new_name(code, path(code, at, before, found));
        }
    }
    at
}

/// Passes over the `as b` of `use a as b`.
fn skip_new_name(code: &str, from: usize) -> usize {
    let at = skip_blank(code, from);
    if word(code, at) != "as" {
        return from;
    }
    let name = skip_blank(code, at + "as".len());
    name + word(code, name).len()
}

fn word(code: &str, at: usize) -> &str {
    let rest = code.get(at..).unwrap_or_default();
    let len = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    rest.get(..len).unwrap_or_default()
}

fn skip_blank(code: &str, at: usize) -> usize {
    let rest = code.get(at..).unwrap_or_default();
    at + (rest.len() - rest.trim_start().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str) -> Vec<String> {
        paths(code)
            .into_iter()
            .map(|written| written.words.join("::"))
            .collect()
    }

    #[test]
    fn groups_are_taken_apart() {
        let code = "use crate::{a::{self, B}, c::D as E, f};\nfn g() { h::i::<j::K>(l) }";
        assert_eq!(
            said(code),
            [
                "crate::a",
                "crate::a::B",
                "crate::c::D",
                "crate::f",
                "h::i",
                "j::K"
            ]
        );
    }

    #[test]
    fn the_words_self_super_and_crate_are_understood() {
        let file = Source {
            path: String::new(),
            text: String::new(),
        };
        let known: BTreeMap<Module, &Source> = ["", "a", "a::b"]
            .iter()
            .map(|path| (module(path), &file))
            .collect();
        let here = module("a::b");
        let mean = |words: &str| absolute(&here, &module(words), &known);
        assert_eq!(mean("super::c::D"), Some(module("a::c::D")));
        assert_eq!(mean("super::super::e::F"), Some(module("e::F")));
        assert_eq!(mean("self::G"), Some(module("a::b::G")));
        assert_eq!(mean("crate::h::I"), Some(module("h::I")));
        assert_eq!(mean("std::fmt"), None);
        assert_eq!(
            absolute(&module("a"), &module("b::J"), &known),
            Some(module("a::b::J"))
        );
    }

    fn module(path: &str) -> Module {
        path.split("::")
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }
}
