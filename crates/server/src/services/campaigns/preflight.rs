//! What a campaign would do if it began now: who is in, who is out and why, what it costs, how long it takes, and what is worth a second
//! look. Nothing is sent, and nothing written down.

mod look;
pub mod people;

use campaign::{cost::Bill, limits};
use consent::{scope::Category, time::DAY_MS};
use graph::template;
use store::campaign::CampaignLine;
use uuid::Uuid;

use self::look::Look;
use super::{
    acts,
    addressees::{Addressees, NO_ADDRESS},
    audience::Audience,
    body::{CostAnswer, CostLine, PreflightAnswer, TemplateHealth},
    compose::{self, Ready},
    names,
    place::{MARKETS, PRICES},
    plan::{self, Plan},
};
use crate::{
    app::{App, House},
    error::Error,
    services::{
        check::{self, Ask, CheckBody, TemplateRef},
        reports::numbers,
    },
};

/// People of a page.
const PAGE: u32 = 20_000;
/// The same where something has to be known of each of them.
const PEOPLE: u32 = 2_000;
/// How far back "lately" reaches.
const RECENT_MS: i64 = 7 * DAY_MS;
/// From which share of people written to lately on it is worth a second look, in per cent.
const RECENT_PERCENT: u64 = 50;

/// Looks at everybody in the audience of a draft.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn run(app: &App, id: Uuid) -> Result<PreflightAnswer, Error> {
    let line = acts::find(app, id).await?;
    let plan = Plan::kept(&line.spec)?;
    let variants = compose::variants(app, &plan).await?;
    let ask = question(app, &plan, &variants).await?;
    let mut look = Look::new(app, (id, &plan), &variants, ask);
    let condition = plan.audience.condition(app).await?;
    let addressees = Addressees {
        app,
        line: &line,
        condition: condition.as_ref(),
    };
    let limit = if look.insists() { PEOPLE } else { PAGE };
    let mut page = addressees.people(None, limit).await?;
    loop {
        look.meet(&page.members);
        let by_name = look.insists() || look.has_room();
        // The database reads the next page while this one is looked at.
        let next = async {
            match page.next.as_deref() {
                Some(next) if by_name => addressees.people(Some(next), limit).await.map(Some),
                Some(next) => addressees.addresses(next, PAGE).await.map(Some),
                None => Ok(None),
            }
        };
        let (next, taken) = tokio::join!(next, look.take(app, &page));
        taken?;
        match next? {
            Some(next) => page = next,
            None => break,
        }
    }
    let mut answer = look.end(app, &line, &plan, &variants).await?;
    let odd = names::warnings(app, &line, (&plan, answer.total)).await?;
    answer.warnings.extend(odd);
    Ok(answer)
}

/// The question that is asked about everybody: the strictest of the variants'.
async fn question(app: &House, plan: &Plan, variants: &[Ready]) -> Result<Ask, Error> {
    let strictest = variants
        .iter()
        .find(|ready| ready.category() == Category::Marketing)
        .or(variants.first())
        .ok_or_else(|| Error::internal("a campaign without a variant"))?;
    let body = CheckBody {
        to: Some(NO_ADDRESS.to_owned()),
        number: plan.numbers.first().cloned(),
        template: Some(TemplateRef {
            name: strictest.named.0.clone(),
            language: strictest.named.1.clone(),
        }),
        ..CheckBody::default()
    };
    let shelf = check::shelf(app, &[&body]).await?;
    check::read(app, &shelf, &body)
}

impl Look<'_> {
    async fn end(
        self,
        app: &App,
        line: &CampaignLine,
        plan: &Plan,
        variants: &[Ready],
    ) -> Result<PreflightAnswer, Error> {
        let (total, within) = self.counts();
        let recently_written = self.recently_written(app, within).await?;
        let templates = health(app, plan, variants).await?;
        let mut warnings = warnings(&templates, plan, (within, recently_written));
        warnings.extend(self.census.hush(within));
        let number = plan.numbers.first().map_or("", String::as_str);
        let pace = plan.pace.unwrap_or_else(|| app.drives.usual(number));
        let senders = u32::try_from(plan.numbers.len()).unwrap_or(1);
        let seconds = limits::duration(within, pace.saturating_mul(senders)).as_secs();
        let daily_limit = daily_limit(app, plan).await?;
        Ok(PreflightAnswer {
            total,
            within,
            out: total - within,
            reasons: self.reasons(),
            blockers: acts::blockers(app, plan, total).await?,
            warnings,
            needs_approval: acts::approval(app, line, total) == campaign::state::Approval::Missing,
            cost: self.cost(),
            seconds,
            daily_limit,
            days: limits::days(within, daily_limit),
            recently_written,
            quiet_now: self.census.quiet(),
            templates,
        })
    }

    /// How many had marketing lately: counted of the first ten thousand, and taken for all where there are more.
    async fn recently_written(&self, app: &App, within: u64) -> Result<u64, Error> {
        if self.met().is_empty() {
            return Ok(0);
        }
        let since = app.clock.now().plus_millis(-RECENT_MS);
        let mut count = 0;
        for some in self.met().chunks(1_000) {
            count += app.store.recently_written(some, since).await?;
        }
        let (count, of) = (
            u64::try_from(count).unwrap_or(0),
            u64::try_from(self.met().len()).unwrap_or(1),
        );
        Ok(if within > of {
            count.saturating_mul(within) / of
        } else {
            count.min(within)
        })
    }

    fn cost(&self) -> CostAnswer {
        let mut bill = Bill::new(&PRICES, &MARKETS, 0);
        for (country, count) in self.census.countries() {
            bill.add(*country, self.category, *count);
        }
        let lines = bill.lines().into_iter().map(|line| CostLine {
            country: line
                .country
                .map_or_else(String::new, |iso| iso.as_str().to_owned()),
            category: line.category.word().to_owned(),
            people: line.messages,
            each: line.price.map(|price| price.to_string()),
            together: line.amount.map(|amount| amount.to_string()),
        });
        let total = bill.total();
        CostAnswer {
            currency: total.currency.to_owned(),
            total: total.amount.to_string(),
            lines: lines.collect(),
            unpriced: total.unpriced,
        }
    }
}

/// What Meta says of the templates of a campaign.
async fn health(
    app: &House,
    plan: &Plan,
    variants: &[Ready],
) -> Result<Vec<TemplateHealth>, Error> {
    let account = plan::account(app, &plan.numbers);
    let mut all = Vec::new();
    for ready in variants {
        let (name, language) = &ready.named;
        let Some(line) = app.store.template(account, name, language).await? else {
            continue;
        };
        let health = TemplateHealth {
            name: line.name,
            language: line.language,
            category: ready.category().word().to_owned(),
            status: line.status,
            quality: line.quality,
        };
        if !all.iter().any(|other: &TemplateHealth| {
            other.name == health.name && other.language == health.language
        }) {
            all.push(health);
        }
    }
    Ok(all)
}

fn warnings(
    templates: &[TemplateHealth],
    plan: &Plan,
    (within, recently): (u64, u64),
) -> Vec<String> {
    let mut found = Vec::new();
    for template in templates {
        let name = format!("{} ({})", template.name, template.language);
        match template.quality.as_deref() {
            Some("RED") => found.push(format!(
                "Many people dislike the template {name}: its quality is low."
            )),
            Some("YELLOW") => found.push(format!("The quality of the template {name} sinks.")),
            _ => {}
        }
        if template::Status::read(&template.status) == template::Status::Flagged {
            found.push(format!(
                "Meta will stop the template {name} if its quality stays low."
            ));
        }
    }
    if within > 0 && recently.saturating_mul(100) / within >= RECENT_PERCENT {
        found.push(format!(
            "{recently} of {within} people had marketing in the last seven days."
        ));
    }
    if let Audience::Listed {
        listed, unmarked, ..
    } = plan.audience
        && unmarked > 0
    {
        found.push(format!(
            "{unmarked} of {listed} numbers were written without `+`: they count as international, with the code of a country first."
        ));
    }
    if !plan.is_watched {
        found.push(
            "The flight recorder is off: nothing stops the campaign when many opt out.".to_owned(),
        );
    }
    if matches!(plan.audience, Audience::Listed { .. }) && plan.basis.is_some() && within == 0 {
        found.push("Nobody of the list may get it.".to_owned());
    }
    found
}

/// How many people Meta lets the business reach in a day outside an open window, as it last told us of these numbers.
async fn daily_limit(app: &App, plan: &Plan) -> Result<Option<u64>, Error> {
    let mut lowest: Option<u64> = None;
    for card in numbers::all(app).await?.numbers {
        if !plan.numbers.contains(&card.number) {
            continue;
        }
        let tier = card.limit.as_deref().and_then(limits::Tier::read);
        if let Some(limit) = tier.and_then(limits::Tier::limit) {
            lowest = Some(lowest.map_or(limit, |other| other.min(limit)));
        }
    }
    Ok(lowest)
}
