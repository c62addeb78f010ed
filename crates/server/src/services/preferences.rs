//! A person's own page: whom a link opens it for, and what they decide there. A link may
//! refuse, never agree; that takes a code from the chat besides.

pub mod choice;
pub mod code;
pub mod history;
pub mod link;
pub mod sheet;

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact, source},
    id::ContactId,
    scope::Channel,
    wish,
};
use store::contact::ContactLine;

use self::{choice::Choice, link::Pass};
use crate::{
    app::{App, House},
    error::Error,
    services::{
        cast::{Cast, Draft},
        facts, policy, quiet, retry,
    },
};

/// Whom a link belongs to.
#[derive(Debug)]
pub struct Visitor {
    /// The person.
    pub line: Box<ContactLine>,
    /// Whether the link is so old that it shows nothing any more.
    pub is_late: bool,
    /// How messages travel to the address that the link was given to.
    pub channel: Channel,
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
    let mut given = line
        .aliases
        .iter()
        .filter(|held| pass.is_for(&app.vault, &held.alias));
    let Some(given) = given.next() else {
        return Ok(None);
    };
    let line = match (given.until, &given.alias) {
        (None, _) => line.clone(),
        // An e-mail address goes over to another contact only where the two are one: its links go with it.
        (Some(_), Alias::Email(_)) => match holder(app, &given.alias).await? {
            Some(line) => line,
            None => return Ok(None),
        },
        (Some(_), Alias::Phone(_) | Alias::WaId(_) | Alias::Bsuid(_) | Alias::ParentBsuid(_)) => {
            return Ok(None);
        }
    };
    let channel = match given.alias {
        Alias::Email(_) => Channel::Email,
        Alias::Phone(_) | Alias::WaId(_) | Alias::Bsuid(_) | Alias::ParentBsuid(_) => {
            Channel::Whatsapp
        }
    };
    Ok(Some(Visitor {
        channel,
        is_late: pass.expires <= app.clock.now(),
        line: Box::new(line),
    }))
}

/// Who has an address now.
async fn holder(app: &House, alias: &Alias) -> Result<Option<ContactLine>, Error> {
    let found = app.store.find(&[alias.key()]).await?;
    match found.first() {
        Some((_, contact)) => Ok(app.store.contact(*contact).await?),
        None => Ok(None),
    }
}

/// What a person decides on their page.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What they refuse, and the wording that they saw beside it.
    pub refused: Vec<(Choice, String)>,
    /// What they agree to. Only for somebody who showed a code from the chat.
    pub agreed: Vec<(Choice, String)>,
    /// How: `switch`, `stop_button` or `one_click`.
    pub rule: &'static str,
    /// The one channel that the refusals are about; none for those that they name themselves.
    pub channel: Option<Channel>,
    /// Where it was said: the page, or an e-mail.
    pub source: &'static str,
    /// The language of the wording.
    pub locale: &'static str,
    /// Which version of the page they saw.
    pub page: &'static str,
}

/// Records what a person decided, and returns once it is in force: no send that it forbids can start any more. What
/// was refused or agreed to already makes no event. Says how many were made.
///
/// # Errors
/// [`Error::NotFound`] when the person was erased meanwhile; when the database does not answer.
pub async fn decide(app: &App, contact: ContactId, decision: &Decision) -> Result<usize, Error> {
    let made = retry::on_conflict(|| decide_once(app, contact, decision)).await?;
    if made > 0 {
        app.bell.log.notify_one();
    }
    // A repeat may overtake the first, whose promise does not hold yet.
    quiet::settle(app, &[contact]).await?;
    Ok(made)
}

async fn decide_once(app: &App, contact: ContactId, decision: &Decision) -> Result<usize, Error> {
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin_next().await?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.admit(&mut tx, &[contact]).await?;
    let country = facts::country_in(&mut tx, contact, &policy).await?;
    let now = app.clock.now();
    let mut made = 0;
    let refused = decision.refused.iter().map(|one| (one, false));
    let agreed = decision.agreed.iter().map(|one| (one, true));
    let mut all: Vec<(&(Choice, String), bool)> = refused.chain(agreed).collect();
    all.sort_by_key(|((choice, _), _)| choice.width());
    for ((choice, wording), is_yes) in all {
        let scope = if is_yes {
            choice.scope()
        } else {
            choice.scope_on(decision.channel)
        };
        let standing = cast.standing(contact);
        let is_known = if is_yes {
            wish::about(&scope, (&standing, country), &policy, now).is_on()
        } else {
            wish::is_refused(&scope, &standing, &policy)
        };
        if is_known {
            continue;
        }
        let fact = if is_yes {
            Fact::OptIn(scope)
        } else {
            Fact::OptOut(scope)
        };
        cast.record(Draft {
            contact,
            fact,
            clock: Clock::Ours,
            at: now,
            evidence: evidence(decision, wording, is_yes),
        })?;
        made += 1;
    }
    if made > 0 {
        cast.save(&mut tx, &policy).await?;
        tx.commit().await?;
    }
    Ok(made)
}

fn evidence(decision: &Decision, wording: &str, is_yes: bool) -> Evidence {
    let hash = hex::encode(crate::vault::sha256(wording.as_bytes()));
    let shown = match (is_yes, decision.source) {
        (true, _) => "; after a code that was sent in the chat",
        (false, source::EMAIL) => "; one click in a mail program (RFC 8058)",
        (false, _) => "",
    };
    Evidence {
        source: decision.source.to_owned(),
        wording: Some(wording.to_owned()),
        locale: Some(decision.locale.to_owned()),
        rule: Some(decision.rule.to_owned()),
        note: Some(format!(
            "wording version {}; sha256 {hash}{shown}",
            decision.page
        )),
        ..Evidence::default()
    }
}
