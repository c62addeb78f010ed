//! Templates and their categories, as Meta last told us.

pub mod bind;
pub mod create;
pub mod opt_out;
pub mod remove;
pub mod shelf;

use std::{
    collections::BTreeSet,
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use consent::{
    request,
    scope::{Category, Topic},
};
use graph::{client::CallError, template};
use store::template::{TemplateLine, TemplateTurn, Told};

use crate::{app::House, clock::Clock, error::Error};

/// How long a template that Meta did not know is not asked for again.
const MISSING_FOR: Duration = Duration::from_secs(60);

/// From how many words on a footer is a sentence.
const FOOTER_WORDS_MIN: usize = 4;

/// The same for scripts that write no spaces, in characters.
const FOOTER_CHARS_MIN: usize = 12;

/// How many pages of one account are read: far more than the 6,000 templates an account may have.
const PAGES_MAX: usize = 200;

/// What a template means for a verdict.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its category; marketing when it is not known.
    pub category: Category,
    /// Whether it can be sent.
    pub state: request::Template,
    /// The topic that it is bound to.
    pub topic: Option<Topic>,
}

/// Looks a template up. One that we do not know is asked for at Meta once; then it counts as marketing.
///
/// # Errors
/// When the database does not answer.
pub async fn find(app: &House, account: &str, name: &str, language: &str) -> Result<Found, Error> {
    let known = match app.store.template(account, name, language).await? {
        Some(line) => Some(line),
        None if may_ask(app, account, name, language) => {
            if let Err(error) = read_account(app, account).await {
                tracing::warn!(%error, account, "could not ask Meta for a template that we do not know");
            }
            app.store.template(account, name, language).await?
        }
        None => None,
    };
    let Some(line) = known else {
        return Ok(Found {
            category: Category::Marketing,
            state: request::Template::Usable,
            topic: None,
        });
    };
    let topic = match line.topic {
        Some(id) => app
            .store
            .topics()
            .await?
            .into_iter()
            .map(|line| line.topic)
            .find(|topic| topic.id == id),
        None => None,
    };
    Ok(Found {
        category: category(&line),
        state: state(&line),
        topic,
    })
}

/// The category of a template; marketing when Meta's word for it is not one that we know.
#[must_use]
pub fn category(line: &TemplateLine) -> Category {
    template::category(&line.category)
        .filter(|category| *category != Category::Service)
        .unwrap_or(Category::Marketing)
}

/// Whether a template can be sent.
#[must_use]
pub fn state(line: &TemplateLine) -> request::Template {
    if template::Status::read(&line.status).usable() {
        request::Template::Usable
    } else {
        request::Template::Unavailable
    }
}

/// Reads the templates of every account again. Whatever comes of it, readiness need not wait any longer.
///
/// # Errors
/// The first account's failure, after all were tried.
pub async fn refresh(app: &House) -> Result<(), Error> {
    let mut first = Ok(());
    for account in &app.config.whatsapp.accounts {
        if let Err(error) = read_account(app, &account.id).await {
            first = first.and(Err(error));
        }
    }
    app.templates_tried.store(true, Ordering::SeqCst);
    first.and(learn_footers(app).await)
}

/// Takes note of the footers of every template that is kept, so that a customer who quotes one says nothing with it.
async fn learn_footers(app: &House) -> Result<(), Error> {
    let templates = app.store.templates().await?;
    let footers: BTreeSet<String> = templates
        .iter()
        .flat_map(|line| template::footers(&line.components))
        .filter(|footer| is_sentence(footer))
        .collect();
    *app.footers.lock().unwrap_or_else(PoisonError::into_inner) = footers.into_iter().collect();
    Ok(())
}

/// Whether a footer is so long that nobody types it as a wish of their own: a footer `Stop offers` must not make deaf.
fn is_sentence(footer: &str) -> bool {
    let words = footer.split_whitespace().count();
    words >= FOOTER_WORDS_MIN || (!footer.is_ascii() && footer.chars().count() >= FOOTER_CHARS_MIN)
}

/// Reads the templates of one account, page by page, and takes them in at once.
async fn read_account(app: &House, account: &str) -> Result<(), Error> {
    let Some(token) = &app.token else {
        return Err(Error::Conflict(
            "there is no whatsapp.access_token to read templates with".to_owned(),
        ));
    };
    let started = app.clock.now();
    let mut lines = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let page = app
            .graph
            .templates(account, token, after.as_deref())
            .await
            .map_err(unreachable)?;
        for reason in &page.bad {
            tracing::warn!(
                account,
                reason,
                "a template in Meta's list makes no sense; it counts as marketing"
            );
        }
        lines.extend(
            page.templates
                .into_iter()
                .map(|template| line(account, template, &app.clock)),
        );
        after = page.after;
        if after.is_none() {
            break;
        }
    }
    let known = app.store.templates().await?;
    let turns = lines.iter().flat_map(|line| turns(app, &known, line));
    let turns: Vec<TemplateTurn> = turns.collect();
    let mut tx = app.store.begin().await?;
    if !lines.is_empty() {
        tx.put_templates(&lines).await?;
    }
    tx.keep_template_turns(&turns).await?;
    tx.drop_templates(account, started).await?;
    tx.commit().await?;
    tracing::info!(account, count = lines.len(), "read the templates");
    Ok(())
}

/// What a listing shows that no webhook told: lines in the life of a template that we knew otherwise.
fn turns(app: &House, known: &[TemplateLine], line: &TemplateLine) -> Vec<TemplateTurn> {
    let key =
        |line: &TemplateLine| [&line.account, &line.name, &line.language].map(ToOwned::to_owned);
    let Some(before) = known.iter().find(|before| key(before) == key(line)) else {
        return Vec::new();
    };
    let mut turns = Vec::new();
    let mut tell = |kind: &str, was: Option<&str>, became: Option<&str>| {
        turns.push(turn(&app.clock, line, kind, [was, became]));
    };
    if before.status != line.status {
        tell("status", Some(&before.status), Some(&line.status));
    }
    if before.category != line.category {
        tell("category", Some(&before.category), Some(&line.category));
    }
    if line.quality.is_some() && before.quality != line.quality {
        let [was, became] = [before, line].map(|line| line.quality.as_deref());
        tell("quality", was, became);
    }
    let [was, became] = [before, line].map(|line| template::Shape::of(&line.components));
    if was != became {
        tell("components", None, None);
    }
    turns
}

/// A line in the life of a template.
fn turn(
    clock: &Clock,
    of: &TemplateLine,
    kind: &str,
    [was, became]: [Option<&str>; 2],
) -> TemplateTurn {
    TemplateTurn {
        id: clock.id(),
        at: clock.now(),
        account: Some(of.account.clone()),
        name: of.name.clone(),
        language: of.language.clone(),
        kind: kind.to_owned(),
        was: was.map(str::to_owned),
        became: became.map(str::to_owned),
        note: None,
    }
}

fn line(account: &str, template: template::Template, clock: &Clock) -> TemplateLine {
    TemplateLine {
        account: account.to_owned(),
        name: template.name,
        language: template.language,
        id: template.id,
        category: template.category.map_or_else(
            || "unknown".to_owned(),
            |category| category.word().to_owned(),
        ),
        status: template.status.word().to_owned(),
        quality: template.quality,
        topic: None,
        components: template.components,
        changed: clock.now(),
        told: Told {
            // The category that it has already is not coming.
            coming: template.correct.map(|category| category.word().to_owned()),
            ..Told::default()
        },
    }
}

fn may_ask(app: &House, account: &str, name: &str, language: &str) -> bool {
    let now = app.clock.instant();
    let mut missing = app
        .missing_templates
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    missing.retain(|_, since| now.duration_since(*since) < MISSING_FOR);
    missing
        .insert(format!("{account}/{name}/{language}"), now)
        .is_none()
}

fn unreachable(error: CallError) -> Error {
    Error::Conflict(format!("Meta does not list the templates: {error}"))
}
