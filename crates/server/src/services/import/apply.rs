//! Rows that make sense are taken in, many in one transaction; or it is only said what would come of them.

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact, counts_from},
    id::ContactId,
    policy::Policy,
    request::Request,
    scope::{Category, Scope, Subject},
    time::Timestamp,
};
use serde::Serialize;
use store::{contact::label::Labels, segment::State};

use super::row::{Refusal, Row, Wish};
use crate::{
    app::House,
    error::Error,
    services::{
        cast::{By, Cast, Draft},
        happenings::{self, Told},
        policy, quiet, retry, summary,
    },
};

/// What became of a row, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Somebody new.
    Imported,
    /// Somebody known, of whom something changed.
    Updated,
    /// Somebody known, of whom all of it was known.
    Unchanged,
    /// Nothing of it was taken.
    Refused,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The line of the file that it begins on.
    pub line: u64,
    /// What became of it.
    pub verdict: Verdict,
    /// Whom it is about; absent for somebody who would be new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// What was recorded of what they said: `opt_in` or `opt_out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<&'static str>,
    /// Why it is refused, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Why it is refused, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Outcome {
    /// A row of which nothing is taken.
    pub fn refused(line: u64, refusal: Refusal) -> Self {
        Self {
            line,
            verdict: Verdict::Refused,
            contact: None,
            recorded: None,
            code: Some(refusal.code),
            reason: Some(refusal.reason),
        }
    }
}

/// How rows are taken in.
pub struct How<'a> {
    /// What consent is about.
    pub scope: &'a Scope,
    /// The evidence of an address that somebody is given.
    pub evidence: &'a Evidence,
    /// Whether nothing is written.
    pub is_dry: bool,
}

/// Takes rows in, in one transaction, and returns once what they refuse is in force.
///
/// # Errors
/// When the database does not answer: then none of them was.
pub async fn apply(app: &House, rows: &[Row], how: &How<'_>) -> Result<Vec<Outcome>, Error> {
    retry::on_conflict(|| once(app, rows, how)).await
}

async fn once(app: &House, rows: &[Row], how: &How<'_>) -> Result<Vec<Outcome>, Error> {
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let aliases: Vec<Alias> = rows.iter().flat_map(|row| row.aliases.clone()).collect();
    let mut cast = Cast::gather(app, &mut tx, &aliases).await?;
    cast.learn_aliases(&mut tx).await?;
    let known: BTreeSet<ContactId> = aliases
        .iter()
        .filter_map(|alias| cast.id_of(alias))
        .collect();
    let known: Vec<ContactId> = known.into_iter().collect();
    let mut shelf = Shelf::of(tx.labels(&known).await?);
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        let mut taker = Taker {
            cast: &mut cast,
            shelf: &mut shelf,
            policy: &policy,
            how,
        };
        outcomes.push(match taker.take(row)? {
            Ok(outcome) => outcome,
            Err(refusal) => Outcome::refused(row.line, refusal),
        });
    }
    if how.is_dry {
        // Whoever would be new has no id.
        let is_new = |outcome: &&mut Outcome| outcome.verdict == Verdict::Imported;
        outcomes
            .iter_mut()
            .filter(is_new)
            .for_each(|outcome| outcome.contact = None);
        return Ok(outcomes);
    }
    let saved = cast.save(&mut tx, &policy).await?;
    tx.put_labels(&shelf.news).await?;
    happenings::tell(app, &mut tx, &shelf.told()).await?;
    tx.commit().await?;
    quiet::settle(app, &saved.restricted).await?;
    Ok(outcomes)
}

/// What people are labelled with already, and what is new.
struct Shelf {
    tags: BTreeSet<(ContactId, String)>,
    attributes: BTreeMap<(ContactId, String), String>,
    /// What the attributes were that are new.
    before: BTreeMap<(ContactId, String), String>,
    news: Labels,
}

impl Shelf {
    fn of(labels: Labels) -> Self {
        let attributes = labels.attributes.into_iter();
        Self {
            tags: labels.tags.into_iter().collect(),
            attributes: attributes
                .map(|(id, key, value)| ((id, key), value))
                .collect(),
            before: BTreeMap::new(),
            news: Labels::default(),
        }
    }

    /// What is new, as journeys ask for it.
    fn told(&self) -> Vec<(ContactId, Told)> {
        let tags = self.news.tags.iter().map(|(id, tag)| {
            let tags = vec![tag.clone()];
            (*id, Told::Tagged { tags, depth: 0 })
        });
        let set = self.news.attributes.iter().map(|(id, key, value)| {
            let from = self.before.get(&(*id, key.clone())).cloned();
            let (attribute, to) = (key.clone(), Some(value.clone()));
            let depth = 0;
            (
                *id,
                Told::Set {
                    attribute,
                    from,
                    to,
                    depth,
                },
            )
        });
        tags.chain(set).collect()
    }

    /// Notes what is new of somebody; says whether anything is.
    fn label(&mut self, id: ContactId, row: &Row) -> bool {
        let mut is_news = false;
        for tag in &row.tags {
            if self.tags.insert((id, tag.clone())) {
                self.news.tags.push((id, tag.clone()));
                is_news = true;
            }
        }
        for (key, value) in &row.attributes {
            let before = self.attributes.insert((id, key.clone()), value.clone());
            if before.as_ref() != Some(value) {
                if let Some(before) = before {
                    self.before.entry((id, key.clone())).or_insert(before);
                }
                self.news.attributes.push((id, key.clone(), value.clone()));
                is_news = true;
            }
        }
        is_news
    }
}

/// One row, with everything that it may change.
struct Taker<'a, 'b> {
    cast: &'a mut Cast<'b>,
    shelf: &'a mut Shelf,
    policy: &'a Policy,
    how: &'a How<'a>,
}

impl Taker<'_, '_> {
    /// Takes a row in, or says why not. What is refused changes nothing.
    fn take(&mut self, row: &Row) -> Result<Result<Outcome, Refusal>, Error> {
        let holder = match self.holder(row) {
            Ok(holder) => holder,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let wish = match &row.wish {
            Some(wish) => match self.news(holder, wish) {
                Ok(news) => news.then_some(wish),
                Err(refusal) => return Ok(Err(refusal)),
            },
            None => None,
        };
        let (id, mut verdict) = match holder {
            Some(id) => (id, Verdict::Unchanged),
            None => {
                let id = self.cast.create(&row.aliases, row.name.as_deref())?;
                (id, Verdict::Imported)
            }
        };
        let mut is_news = self.shelf.label(id, row);
        if holder.is_some() {
            is_news |= self.rename(id, row);
            for alias in &row.aliases {
                if self.cast.id_of(alias).is_none() {
                    let evidence = self.how.evidence.clone();
                    self.cast.adopt(id, alias, evidence, By::Others)?;
                    is_news = true;
                }
            }
        }
        let recorded = wish.map(|wish| self.record(id, wish)).transpose()?;
        if verdict == Verdict::Unchanged && (is_news || recorded.is_some()) {
            verdict = Verdict::Updated;
        }
        Ok(Ok(Outcome {
            line: row.line,
            verdict,
            contact: Some(id.to_string()),
            recorded,
            code: None,
            reason: None,
        }))
    }

    /// Whom a row means; none for somebody new.
    fn holder(&self, row: &Row) -> Result<Option<ContactId>, Refusal> {
        let ids = row
            .aliases
            .iter()
            .filter_map(|alias| self.cast.id_of(alias));
        let ids: BTreeSet<ContactId> = ids.collect();
        if ids.len() > 1 {
            return Err(Refusal::of(
                "two_people",
                "The addresses of the row belong to different people.",
            ));
        }
        if row.aliases.iter().any(|alias| self.cast.was_erased(alias)) {
            return Err(Refusal::of(
                "erased",
                "A person with this address had their data erased: no file brings them back.",
            ));
        }
        Ok(ids.into_iter().next())
    }

    /// Whether what a row says of consent is news. Nobody who refused is brought back.
    fn news(&self, holder: Option<ContactId>, wish: &Wish) -> Result<bool, Refusal> {
        let Some(id) = holder else {
            return Ok(true);
        };
        let standing = self.cast.standing(id);
        let said = summary::state(
            &about(self.how.scope),
            &standing,
            self.policy,
            self.cast.now(),
        );
        let register = standing.registers.get(self.how.scope);
        let claimed =
            |marks: consent::register::Marks| marks.get(Clock::Claimed).map(|mark| mark.at);
        if wish.is_yes {
            if said == State::OptedOut {
                return Err(Refusal::of(
                    "opted_out",
                    "This person opted out: only they can agree again, a file cannot.",
                ));
            }
            let before = register.and_then(|register| claimed(register.opt_in));
            return Ok(before.is_none() || before < wish.at);
        }
        let before = register.and_then(|register| claimed(register.opt_out));
        let is_old = before.is_some() && wish.at.is_some() && before >= wish.at;
        Ok(said != State::OptedOut && !is_old)
    }

    fn rename(&mut self, id: ContactId, row: &Row) -> bool {
        let Some(name) = &row.name else {
            return false;
        };
        let before = self
            .cast
            .member(id)
            .and_then(|member| member.person.name.as_ref());
        if before == Some(name) {
            return false;
        }
        self.cast.call(id, Some(name), None);
        true
    }

    fn record(&mut self, id: ContactId, wish: &Wish) -> Result<&'static str, Error> {
        let scope = self.how.scope.clone();
        let (fact, word) = if wish.is_yes {
            (Fact::OptIn(scope), "opt_in")
        } else {
            (Fact::OptOut(scope), "opt_out")
        };
        let now = self.cast.now();
        // What a file says of the past is a claim, and lifts nothing; a refusal without a date counts from now.
        let at = wish.at.and_then(|at| counts_from(&fact, at, now));
        let (clock, at): (Clock, Timestamp) = match at {
            Some(at) => (Clock::Claimed, at),
            None => (Clock::Ours, now),
        };
        self.cast.record(Draft {
            contact: id,
            fact,
            clock,
            at,
            evidence: wish.evidence.clone(),
        })?;
        Ok(word)
    }
}

/// A message that consent of this scope speaks of.
fn about(scope: &Scope) -> Request {
    match scope.subject {
        Subject::Topic(topic) => Request {
            topic: Some(topic),
            ..Request::about(topic.category)
        },
        Subject::Category(category) => Request::about(category),
        Subject::All => Request::about(Category::Marketing),
    }
}
