//! Those who would not get a campaign, as a file.

use std::collections::BTreeMap;

use consent::id::ContactId;

use super::preflight::BarredAnswer;
use crate::{
    app::House,
    error::Error,
    services::export::cell::{Sheet, safe},
};

/// Why somebody is out and who can lift it, in the reader's words, by code.
pub type Told = BTreeMap<&'static str, (String, String)>;

/// People who would not get a campaign, each with what they call themselves, where we know it.
///
/// # Errors
/// When the database does not answer.
pub async fn named(
    app: &House,
    rows: Vec<BarredAnswer>,
) -> Result<Vec<(BarredAnswer, String)>, Error> {
    let ids = rows
        .iter()
        .filter_map(|row| row.contact.as_ref()?.parse().ok());
    let ids: Vec<ContactId> = ids.collect();
    let lines = app.store.pick_contacts(&ids).await?;
    let names: BTreeMap<String, String> = lines
        .into_iter()
        .filter_map(|line| Some((line.person.id.to_string(), line.person.name?)))
        .collect();
    let with_name = |row: BarredAnswer| {
        let name = row.contact.as_ref().and_then(|id| names.get(id)).cloned();
        (row, name.unwrap_or_default())
    };
    Ok(rows.into_iter().map(with_name).collect())
}

/// A page of the file of those who would not get a campaign, each with their name, as CSV; the first one with the names of the columns.
/// `told` has it in the reader's words.
///
/// # Errors
/// None that is known: writing into memory does not fail.
pub fn barred_rows(
    rows: Vec<(BarredAnswer, String)>,
    is_first: bool,
    told: &Told,
) -> Result<Vec<u8>, Error> {
    let mut sheet = Sheet::default();
    if is_first {
        let columns = [
            "contact",
            "address",
            "name",
            "code",
            "reason",
            "lifted_by",
            "until",
        ];
        sheet.row(columns.map(str::to_owned));
    }
    for (row, name) in rows {
        let own = || {
            let lifted_by = row.lifted_by.unwrap_or_default().to_owned();
            (row.reason.to_owned(), lifted_by)
        };
        let (reason, lifted_by) = told.get(row.code).cloned().unwrap_or_else(own);
        sheet.row([
            row.contact.unwrap_or_default(),
            safe(row.address),
            safe(name),
            row.code.to_owned(),
            reason,
            lifted_by,
            row.until.unwrap_or_default(),
        ]);
    }
    sheet.bytes()
}
