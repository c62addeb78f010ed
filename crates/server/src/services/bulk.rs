//! What is done to everybody whom a filter means: counted first, and done only when the count still stands.

use std::collections::BTreeMap;

use consent::{
    event::{Clock, Evidence, Fact, StaffAct, source},
    id::ContactId,
    policy::Policy,
    register::Standing,
    request::Facts,
    scope::Scope,
    verdict,
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    error::Error,
    services::{
        cast::{Cast, Draft},
        contacts, happenings, policy,
        record::{self, Desk, EventBody, EvidenceBody, Proof, ScopeBody, Told},
        retry,
        roster::ask::FilterBody,
        switch,
    },
};

/// People that one call may be about.
pub const PEOPLE_MAX: u32 = 50_000;
/// People of one transaction.
const BATCH: usize = 500;

/// What shall be done, and to whom.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkBody {
    /// Whom it is about. What is not said asks for nothing: an empty filter means everybody.
    pub filter: FilterBody,
    /// `opt_out`, `opt_in`, `tag` or `untag`.
    #[schema(example = "opt_out")]
    pub action: String,
    /// The tag, of `tag` and `untag`.
    pub tag: Option<String>,
    /// What an opt-in or an opt-out covers; marketing, when nothing is said.
    pub scope: Option<ScopeBody>,
    /// How it is known. An opt-in needs `source` and `wording`.
    pub evidence: Option<EvidenceBody>,
    /// How many people the caller means: the `count` of the answer before. Without it nothing is done but counting.
    pub expect: Option<u32>,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BulkAnswer {
    /// How many people the filter means, exactly.
    pub count: u32,
    /// Whether it was done; else it was only counted, and waits for `expect`.
    pub done: bool,
    /// How many were changed.
    pub changed: u32,
    /// How many were so already.
    pub unchanged: u32,
    /// Of the opt-ins: against how many something still stands, as WhatsApp's own switch.
    pub not_in_force: u32,
}

enum Action {
    Wish(Box<EventBody>),
    Tag(String),
    Untag(String),
}

/// Counts whom a filter means; and does it to them, when the caller has counted as many.
///
/// # Errors
/// [`Error::Invalid`] for what makes no sense, or for too many people; [`Error::Conflict`] when the count has changed.
pub async fn run(
    app: &App,
    body: &BulkBody,
    zone: &TimeZone,
    actor: &str,
) -> Result<BulkAnswer, Error> {
    let filter = body.filter.read(app, zone).await?;
    let action = action(app, body, actor).await?;
    let people = app.store.ids_of(&filter, PEOPLE_MAX + 1).await?;
    let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let mut answer = BulkAnswer {
        count,
        ..BulkAnswer::default()
    };
    if count > PEOPLE_MAX {
        let message =
            format!("it means more than {PEOPLE_MAX} people: want a narrower one, again and again");
        return Err(Error::field("filter", message));
    }
    match body.expect {
        None => return Ok(answer),
        Some(expected) if expected != count => {
            let message = format!(
                "`{expected}` people were expected and there are {count}: look again, and confirm that"
            );
            return Err(Error::Conflict(message));
        }
        Some(_) => answer.done = true,
    }
    for batch in people.chunks(BATCH) {
        match &action {
            Action::Wish(event) => wish(app, batch, (event, actor), &mut answer).await?,
            Action::Tag(tag) => tagged(app, batch, (tag, true, actor), &mut answer).await?,
            Action::Untag(tag) => tagged(app, batch, (tag, false, actor), &mut answer).await?,
        }
    }
    app.bell.log.notify_one();
    Ok(answer)
}

/// Everything that can be wrong is found before anybody is counted.
async fn action(app: &App, body: &BulkBody, actor: &str) -> Result<Action, Error> {
    let kind = body.action.as_str();
    match (kind, &body.tag) {
        ("opt_in" | "opt_out", None) => {
            let event = EventBody {
                kind: kind.to_owned(),
                scope: body.scope.clone(),
                evidence: Some(switch::evidence(kind, body.evidence.clone())),
                ..EventBody::default()
            };
            let desk = Desk::open(app, actor).await?;
            desk.wish_of(ContactId::HOUSE, &event, Proof::Wording)?;
            Ok(Action::Wish(Box::new(event)))
        }
        ("opt_in" | "opt_out", Some(_)) => Err(Error::field(
            "tag",
            "only `tag` and `untag` name one: want none here",
        )),
        ("tag" | "untag", Some(tag)) => {
            contacts::tag_name(tag)?;
            Ok(if kind == "tag" {
                Action::Tag(tag.clone())
            } else {
                Action::Untag(tag.clone())
            })
        }
        ("tag" | "untag", None) => Err(Error::field("tag", "it is missing: want the tag")),
        (other, _) => {
            let message = format!("`{other}` is nothing to do: want opt_out, opt_in, tag or untag");
            Err(Error::field("action", message))
        }
    }
}

async fn wish(
    app: &App,
    batch: &[ContactId],
    (event, actor): (&EventBody, &str),
    answer: &mut BulkAnswer,
) -> Result<(), Error> {
    let policy = policy::current(app).await?;
    let desk = Desk::open(app, actor).await?;
    let persons = app.store.persons(batch).await?;
    let standings: BTreeMap<ContactId, Standing> = persons
        .into_iter()
        .map(|person| (person.id, person.standing))
        .collect();
    let mut told: Vec<Told> = Vec::new();
    for contact in batch {
        let one = desk.wish_of(*contact, event, Proof::Wording)?;
        let is_so = match (standings.get(contact), &one.fact) {
            (Some(standing), Fact::OptOut(scope)) => refuses(standing, scope, &policy, app),
            _ => false,
        };
        if is_so {
            answer.unchanged += 1;
        } else {
            told.push(one);
        }
    }
    if told.is_empty() {
        return Ok(());
    }
    for outcome in record::tell(app, &told, None).await?.into_iter().flatten() {
        answer.changed += 1;
        answer.not_in_force += u32::from(!outcome.in_force);
    }
    Ok(())
}

/// Whether the person has refused just this already, and nothing outranks it: saying so again would prove nothing more.
fn refuses(standing: &Standing, scope: &Scope, policy: &Policy, app: &App) -> bool {
    let is_there = standing.registers.get(scope);
    if is_there.is_none_or(|register| register.opt_out.is_empty()) {
        return false;
    }
    let ours = Standing {
        registers: standing.registers.clone(),
        sources: standing.sources.clone(),
        ..Standing::default()
    };
    let facts = Facts {
        standing: &ours,
        sent: &[],
        minute_there: None,
        country: None,
    };
    let verdict = verdict::decide(&record::about(scope), facts, policy, app.clock.now());
    !verdict.allows()
}

async fn tagged(
    app: &App,
    batch: &[ContactId],
    (tag, set, actor): (&str, bool, &str),
    answer: &mut BulkAnswer,
) -> Result<(), Error> {
    let there = app.store.tagged(tag, batch).await?;
    let to_change = batch.iter().copied().filter(|id| there.contains(id) != set);
    let to_change: Vec<ContactId> = to_change.collect();
    let changed = if to_change.is_empty() {
        0
    } else {
        retry::on_conflict(|| tag_once(app, &to_change, (tag, set), actor)).await?
    };
    answer.changed += changed;
    answer.unchanged += u32::try_from(batch.len())
        .unwrap_or(0)
        .saturating_sub(changed);
    Ok(())
}

/// Sets a tag or takes it away, and keeps who did, person by person.
async fn tag_once(
    app: &App,
    people: &[ContactId],
    (tag, set): (&str, bool),
    actor: &str,
) -> Result<u32, Error> {
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.admit(&mut tx, people).await?;
    let member = if set { "tags" } else { "untag" };
    let note = serde_json::json!({ member: [tag] }).to_string();
    let mut done = Vec::new();
    for contact in people {
        let recorded = cast.record(Draft {
            contact: *contact,
            fact: Fact::Staff(StaffAct::ContactEdited),
            clock: Clock::Ours,
            at: app.clock.now(),
            evidence: Evidence {
                source: source::STAFF.to_owned(),
                actor: Some(actor.to_owned()),
                note: Some(note.clone()),
                ..Evidence::default()
            },
        });
        match recorded {
            Ok(_) => done.push(*contact),
            // Erased meanwhile: there is nobody to tag.
            Err(Error::NotFound(_)) => {}
            Err(other) => return Err(other),
        }
    }
    cast.save(&mut tx, &policy).await?;
    let (on, off) = if set {
        (done.as_slice(), &[][..])
    } else {
        (&[][..], done.as_slice())
    };
    tx.retag(tag, on, off).await?;
    let tags: Vec<String> = set.then(|| tag.to_owned()).into_iter().collect();
    let told = done.iter().map(|contact| {
        let tags = tags.clone();
        (*contact, happenings::Told::Tagged { tags, depth: 0 })
    });
    happenings::tell(app, &mut tx, &told.collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(u32::try_from(done.len()).unwrap_or(u32::MAX))
}
