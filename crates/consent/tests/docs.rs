//! `docs/rules.md` says what the program says.

use consent::reason::Code;

const PAGE: &str = include_str!("../../../docs/rules.md");

/// The rows of the table that name a code: their cells.
fn rows() -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    };
    PAGE.lines()
        .filter(|line| line.starts_with("| ") && line.matches('|').count() == 7)
        .map(cells)
        .filter(|cells| cells[0].chars().all(|digit| digit.is_ascii_digit()))
        .collect()
}

#[test]
fn the_page_of_refusals_has_every_code_in_order_with_its_sentences() {
    let page: Vec<[String; 3]> = rows()
        .into_iter()
        .map(|cells| [cells[2].clone(), cells[3].clone(), cells[4].clone()])
        .collect();
    let program: Vec<[String; 3]> = Code::ALL
        .into_iter()
        .map(|code| [code.word(), code.sentence(), code.lifter().sentence()].map(ToOwned::to_owned))
        .collect();
    assert_eq!(page, program);
}
