//! A person's own page: whom a link opens it for, and what they refuse there. It may narrow and refuse, never opt in.

pub mod choice;
pub mod link;
pub mod sheet;

use consent::{
    event::{Clock, Evidence, Fact, source},
    id::ContactId,
    wish,
};
use store::contact::ContactLine;

use self::{choice::Choice, link::Pass};
use crate::{
    app::{App, House},
    error::Error,
    services::{
        cast::{Cast, Draft},
        policy, quiet, retry,
    },
};

/// Whom a link belongs to.
#[derive(Debug)]
pub struct Visitor {
    /// The person.
    pub line: Box<ContactLine>,
    /// Whether the link is so old that it shows nothing any more.
    pub is_late: bool,
}

/// Whom a token belongs to; none for one that is not ours, of somebody who is gone, or given to an alias that is no
/// longer theirs. Which of these it was, nobody learns.
///
/// # Errors
/// When the database does not answer.
pub async fn visitor(app: &House, token: &str) -> Result<Option<Visitor>, Error> {
    let Some(pass) = Pass::read(&app.vault, token) else {
        return Ok(None);
    };
    let Some(line) = app.store.contact(pass.contact).await? else {
        return Ok(None);
    };
    let mut held = line.aliases.iter().filter(|held| held.until.is_none());
    let is_theirs = held.any(|held| pass.is_for(&app.vault, &held.alias));
    Ok(is_theirs.then(|| Visitor {
        line: Box::new(line),
        is_late: pass.expires <= app.clock.now(),
    }))
}

/// What a person refuses on their page.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What, and the wording that they saw beside it.
    pub choices: Vec<(Choice, String)>,
    /// How: `switch`, `stop_button` or `one_click`.
    pub rule: &'static str,
    /// The language of the wording.
    pub locale: &'static str,
    /// Which version of the page they saw.
    pub page: &'static str,
}

/// Records what a person refuses, and returns once it is in force: no send that it forbids can start any more. What
/// was refused already makes no event. Says how many were made.
///
/// # Errors
/// [`Error::NotFound`] when the person was erased meanwhile; when the database does not answer.
pub async fn refuse(app: &App, contact: ContactId, refusal: &Refusal) -> Result<usize, Error> {
    let made = retry::on_conflict(|| refuse_once(app, contact, refusal)).await?;
    if made > 0 {
        app.bell.log.notify_one();
    }
    // A repeat may overtake the first, whose promise does not hold yet.
    quiet::settle(app, &[contact]).await?;
    Ok(made)
}

async fn refuse_once(app: &App, contact: ContactId, refusal: &Refusal) -> Result<usize, Error> {
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.admit(&mut tx, &[contact]).await?;
    let mut choices: Vec<&(Choice, String)> = refusal.choices.iter().collect();
    choices.sort_by_key(|(choice, _)| choice.width());
    let mut made = 0;
    for (choice, wording) in choices {
        let scope = choice.scope();
        if wish::is_refused(&scope, &cast.standing(contact), &policy) {
            continue;
        }
        cast.record(Draft {
            contact,
            fact: Fact::OptOut(scope),
            clock: Clock::Ours,
            at: app.clock.now(),
            evidence: evidence(refusal, wording),
        })?;
        made += 1;
    }
    if made > 0 {
        cast.save(&mut tx, &policy).await?;
        tx.commit().await?;
    }
    Ok(made)
}

fn evidence(refusal: &Refusal, wording: &str) -> Evidence {
    let hash = hex::encode(crate::vault::sha256(wording.as_bytes()));
    Evidence {
        source: source::PREFERENCE_PAGE.to_owned(),
        wording: Some(wording.to_owned()),
        locale: Some(refusal.locale.to_owned()),
        rule: Some(refusal.rule.to_owned()),
        note: Some(format!("wording version {}; sha256 {hash}", refusal.page)),
        ..Evidence::default()
    }
}
