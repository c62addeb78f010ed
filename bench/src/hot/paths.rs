//! The hot paths: what is done for every verdict and for every webhook.

use std::hint::black_box;

use anyhow::{Context, Result};
use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    phone::Phone,
    policy::Policy,
    register::Standing,
    request::{Facts, Request},
    scope::{Category, Scope},
    time::Timestamp,
    verdict,
    wording::{Setting, keywords::Keywords},
};
use graph::signature::{self, AppSecret};
use ledger::{
    commitment::{Opening, Salt},
    hash::Hash,
    leaf::{Flags, Leaf},
    tree::Edge,
};
use uuid::Uuid;

use crate::{engine::Engine, numbers::List};

/// A path: its name, and the work, so many times.
pub type Path = (&'static str, fn(u64) -> Result<()>);

/// Every path.
pub const ALL: [Path; 15] = [
    ("phone", |times| phone("+447512345678", times)),
    ("phone-in-brazil", |times| phone("+55 11 98765-4321", times)),
    ("phone-with-trunk-zero", |times| {
        phone("+44 (0)7512 345678", times)
    }),
    ("verdict-yes", |times| {
        decide(Fact::OptIn(Scope::MARKETING), times)
    }),
    ("verdict-no", |times| {
        decide(Fact::OptOut(Scope::MARKETING), times)
    }),
    ("standing-apply", apply),
    ("words-stop", |times| words("Stop!", times)),
    ("words-of-a-chat", |times| words(CHAT, times)),
    ("signature", sign),
    ("webhook-status", |times| webhook(STATUS, times)),
    ("webhook-message", |times| webhook(MESSAGE, times)),
    ("leaf", leaf),
    ("tree-of-256", tree),
    ("index-one", look_up),
    ("index-list-of-1000", sift),
];

/// Contacts in the index of a path.
const INDEXED: u64 = 20_000;
/// Lines of a list.
const LINES: u64 = 1_000;

const CHAT: &str =
    "Hello, could you tell me whether the blue one is in stock again? Thank you so much!";

const STATUS: &str = include_str!("../../bodies/status.json");
const MESSAGE: &str = include_str!("../../bodies/message.json");

const NOW: Timestamp = Timestamp::from_millis(1_795_341_700_000);

fn phone(text: &str, times: u64) -> Result<()> {
    for _ in 0..times {
        black_box(Phone::read(black_box(text), None)?);
    }
    Ok(())
}

fn event(fact: Fact) -> Event {
    let at = Timestamp::from_millis(1_795_341_600_000);
    Event {
        id: EventId::new(Uuid::from_u128(1)),
        contact: ContactId::new(Uuid::from_u128(2)),
        fact,
        clock: Clock::Ours,
        at,
        received: at,
        evidence: Evidence::default(),
    }
}

fn decide(fact: Fact, times: u64) -> Result<()> {
    let (standing, policy) = (
        Standing::fold(std::iter::once(&event(fact))),
        Policy::default(),
    );
    let request = Request::about(Category::Marketing);
    let facts = Facts {
        standing: &standing,
        sent: &[],
        minute_there: None,
        country: None,
    };
    for _ in 0..times {
        black_box(verdict::decide(black_box(&request), facts, &policy, NOW));
    }
    Ok(())
}

fn apply(times: u64) -> Result<()> {
    let (no, mut standing) = (event(Fact::OptOut(Scope::MARKETING)), Standing::default());
    for _ in 0..times {
        black_box(standing.apply(black_box(&no)));
    }
    Ok(())
}

fn words(text: &str, times: u64) -> Result<()> {
    let keywords = Keywords::default();
    for _ in 0..times {
        black_box(keywords.read(black_box(text), Setting::Alone));
    }
    Ok(())
}

fn sign(times: u64) -> Result<()> {
    let secrets = [AppSecret::new("bench-app-secret")?];
    let header = signature::sign(secrets.first().context("no secret")?, STATUS.as_bytes());
    for _ in 0..times {
        signature::verify(
            &secrets,
            Some(header.as_bytes()),
            black_box(STATUS.as_bytes()),
        )?;
    }
    Ok(())
}

fn webhook(body: &str, times: u64) -> Result<()> {
    for _ in 0..times {
        let delivery = graph::webhook::read(black_box(body.as_bytes()))?;
        anyhow::ensure!(
            delivery.bad.is_empty(),
            "a body of this program cannot be read"
        );
        black_box(delivery);
    }
    Ok(())
}

fn leaf(times: u64) -> Result<()> {
    let facts = br#"{"id":"0198c0de-0000-7000-8000-000000000001","contact":"0198c0de-0000-7000-8000-000000000002","kind":"opt_out","argument":{"subject":"marketing"},"clock":"meta","at_ms":1795341600000,"received_ms":1795341600000,"source":"keyword","message_id":"wamid.ZGVtbw==","span":"STOP","rule":"stop:STOP"}"#;
    let previous = Hash::of(b"previous");
    for _ in 0..times {
        let salt = || Salt::new(black_box([7; 32]));
        let leaf = Leaf {
            kind: 2,
            flags: Flags::NONE,
            schema: 1,
            time: 1_795_341_600,
            facts: Opening::facts(salt(), black_box(facts.as_slice())).commitment(),
            person: Opening::person(salt(), black_box([9; 16])).commitment(),
            link: Opening::link(salt(), Some(&previous)).commitment(),
        };
        black_box((leaf.encode(), leaf.hash()));
    }
    Ok(())
}

fn tree(times: u64) -> Result<()> {
    let leaves: Vec<Hash> = (0_u32..256)
        .map(|at| Hash::of_leaf(&at.to_be_bytes()))
        .collect();
    let mut edge = Edge::new();
    for _ in 0..times {
        black_box(edge.append(black_box(&leaves))?);
    }
    Ok(())
}

/// From text to verdict, one number.
fn look_up(times: u64) -> Result<()> {
    let engine = Engine::with(INDEXED)?;
    for _ in 0..times {
        black_box(engine.may(black_box("+447512345678"))?);
    }
    Ok(())
}

/// From text to text, a piece of a list.
fn sift(times: u64) -> Result<()> {
    let (engine, text) = (Engine::with(INDEXED)?, List::new(INDEXED, LINES).text());
    for _ in 0..times {
        black_box(engine.part(black_box(&text)));
    }
    Ok(())
}
