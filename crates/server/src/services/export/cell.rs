//! Cells and rows of CSV that no spreadsheet runs.

use csv::{Terminator, Writer, WriterBuilder};

use crate::error::Error;

/// How a cell begins that a spreadsheet takes for a formula, or reads past to one.
const FORMULA: [char; 10] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff20}',
];

/// What somebody wrote, as a cell that is text to every spreadsheet: where it might be a formula, behind an apostrophe, which an import
/// takes off again.
#[must_use]
pub fn safe(text: String) -> String {
    if text
        .trim_start_matches([' ', '\u{a0}'])
        .starts_with(FORMULA)
    {
        format!("'{text}")
    } else {
        text
    }
}

/// Some rows.
pub struct Sheet(Writer<Vec<u8>>);

impl Default for Sheet {
    fn default() -> Self {
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF).flexible(true);
        Self(builder.from_writer(Vec::new()))
    }
}

impl Sheet {
    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // Writing into memory does not fail.
        let _ = self
            .0
            .write_record(cells.into_iter().map(String::into_bytes));
    }

    /// The rows as bytes.
    ///
    /// # Errors
    /// None that is known: writing into memory does not fail.
    pub fn bytes(self) -> Result<Vec<u8>, Error> {
        self.0
            .into_inner()
            .map_err(|error| Error::internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for evil in [
            "=1+1",
            "+cmd",
            "-2",
            "@SUM(1)",
            "\t=1",
            "\r=1",
            " =1",
            "\u{ff1d}1",
        ] {
            assert_eq!(safe(evil.to_owned()), format!("'{evil}"));
        }
        for plain in ["", "Ana", "a=b", "'quoted'", "1-2"] {
            assert_eq!(safe(plain.to_owned()), plain);
        }
        let mut sheet = Sheet::default();
        sheet.row(["a,b".to_owned(), "say \"x\"\r\n".to_owned()]);
        let text = String::from_utf8(sheet.bytes().unwrap()).unwrap();
        assert_eq!(text, "\"a,b\",\"say \"\"x\"\"\r\n\"\r\n");
    }
}
