//! Campaigns: one message to many, of whom each is decided again at their turn, through the one gate.

pub mod acts;
mod addressees;
pub mod audience;
pub mod body;
pub mod compose;
pub mod count;
pub mod draft;
mod draw;
pub mod drive;
mod file;
pub mod late;
pub mod names;
pub mod place;
pub mod plan;
pub mod preflight;
mod recorder;
pub mod report;
pub mod series;

use campaign::state::State;
use graph::template::Shape;
use store::campaign::{CampaignLine, recipient};
use uuid::Uuid;

use self::{
    addressees::Addressees,
    body::{CampaignAnswer, Counts, QuietBody, VariablesBody, VariantAnswer},
    plan::Plan,
};
use crate::{
    app::{App, House},
    clock,
    error::Error,
};

/// People of whom a preview is made at the most.
const PREVIEWS_MAX: u32 = 20;

/// Campaigns, newest first: those after one, so many at the most.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    app: &House,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<CampaignAnswer>, Error> {
    let lines = app.store.campaigns(after, limit).await?;
    lines.iter().map(|line| answer(line, None)).collect()
}

/// One campaign, counted.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn show(app: &House, id: Uuid) -> Result<CampaignAnswer, Error> {
    let line = acts::find(app, id).await?;
    let counts = count::tally(app, id).await?.all;
    let mut answer = answer(&line, Some(counts))?;
    add_texts(app, &mut answer).await?;
    Ok(answer)
}

/// Says of each variant how it reads, with what fills its variables as it was written.
///
/// # Errors
/// When the database does not answer.
pub async fn add_texts(app: &House, answer: &mut CampaignAnswer) -> Result<(), Error> {
    let account = plan::account(app, &answer.numbers);
    for variant in &mut answer.variants {
        let (name, language) = (&variant.template, &variant.language);
        let known = app.store.template(account, name, language).await?;
        variant.text = known.map(|known| text(&Shape::of(&known.components), &variant.variables));
    }
    Ok(())
}

fn text(shape: &Shape, filled: &VariablesBody) -> String {
    let file = filled.file.as_ref();
    let file = file.and_then(|file| file.link.clone().or_else(|| file.id.clone()));
    let words = shape.words(&filled.header, &filled.body);
    let buttons = shape.links.iter().zip(&filled.buttons);
    let buttons = buttons.map(|(link, end)| format!("[{}] {}", link.text, link.filled(end)));
    let lines: Vec<String> = file.into_iter().chain([words]).chain(buttons).collect();
    lines.join("\n")
}

/// One campaign as it is kept, without any count.
///
/// # Errors
/// When what is kept makes no sense.
pub fn brief(line: &CampaignLine) -> Result<CampaignAnswer, Error> {
    answer(line, None)
}

/// A campaign that somebody is or was in: its id, its name, and how their turn stands.
///
/// # Errors
/// When the database does not answer.
pub async fn of_person(
    app: &House,
    contact: consent::id::ContactId,
    limit: u32,
) -> Result<Vec<(Uuid, String, recipient::State)>, Error> {
    let mut found = Vec::new();
    for turn in app.store.recipients_of(contact, limit).await? {
        if let Some(line) = app.store.campaign(turn.campaign).await? {
            found.push((line.id, line.name, turn.state));
        }
    }
    Ok(found)
}

/// Freezes the audience of a draft now, instead of when it starts.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when it began already; when the database does not answer.
pub async fn draw_now(app: &App, id: Uuid, actor: &str) -> Result<CampaignAnswer, Error> {
    loop {
        let line = acts::find(app, id).await?;
        if line.drawn.is_some() {
            acts::note(app, id, (actor, "drawn")).await?;
            return show(app, id).await;
        }
        let plan = Plan::kept(&line.spec)?;
        if plan
            .variants
            .iter()
            .any(|variant| variant.delay_minutes > 0)
        {
            return Err(Error::Conflict(
                "a campaign that compares times draws its audience when it starts".to_owned(),
            ));
        }
        if line.state != State::Draft.name() {
            return Err(Error::Conflict(format!(
                "the campaign is {}: only the audience of a draft is drawn beforehand",
                line.state
            )));
        }
        draw::step(app, &line).await?;
    }
}

/// How the message reads for the first people of the audience.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct PreviewAnswer {
    /// Who.
    pub contact: Option<String>,
    /// What they call themselves, or their address.
    pub who: String,
    /// The variant that they would get.
    pub variant: String,
    /// How it reads; null where it cannot be made.
    pub text: Option<String>,
    /// The small print that stands last in it, where the template has one.
    pub footer: Option<String>,
    /// The file above the text: its address, or its id at Meta.
    pub file: Option<String>,
    /// What stands on the buttons, and where those with a gap lead.
    pub buttons: Vec<body::PreviewButton>,
    /// Why it cannot.
    pub fault: Option<String>,
}

/// How the message reads for some people of the audience, one by one: the first ones after a cursor.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn preview(
    app: &App,
    id: Uuid,
    (cursor, limit): (&str, u32),
) -> Result<(Vec<PreviewAnswer>, Option<String>), Error> {
    let line = acts::find(app, id).await?;
    let plan = Plan::kept(&line.spec)?;
    let variants = compose::variants(app, &plan).await?;
    let condition = plan.audience.condition(app).await?;
    let limit = limit.min(PREVIEWS_MAX);
    let addressees = Addressees {
        app,
        line: &line,
        condition: condition.as_ref(),
    };
    let page = addressees.people(Some(cursor), limit).await?;
    let known = addressees::known(app, &page.members).await?;
    let shares = plan.shares();
    let mut previews = Vec::new();
    let mut add = |contact: Option<consent::id::ContactId>, who: String, known: &compose::Known| {
        let seat = contact.map_or_else(Uuid::nil, consent::id::ContactId::get);
        let place = campaign::draw::split(*id.as_bytes(), seat, &shares);
        let ready = variants.get(place);
        let (text, buttons, fault) = match ready.map(|ready| ready.look(known)) {
            Some(Ok((text, buttons))) => (Some(text), buttons, None),
            Some(Err(why)) => (None, Vec::new(), Some(why.to_string())),
            None => (None, Vec::new(), None),
        };
        previews.push(PreviewAnswer {
            contact: contact.map(|id| id.to_string()),
            who,
            variant: plan
                .variants
                .get(place)
                .map(|one| one.name.clone())
                .unwrap_or_default(),
            footer: ready
                .and_then(compose::Ready::footer)
                .filter(|_| text.is_some()),
            file: ready
                .and_then(|ready| ready.file())
                .filter(|_| text.is_some()),
            text,
            buttons,
            fault,
        });
    };
    for (member, known) in page.members.into_iter().zip(&known) {
        let who = known.name.clone().unwrap_or(member.address);
        add(member.contact, who, known);
    }
    Ok((previews, page.next))
}

fn answer(line: &CampaignLine, counts: Option<Counts>) -> Result<CampaignAnswer, Error> {
    let plan = Plan::kept(&line.spec)?;
    let variants = plan.variants.into_iter().map(|variant| VariantAnswer {
        name: variant.name,
        template: variant.template,
        language: variant.language,
        variables: VariablesBody {
            header: variant.header,
            body: variant.body,
            buttons: variant.buttons,
            file: variant.file,
        },
        text: None,
        share: variant.share,
        delay_minutes: variant.delay_minutes,
    });
    Ok(CampaignAnswer {
        id: line.id.to_string(),
        name: line.name.clone(),
        state: line.state.clone(),
        why: line.why.clone(),
        numbers: plan.numbers,
        variants: variants.collect(),
        audience: plan.audience.answer(),
        basis: plan.basis,
        flight_recorder: if plan.is_watched { "on" } else { "off" },
        flight_recorder_reason: plan.unwatched_because,
        opt_out_limit: plan.opt_out_limit,
        quiet_hours: plan.quiet.map(|(from, to)| QuietBody {
            from: plan::clock_time(from),
            to: plan::clock_time(to),
        }),
        pace: plan.pace,
        winner_by: plan.winner_by,
        version: line.version,
        created_by: line.created_by.clone(),
        changed_by: plan.changed_by,
        created_at: clock::rfc3339(line.created),
        approved_by: line.approved_by.clone(),
        start_at: line.start.map(clock::rfc3339),
        started_at: line.started.map(clock::rfc3339),
        drawn_at: line.drawn.map(clock::rfc3339),
        ended_at: line.ended.map(clock::rfc3339),
        counts,
    })
}
