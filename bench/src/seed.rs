//! Databases to measure on, filled through the house itself: each contact has its event, its leaf and its standing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use consent::{
    alias::Alias,
    event::{Clock as Whose, Evidence, Fact},
    id::{AttemptId, ContactId},
    phone::Phone,
    policy::Policy,
    scope::Scope,
    time::Timestamp,
};
use server::{
    app::{App, House},
    clock::Clock,
    config::Config,
    flows::Flows,
    services::{
        cast::{Cast, Draft},
        flows::setting,
        policy,
    },
};
use store::{
    message::{Direction, MessageLine, State},
    pool::Tx,
};

use crate::{
    numbers::{agreed, number},
    ours::{NUMBER, Start},
    say::say,
    webhooks,
};

/// People in one transaction.
const PEOPLE_AT_ONCE: usize = 5_000;
/// People who are made ready before the database is looked after again.
const BETWEEN_LOOKS: usize = 50;
/// Messages in one transaction.
const MESSAGES_AT_ONCE: u64 = 5_000;

/// A folder with a database of so many contacts, in the state that `numbers::agreed` says. One that is there already,
/// whole, is taken as it is; one that was left half full is filled.
///
/// # Errors
/// When it cannot be filled.
pub fn people(work: &Path, contacts: u64) -> Result<PathBuf> {
    let data = work.join(format!("people-{contacts}"));
    let whole = data.join("whole");
    if whole.exists() {
        return Ok(data);
    }
    say(&format!("filling a database with {contacts} contacts"));
    block_on(async {
        let app = open(&data).await?;
        fill(&app, contacts).await?;
        app.store.close().await;
        Ok(())
    })?;
    std::fs::write(whole, "")?;
    Ok(data)
}

/// Runs to the end on this thread.
///
/// # Errors
/// What the work gives; when the system has no threads.
pub fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(work)
}

/// The house over a folder, in this process.
///
/// # Errors
/// When it does not open.
pub async fn open(data: &Path) -> Result<App> {
    let binary = PathBuf::new();
    open_as(&Start::new(&binary, data)).await
}

/// The house as a gate of these settings would open it, in this process.
///
/// # Errors
/// When it does not open.
pub async fn open_as(start: &Start<'_>) -> Result<App> {
    let file = start.config()?;
    let config = Config::load(Some(&file), Some(start.data))?;
    House::open(config, Clock::Real)
        .await
        .context("open the house")
}

/// Records what everybody has said about marketing.
///
/// # Errors
/// When the database does not answer.
pub async fn fill(app: &App, contacts: u64) -> Result<()> {
    // In the order of the keys, as an import that sorts its file would: the trees of the database grow at their ends.
    let mut all: Vec<(u64, u64)> = (0..contacts).map(|index| (number(index), index)).collect();
    all.sort_unstable_by_key(|(number, _)| as_text(*number));
    let rules = policy::current(app).await?;
    let parts: Vec<&[(u64, u64)]> = all.chunks(PEOPLE_AT_ONCE).collect();
    let mut done = known(app, &parts).await?;
    let (mut parts, mut ready) = (parts.into_iter().skip(done), None);
    loop {
        let mut tx = app.store.begin().await?;
        // Nobody else writes here: whom nobody knows now, nobody knows in the next transaction.
        let next = match parts.next() {
            Some(part) => Some(Group::gather(app, &mut tx, part).await?),
            None => None,
        };
        let is_last = next.is_none();
        // While the database takes some people in, the next are made ready.
        let (saved, made) = tokio::join!(write(ready.take(), tx, &rules), make_ready(app, next));
        saved?;
        ready = made?;
        if is_last {
            return Ok(());
        }
        done += 1;
        if done % 100 == 0 {
            say(&format!("{} contacts", done * PEOPLE_AT_ONCE));
        }
    }
}

/// How many of these parts are there already: a part is there whole or not at all, and the first are there first.
async fn known(app: &App, parts: &[&[(u64, u64)]]) -> Result<usize> {
    let (mut from, mut to) = (0, parts.len());
    while from < to {
        let middle = usize::midpoint(from, to);
        let first = parts.get(middle).and_then(|part| part.first());
        let alias = first
            .and_then(|(number, _)| phone(*number))
            .map(Alias::Phone);
        let key = alias.context("a part without a number")?.key();
        if app.store.find(&[key]).await?.is_empty() {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    Ok(from)
}

/// Numbers in the order of their digits as text.
fn as_text(number: u64) -> u64 {
    let missing = 18_u32.saturating_sub(number.checked_ilog10().unwrap_or(0));
    number * 10_u64.pow(missing)
}

/// The people of one transaction: their addresses and whether they agreed.
struct Group<'a> {
    cast: Cast<'a>,
    people: Vec<(Alias, bool)>,
}

impl<'a> Group<'a> {
    async fn gather(app: &'a App, tx: &mut Tx, part: &[(u64, u64)]) -> Result<Self> {
        let people: Vec<(Alias, bool)> = part
            .iter()
            .filter_map(|(number, index)| Some((Alias::Phone(phone(*number)?), agreed(*index))))
            .collect();
        let aliases: Vec<Alias> = people.iter().map(|(alias, _)| alias.clone()).collect();
        let cast = Cast::gather(app, tx, &aliases).await?;
        Ok(Self { cast, people })
    }
}

async fn make_ready<'a>(app: &House, group: Option<Group<'a>>) -> Result<Option<Cast<'a>>> {
    let Some(Group { mut cast, people }) = group else {
        return Ok(None);
    };
    for some in people.chunks(BETWEEN_LOOKS) {
        for (alias, yes) in some {
            let contact = cast.create(std::slice::from_ref(alias), None)?;
            cast.record(draft(app, contact, *yes))?;
        }
        tokio::task::yield_now().await;
    }
    Ok(Some(cast))
}

async fn write(cast: Option<Cast<'_>>, mut tx: Tx, rules: &Policy) -> Result<()> {
    if let Some(cast) = cast {
        cast.save(&mut tx, rules).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Puts messages of ours into the log, as Meta had accepted them: number `first` and so many after it.
///
/// # Errors
/// When the database does not answer, or a contact is missing.
pub async fn messages(app: &App, people: u64, first: u64, count: u64) -> Result<()> {
    let mut done = 0;
    while done < count {
        let part = MESSAGES_AT_ONCE.min(count - done);
        let indices: Vec<u64> = (first + done..first + done + part).collect();
        let keys: Vec<Option<Alias>> = indices
            .iter()
            .map(|index| phone(number(index % people)).map(Alias::Phone))
            .collect();
        let keys: Vec<String> = keys
            .into_iter()
            .flatten()
            .map(|alias| alias.key())
            .collect();
        let found: std::collections::HashMap<String, ContactId> =
            app.store.find(&keys).await?.into_iter().collect();
        let lines: Option<Vec<MessageLine>> = indices
            .iter()
            .zip(&keys)
            .map(|(index, key)| Some(line(app, *index, number(index % people), *found.get(key)?)))
            .collect();
        let mut tx = app.store.begin().await?;
        tx.keep_messages(&lines.context("a contact is missing")?)
            .await?;
        tx.commit().await?;
        done += part;
    }
    Ok(())
}

/// Leaves opt-outs without an answer in the chat: the peers give none, and Meta's side here is not there to take it.
///
/// # Errors
/// When the database does not answer.
pub async fn say_nothing(app: &App) -> Result<()> {
    let quiet = Flows {
        confirmations: false,
        questions: false,
        help: false,
        menu: false,
        ..Flows::default()
    };
    setting::replace(app, quiet, "bench").await?;
    Ok(())
}

fn phone(number: u64) -> Option<Phone> {
    Phone::from_digits(&number.to_string())
}

fn draft(app: &House, contact: ContactId, yes: bool) -> Draft {
    Draft {
        contact,
        fact: if yes {
            Fact::OptIn(Scope::MARKETING)
        } else {
            Fact::OptOut(Scope::MARKETING)
        },
        clock: Whose::Ours,
        at: app.clock.now(),
        evidence: Evidence {
            source: "web_form".to_owned(),
            wording: Some("Yes, send me offers on WhatsApp. I can stop at any time.".to_owned()),
            ..Evidence::default()
        },
    }
}

/// A message of ours, as Meta had accepted it.
pub fn line(app: &House, index: u64, to: u64, contact: ContactId) -> MessageLine {
    let at: Timestamp = app.clock.now();
    MessageLine {
        id: AttemptId::new(app.clock.id()),
        contact,
        direction: Direction::Out,
        number: NUMBER.to_owned(),
        recipient: format!("+{to}"),
        category: "marketing".to_owned(),
        topic: None,
        template: Some(("spring_sale".to_owned(), "en_US".to_owned())),
        state: State::Accepted,
        code: None,
        reason: None,
        because: Vec::new(),
        basis: None,
        policy_version: 1,
        as_of: 0,
        at,
        outcome: Some(at),
        unknown: None,
        wamid: Some(webhooks::wamid(index)),
        error_code: None,
        fingerprint: Some(vec![7; 32]),
        sealed: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sorted_as_their_keys_are() {
        let mut numbers: Vec<u64> = (0..2_000).map(number).collect();
        let mut texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
        numbers.sort_unstable_by_key(|number| as_text(*number));
        texts.sort_unstable();
        assert_eq!(
            numbers.iter().map(u64::to_string).collect::<Vec<_>>(),
            texts
        );
    }

    #[test]
    fn a_database_that_was_left_half_full_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        let count = 2 * PEOPLE_AT_ONCE as u64 + 10;
        block_on(async {
            let app = open(folder.path()).await?;
            let mut all: Vec<(u64, u64)> = (0..count).map(|index| (number(index), index)).collect();
            all.sort_unstable_by_key(|(number, _)| as_text(*number));
            let parts: Vec<&[(u64, u64)]> = all.chunks(PEOPLE_AT_ONCE).collect();
            let mut tx = app.store.begin().await?;
            let first = Group::gather(&app, &mut tx, parts[0]).await?;
            let cast = make_ready(&app, Some(first)).await?;
            write(cast, tx, &*policy::current(&app).await?).await?;
            assert_eq!(known(&app, &parts).await?, 1);
            fill(&app, count).await?;
            assert_eq!(known(&app, &parts).await?, parts.len());
            assert_eq!(app.store.head().await?.size, i64::try_from(count)?);
            app.store.close().await;
            Ok(())
        })
        .unwrap();
    }
}
