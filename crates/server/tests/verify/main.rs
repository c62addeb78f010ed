//! A whole database proves itself; one changed value anywhere that the log vouches for is found.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

use std::{path::Path, sync::Arc, sync::atomic::AtomicI64};

use consent::{
    alias::Alias,
    event::{Clock as Dated, Evidence, Fact},
    id::{AttemptId, ContactId},
    policy::Policy,
    scope::Scope,
    time::Timestamp,
};
use server::{
    app::{App, House},
    clock::Clock,
    config::Config,
    services::{
        cast::{Cast, Draft},
        keys, numbering, policy, reservations, verify,
    },
    vault,
};
use store::{
    form::WordingLine,
    message::{Direction, MessageLine, State},
    tamper::Cell,
};

const MUTATIONS: u64 = 1_000;
const NOON: i64 = 1_795_341_600_000;

/// What the log vouches for: table, its key, its columns.
const COVERED: [(&str, &[&str], &[&str]); 12] = [
    (
        "event",
        &["contact_id", "id"],
        &[
            "contact_id",
            "id",
            "kind",
            "argument",
            "clock",
            "at_ms",
            "received_ms",
            "source",
            "leaf",
        ],
    ),
    (
        "event_detail",
        &["contact_id", "event_id"],
        &["contact_id", "event_id", "sealed"],
    ),
    (
        "log_entry",
        &["log_index"],
        &["log_index", "event_id", "contact_id", "leaf"],
    ),
    ("log_tile", &["level", "tile"], &["level", "tile", "hashes"]),
    ("log_head", &["one"], &["size", "edge"]),
    ("checkpoint", &["size"], &["size", "note"]),
    (
        "contact",
        &["id"],
        &["standing", "consent", "platform", "sealing_key"],
    ),
    ("policy", &["version"], &["version", "body", "at_ms"]),
    ("api_key", &["id"], &["id", "name", "role"]),
    (
        "message",
        &["contact_id", "id"],
        &[
            "contact_id",
            "id",
            "number",
            "category",
            "basis",
            "policy_version",
            "as_of",
            "at_ms",
            "batch_id",
        ],
    ),
    ("tag", &["contact_id", "tag"], &["contact_id", "tag"]),
    ("wording", &["sha256"], &["sha256", "body"]),
];

async fn house(folder: &Path) -> App {
    let config = Config::load(None, Some(folder)).unwrap();
    let clock = Clock::Stepped(Arc::new(AtomicI64::new(NOON)));
    let app = House::open(config, clock).await.unwrap();
    for turn in 0..7 {
        people(&app, turn).await;
        numbering::checkpoint(&app).await.unwrap();
    }
    policy::replace(&app, Policy::default(), "test")
        .await
        .unwrap();
    keys::create(&app, "one", keys::Role::App, "test")
        .await
        .unwrap();
    keys::create(&app, "two", keys::Role::Read, "test")
        .await
        .unwrap();
    sends(&app).await;
    numbering::checkpoint(&app).await.unwrap();
    app
}

/// Everybody agrees, some say stop, some are stopped by WhatsApp, some agree again.
async fn people(app: &App, turn: u32) {
    let rules = policy::current(app).await.unwrap();
    let aliases: Vec<Alias> = (0..40)
        .map(|n| Alias::Phone(format!("+4477009{n:05}").parse().unwrap()))
        .collect();
    let mut tx = app.store.begin().await.unwrap();
    let mut cast = Cast::gather(app, &mut tx, &aliases).await.unwrap();
    for (n, alias) in (0_u32..).zip(&aliases) {
        let contact = cast
            .id_of(alias)
            .unwrap_or_else(|| cast.create(std::slice::from_ref(alias), None).unwrap());
        let fact = match (n + turn) % 4 {
            0 | 1 => Fact::OptIn(Scope::MARKETING),
            2 => Fact::OptOut(Scope::MARKETING),
            _ => Fact::PlatformStop("109900000000001".parse().unwrap()),
        };
        // Half of them saw what is kept once for all.
        let kept = n % 2 == 0;
        let evidence = Evidence {
            source: "web_form".to_owned(),
            wording: (!kept).then(|| "yes".to_owned()),
            wording_sha256: kept.then(|| vault::sha256(shown(turn).as_bytes())),
            ..Evidence::default()
        };
        let at = Timestamp::from_millis(NOON - 60_000 + i64::from(turn));
        cast.record(Draft {
            contact,
            fact,
            clock: Dated::Ours,
            at,
            evidence,
        })
        .unwrap();
    }
    let wording = WordingLine {
        sha256: vault::sha256(shown(turn).as_bytes()),
        text: shown(turn),
        locale: "en".to_owned(),
        form: None,
        at: app.clock.now(),
    };
    tx.keep_wordings(&[wording]).await.unwrap();
    cast.save(&mut tx, &rules).await.unwrap();
    tx.commit().await.unwrap();
}

fn shown(turn: u32) -> String {
    format!("Yes, send me offers. Version {turn}.")
}

async fn sends(app: &App) {
    let contacts = app.store.contact_ids(None, 20).await.unwrap();
    let line = |contact: &ContactId| MessageLine {
        id: AttemptId::new(app.clock.id()),
        contact: *contact,
        direction: Direction::Out,
        number: "109900000000001".to_owned(),
        recipient: "+44".to_owned(),
        category: "marketing".to_owned(),
        topic: None,
        template: Some(("spring_sale".to_owned(), "en_GB".to_owned())),
        state: State::Accepted,
        code: None,
        reason: None,
        because: Vec::new(),
        basis: Some("opt_in".to_owned()),
        policy_version: 2,
        as_of: 3,
        at: app.clock.now(),
        outcome: None,
        unknown: None,
        wamid: None,
        error_code: None,
        fingerprint: None,
        sealed: None,
    };
    let lines: Vec<MessageLine> = contacts.iter().map(line).collect();
    let mut tx = app.store.begin().await.unwrap();
    tx.keep_messages(&lines).await.unwrap();
    assert_eq!(reservations::seal(app, &mut tx).await.unwrap(), 20);
    tx.commit().await.unwrap();
}

async fn proved(app: &App) -> verify::Report {
    verify::whole(app, &mut |_, _, _| {}).await.unwrap()
}

fn changed(value: &Cell, dice: u64) -> Cell {
    match value {
        Cell::Int(number) => Cell::Int(number ^ (1 << (dice % 40))),
        Cell::Text(text) => {
            let mut bytes = text.clone().into_bytes();
            let at = usize::try_from(dice).unwrap_or(0) % bytes.len().max(1);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1;
            }
            Cell::Text(String::from_utf8(bytes).unwrap_or_else(|_| format!("{text}?")))
        }
        Cell::Blob(bytes) => {
            let mut bytes = bytes.clone();
            let at = usize::try_from(dice).unwrap_or(0) % bytes.len().max(1);
            match bytes.get_mut(at) {
                Some(byte) => *byte ^= 1 << (dice % 8),
                None => bytes.push(0),
            }
            Cell::Blob(bytes)
        }
    }
}

#[tokio::test]
async fn one_changed_value_anywhere_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let app = house(folder.path()).await;
    let whole = proved(&app).await;
    assert!(whole.holds(), "{:#?}", whole.told);
    assert!(whole.log_size > 256 && whole.reservations == 20 && whole.contacts == 40);
    app.store.drop_guards().await.unwrap();
    let mut dice = 0x9E37_79B9_7F4A_7C15_u64;
    let mut roll = || {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice >> 8
    };
    let (mut done, mut missed) = (0, Vec::new());
    while done < MUTATIONS {
        let (table, keys, columns) = COVERED[usize::try_from(roll() % 12).unwrap()];
        let column = columns[usize::try_from(roll()).unwrap() % columns.len()];
        let Some(mut spot) = app.store.spot((table, keys), column, roll()).await.unwrap() else {
            continue;
        };
        let before = spot.value.clone();
        let value = changed(&before, roll());
        if value == before || !app.store.put(&mut spot, value).await.unwrap() {
            continue;
        }
        done += 1;
        if proved(&app).await.holds() {
            missed.push(format!("{table}.{column}: {before:?} -> {:?}", spot.value));
        }
        assert!(app.store.put(&mut spot, before).await.unwrap(), "put back");
    }
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
    assert!(proved(&app).await.holds(), "as it was before");
}
