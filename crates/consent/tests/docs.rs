//! `docs/rules.md` says what the program says.

use consent::reason::Code;

const PAGE: &str = include_str!("../../../docs/rules.md");

/// A row of the table, where the line is one: code, sentence, who can lift it.
fn row(line: &str) -> Option<[&str; 3]> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    match cells.as_slice() {
        ["", layer, _, code, sentence, lifter, _, ""] if layer.parse::<u8>().is_ok() => {
            Some([code.trim_matches('`'), sentence, lifter])
        }
        _ => None,
    }
}

#[test]
fn the_page_of_refusals_has_every_code_in_order_with_its_sentences() {
    let page: Vec<[&str; 3]> = PAGE.lines().filter_map(row).collect();
    let program: Vec<[&str; 3]> = Code::ALL
        .into_iter()
        .map(|code| [code.word(), code.sentence(), code.lifter().sentence()])
        .collect();
    assert_eq!(page, program);
}
