//! What a dashboard shows of very many people: names, labels, what they said of a topic, conversations, one long history.

use anyhow::{Context, Result};
use consent::{
    event::{Clock, Evidence, Fact},
    id::{AttemptId, ContactId, TopicId},
    scope::Scope,
};
use server::{
    app::App,
    services::{
        cast::{Cast, Draft},
        policy,
        staff::{Role, row, sessions},
        stances,
        topics::{self, TopicBody},
    },
};
use store::{
    contact::label::Labels,
    conversation::Touch,
    message::{Direction, MessageLine},
    segment::State,
    stance::Stance,
};

use crate::{ours::NUMBER, say::say, seed, webhooks};

/// People in one transaction.
const AT_ONCE: u32 = 5_000;
/// Messages of the one with the long history, and events.
const LONG: u64 = 2_000;
const EVENTS: u64 = 200;
/// The note in the database that says that all of it is there; the id of whoever has the long history.
const DONE: &str = "bench-desk";
/// The first message that no other row of the bench puts in.
const MESSAGES_FROM: u64 = 1_000_000_000;

const FIRST: [&str; 20] = [
    "Ana", "Bia", "Carla", "Dora", "Eva", "Fred", "Gil", "Hana", "Ivo", "João", "Karl", "Lia",
    "Maria", "Nuno", "Olga", "Pia", "Rui", "Sara", "Tom", "Zoë",
];
const LAST: [&str; 25] = [
    "Almeida", "Braun", "Costa", "Dias", "Engel", "Faria", "Gomes", "Huber", "Ibáñez", "Jensen",
    "Khan", "Lopes", "Meyer", "Nunes", "Okafor", "Pinto", "Quiroga", "Ramos", "Silva", "Torres",
    "Ueda", "Vargas", "Weiss", "Yilmaz", "Zapata",
];
const CITIES: [&str; 5] = ["Lima", "Porto", "York", "Recife", "Ulm"];

/// Puts it all in, where it is not there yet; gives the one with the long history.
///
/// # Errors
/// When the database does not answer.
pub async fn fill(app: &App) -> Result<ContactId> {
    while stances::step(app).await? {}
    if let Some(done) = app.store.house(DONE).await? {
        let id = std::str::from_utf8(&done)?.parse();
        return id.ok().context("no contact in the note");
    }
    let body: TopicBody = serde_json::from_str(r#"{"name":"Offers","category":"marketing"}"#)?;
    let topic = topics::create(app, &body, "bench").await?.id;
    let topic: TopicId = topic.parse().ok().context("a topic without an id")?;
    let (mut after, mut done) = (None, 0_u64);
    loop {
        let ids = app.store.contact_ids(after, AT_ONCE).await?;
        let Some(last) = ids.last() else { break };
        after = Some(*last);
        let people: Vec<(u64, ContactId)> = (done..).zip(ids).collect();
        some(app, &people, topic).await?;
        done += u64::try_from(people.len())?;
        if done.is_multiple_of(100_000) {
            say(&format!("{done} people have names and labels"));
        }
    }
    let ids = app.store.contact_ids(None, 1).await?;
    let long = *ids.first().context("nobody is there")?;
    history(app, long).await?;
    let mut tx = app.store.begin().await?;
    tx.set_house(DONE, long.to_string().as_bytes()).await?;
    tx.commit().await?;
    Ok(long)
}

/// Signs an admin in; gives the cookie.
///
/// # Errors
/// When the database does not answer.
pub async fn cookie(app: &App) -> Result<String> {
    let email = format!("{}@bench.example", app.clock.id().simple());
    let mut line = row::fresh(app, &email, "Bench", Role::Admin)?;
    line.password = Some("none that anybody could type".to_owned());
    let mut tx = app.store.begin().await?;
    tx.add_member(&line).await?;
    let token = sessions::begin(app, &mut tx, line.id).await?;
    tx.commit().await?;
    Ok(format!("consentry={token}"))
}

async fn some(app: &App, people: &[(u64, ContactId)], topic: TopicId) -> Result<()> {
    let (mut labels, mut stances) = (Labels::default(), Vec::new());
    let (mut names, mut lines, mut touches) = (Vec::new(), Vec::new(), Vec::new());
    for &(n, id) in people {
        names.push((id, Some(name(n)), None));
        let every = |step: u64, rest: u64| n % step == rest;
        // Nobody has both of these.
        for (tag, has) in [
            ("vip", every(10, 0)),
            ("news", every(10, 5)),
            ("rare", every(5_000, 1)),
        ] {
            if has {
                labels.tags.push((id, tag.to_owned()));
            }
        }
        if every(2, 0) {
            let city = CITIES
                .get(usize::try_from(n / 2 % 5)?)
                .copied()
                .unwrap_or_default();
            labels
                .attributes
                .push((id, "city".to_owned(), city.to_owned()));
            labels
                .attributes
                .push((id, "age".to_owned(), (18 + n % 60).to_string()));
        }
        if every(4, 0) {
            let state = if every(8, 0) {
                State::OptedIn
            } else {
                State::OptedOut
            };
            stances.push(Stance {
                contact: id,
                subject: topic.to_string(),
                state,
            });
        }
        if every(10, 3) {
            lines.push(line(app, (MESSAGES_FROM + n, id), Direction::In));
            touches.push(Touch {
                contact: id,
                number: NUMBER.to_owned(),
                at: app.clock.now().plus_millis(-i64::try_from(n)?),
                came: i64::from(every(30, 3)),
            });
        }
    }
    let ids: Vec<ContactId> = stances.iter().map(|stance| stance.contact).collect();
    let mut tx = app.store.begin().await?;
    tx.set_names(&names).await?;
    tx.put_labels(&labels).await?;
    tx.set_stances(&ids, &stances).await?;
    tx.keep_messages(&lines).await?;
    tx.touch_conversations(&touches, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

fn name(n: u64) -> String {
    let of = |names: &[&'static str], n: u64| {
        let at = usize::try_from(n).unwrap_or(0) % names.len();
        names.get(at).copied().unwrap_or_default()
    };
    format!("{} {}", of(&FIRST, n), of(&LAST, n / 20))
}

fn line(app: &App, (index, contact): (u64, ContactId), direction: Direction) -> MessageLine {
    MessageLine {
        id: AttemptId::new(app.clock.id()),
        direction,
        wamid: Some(webhooks::wamid(index)),
        basis: matches!(direction, Direction::Out).then(|| "opt_in".to_owned()),
        ..seed::line(app, index, 447_500_000_000, contact)
    }
}

/// Many messages, and many changes of mind.
async fn history(app: &App, contact: ContactId) -> Result<()> {
    let lines: Vec<MessageLine> = (0..LONG)
        .map(|n| line(app, (2 * MESSAGES_FROM + n, contact), Direction::Out))
        .collect();
    let rules = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    tx.keep_messages(&lines).await?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.admit(&mut tx, &[contact]).await?;
    for n in 0..EVENTS {
        let fact = if n % 2 == 0 {
            Fact::OptOut(Scope::MARKETING)
        } else {
            Fact::OptIn(Scope::MARKETING)
        };
        cast.record(Draft {
            contact,
            fact,
            clock: Clock::Ours,
            at: app.clock.now(),
            evidence: Evidence {
                source: "web_form".to_owned(),
                ..Evidence::default()
            },
        })?;
    }
    cast.save(&mut tx, &rules).await?;
    tx.commit().await?;
    Ok(())
}
