//! Contacts: listing, showing, editing, their timeline, and erasure.

mod timeline;

use std::collections::BTreeMap;

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact, StaffAct, source},
    id::{ContactId, EventId},
    register::Marks,
    scope::{Channel, Scope, Subject},
};
use serde::{Deserialize, Serialize};
use store::contact::{ContactFilter, ContactLine, Edit, Place};
use utoipa::ToSchema;

use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{
        attributes::{self, Kinds},
        cast::{Cast, Draft, OPTED_OUT_TAG},
        happenings::{self, Told},
        policy, quiet,
        record::place,
        retry,
    },
};

pub use timeline::{EventItem, Item, timeline};

/// Longest tag or name of an attribute, in characters.
const NAME_CHARS_MAX: usize = 64;
/// Longest value of an attribute, in bytes.
pub const VALUE_BYTES_MAX: usize = 1024;

/// A contact.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactAnswer {
    /// Their id.
    pub id: String,
    /// What they call themselves.
    pub name: Option<String>,
    /// Their username; never a key.
    pub note: Option<String>,
    /// What they told us about marketing: `opted_in`, `opted_out`, `pending` or `none`.
    pub consent: String,
    /// Where their newest opt-in or opt-out came from.
    pub source: Option<String>,
    /// WhatsApp's own switch.
    pub platform: PlatformAnswer,
    /// What they are called by, ended aliases too.
    pub aliases: Vec<AliasAnswer>,
    /// Their tags.
    pub tags: Vec<String>,
    /// Their attributes.
    pub attributes: BTreeMap<String, String>,
    /// The newest wishes, by scope.
    pub registers: Vec<RegisterAnswer>,
    /// When first seen.
    pub created_at: String,
    /// When last changed.
    pub changed_at: String,
    /// When erased, if they were.
    pub erased_at: Option<String>,
}

/// WhatsApp's own switch: at all, and by business number.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformAnswer {
    /// `stopped` when any number is, else `open`.
    pub state: String,
    /// By number.
    pub numbers: Vec<SwitchAnswer>,
}

/// WhatsApp's own switch for one business number.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwitchAnswer {
    /// The business number.
    pub number: String,
    /// `stopped` or `open`.
    pub state: &'static str,
    /// The newest stop, on Meta's clock.
    pub stopped_at: Option<String>,
    /// The newest resume, on Meta's clock.
    pub resumed_at: Option<String>,
}

/// Something that a contact is called by.
#[derive(Debug, Serialize, ToSchema)]
pub struct AliasAnswer {
    /// `phone`, `wa_id`, `bsuid`, `parent_bsuid` or `email`.
    pub kind: &'static str,
    /// The alias; numbers in E.164 with `+`.
    pub value: String,
    /// From when.
    pub since: String,
    /// Until when; null while it holds.
    pub until: Option<String>,
}

/// What an event covers, as answers say it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScopeAnswer {
    /// `true` for everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    /// The category, of a category and of a topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'static str>,
    /// The id of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The channel; absent for every channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<&'static str>,
    /// The business number; absent for every number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// The newest wishes about one scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisterAnswer {
    /// The scope.
    pub scope: ScopeAnswer,
    /// The newest opt-in of each clock.
    pub opt_in: BTreeMap<&'static str, MarkAnswer>,
    /// The newest opt-out of each clock.
    pub opt_out: BTreeMap<&'static str, MarkAnswer>,
    /// The newest request of each clock that waits for a yes.
    pub requested: BTreeMap<&'static str, MarkAnswer>,
}

/// When, and by which event.
#[derive(Debug, Serialize, ToSchema)]
pub struct MarkAnswer {
    /// When.
    pub at: String,
    /// The event.
    pub event: String,
}

/// Changes of a contact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    /// Attributes to set; null takes one away.
    pub attributes: Option<BTreeMap<String, Option<String>>>,
    /// The tags, or those to add and remove.
    pub tags: Option<TagsBody>,
}

/// The tags, or those to add and remove.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TagsBody {
    /// All the tags.
    All(Vec<String>),
    /// Changes.
    Change(TagChange),
}

/// Tags to add and remove.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagChange {
    /// Tags to add.
    #[serde(default)]
    pub add: Vec<String>,
    /// Tags to take away.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// What an erasure left.
#[derive(Debug, Serialize, ToSchema)]
pub struct Erased {
    /// The contact.
    pub id: String,
    /// When.
    pub erased_at: String,
    /// The event of the erasure; null when it had been done before.
    pub event: Option<String>,
    /// Its index in the log; null until numbered.
    pub seq: Option<i64>,
}

/// A page of contacts, newest changed first, and where the next begins.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    app: &House,
    filter: &ContactFilter,
) -> Result<(Vec<ContactAnswer>, Option<Place>), Error> {
    let page = app.store.contacts(filter).await?;
    Ok((page.lines.iter().map(answer).collect(), page.next))
}

/// One contact.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn show(app: &House, id: ContactId) -> Result<ContactAnswer, Error> {
    Ok(answer(&line(app, id).await?))
}

/// Sets and takes away tags and attributes, and keeps who did.
///
/// # Errors
/// [`Error::Invalid`] for a bad tag or attribute; [`Error::NotFound`] when there is no such contact, or no more.
pub async fn edit(
    app: &App,
    id: ContactId,
    body: &EditBody,
    actor: &str,
) -> Result<ContactAnswer, Error> {
    let before = line(app, id).await?;
    let edit = read_edit(&before, body, &attributes::kinds(app).await?)?;
    let told = happenings::edited(&before, &edit);
    let note = serde_json::json!({ "tags": edit.tags, "untag": edit.untag,
        "attributes": edit.attributes.iter().cloned().collect::<BTreeMap<_, _>>() });
    let evidence = Evidence {
        source: source::STAFF.to_owned(),
        actor: Some(actor.to_owned()),
        note: Some(note.to_string()),
        ..Evidence::default()
    };
    retry::on_conflict(|| edit_once(app, (id, &edit), &told, &evidence)).await?;
    app.bell.log.notify_one();
    show(app, id).await
}

async fn edit_once(
    app: &App,
    (id, edit): (ContactId, &Edit),
    told: &[(ContactId, Told)],
    evidence: &Evidence,
) -> Result<(), Error> {
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.admit(&mut tx, &[id]).await?;
    let fact = Fact::Staff(StaffAct::ContactEdited);
    cast.record(now_of(app, id, fact, evidence.clone()))?;
    cast.save(&mut tx, &policy).await?;
    tx.edit(id, edit).await?;
    happenings::tell(app, &mut tx, told).await?;
    tx.commit().await?;
    Ok(())
}

/// Destroys what is known of a person. What stays refuses: a keyed hash of each address, and the log, with the reason
/// if one is given.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; when the database does not answer.
pub async fn erase(
    app: &App,
    id: ContactId,
    actor: &str,
    reason: Option<&str>,
) -> Result<Erased, Error> {
    let before = line(app, id).await?;
    if let Some(at) = before.erased {
        return Ok(Erased {
            id: id.to_string(),
            erased_at: clock::rfc3339(at),
            event: None,
            seq: None,
        });
    }
    let erased = retry::on_conflict(|| erase_once(app, id, actor, reason)).await?;
    app.bell.log.notify_one();
    quiet::settle(app, &[id]).await?;
    Ok(erased)
}

async fn erase_once(
    app: &App,
    id: ContactId,
    actor: &str,
    reason: Option<&str>,
) -> Result<Erased, Error> {
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.admit(&mut tx, &[id]).await?;
    // An alias that ended may mean somebody else by now: only those that hold are kept as refusals.
    let aliases = tx.aliases(id).await?;
    let keep: Vec<Vec<u8>> = aliases
        .iter()
        .map(|line| app.vault.pepper(&line.alias))
        .collect();
    let evidence = Evidence {
        source: source::STAFF.to_owned(),
        actor: Some(actor.to_owned()),
        note: reason.map(str::to_owned),
        ..Evidence::default()
    };
    // The leaf needs the person's key, so the event is written before the key is destroyed.
    let event = cast
        .record(now_of(app, id, Fact::Erasure, evidence))?
        .to_string();
    let saved = cast.save(&mut tx, &policy).await?;
    let now = app.clock.now();
    tx.erase(id, &keep, now).await?;
    tx.commit().await?;
    Ok(Erased {
        id: id.to_string(),
        erased_at: clock::rfc3339(now),
        seq: place(&saved, &event),
        event: Some(event),
    })
}

/// A scope as answers say it.
#[must_use]
pub fn scope_answer(scope: &Scope) -> ScopeAnswer {
    let topic = match scope.subject {
        Subject::Topic(topic) => Some(topic.id.to_string()),
        Subject::All | Subject::Category(_) => None,
    };
    ScopeAnswer {
        all: (scope.subject == Subject::All).then_some(true),
        category: scope.subject.category().map(|category| category.word()),
        topic,
        channel: scope.channel.map(Channel::word),
        number: scope.number.as_ref().map(ToString::to_string),
    }
}

/// The row of a contact.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn line(app: &House, id: ContactId) -> Result<ContactLine, Error> {
    let line = if id == ContactId::HOUSE {
        None
    } else {
        app.store.contact(id).await?
    };
    line.ok_or(Error::NotFound("contact"))
}

fn now_of(app: &House, contact: ContactId, fact: Fact, evidence: Evidence) -> Draft {
    Draft {
        contact,
        fact,
        clock: Clock::Ours,
        at: app.clock.now(),
        evidence,
    }
}

fn read_edit(before: &ContactLine, body: &EditBody, kinds: &Kinds) -> Result<Edit, Error> {
    let (tags, untag) = match &body.tags {
        None => (Vec::new(), Vec::new()),
        Some(TagsBody::Change(change)) => (change.add.clone(), change.remove.clone()),
        Some(TagsBody::All(all)) => {
            let gone = before.tags.iter().filter(|tag| !all.contains(tag));
            // The derived tag is not the caller's to give: a list that repeats it changes nothing about it.
            let gone = gone.filter(|tag| tag.as_str() != OPTED_OUT_TAG).cloned();
            let new = all.iter().filter(|tag| !before.tags.contains(tag)).cloned();
            (new.collect(), gone.collect())
        }
    };
    for tag in tags.iter().chain(&untag) {
        tag_name(tag)?;
    }
    let mut attributes = body.attributes.clone().unwrap_or_default();
    for (key, value) in &mut attributes {
        name("attributes", key)?;
        let text = value.as_deref().unwrap_or_default();
        if key.contains(':') || text.len() > VALUE_BYTES_MAX || text.contains('\0') {
            let message = format!(
                "attribute `{key}`: want a name without `:` and a value of at most {VALUE_BYTES_MAX} bytes"
            );
            return Err(Error::field("attributes", message));
        }
        if let Some(value) = value {
            *value = attributes::fitting(kinds, key, value)?;
        }
    }
    Ok(Edit {
        tags,
        untag,
        attributes: attributes.into_iter().collect(),
    })
}

/// Makes sure that a text is a tag which staff may give and take.
///
/// # Errors
/// [`Error::Invalid`] when it is none, or one that follows from events.
pub fn tag_name(tag: &str) -> Result<(), Error> {
    if tag == OPTED_OUT_TAG {
        let message = format!(
            "`{OPTED_OUT_TAG}` follows from events: record an opt_out or an opt_in instead"
        );
        return Err(Error::field("tags", message));
    }
    name("tags", tag)
}

/// Makes sure that a text is a name which a tag or an attribute may have.
///
/// # Errors
/// [`Error::Invalid`] for the field.
pub fn name(field: &str, text: &str) -> Result<(), Error> {
    let length = text.trim().chars().count();
    if (1..=NAME_CHARS_MAX).contains(&length)
        && text.trim() == text
        && !text.chars().any(char::is_control)
    {
        return Ok(());
    }
    let message = format!("`{text}` is no name: want 1 to {NAME_CHARS_MAX} characters");
    Err(Error::field(field, message))
}

/// A contact as answers say it.
#[must_use]
pub fn answer(line: &ContactLine) -> ContactAnswer {
    let standing = &line.person.standing;
    let numbers = standing.platform.iter().map(|(number, switch)| {
        let at = |mark: consent::register::Mark| clock::rfc3339(mark.at);
        SwitchAnswer {
            number: number.to_string(),
            state: if switch.stopped().is_some() {
                "stopped"
            } else {
                "open"
            },
            stopped_at: switch.stop.map(at),
            resumed_at: switch.resume.map(at),
        }
    });
    let registers = standing
        .registers
        .iter()
        .map(|(scope, register)| RegisterAnswer {
            scope: scope_answer(scope),
            opt_in: marks(&register.opt_in),
            opt_out: marks(&register.opt_out),
            requested: marks(&register.requested),
        });
    ContactAnswer {
        id: line.person.id.to_string(),
        name: line.person.name.clone(),
        note: line.note.clone(),
        consent: line.consent.clone(),
        source: line.source.clone(),
        platform: PlatformAnswer {
            state: line.platform.clone(),
            numbers: numbers.collect(),
        },
        aliases: line
            .aliases
            .iter()
            .map(|held| alias_answer(&held.alias, held.since, held.until))
            .collect(),
        tags: line.tags.clone(),
        attributes: line.attributes.iter().cloned().collect(),
        registers: registers.collect(),
        created_at: clock::rfc3339(line.created),
        changed_at: clock::rfc3339(line.changed),
        erased_at: line.erased.map(clock::rfc3339),
    }
}

fn alias_answer(
    alias: &Alias,
    since: consent::time::Timestamp,
    until: Option<consent::time::Timestamp>,
) -> AliasAnswer {
    AliasAnswer {
        kind: alias.kind(),
        value: alias.value(),
        since: clock::rfc3339(since),
        until: until.map(clock::rfc3339),
    }
}

fn marks(marks: &Marks) -> BTreeMap<&'static str, MarkAnswer> {
    let mark = |at, event: EventId| MarkAnswer {
        at: clock::rfc3339(at),
        event: event.to_string(),
    };
    marks
        .each()
        .map(|(clock, kept)| (clock.word(), mark(kept.at, kept.event)))
        .collect()
}
