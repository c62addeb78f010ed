//! Tables that an operator can replace: comma-separated text with a heading and notes.

use csv::{ReaderBuilder, StringRecord, Trim};

/// A table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTable {
    /// The heading lacks a column.
    #[error("there is no column `{column}`: want a heading with {wanted}")]
    Heading {
        /// The column.
        column: String,
        /// All columns that are wanted.
        wanted: String,
    },
    /// A line makes no sense.
    #[error("line {line}: {what}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// One line of a table.
pub(crate) struct Row {
    line: u64,
    fields: Vec<(&'static str, String)>,
}

impl Row {
    /// A field by the name of its column, empty when there is no such column.
    pub(crate) fn field(&self, column: &str) -> &str {
        let field = self.fields.iter().find(|(name, _)| *name == column);
        field.map_or("", |(_, text)| text.as_str())
    }

    /// A field that must not be empty.
    pub(crate) fn filled(&self, column: &str) -> Result<&str, BadTable> {
        Some(self.field(column))
            .filter(|text| !text.is_empty())
            .ok_or_else(|| self.bad(&format!("`{column}` is empty")))
    }

    /// The error that names this line.
    pub(crate) fn bad(&self, what: &str) -> BadTable {
        BadTable::Line {
            line: self.line,
            what: what.to_owned(),
        }
    }
}

/// The lines below the heading, with the fields of the columns that are wanted, whatever their order.
pub(crate) fn rows(text: &str, columns: &[&'static str]) -> Result<Vec<Row>, BadTable> {
    let mut reader = ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let heading = reader
        .headers()
        .map_err(|error| unreadable(&error))?
        .clone();
    let places = columns
        .iter()
        .map(|column| Ok((*column, place(&heading, column, columns)?)))
        .collect::<Result<Vec<_>, BadTable>>()?;
    let read = |record: Result<StringRecord, csv::Error>| {
        let record = record.map_err(|error| unreadable(&error))?;
        let fields = places.iter().map(|(column, place)| {
            let text = record.get(*place).unwrap_or_default();
            (*column, text.to_owned())
        });
        Ok(Row {
            line: record.position().map_or(0, csv::Position::line),
            fields: fields.collect(),
        })
    };
    reader.records().map(read).collect()
}

fn place(heading: &StringRecord, column: &str, columns: &[&str]) -> Result<usize, BadTable> {
    let named = |name: &str| name.eq_ignore_ascii_case(column);
    heading
        .iter()
        .position(named)
        .ok_or_else(|| BadTable::Heading {
            column: column.to_owned(),
            wanted: columns.join(", "),
        })
}

fn unreadable(error: &csv::Error) -> BadTable {
    BadTable::Line {
        line: error.position().map_or(0, csv::Position::line),
        what: "it has more or fewer fields than the heading, or is no text".to_owned(),
    }
}
