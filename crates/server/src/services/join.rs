//! Joining through a form: what somebody typed and ticked becomes a request, and the way to the second yes.
//!
//! Anybody can type anybody's number. So a form alone opts nobody in, unless policy says so; its page is the same for
//! every number; and whoever sends it too often, twice or with a trap filled in changes nothing.

pub mod chat;
pub mod code;
pub mod limits;
pub mod question;
pub mod ticket;

use std::net::IpAddr;

use consent::{
    alias::{Alias, Email},
    event::{Clock, Evidence, Fact, source},
    id::{ContactId, EventId},
    phone::Phone,
    policy::{DoubleOptIn, Policy},
    scope::Channel,
    time::{DAY_MS, Timestamp},
    wish::{self, Wish},
};
use store::{
    form::WordingLine,
    join::{CodeKind, ID_BYTES, JoinCode},
    pool::Tx,
};

use self::{question::Shelf, ticket::Ticket};
use crate::{
    app::{App, House},
    error::Error,
    services::{
        cast::{By, Cast, Draft},
        forms::{Form, link},
        letters, policy,
        preferences::choice::Choice,
        retry,
    },
    vault::{first, sha256},
};

/// How long the code of somebody who filled in a form counts.
const VISIT_MS: i64 = 7 * DAY_MS;
/// What the id of such a code is made for.
const VISIT: &str = "code of a form that was sent";

/// What somebody was shown, as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The whole text of the form.
    pub text: String,
    /// Its language, as a tag.
    pub language: String,
}

/// A form that somebody sent.
#[derive(Debug, Clone)]
pub struct Application<'a> {
    /// The form as it is now: whoever was shown another version looks again.
    pub form: &'a Form,
    /// What they were shown.
    pub shown: &'a Shown,
    /// The hidden ticket.
    pub ticket: &'a str,
    /// The number that was typed.
    pub number: &'a str,
    /// The e-mail address that was typed.
    pub email: &'a str,
    /// What was ticked, of what could be.
    pub ticked: &'a [Choice],
    /// The address of the page.
    pub page: &'a str,
    /// Where it was sent from.
    pub address: Option<IpAddr>,
    /// Whether the field was filled in that no person sees.
    pub is_trapped: bool,
}

/// What became of a form that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The next step: the same for everybody whose form can be read.
    Next(Next),
    /// What the person has to look at again; nothing was changed.
    Again(Vec<Fault>),
    /// It was no good, for a reason that only we are told; nothing was changed.
    Refused,
}

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The link into the chat, with the first message; none where nobody knows the number of the business.
    pub chat: Option<String>,
    /// Whether an e-mail is on its way to the address that was typed.
    pub by_email: bool,
}

/// What a person has to look at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The number is none.
    Number,
    /// The e-mail address is none.
    Email,
    /// Nothing is ticked.
    Nothing,
    /// The text was changed since it was shown, or that was long ago.
    Changed,
}

/// A ticket for a form that is shown now with this text.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn ticket(app: &House, form: &Form, shown: &Shown) -> Result<String, Error> {
    let wording = sha256(shown.text.as_bytes());
    Ok(Ticket::new(form, wording, app.clock.now())?.write(&app.vault))
}

/// Takes in a form that somebody sent.
///
/// # Errors
/// When the database does not answer.
pub async fn apply(app: &App, application: &Application<'_>) -> Result<Applied, Error> {
    let applied = applied(app, application).await;
    let outcome = match &applied {
        Ok(Ok(Applied::Next(_))) => "taken",
        Ok(Ok(Applied::Again(_))) => "again",
        Ok(Ok(Applied::Refused)) => "refused",
        Ok(Err(Bad(why))) => why,
        Err(_) => "failed",
    };
    count(outcome);
    Ok(applied?.unwrap_or(Applied::Refused))
}

/// Counts a form that a page did not take for a reason of its own.
#[must_use]
pub fn refused(outcome: &'static str) -> Applied {
    count(outcome);
    Applied::Refused
}

/// Counts what became of a wish to join.
pub fn count(outcome: &'static str) {
    metrics::counter!("consentry_joins_total", "outcome" => outcome).increment(1);
}

/// Why a form was no good, as a word for the counter.
struct Bad(&'static str);

async fn applied(app: &App, application: &Application<'_>) -> Result<Result<Applied, Bad>, Error> {
    if application.is_trapped {
        return Ok(Err(Bad("trap")));
    }
    let Some(ticket) = Ticket::read(&app.vault, application.ticket) else {
        return Ok(Err(Bad("forged")));
    };
    if ticket.form != application.form.id {
        return Ok(Err(Bad("forged")));
    }
    let person = match person(app, application, &ticket) {
        Ok(person) => person,
        Err(faults) => return Ok(Ok(Applied::Again(faults))),
    };
    if !limits::is_within(app, application.address).await? {
        return Ok(Err(Bad("address_limit")));
    }
    let shelf = Shelf::read(app, application.form).await?;
    let message = message(application, &shelf);
    let entry = Entry {
        application,
        ticket: &ticket,
        person: &person,
        shelf: &shelf,
        message: &message,
    };
    if retry::on_conflict(|| record(app, &entry)).await? {
        app.bell.log.notify_one();
        app.bell.replies.notify_one();
        app.bell.letters.notify_one();
    } else {
        // A second click sees what the first one saw.
        count("replayed");
    }
    let asks = policy::current(app).await?.double_opt_in != DoubleOptIn::Never;
    let code = code::write(app, visit_id(app, &ticket));
    Ok(Ok(Applied::Next(Next {
        chat: link::chat(app, application.form, &link::message(&message, &code)).await,
        // The same whoever has that address, and whatever they said before.
        by_email: person.email.is_some() && asks && app.post.is_some(),
    })))
}

/// The first words in the chat of somebody who filled in a form: what they ticked, and how often it comes.
fn message(application: &Application<'_>, shelf: &Shelf) -> String {
    let (form, language) = (application.form, application.shown.language.as_str());
    let what = shelf.named(form, language, application.ticked).what;
    let text = form.text(language);
    let words = text.map(|(language, text)| link::first_words(language, text, Some(&what)));
    words.unwrap_or_default()
}

/// A form that is taken in.
struct Entry<'a> {
    application: &'a Application<'a>,
    ticket: &'a Ticket,
    person: &'a Person,
    shelf: &'a Shelf,
    message: &'a str,
}

/// Who is to be asked.
struct Person {
    phone: Phone,
    email: Option<Email>,
}

impl Person {
    fn aliases(&self) -> Vec<Alias> {
        let email = self.email.clone().map(Alias::Email);
        std::iter::once(Alias::Phone(self.phone))
            .chain(email)
            .collect()
    }
}

fn person(
    app: &House,
    application: &Application<'_>,
    ticket: &Ticket,
) -> Result<Person, Vec<Fault>> {
    let mut faults = Vec::new();
    let now = app.clock.now();
    let is_same = sha256(application.shown.text.as_bytes()) == ticket.wording;
    if !ticket.is_fresh(now) || !is_same {
        faults.push(Fault::Changed);
    }
    if application.ticked.is_empty() {
        faults.push(Fault::Nothing);
    }
    let phone = Phone::read(application.number, app.config.home());
    if phone.is_err() {
        faults.push(Fault::Number);
    }
    let email = application.email.trim();
    let email = match (application.form.body.ask_email, email) {
        (false, _) | (true, "") => None,
        (true, text) => Some(text.parse::<Email>()),
    };
    let email = email.transpose();
    if email.is_err() {
        faults.push(Fault::Email);
    }
    match (phone, email) {
        (Ok(phone), Ok(email)) if faults.is_empty() => Ok(Person { phone, email }),
        _ => Err(faults),
    }
}

/// Records a form. Says whether it was sent for the first time.
async fn record(app: &App, entry: &Entry<'_>) -> Result<bool, Error> {
    let Entry {
        application,
        ticket,
        person,
        ..
    } = *entry;
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    if !limits::is_first(app, &mut tx, ticket).await? {
        return Ok(false);
    }
    let mut cast = Cast::gather(app, &mut tx, &person.aliases()).await?;
    if policy.names_countries() {
        cast.learn_aliases(&mut tx).await?;
    }
    let alias = Alias::Phone(person.phone);
    let contact = match cast.id_of(&alias) {
        Some(known) => known,
        None => cast.create(std::slice::from_ref(&alias), None)?,
    };
    let grounds = Grounds {
        app,
        policy: &policy,
        application,
        ticket,
    };
    visit(app, &mut tx, contact, entry).await?;
    // Strangers may have used up what there is for this number. The way into the chat is shown; nobody is written to.
    if limits::may_ask(app, &mut tx, &person.aliases()).await? {
        ask(app, &mut tx, (&mut cast, contact), (&grounds, entry)).await?;
    } else {
        count("person_limit");
    }
    let kept = |sha256, text: &str| WordingLine {
        sha256,
        text: text.to_owned(),
        locale: application.shown.language.clone(),
        form: Some((ticket.form, ticket.version)),
        at: app.clock.now(),
    };
    tx.keep_wordings(&[
        kept(ticket.wording, &application.shown.text),
        kept(sha256(entry.message.as_bytes()), entry.message),
    ])
    .await?;
    cast.save(&mut tx, &policy).await?;
    tx.commit().await?;
    Ok(true)
}

/// Records what is asked for, and puts the questions.
async fn ask(
    app: &App,
    tx: &mut Tx,
    (cast, contact): (&mut Cast<'_>, ContactId),
    (grounds, entry): (&Grounds<'_>, &Entry<'_>),
) -> Result<(), Error> {
    let (application, person) = (entry.application, entry.person);
    let alias = Alias::Phone(person.phone);
    let is_refused = grounds.is_refused(&cast.standing(contact), Channel::Whatsapp);
    let requests = grounds.ask(cast, contact, (&alias, Channel::Whatsapp))?;
    let never = grounds.policy.double_opt_in == DoubleOptIn::Never;
    if !never && !requests.is_empty() && !is_refused {
        let typed = question::Typed {
            form: application.form,
            language: &application.shown.language,
            page: application.page,
            phone: person.phone,
            requests: &requests,
            ticked: application.ticked,
            shelf: entry.shelf,
        };
        question::put(app, tx, (contact, cast), &typed).await?;
    }
    if let Some(email) = &person.email {
        grounds.ask_by_email(tx, cast, (contact, email)).await?;
    }
    Ok(())
}

struct Grounds<'a> {
    app: &'a House,
    policy: &'a Policy,
    application: &'a Application<'a>,
    ticket: &'a Ticket,
}

impl Grounds<'_> {
    /// Records a request for each thing that was ticked and is not agreed to yet; consent, where policy takes the form for it.
    fn ask(
        &self,
        cast: &mut Cast<'_>,
        contact: ContactId,
        (alias, channel): (&Alias, Channel),
    ) -> Result<Vec<EventId>, Error> {
        let now = self.app.clock.now();
        let country = self
            .policy
            .country(cast.aliases(contact).iter().chain([alias]));
        let mut made = Vec::new();
        for choice in self.application.ticked {
            let scope = choice.scope_on(Some(channel));
            let standing = cast.standing(contact);
            let wish = wish::about(&scope, (&standing, country), self.policy, now);
            if matches!(wish, Wish::On(Some(_)) | Wish::Retired) {
                continue;
            }
            // What the person refused only they take back, whoever fills in a form.
            let fact = match (self.policy.double_opt_in, wish) {
                (
                    DoubleOptIn::Never,
                    Wish::Unasked | Wish::Pending(_) | Wish::Expired(_) | Wish::On(None),
                ) => Fact::OptIn(scope),
                _ => Fact::OptInRequested(scope),
            };
            made.push(cast.record(Draft {
                contact,
                fact,
                clock: Clock::Ours,
                at: now,
                evidence: self.evidence(*choice),
            })?);
        }
        Ok(made)
    }

    /// Asks whoever reads an e-mail address. Where policy takes the form alone for consent, the address is theirs at once.
    async fn ask_by_email(
        &self,
        tx: &mut Tx,
        cast: &mut Cast<'_>,
        (contact, email): (ContactId, &Email),
    ) -> Result<(), Error> {
        let alias = Alias::Email(email.clone());
        let holder = cast.id_of(&alias);
        let owner = holder.unwrap_or(contact);
        let refused = self.is_refused(&cast.standing(owner), Channel::Email);
        let requests = self.ask(cast, owner, (&alias, Channel::Email))?;
        if self.policy.double_opt_in == DoubleOptIn::Never {
            let evidence = self
                .application
                .ticked
                .first()
                .map(|one| self.evidence(*one));
            return cast.adopt(owner, &alias, evidence.unwrap_or_default(), By::Others);
        }
        // Somebody else's yes to everything says nothing about an address that nobody has shown to be theirs.
        if refused || (requests.is_empty() && holder.is_some()) {
            return Ok(());
        }
        let request = letters::Request {
            contact: owner,
            email: email.clone(),
            language: self.application.shown.language.clone(),
            wording: self.ticket.wording,
            page: self.application.page.to_owned(),
            ticked: self.application.ticked.to_vec(),
        };
        // An address that got too many letters today gets none; its page is the same.
        letters::ask(self.app, tx, &request).await?;
        Ok(())
    }

    /// Whether something that was ticked stands refused: whoever refused it is left alone until they write themselves.
    fn is_refused(&self, standing: &consent::register::Standing, channel: Channel) -> bool {
        let mut ticked = self.application.ticked.iter();
        ticked
            .any(|choice| wish::is_refused(&choice.scope_on(Some(channel)), standing, self.policy))
    }

    fn evidence(&self, choice: Choice) -> Evidence {
        Evidence {
            source: source::FORM.to_owned(),
            wording_sha256: Some(self.ticket.wording),
            locale: Some(self.application.shown.language.clone()),
            page: Some(self.application.page.to_owned()),
            ip: self.application.address.map(|address| address.to_string()),
            span: Some(choice.to_string()),
            note: Some(format!(
                "form {} version {}",
                self.application.form.slug, self.ticket.version
            )),
            ..Evidence::default()
        }
    }
}

/// The code with which somebody who filled in the form goes on in the chat: its words name what they ticked.
async fn visit(
    app: &House,
    tx: &mut Tx,
    contact: ContactId,
    entry: &Entry<'_>,
) -> Result<(), Error> {
    let (application, ticket) = (entry.application, entry.ticket);
    let now: Timestamp = app.clock.now();
    let line = JoinCode {
        id: visit_id(app, ticket),
        kind: CodeKind::Visit,
        form: ticket.form,
        version: ticket.version,
        language: application.shown.language.clone(),
        wording: sha256(entry.message.as_bytes()),
        choices: application.ticked.iter().map(ToString::to_string).collect(),
        contact: Some(contact),
        name: application.page.to_owned(),
        at: now,
        expires: Some(now.plus_millis(VISIT_MS)),
        retired: None,
    };
    tx.add_join_code(&line).await?;
    Ok(())
}

/// The id of the code of a form that was sent: whoever sends it twice is shown the same one.
fn visit_id(app: &House, ticket: &Ticket) -> [u8; ID_BYTES] {
    first(&app.vault.tag(VISIT, &ticket.nonce))
}
