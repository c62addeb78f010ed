//! A report as a table of comma-separated values that no spreadsheet takes for a formula.

use super::Report;

/// A cell that begins with one of these may be run by a spreadsheet.
const DANGEROUS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The report: a row for each step, a column for each line, and the totals last.
#[must_use]
pub fn of(report: &Report) -> String {
    let mut rows = vec![
        std::iter::once(report.step.clone())
            .chain(report.lines.iter().map(|line| text(&line.title())))
            .collect::<Vec<_>>(),
    ];
    for (at, step) in report.steps.iter().enumerate() {
        let points = report
            .lines
            .iter()
            .map(|line| number(line.points.get(at).copied().flatten()));
        rows.push(std::iter::once(text(step)).chain(points).collect());
    }
    let totals = report.lines.iter().map(|line| number(line.total));
    rows.push(std::iter::once("total".to_owned()).chain(totals).collect());
    join(rows)
}

/// Rows of cells as CSV, with the line ends that the standard wants.
#[must_use]
pub fn join(rows: Vec<Vec<String>>) -> String {
    let lines = rows.into_iter().map(|row| row.join(",") + "\r\n");
    lines.collect()
}

/// A text as a cell.
#[must_use]
pub fn text(value: &str) -> String {
    let value: String = value.chars().filter(|char| *char != '\0').collect();
    let value = if value.trim_start().starts_with(DANGEROUS) || value.starts_with(DANGEROUS) {
        format!("'{value}")
    } else {
        value
    };
    if value.contains(['"', ',', '\n', '\r', ';']) || value.starts_with('\'') {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

/// A number as a cell; empty where there is none.
#[must_use]
pub fn number(value: Option<f64>) -> String {
    value.map(super::plain_number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (value, want) in [
            ("spring_sale", "spring_sale"),
            ("=1+1", "\"'=1+1\""),
            ("  @SUM(A1)", "\"'  @SUM(A1)\""),
            ("+44", "\"'+44\""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("nul\0", "nul"),
        ] {
            assert_eq!(text(value), want);
        }
        assert_eq!(number(Some(-3.0)), "-3");
        assert_eq!(number(None), "");
    }
}
