//! How a file looks: its length, its first line, and what must not be left in it.

use crate::{
    finding::Finding,
    mask::{Masked, line_at},
    tree::Source,
};

/// The longest that a file may be, in lines; twenty people can find their way in a file of this size.
pub const LINES_MAX: usize = 500;

/// What must not be left in code, and what to do instead.
const LEFTOVERS: [(&str, &str); 4] = [
    ("todo!(", "write it, or leave the feature out"),
    ("unimplemented!(", "write it, or leave the feature out"),
    (
        "#[ignore",
        "a test that does not run proves nothing: repair or remove it",
    ),
    ("assert!(true", "assert something that can fail"),
];

/// Files longer than [`LINES_MAX`].
pub fn too_long(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(source, lines)| {
            let say = format!("{lines} lines; want at most {LINES_MAX}: make two rooms of it");
            Finding::new(&source.path, lines, say)
        })
        .collect()
}

/// Files that do not open with a sentence which says what they are for.
pub fn without_opening(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| {
            let said = source
                .text
                .strip_prefix("//! ")
                .and_then(|rest| rest.lines().next());
            said.is_none_or(|line| line.split_whitespace().count() < 2)
        })
        .map(|source| {
            Finding::new(
                &source.path,
                1,
                "want a first line `//! <what this file is for>`",
            )
        })
        .collect()
}

/// Stubs, skipped tests, and tests that cannot fail.
pub fn leftovers(sources: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    for source in sources {
        let masked = Masked::of(&source.text);
        for (word, instead) in LEFTOVERS {
            for (at, _) in masked.code.match_indices(word) {
                let say = format!("`{word}` is left here: {instead}");
                found.push(Finding::new(&source.path, line_at(&masked.code, at), say));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Vec<Source> {
        let path = "crates/a/src/b.rs".to_owned();
        vec![Source {
            path,
            text: text.to_owned(),
        }]
    }

    #[test]
    fn the_five_hundred_and_first_line_is_one_too_many() {
        assert!(too_long(&file(&"\n".repeat(LINES_MAX))).is_empty());
        assert_eq!(too_long(&file(&"\n".repeat(LINES_MAX + 1))).len(), 1);
    }

    #[test]
    fn a_file_opens_with_a_sentence() {
        assert!(without_opening(&file("//! The door.\n")).is_empty());
        for bad in [
            "",
            "use std::fs;\n",
            "//!\n",
            "//! \nuse a;",
            "\n//! Late.\n",
            "// Not a doc comment.\n",
        ] {
            assert_eq!(without_opening(&file(bad)).len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn a_stub_is_found_with_its_line_and_talk_about_one_is_not() {
        let found = leftovers(&file(
            "fn a() {\n    todo!()\n}\n#[ignore = \"slow\"]\nfn b() {}\n",
        ));
        assert_eq!(
            found.iter().map(|finding| finding.line).collect::<Vec<_>>(),
            [2, 4]
        );
        assert!(leftovers(&file("// todo!() is not used here\nlet a = \"todo!(\";")).is_empty());
    }
}
