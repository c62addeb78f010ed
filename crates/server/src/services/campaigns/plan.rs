//! What a campaign is to do: read from what somebody wrote, checked once, and kept as it was checked.

use campaign::fill;
use consent::{id::NumberId, request::Template};
use graph::template::Shape;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    audience::{self, Audience, Listed},
    body::{CampaignBody, FileBody, QuietBody, VariablesBody, VariantBody},
    file,
};
use crate::{
    app::House,
    clock,
    error::Error,
    services::{check::TemplateRef, inbox, templates},
};

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Variants at the most.
const VARIANTS_MAX: usize = 10;
/// Up to how many people the flight recorder may be off without a reason (DESIGN section 10).
pub const UNWATCHED_MAX: u64 = 10_000;
/// The share of people who may opt out, in per cent, before a campaign stops itself, where nobody says another one.
const OPT_OUT_LIMIT_PERCENT: f64 = 2.0;
/// The fastest pace that may be asked for, messages a second and number: Meta's ceiling (facts, section 6).
const PACE_MAX: u32 = 1_000;
/// Longest reason or lawful basis, in characters.
const REASON_CHARS_MAX: usize = 500;
/// The longest delay of a variant, in minutes: a day.
const DELAY_MINUTES_MAX: u32 = 1_440;

/// What a campaign is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// The numbers that send; at least one.
    pub numbers: Vec<String>,
    /// What is sent; at least one, and more than one where they are compared.
    pub variants: Vec<Variant>,
    /// To whom.
    pub audience: Audience,
    /// The lawful basis that was named.
    pub basis: Option<String>,
    /// Whether the flight recorder may stop it.
    pub is_watched: bool,
    /// Why it may not.
    pub unwatched_because: Option<String>,
    /// The share of people who may opt out before it stops itself, in per cent.
    pub opt_out_limit: f64,
    /// The quiet hours where each person lives: first quiet minute of the day, and first that is not.
    pub quiet: Option<(u16, u16)>,
    /// Messages a second and number, at the most.
    pub pace: Option<u32>,
    /// What variants are compared by: `reads` or `replies`.
    pub winner_by: String,
    /// Who changed the draft last.
    #[serde(default)]
    pub changed_by: Option<String>,
    /// How many had opted out when it last asked whether to go on: whoever resumed it has seen that, and a restart forgets nothing.
    #[serde(default)]
    pub asked_at: Option<u64>,
}

/// One of the things that are sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Variant {
    /// What it is called.
    pub name: String,
    /// Its template.
    pub template: String,
    /// The language of it.
    pub language: String,
    /// What fills each gap of the header.
    #[serde(default)]
    pub header: Vec<String>,
    /// What fills each gap of the text.
    #[serde(default)]
    pub body: Vec<String>,
    /// What fills the end of the address of each button that has a gap there.
    #[serde(default)]
    pub buttons: Vec<String>,
    /// The file above the text.
    #[serde(default)]
    pub file: Option<FileBody>,
    /// How many of every hundred people get it, more or less.
    pub share: u16,
    /// How many minutes after the start it begins.
    #[serde(default)]
    pub delay_minutes: u32,
}

impl Plan {
    /// Reads what is kept.
    ///
    /// # Errors
    /// When it is none.
    pub fn kept(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(Error::internal)
    }

    /// As it is kept.
    ///
    /// # Errors
    /// Never, for a plan that was read.
    pub fn text(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    /// The shares of the variants.
    #[must_use]
    pub fn shares(&self) -> Vec<u16> {
        self.variants.iter().map(|variant| variant.share).collect()
    }
}

/// A plan with everything else that was written.
pub struct Read {
    /// What people call it.
    pub name: String,
    /// What it is to do.
    pub plan: Plan,
    /// The people who were listed by their addresses.
    pub listed: Vec<Listed>,
    /// The draft whose list is taken instead.
    pub list_of: Option<Uuid>,
    /// When it is to begin by itself.
    pub start: Option<consent::time::Timestamp>,
}

/// Makes sense of what somebody wrote.
///
/// # Errors
/// [`Error::Invalid`] naming the field; when the database does not answer.
pub async fn read(app: &House, body: &CampaignBody) -> Result<Read, Error> {
    let name = named("name", &body.name)?;
    let numbers = numbers(app, body)?;
    let variants = variants(app, body, &numbers).await?;
    let (audience, listed) = match &body.audience.list_of {
        Some(other) => {
            audience::is_one(&body.audience)?;
            (same_list(app, other).await?, Vec::new())
        }
        None => audience::read(app, &body.audience).await?,
    };
    let is_watched = switch(body.flight_recorder.as_deref())?;
    let basis = short("basis", body.basis.as_deref())?;
    let unwatched_because = short(
        "flight_recorder_reason",
        body.flight_recorder_reason.as_deref(),
    )?;
    let opt_out_limit = body.opt_out_limit.unwrap_or(OPT_OUT_LIMIT_PERCENT);
    if !(0.1..=50.0).contains(&opt_out_limit) {
        let message = "want the share of opt-outs at which it stops, 0.1 to 50 per cent";
        return Err(Error::field("opt_out_limit", message));
    }
    let plan = Plan {
        numbers,
        variants,
        audience,
        basis,
        is_watched,
        unwatched_because,
        opt_out_limit,
        quiet: body.quiet_hours.as_ref().map(quiet).transpose()?,
        pace: pace(body.pace)?,
        winner_by: winner(body.winner_by.as_deref())?,
        changed_by: None,
        asked_at: None,
    };
    Ok(Read {
        name,
        plan,
        listed,
        list_of: body
            .audience
            .list_of
            .as_deref()
            .and_then(|id| id.parse().ok()),
        start: start(body.start_at.as_deref())?,
    })
}

/// The list of a draft. Once an audience is drawn its list is forgotten.
async fn same_list(app: &House, id: &str) -> Result<Audience, Error> {
    let none = || {
        Error::field(
            "audience.list_of",
            format!("there is no list of `{id}` any more"),
        )
    };
    let id: Uuid = id.parse().map_err(|_| none())?;
    let line = app.store.campaign(id).await?.ok_or_else(none)?;
    let audience = Plan::kept(&line.spec)?.audience;
    let is_kept = matches!(audience, Audience::Listed { .. }) && line.drawn.is_none();
    if !is_kept || app.store.count_list(id).await? == 0 {
        return Err(none());
    }
    Ok(audience)
}

/// The numbers, each one of ours and all of one account: a template belongs to an account.
fn numbers(app: &House, body: &CampaignBody) -> Result<Vec<String>, Error> {
    let mut numbers: Vec<String> = body.number.iter().chain(&body.numbers).cloned().collect();
    if numbers.is_empty() {
        // With one number there is nothing to choose.
        let mut ours = app.config.numbers();
        match (ours.next(), ours.next()) {
            (Some(only), None) => numbers.push(only.to_string()),
            _ => return Err(Error::field("number", "want the number that sends")),
        }
    }
    let mut account: Option<String> = None;
    let mut seen = Vec::new();
    for text in numbers {
        let unknown = || Error::field("number", format!("`{text}` is no number of the business"));
        let number: NumberId = text.parse().map_err(|_| unknown())?;
        let its = app.config.account_of(&number).ok_or_else(unknown)?;
        if account.get_or_insert_with(|| its.to_owned()) != its {
            let message = "the numbers belong to different accounts, and a template belongs to one: want numbers of one account";
            return Err(Error::field("numbers", message));
        }
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    Ok(seen)
}

/// The account of the numbers of a campaign.
#[must_use]
pub fn account<'a>(app: &'a House, numbers: &[String]) -> &'a str {
    let number = numbers.first().and_then(|number| number.parse().ok());
    number
        .and_then(|number| app.config.account_of(&number))
        .unwrap_or_default()
}

async fn variants(
    app: &House,
    body: &CampaignBody,
    numbers: &[String],
) -> Result<Vec<Variant>, Error> {
    let account = account(app, numbers);
    if body.variants.is_empty() {
        let Some(template) = &body.template else {
            return Err(Error::field("template", "want the template that is sent"));
        };
        let only = VariantBody {
            name: None,
            template: None,
            variables: body.variables.clone(),
            share: Some(100),
            delay_minutes: None,
        };
        return Ok(vec![
            variant(app, account, (&only, template), "A", 100).await?,
        ]);
    }
    if body.variants.len() > VARIANTS_MAX {
        let message = format!("want at most {VARIANTS_MAX} variants");
        return Err(Error::field("variants", message));
    }
    let even = 100 / u16::try_from(body.variants.len()).unwrap_or(1).max(1);
    let mut variants: Vec<Variant> = Vec::with_capacity(body.variants.len());
    for (place, one) in (b'A'..).zip(&body.variants) {
        let template = one.template.as_ref().or(body.template.as_ref());
        let template =
            template.ok_or_else(|| Error::field("template", "want the template that is sent"))?;
        let letter = char::from(place).to_string();
        let read = variant(app, account, (one, template), &letter, even).await?;
        if variants.iter().any(|other| other.name == read.name) {
            let message = format!("two variants are called `{}`", read.name);
            return Err(Error::field("variants", message));
        }
        variants.push(read);
    }
    if variants.iter().all(|variant| variant.share == 0) {
        return Err(Error::field("variants", "nobody gets any of the variants"));
    }
    Ok(variants)
}

async fn variant(
    app: &House,
    account: &str,
    (body, template): (&VariantBody, &TemplateRef),
    letter: &str,
    share: u16,
) -> Result<Variant, Error> {
    let name = match &body.name {
        Some(name) => named("variants", name)?,
        None => letter.to_owned(),
    };
    // A template that we do not know is asked for at Meta once.
    templates::find(app, account, &template.name, &template.language).await?;
    let known = app
        .store
        .template(account, &template.name, &template.language);
    let Some(known) = known.await? else {
        let message = format!(
            "there is no template `{}` in `{}` in the account of this number",
            template.name, template.language
        );
        return Err(Error::field("template", message));
    };
    let shape = Shape::of(&known.components);
    if let Some(part) = &shape.wants_beyond {
        let message = format!(
            "the template has a part that a campaign cannot fill (`{part}`): it cannot be sent by one"
        );
        return Err(Error::field("template", message));
    }
    let none = VariablesBody::default();
    let variables = body.variables.as_ref().unwrap_or(&none);
    let header = patterns("header", &shape.header_gaps, &variables.header)?;
    let body_texts = patterns("body", &shape.body_gaps, &variables.body)?;
    let labels: Vec<String> = shape.links.iter().map(|link| link.text.clone()).collect();
    let buttons = patterns("buttons", &labels, &variables.buttons)?;
    let file = file::read(&shape, variables.file.as_ref())?;
    let delay_minutes = body.delay_minutes.unwrap_or(0);
    if delay_minutes > DELAY_MINUTES_MAX {
        let message = format!("want a delay of at most {DELAY_MINUTES_MAX} minutes");
        return Err(Error::field("variants", message));
    }
    let share = body.share.unwrap_or(share);
    if share > 1_000 {
        return Err(Error::field("variants", "want a share of at most 1,000"));
    }
    Ok(Variant {
        name,
        template: known.name,
        language: known.language,
        header,
        body: body_texts,
        buttons,
        file,
        share,
        delay_minutes,
    })
}

/// What fills each gap, checked: as many as there are gaps, and each one that makes sense.
fn patterns(part: &str, gaps: &[String], given: &[String]) -> Result<Vec<String>, Error> {
    let field = format!("variables.{part}");
    if gaps.len() != given.len() {
        let given = given.len();
        let message = if gaps.is_empty() {
            format!("the template has no variables in its {part}: want no text there, not {given}")
        } else {
            let (count, names) = (gaps.len(), gaps.join(", "));
            format!(
                "the number of texts has to be that of the variables in the template's {part}, which is {count} ({names}); here it is {given}"
            )
        };
        return Err(Error::field(&field, message));
    }
    if given.iter().any(|text| text.trim().is_empty()) {
        return Err(Error::field(
            &field,
            "a variable is empty: every variable wants a text",
        ));
    }
    for text in given {
        fill::parse(text).map_err(|fault| Error::field(&field, format!("`{text}`: {fault}")))?;
    }
    Ok(given.to_vec())
}

/// Whether each template can be sent, and what its category is; the first that cannot is named.
///
/// # Errors
/// When the database does not answer.
pub async fn standing_in_the_way(app: &House, plan: &Plan) -> Result<Option<String>, Error> {
    for variant in &plan.variants {
        let found = templates::find(
            app,
            account(app, &plan.numbers),
            &variant.template,
            &variant.language,
        );
        if found.await?.state == Template::Unavailable {
            return Ok(Some(format!("{} ({})", variant.template, variant.language)));
        }
    }
    Ok(None)
}

fn named(field: &str, text: &str) -> Result<String, Error> {
    let name = text.trim();
    let length = name.chars().count();
    if length == 0 {
        return Err(Error::field(field, "a name is missing: write one"));
    }
    if !(1..=NAME_CHARS_MAX).contains(&length) || name.chars().any(char::is_control) {
        let message = format!("`{name}` is no name: want 1 to {NAME_CHARS_MAX} characters");
        return Err(Error::field(field, message));
    }
    Ok(name.to_owned())
}

fn short(field: &str, text: Option<&str>) -> Result<Option<String>, Error> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > REASON_CHARS_MAX) {
        let message = format!("want at most {REASON_CHARS_MAX} characters");
        return Err(Error::field(field, message));
    }
    Ok(text.map(str::to_owned))
}

fn switch(word: Option<&str>) -> Result<bool, Error> {
    match word {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => {
            let message = format!("`{other}` is neither `on` nor `off`");
            Err(Error::field("flight_recorder", message))
        }
    }
}

fn winner(word: Option<&str>) -> Result<String, Error> {
    match word {
        None => Ok("reads".to_owned()),
        Some(word @ ("reads" | "replies")) => Ok(word.to_owned()),
        Some(other) => {
            let message = format!("`{other}` is neither `reads` nor `replies`");
            Err(Error::field("winner_by", message))
        }
    }
}

fn pace(asked: Option<u32>) -> Result<Option<u32>, Error> {
    match asked {
        Some(pace) if !(1..=PACE_MAX).contains(&pace) => {
            let message = format!("want 1 to {PACE_MAX} messages a second");
            Err(Error::field("pace", message))
        }
        pace => Ok(pace),
    }
}

fn start(text: Option<&str>) -> Result<Option<consent::time::Timestamp>, Error> {
    let Some(text) = text else { return Ok(None) };
    let read = clock::read_rfc3339(text);
    let read = read.ok_or_else(|| {
        Error::field(
            "start_at",
            format!("`{text}` is no time: want RFC 3339, as 2026-11-22T10:00:00Z"),
        )
    })?;
    Ok(Some(read))
}

fn quiet(body: &QuietBody) -> Result<(u16, u16), Error> {
    let minute = |text: &str| -> Option<u16> {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    match (minute(&body.from), minute(&body.to)) {
        (Some(from), Some(to)) if from != to => Ok((from, to)),
        _ => {
            let message = "quiet hours want two different times of the day, like 21:00 and 08:00";
            Err(Error::field("quiet_hours", message))
        }
    }
}

/// A minute of the day as people write it: `21:00`.
#[must_use]
pub fn clock_time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Reads the id of a campaign.
///
/// # Errors
/// [`Error::NotFound`] for what is no id.
pub fn id(text: &str) -> Result<Uuid, Error> {
    text.parse().map_err(|_| Error::NotFound("campaign"))
}

/// A number of ours.
///
/// # Errors
/// [`Error::NotFound`] when it is none any more.
pub fn number(app: &House, text: &str) -> Result<NumberId, Error> {
    inbox::ours(app, text)
}
