//! What the reader of a question by e-mail decides: looking changes nothing, a button does.

use consent::{
    alias::{Alias, Email},
    event::{Clock, Evidence, Fact, source},
    id::{ContactId, EventId},
    phone::Country,
    policy::Policy,
    register::Standing,
    scope::{Channel, Scope},
    time::Timestamp,
    wish::{self, Wish},
};
use store::{form::WordingLine, house::TopicLine, letter::LetterLine, pool::Tx};

use super::{Detail, Kind, token::Key};
use crate::{
    app::{App, House},
    error::Error,
    services::{
        cast::{By, Cast, Draft},
        facts, policy,
        preferences::{choice::Choice, link},
        quiet, retry,
    },
};

/// The rule that a yes of a second question names.
const DOUBLE_OPT_IN: &str = "double_opt_in";
/// The rule that a no to it names.
const NOT_ME: &str = "not_me";

/// Somebody who came by a letter that is good.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The letter.
    pub letter: LetterLine,
    /// The address that it went to.
    pub email: Email,
    /// What was shown in the form, word for word.
    pub wording: WordingLine,
    /// Whether they have said yes already.
    pub is_done: bool,
}

/// What they decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was them, and they agree.
    Yes,
    /// It was not them: nothing shall come to this address.
    No,
}

/// Who a token belongs to; none for one that is not ours, too old, of a letter that is gone, or of somebody who is.
/// Which of these it was, nobody learns.
///
/// # Errors
/// When the database does not answer.
pub async fn reader(app: &House, token: &str) -> Result<Option<Reader>, Error> {
    let Some(key) = Key::read(&app.vault, token) else {
        return Ok(None);
    };
    let now = app.clock.now();
    if key.expires <= now {
        return Ok(None);
    }
    let Some(letter) = app.store.letter(key.contact, key.letter).await? else {
        return Ok(None);
    };
    let email = letter.email.parse::<Email>().ok();
    let email = email.filter(|email| key.is_for(&app.vault, email));
    let hash = Detail::read(&letter.detail).wording();
    let (Some(email), Some(hash), true) = (email, hash, letter.kind == Kind::Confirm.word()) else {
        return Ok(None);
    };
    let Some(wording) = app.store.wordings(&[hash]).await?.pop() else {
        return Ok(None);
    };
    let Some(is_done) = is_done(app, &letter, &email, now).await? else {
        return Ok(None);
    };
    Ok(Some(Reader {
        letter,
        email,
        wording,
        is_done,
    }))
}

/// Whether everything that the letter asks for is agreed to; none where there is nobody any more to agree.
async fn is_done(
    app: &House,
    letter: &LetterLine,
    email: &Email,
    now: Timestamp,
) -> Result<Option<bool>, Error> {
    let key = Alias::Email(email.clone()).key();
    let holder = app.store.find(&[key]).await?.pop().map(|(_, id)| id);
    let contact = holder.unwrap_or(letter.contact);
    let person = app.store.persons(&[contact]).await?.pop();
    let Some(person) = person.filter(|person| person.sealing_key.is_some()) else {
        return Ok(None);
    };
    let policy = policy::current(app).await?;
    let country = facts::country(app, contact, &policy).await?;
    let asked = scopes(&app.store.topics().await?, &Detail::read(&letter.detail));
    let open = open(asked, (&person.standing, country), &policy, now);
    Ok(Some(holder.is_some() && open.is_empty()))
}

/// The link to the reader's own page; none where the address means nobody.
///
/// # Errors
/// When the database does not answer.
pub async fn own_page(app: &House, reader: &Reader) -> Result<Option<String>, Error> {
    let alias = Alias::Email(reader.email.clone());
    let holder = app.store.find(&[alias.key()]).await?.pop();
    let Some((_, holder)) = holder else {
        return Ok(None);
    };
    let made = link::link(app, holder, &alias, app.clock.now());
    Ok(made.ok().map(|made| made.url))
}

/// Records what the reader decided, and returns once it is in force. What holds already makes no event; says how many
/// were made.
///
/// # Errors
/// [`Error::NotFound`] when the person was erased meanwhile; when the database does not answer.
pub async fn decide(app: &App, reader: &Reader, answer: Answer) -> Result<usize, Error> {
    let made = retry::on_conflict(|| once(app, reader, answer)).await?;
    if made > 0 {
        app.bell.log.notify_one();
        app.bell.letters.notify_one();
    }
    Ok(made)
}

async fn once(app: &App, reader: &Reader, answer: Answer) -> Result<usize, Error> {
    let policy = policy::current(app).await?;
    let topics = app.store.topics().await?;
    let detail = Detail::read(&reader.letter.detail);
    let mut tx = app.store.begin().await?;
    let alias = Alias::Email(reader.email.clone());
    let mut cast = Cast::gather(app, &mut tx, std::slice::from_ref(&alias)).await?;
    let (contact, is_linked) = whose(&mut tx, &mut cast, (reader, &alias), answer).await?;
    let standing = cast.standing(contact);
    let mut facts: Vec<Fact> = match answer {
        Answer::Yes => {
            let country = facts::country_in(&mut tx, contact, &policy).await?;
            let asked = scopes(&topics, &detail);
            let open = open(asked, (&standing, country), &policy, app.clock.now());
            open.into_iter().map(Fact::OptIn).collect()
        }
        Answer::No => no(&standing, &policy),
    };
    if answer == Answer::Yes && !facts.is_empty() && !is_linked {
        // They showed that the address is theirs, which until then somebody had only said.
        facts.insert(0, Fact::AliasLinked(alias));
    }
    let mut made: Vec<EventId> = Vec::new();
    for fact in facts {
        made.push(cast.record(Draft {
            contact,
            fact,
            clock: Clock::Ours,
            at: app.clock.now(),
            evidence: evidence(reader, &detail, answer),
        })?);
    }
    let saved = cast.save(&mut tx, &policy).await?;
    if answer == Answer::Yes && !made.is_empty() {
        let asked = LetterLine {
            contact,
            ..reader.letter.clone()
        };
        super::receipt(app, &mut tx, &asked, &made).await?;
    }
    tx.commit().await?;
    quiet::settle(app, &saved.restricted).await?;
    Ok(made.len())
}

/// Whom the address means: its holder, or else a contact of its own. Somebody who is known by other names does not get it
/// from a letter, whatever they said in the chat: anybody can type a number and an address of their own beside it. The
/// business joins the two where it knows that they are one. Says as well whether it was linked just now.
async fn whose(
    tx: &mut Tx,
    cast: &mut Cast<'_>,
    (reader, alias): (&Reader, &Alias),
    answer: Answer,
) -> Result<(ContactId, bool), Error> {
    let gone = || Error::NotFound("contact, or no more");
    if let Some(holder) = cast.id_of(alias) {
        return cast
            .is_live(holder)
            .then_some((holder, false))
            .ok_or_else(gone);
    }
    let asked = reader.letter.contact;
    cast.admit(tx, &[asked]).await?;
    cast.learn_aliases(tx).await?;
    if !cast.is_live(asked) {
        return Err(gone());
    }
    let contact = if cast.aliases(asked).is_empty() {
        asked
    } else {
        cast.create(&[], None)?
    };
    let evidence = evidence(reader, &Detail::read(&reader.letter.detail), answer);
    cast.adopt(contact, alias, evidence, By::Themselves)?;
    Ok((contact, true))
}

/// What a yes opens: what was ticked, by e-mail alone, for nothing else was asked.
fn scopes(topics: &[TopicLine], detail: &Detail) -> Vec<Scope> {
    let ticked = detail.ticked.iter();
    let known = ticked.filter_map(|text| Choice::read(text, topics));
    known
        .map(|choice| choice.scope_on(Some(Channel::Email)))
        .collect()
}

/// What is not agreed to yet. A message that needs no opt-in gets the yes that was given all the same.
fn open(
    asked: Vec<Scope>,
    who: (&Standing, Option<Country>),
    policy: &Policy,
    now: Timestamp,
) -> Vec<Scope> {
    let is_open = |scope: &Scope| {
        let register = who.0.registers.get(scope);
        let agreed = register.is_some_and(|register| !register.opt_in.is_empty());
        match wish::about(scope, who, policy, now) {
            Wish::On(_) | Wish::Retired => !agreed,
            Wish::Refused(_) | Wish::Pending(_) | Wish::Expired(_) | Wish::Unasked => true,
        }
    };
    asked.into_iter().filter(is_open).collect()
}

fn no(standing: &Standing, policy: &Policy) -> Vec<Fact> {
    let scope = Scope {
        channel: Some(Channel::Email),
        ..Scope::ALL
    };
    if wish::is_refused(&scope, standing, policy) {
        Vec::new()
    } else {
        vec![Fact::OptOut(scope)]
    }
}

fn evidence(reader: &Reader, detail: &Detail, answer: Answer) -> Evidence {
    let rule = match answer {
        Answer::Yes => DOUBLE_OPT_IN,
        Answer::No => NOT_ME,
    };
    Evidence {
        source: source::EMAIL.to_owned(),
        wording_sha256: Some(reader.wording.sha256),
        page: Some(detail.page.clone()).filter(|page| !page.is_empty()),
        locale: Some(reader.wording.locale.clone()),
        rule: Some(rule.to_owned()),
        note: Some(format!(
            "answered on the page that the letter {} led to",
            reader.letter.id
        )),
        ..Evidence::default()
    }
}
