//! A campaign that is there already, as the form would have it: a draft to be changed, or any campaign to be copied.

use store::campaign::CampaignLine;

use crate::{
    error::Error,
    services::campaigns::{
        audience::Audience,
        plan::{self, Plan, Variant},
    },
    ui::desk::{Desk, campaigns::words},
};

/// The field of the draft whose list of people is taken.
pub(super) const LIST: &str = "list_of";
/// What is allowed where nobody said anything.
const USUAL_LIMIT: f64 = 2.0;

/// What the fields of the form are for a campaign.
///
/// # Errors
/// [`Error::Conflict`] for one that the form cannot show: it was made through the API, of three variants for example.
pub(super) fn fields(
    desk: &Desk,
    line: &CampaignLine,
    account: &str,
) -> Result<Vec<(String, String)>, Error> {
    let plan = Plan::kept(&line.spec)?;
    let Some((first, second)) = variants(&plan) else {
        let told =
            "this campaign is more than the form can show: change or copy it through the API";
        return Err(Error::Conflict(told.to_owned()));
    };
    let mut fields = vec![
        ("account", account.to_owned()),
        ("template", first.template.clone()),
        ("language", first.language.clone()),
        ("name", line.name.clone()),
    ];
    fields.extend(plan.numbers.iter().map(|number| ("number", number.clone())));
    fields.extend(audience(&plan.audience, line));
    fields.extend(basis(plan.basis.as_deref()));
    fields.extend(recorder(&plan));
    if let Some((from, until)) = plan.quiet {
        fields.push(("quiet_from", plan::clock_time(from)));
        fields.push(("quiet_to", plan::clock_time(until)));
    }
    if let Some(pace) = plan.pace {
        fields.push(("pace", pace.to_string()));
    }
    if let Some(at) = line.start {
        fields.extend(local(desk, at.millis()).map(|at| ("start", at)));
    }
    fields.push(("winner", plan.winner_by.clone()));
    let mut fields: Vec<(String, String)> = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    fields.extend(gaps("a", first));
    if let Some(second) = second {
        fields.push(("share".to_owned(), second.share.to_string()));
        if second.delay_minutes > 0 {
            fields.push(("delay".to_owned(), second.delay_minutes.to_string()));
        }
        if !is_same(first, second) {
            let named = format!("{} {}", second.language, second.template);
            fields.push(("second".to_owned(), named));
            fields.extend(gaps("b", second));
        }
    }
    Ok(fields)
}

/// The variants, where they are what the form makes: one, or two that differ in the template or in the time.
fn variants(plan: &Plan) -> Option<(&Variant, Option<&Variant>)> {
    let usual = |variant: &Variant, name: &str| variant.name == name;
    match plan.variants.as_slice() {
        [only] if usual(only, "A") && only.delay_minutes == 0 => Some((only, None)),
        [first, second]
            if usual(first, "A")
                && usual(second, "B")
                && first.delay_minutes == 0
                && (1..=99).contains(&second.share)
                && first.share + second.share == 100
                && has_difference(first, second) =>
        {
            Some((first, Some(second)))
        }
        _ => None,
    }
}

fn has_difference(first: &Variant, second: &Variant) -> bool {
    !is_same(first, second) || second.delay_minutes > 0
}

/// Whether two variants are one message.
fn is_same(first: &Variant, second: &Variant) -> bool {
    let message = |variant: &Variant| {
        let named = (variant.template.clone(), variant.language.clone());
        let texts = [&variant.header, &variant.body, &variant.buttons].map(Clone::clone);
        (named, texts, variant.file.clone())
    };
    message(first) == message(second)
}

/// The fields of the gaps: those of the header first, then those of the text, counted on.
fn gaps(which: &str, variant: &Variant) -> Vec<(String, String)> {
    let header = variant.header.iter().map(|text| ("header", text));
    let body = variant.body.iter().map(|text| ("body", text));
    let buttons = variant.buttons.iter().map(|text| ("button", text));
    let all = header.chain(body).chain(buttons).enumerate();
    let mut fields: Vec<(String, String)> = all
        .map(|(place, (part, text))| (format!("{which}.{part}.{place}"), text.clone()))
        .collect();
    if let Some(file) = &variant.file {
        let place = file.link.as_ref().or(file.id.as_ref());
        let known = [("file", place), ("filename", file.name.as_ref())];
        let known = known
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)));
        fields.extend(known.map(|(name, text)| (format!("{which}.{name}"), text.clone())));
    }
    fields
}

fn audience(audience: &Audience, line: &CampaignLine) -> Vec<(&'static str, String)> {
    let (kind, field) = match audience {
        Audience::Segment { id, .. } => ("segment", ("segment", id.clone())),
        Audience::Tag { tag } => ("tag", ("tag", tag.clone())),
        // Of a list that is forgotten nothing is chosen: whoever copies it says anew to whom.
        Audience::Listed { .. } if line.drawn.is_some() => ("numbers", ("numbers", String::new())),
        Audience::Listed { .. } => ("list", (LIST, line.id.to_string())),
    };
    vec![("audience", kind.to_owned()), field]
}

fn basis(basis: Option<&str>) -> Vec<(&'static str, String)> {
    match basis {
        None => Vec::new(),
        Some(word) if words::BASES.contains(&word) => vec![("basis", word.to_owned())],
        Some(words) => vec![
            ("basis", "other".to_owned()),
            ("basis_other", words.to_owned()),
        ],
    }
}

fn recorder(plan: &Plan) -> Vec<(&'static str, String)> {
    let word = if plan.is_watched { "on" } else { "off" };
    let mut fields = vec![("recorder", word.to_owned())];
    if let Some(why) = &plan.unwatched_because {
        fields.push(("recorder_reason", why.clone()));
    }
    if (plan.opt_out_limit - USUAL_LIMIT).abs() > f64::EPSILON {
        fields.push(("limit", plan.opt_out_limit.to_string()));
    }
    fields
}

/// A moment on the reader's clock, as a field of a form has it.
fn local(desk: &Desk, millis: i64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(millis).ok()?;
    let there = at.to_zoned(desk.frame.voice.zone().clone());
    Some(there.strftime("%Y-%m-%dT%H:%M").to_string())
}
