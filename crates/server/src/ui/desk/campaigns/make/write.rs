//! What the form of a campaign says, as the API would have it.

use consent::time::{MINUTE_MS, Timestamp};

use super::{again::LIST, invalid, offer::Chosen};
use crate::{
    error::Error,
    services::{
        campaigns::body::{
            AudienceBody, CampaignBody, FileBody, QuietBody, VariablesBody, VariantBody,
        },
        check::TemplateRef,
    },
    ui::{desk::Desk, form::Form},
};

/// A form whose list may have come as a file.
pub(super) struct Sent {
    /// The form as it is shown again.
    pub(super) kept: Form,
    /// The list, where it is too large to be shown again.
    pub(super) file: Option<Vec<u8>>,
}

/// Puts a file that came along into the form, where there is room.
pub(super) fn with_file(form: Form, file: Option<(String, Vec<u8>)>, room: usize) -> Sent {
    let Some((_, bytes)) = file else {
        return Sent {
            kept: form,
            file: None,
        };
    };
    let mut fields = form.into_fields();
    if bytes.len() <= room
        && let Ok(text) = std::str::from_utf8(&bytes)
    {
        fields.retain(|(name, _)| name != "csv");
        fields.push(("csv".to_owned(), text.to_owned()));
    }
    Sent {
        kept: Form::with(fields),
        file: Some(bytes),
    }
}

/// What is to be made.
///
/// # Errors
/// [`Error::Invalid`] where a number is none, or a file no text.
pub(super) fn body(
    desk: &Desk,
    form: &Form,
    (first, second): (&Chosen, Option<&Chosen>),
    (file, now): (Option<Vec<u8>>, Timestamp),
) -> Result<CampaignBody, Error> {
    let text = |name: &str| {
        let typed = form.get(name).unwrap_or_default().trim();
        Some(typed.to_owned()).filter(|typed| !typed.is_empty())
    };
    let basis = match (text("basis").as_deref(), text("basis_other")) {
        (Some("other"), None) => {
            let told =
                "say in words why you may write to these people, or choose one of the others";
            return Err(invalid("basis", told));
        }
        (Some("other"), words) => words,
        _ => text("basis"),
    };
    let quiet_hours = match (text("quiet_from"), text("quiet_to")) {
        (None, None) => None,
        (from, to) => Some(QuietBody {
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
        }),
    };
    Ok(CampaignBody {
        name: text("name").unwrap_or_default(),
        number: None,
        numbers: form.all("number").map(str::to_owned).collect(),
        template: Some(named(first)),
        variables: Some(variables(form, "a", first)),
        variants: variants(form, first, second)?,
        audience: audience(form, file)?,
        basis,
        flight_recorder: text("recorder"),
        flight_recorder_reason: text("recorder_reason"),
        opt_out_limit: text("limit").map(|typed| share(&typed)).transpose()?,
        start_at: text("start")
            .map(|typed| moment(desk, &typed, now))
            .transpose()?,
        quiet_hours,
        pace: text("pace").map(|typed| pace(&typed)).transpose()?,
        winner_by: text("winner"),
    })
}

fn named(chosen: &Chosen) -> TemplateRef {
    TemplateRef {
        name: chosen.name.clone(),
        language: chosen.language.clone(),
    }
}

fn variables(form: &Form, which: &str, chosen: &Chosen) -> VariablesBody {
    let mut filled = VariablesBody::default();
    for (field, ..) in chosen.gaps(which) {
        let typed = form.get(&field).unwrap_or_default().to_owned();
        let part = if field.contains(".header.") {
            &mut filled.header
        } else if field.contains(".button.") {
            &mut filled.buttons
        } else {
            &mut filled.body
        };
        part.push(typed);
    }
    if chosen.file().is_some() {
        filled.file = Some(file(form, which));
    }
    filled
}

/// The file above the text: an id at Meta is all digits, anything else an address.
fn file(form: &Form, which: &str) -> FileBody {
    let text = |name: &str| {
        let typed = form
            .get(&format!("{which}.{name}"))
            .unwrap_or_default()
            .trim();
        Some(typed.to_owned()).filter(|typed| !typed.is_empty())
    };
    let is_id = |typed: &String| typed.bytes().all(|byte| byte.is_ascii_digit());
    let (id, link) = match text("file") {
        Some(typed) if is_id(&typed) => (Some(typed), None),
        typed => (None, typed),
    };
    FileBody {
        link,
        id,
        name: text("filename"),
    }
}

/// Two variants where two are compared: of the template, or of the time.
fn variants(
    form: &Form,
    first: &Chosen,
    second: Option<&Chosen>,
) -> Result<Vec<VariantBody>, Error> {
    let delay = form.get("delay").unwrap_or_default().trim();
    let delay_minutes: Option<u32> = match delay {
        "" => None,
        typed => Some(
            typed
                .parse()
                .map_err(|_| invalid("variants", "want a delay of at most 1440 minutes"))?,
        ),
    };
    let delay_minutes = delay_minutes.filter(|minutes| *minutes > 0);
    if second.is_none() && delay_minutes.is_none() {
        return Ok(Vec::new());
    }
    let share: u16 = match form.get("share").unwrap_or_default().trim() {
        "" => 50,
        typed => typed
            .parse()
            .ok()
            .filter(|share| (1..=99).contains(share))
            .ok_or_else(|| invalid("variants", "want a share of 1 to 99 per cent"))?,
    };
    let other = second.unwrap_or(first);
    let which = if second.is_some() { "b" } else { "a" };
    let is_same = (&first.name, &first.language) == (&other.name, &other.language);
    let is_same = is_same && variables(form, "a", first) == variables(form, which, other);
    if is_same && delay_minutes.is_none() {
        let told = "both variants are the same message at the same time: change one of them";
        return Err(invalid("variants", told));
    }
    Ok(vec![
        VariantBody {
            template: Some(named(first)),
            variables: Some(variables(form, "a", first)),
            share: Some(100 - share),
            ..VariantBody::default()
        },
        VariantBody {
            template: Some(named(other)),
            variables: Some(variables(form, which, other)),
            share: Some(share),
            delay_minutes,
            ..VariantBody::default()
        },
    ])
}

/// What is filled in beside what is chosen: whoever forgot to choose would write to somebody else.
const BESIDE: &str = "a tag, numbers or a list are filled in, but something else is chosen: choose what is meant, and empty the rest";

/// Whether a tag, numbers, a file or a list are filled in while something else is chosen.
fn is_mixed(form: &Form, has_file: bool) -> bool {
    let chosen = form.get("audience").unwrap_or_default();
    let is_typed = |name: &&str| !form.get(name).unwrap_or_default().trim().is_empty();
    let typed = ["tag", "numbers", "csv"].into_iter().filter(is_typed);
    typed
        .chain(has_file.then_some("csv"))
        .any(|kind| kind != chosen)
}

fn audience(form: &Form, file: Option<Vec<u8>>) -> Result<AudienceBody, Error> {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    if is_mixed(form, file.is_some()) {
        return Err(invalid("audience", BESIDE));
    }
    let mut body = AudienceBody::default();
    match form.get("audience").unwrap_or_default() {
        "tag" if text("tag").trim().is_empty() => {
            return Err(invalid("audience", "write the tag of the people"));
        }
        "tag" => body.tag = Some(text("tag").trim().to_owned()),
        "numbers" => {
            let typed = text("numbers");
            let each = typed.split(['\n', ',', ';']).map(str::trim);
            let each = each.filter(|one| !one.is_empty());
            body.numbers = Some(each.map(str::to_owned).collect());
        }
        "csv" if file.is_none() && text("csv").trim().is_empty() => {
            return Err(invalid("audience", "choose a file, or paste a list"));
        }
        "csv" => {
            body.csv = Some(match file {
                Some(bytes) => String::from_utf8(bytes)
                    .map_err(|_| invalid("audience", "the file is no text in UTF-8"))?,
                None => text("csv"),
            });
        }
        "list" => body.list_of = Some(text(LIST)),
        "segment" => body.segment = Some(text("segment")),
        _ => return Err(invalid("audience", "choose to whom it goes")),
    }
    Ok(body)
}

fn share(typed: &str) -> Result<f64, Error> {
    let typed = typed.trim_end_matches('%').trim().replace(',', ".");
    typed.parse().map_err(|_| {
        invalid(
            "opt_out_limit",
            "want the share of opt-outs at which it stops, 0.1 to 50 per cent",
        )
    })
}

fn pace(typed: &str) -> Result<u32, Error> {
    typed
        .parse()
        .map_err(|_| invalid("pace", "want 1 to 1000 messages a second"))
}

/// A time of the reader's clock, as the API writes it. One that has passed is a slip: it would begin at once.
fn moment(desk: &Desk, typed: &str, now: Timestamp) -> Result<String, Error> {
    let there: Option<jiff::civil::DateTime> = typed.parse().ok();
    let there = there.and_then(|at| at.to_zoned(desk.frame.voice.zone().clone()).ok());
    match there {
        Some(there) if there.timestamp().as_millisecond() < now.millis() - MINUTE_MS => {
            Err(invalid(
                "start_at",
                "this time has passed: choose a later one, or none to start as soon as you confirm",
            ))
        }
        Some(there) => Ok(there.timestamp().to_string()),
        None => Err(invalid(
            "start_at",
            &format!("`{typed}` is no time: want RFC 3339, as 2026-11-22T10:00:00Z"),
        )),
    }
}
