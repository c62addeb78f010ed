//! What a campaign would do, as its page tells it: who is in, who is out and why, what it costs, and how it reads for one person.

use uuid::Uuid;

use super::words;
use crate::{
    app::App,
    services::campaigns::{
        self,
        body::{CostLine, PreflightAnswer, PreviewButton, TemplateHealth},
    },
    ui::desk::{Desk, refusal::Refusal, reports::grouped},
};

/// People whose messages are made at one time.
const PREVIEWS: u32 = 20;
/// Countries that are shown; the rest is in the sum.
const LINES_MAX: usize = 40;

/// What a campaign would do if it began now.
pub(super) struct Check(pub(super) PreflightAnswer);

/// Why some are out: the bar, the reason, how many, and where they are listed.
pub(super) struct Reason {
    pub(super) bar: String,
    pub(super) why: String,
    pub(super) count: String,
    pub(super) href: String,
}

impl Check {
    pub(super) fn within(&self, desk: &Desk) -> String {
        words::whole(desk, self.0.within)
    }

    pub(super) fn out(&self, desk: &Desk) -> String {
        words::whole(desk, self.0.out)
    }

    pub(super) fn of(&self, desk: &Desk) -> String {
        words::people(desk, "of-audience", self.0.total)
    }

    /// Who is in and who is out, as one bar.
    pub(super) fn bar(&self) -> String {
        let parts = [("good", self.0.within), ("bad", self.0.out)];
        words::bar(&parts, self.0.total)
    }

    /// The commonest reason first.
    pub(super) fn reasons(&self, desk: &Desk, here: &str) -> Vec<Reason> {
        let mut all: Vec<_> = self.0.reasons.iter().collect();
        all.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), (*code).clone()));
        let told = all.into_iter().map(|(code, count)| Reason {
            bar: words::bar(&[("bad", *count)], self.0.out),
            why: words::code(desk, code),
            count: words::whole(desk, *count),
            href: format!("{here}/out?{}", words::query(&[("code", code)])),
        });
        told.collect()
    }

    pub(super) fn blockers(&self, desk: &Desk) -> Vec<String> {
        self.0
            .blockers
            .iter()
            .map(|one| desk.objection(one))
            .collect()
    }

    pub(super) fn warnings(&self, desk: &Desk) -> Vec<String> {
        self.0
            .warnings
            .iter()
            .map(|one| desk.objection(one))
            .collect()
    }

    pub(super) fn send_to(&self, desk: &Desk) -> String {
        words::people(desk, "send-to", self.0.within)
    }

    pub(super) fn sure(&self, desk: &Desk) -> String {
        words::people(desk, "sure", self.0.within)
    }

    /// What is worth knowing before: a name, a value, and a note.
    pub(super) fn facts(&self, desk: &Desk) -> Vec<(String, String, String)> {
        let check = &self.0;
        let cost = format!(
            "{} {}",
            grouped(desk, &check.cost.total),
            check.cost.currency
        );
        let cost_note = if check.cost.unpriced > 0 {
            words::people(desk, "unpriced", check.cost.unpriced)
        } else {
            desk.say("campaigns-cost-note")
        };
        let limit = check.daily_limit;
        let limit_note = match limit {
            Some(limit) if limit < check.within => {
                let days = check.days.to_string();
                desk.say_with("campaigns-limit-below", &[("days", &days)])
            }
            Some(_) => desk.say("campaigns-limit-note"),
            None => desk.say("campaigns-limit-none"),
        };
        let limit = limit.map_or_else(|| "–".to_owned(), |limit| words::whole(desk, limit));
        let mut facts = vec![
            (desk.say("campaigns-cost"), cost, cost_note),
            (
                desk.say("campaigns-takes"),
                words::duration(desk, check.seconds),
                desk.say("campaigns-takes-note"),
            ),
            (desk.say("campaigns-limit"), limit, limit_note),
            (
                desk.say("campaigns-recent"),
                words::percent(desk, check.recently_written, check.within),
                desk.say("campaigns-recent-note"),
            ),
        ];
        if check.quiet_now > 0 {
            facts.push((
                desk.say("campaigns-quiet-now"),
                words::whole(desk, check.quiet_now),
                desk.say("campaigns-quiet-now-note"),
            ));
        }
        facts
    }

    pub(super) fn costs(&self) -> Vec<&CostLine> {
        self.0.cost.lines.iter().take(LINES_MAX).collect()
    }

    /// What stands in a row of the table of costs.
    pub(super) fn cost(&self, desk: &Desk, line: &CostLine) -> [String; 5] {
        let money = |amount: &Option<String>| match amount {
            Some(amount) => grouped(desk, amount),
            None => desk.say("campaigns-no-price"),
        };
        let country = if line.country.is_empty() {
            desk.say("campaigns-no-country")
        } else {
            line.country.clone()
        };
        [
            country,
            desk.category(&line.category),
            words::whole(desk, line.people),
            money(&line.each),
            money(&line.together),
        ]
    }

    /// How a template stands with Meta: a tone and words.
    pub(super) fn health(
        &self,
        desk: &Desk,
        template: &TemplateHealth,
    ) -> Vec<(&'static str, String)> {
        let known = desk.frame.voice.knows(&status_id(&template.status));
        let status = if known {
            desk.say(&status_id(&template.status))
        } else {
            template.status.clone()
        };
        let tone = if template.status == "APPROVED" {
            "good"
        } else {
            "warn"
        };
        let mut signs = vec![("", desk.category(&template.category)), (tone, status)];
        let quality = match template.quality.as_deref() {
            Some("GREEN") => Some(("good", "quality-green")),
            Some("YELLOW") => Some(("warn", "quality-yellow")),
            Some("RED") => Some(("bad", "quality-red")),
            _ => None,
        };
        if let Some((tone, id)) = quality {
            let told = format!("{}: {}", desk.say("numbers-quality"), desk.say(id));
            signs.push((tone, told));
        }
        signs
    }
}

fn status_id(status: &str) -> String {
    format!(
        "template-status-{}",
        status.to_lowercase().replace('_', "-")
    )
}

/// How the message reads for one person, and where the person before and the next one are.
pub(super) struct Bubble {
    pub(super) who: String,
    pub(super) contact: Option<String>,
    pub(super) variant: String,
    pub(super) text: Option<String>,
    /// The small print below it.
    pub(super) footer: Option<String>,
    /// The file above the text: its address, or its id at Meta.
    pub(super) file: Option<String>,
    pub(super) buttons: Vec<PreviewButton>,
    pub(super) fault: Option<String>,
    pub(super) before: Option<String>,
    pub(super) next: Option<String>,
}

impl Bubble {
    pub(super) async fn of(
        app: &App,
        desk: &Desk,
        id: Uuid,
        (from, nth): (&str, usize),
    ) -> Result<Self, Refusal> {
        let (all, onwards) = campaigns::preview(app, id, (from, PREVIEWS)).await?;
        let here = desk.to(&format!("/campaigns/{id}"));
        let place = |from: &str, nth: usize| {
            let nth = nth.to_string();
            let query = words::query(&[("whole", "1"), ("from", from), ("nth", &nth)]);
            format!("{here}?{query}#preview")
        };
        let nth = nth.min(all.len().saturating_sub(1));
        let before = match nth {
            0 if from.is_empty() => None,
            0 => Some(place("", 0)),
            _ => Some(place(from, nth - 1)),
        };
        let next = if nth + 1 < all.len() {
            Some(place(from, nth + 1))
        } else {
            onwards.map(|from| place(&from, 0))
        };
        let shown = all.into_iter().nth(nth);
        Ok(shown.map_or_else(
            || Self {
                who: String::new(),
                contact: None,
                variant: String::new(),
                text: None,
                footer: None,
                file: None,
                buttons: Vec::new(),
                fault: None,
                before: before.clone(),
                next: None,
            },
            |one| Self {
                who: if is_address(&one.who) {
                    desk.number(&one.who)
                } else {
                    one.who
                },
                contact: one.contact.map(|id| desk.to(&format!("/customers/{id}"))),
                variant: one.variant,
                text: one.text.map(|text| body(&text, one.footer.as_deref())),
                footer: one.footer,
                file: one.file,
                buttons: one.buttons,
                fault: one.fault.map(|fault| desk.objection(&fault)),
                before: before.clone(),
                next: next.clone(),
            },
        ))
    }
}

/// A text without the small print that stands last in it.
fn body(text: &str, footer: Option<&str>) -> String {
    let rest = footer.and_then(|footer| text.strip_suffix(footer));
    rest.map_or(text, str::trim_end).to_owned()
}

/// Whether somebody is called by their address, which not everybody may read in full.
fn is_address(who: &str) -> bool {
    who.chars().filter(char::is_ascii_digit).count() >= 5 || who.contains('@')
}
