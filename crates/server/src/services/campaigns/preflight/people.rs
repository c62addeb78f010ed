//! Who would get a campaign and who would not, by name, and as files.

use std::collections::BTreeMap;

use consent::id::ContactId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{look, question};
use crate::{
    app::{App, House},
    error::Error,
    services::{
        campaigns::{
            acts,
            addressees::{self, Addressees, NO_ADDRESS},
            compose::{self, CannotMake, Ready},
            plan::Plan,
        },
        check::{self, Ask},
        export::cell::{Sheet, safe},
    },
};

/// Why somebody does not get it for whom it cannot be made.
const LACKING: &str =
    "Something that the message says is not known of them, and there is no fallback.";

/// Half of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Half {
    /// Whoever would get it.
    In,
    /// Whoever would not: for one reason by its code, or for any.
    Out(Option<String>),
}

impl Half {
    fn holds(&self, refused: Option<&str>) -> bool {
        match self {
            Self::In => refused.is_none(),
            Self::Out(None) => refused.is_some(),
            Self::Out(Some(code)) => refused == Some(code),
        }
    }
}

/// Somebody of an audience, and what the gate would say.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatAnswer {
    /// Their id, where we know them.
    pub contact: Option<String>,
    /// What they call themselves, where we know it.
    pub name: Option<String>,
    /// Their address.
    pub address: String,
    /// The code of the refusal; none for whoever would get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Why not, or what the yes rests on, in a sentence.
    pub reason: &'static str,
    /// What the yes rests on: `opt_in`, `no_opt_in_needed` or `open_window`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<&'static str>,
    /// Who can lift the refusal.
    pub lifted_by: Option<&'static str>,
    /// When it passes by itself.
    pub until: Option<String>,
}

/// People of one half of the audience, from a cursor on, and where the next page begins. `limit` people of the audience are looked at.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn of(
    app: &App,
    (id, half): (Uuid, &Half),
    (cursor, limit): (Option<&str>, u32),
) -> Result<(Vec<SeatAnswer>, Option<String>), Error> {
    let line = acts::find(app, id).await?;
    let plan = Plan::kept(&line.spec)?;
    let variants = compose::variants(app, &plan).await?;
    let ask = question(app, &plan, &variants).await?;
    let condition = plan.audience.condition(app).await?;
    let addressees = Addressees {
        app,
        line: &line,
        condition: condition.as_ref(),
    };
    let page = addressees.people(cursor, limit).await?;
    let asks = page.members.iter();
    let asks: Vec<Ask> = asks.map(|member| ask.about(app, &member.address)).collect();
    let answers = check::decide(app, &asks).await?;
    let insists = variants.iter().any(Ready::insists);
    let known = if insists {
        addressees::known(app, &page.members).await?
    } else {
        Vec::new()
    };
    let (shares, mut known) = (plan.shares(), known.iter());
    let mut found = Vec::new();
    for (answer, member) in answers.into_iter().zip(page.members) {
        let lacks = known
            .next()
            .and_then(|known| look::lacks((id, &shares), &variants, member.contact, known));
        let (code, reason) = match (answer.code, lacks) {
            (None, Some(_)) => (Some(CannotMake::GAP), LACKING),
            (code, _) => (code, answer.reason),
        };
        if !half.holds(code) {
            continue;
        }
        found.push(SeatAnswer {
            contact: member
                .contact
                .map(|contact| contact.to_string())
                .or(answer.contact),
            name: None,
            address: if member.address == NO_ADDRESS {
                String::new()
            } else {
                member.address
            },
            code,
            reason,
            basis: answer.basis.filter(|_| code.is_none()),
            lifted_by: answer.lifted_by,
            until: answer.until,
        });
    }
    name(app, &mut found).await?;
    Ok((found, page.next))
}

/// Writes in what people call themselves.
async fn name(app: &House, seats: &mut [SeatAnswer]) -> Result<(), Error> {
    let ids = seats
        .iter()
        .filter_map(|seat| seat.contact.as_ref()?.parse().ok());
    let ids: Vec<ContactId> = ids.collect();
    let lines = app.store.pick_contacts(&ids).await?;
    let named = lines
        .into_iter()
        .map(|line| (line.person.id.to_string(), line.person.name));
    let names: BTreeMap<String, Option<String>> = named.collect();
    for seat in seats {
        let name = seat.contact.as_ref().and_then(|id| names.get(id));
        seat.name = name.cloned().flatten();
    }
    Ok(())
}

/// Why somebody is out and who can lift it, in the reader's words, by code; and by basis why somebody is in.
pub type Told = BTreeMap<&'static str, (String, String)>;

/// A page of the file of one half as CSV, the first one with the names of the columns. `told` has it in the reader's words.
///
/// # Errors
/// None that is known: writing into memory does not fail.
pub fn rows(
    (half, told): (&Half, &Told),
    seats: Vec<SeatAnswer>,
    is_first: bool,
) -> Result<Vec<u8>, Error> {
    let is_out = matches!(half, Half::Out(_));
    let mut sheet = Sheet::default();
    if is_first {
        let last: &[&str] = if is_out {
            &["code", "reason", "lifted_by", "until"]
        } else {
            &["basis", "reason"]
        };
        let columns = ["contact", "address", "name"].iter().chain(last);
        sheet.row(columns.map(|name| (*name).to_owned()));
    }
    for seat in seats {
        let own = || {
            let lifted_by = seat.lifted_by.unwrap_or_default().to_owned();
            (seat.reason.to_owned(), lifted_by)
        };
        let word = seat.code.or(seat.basis).unwrap_or_default();
        let (reason, lifted_by) = told.get(word).cloned().unwrap_or_else(own);
        let mut cells = vec![
            seat.contact.unwrap_or_default(),
            safe(seat.address),
            safe(seat.name.unwrap_or_default()),
            word.to_owned(),
            reason,
        ];
        if is_out {
            cells.extend([lifted_by, seat.until.unwrap_or_default()]);
        }
        sheet.row(cells);
    }
    sheet.bytes()
}
