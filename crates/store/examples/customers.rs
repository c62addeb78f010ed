//! A million customers, and how long lists of them take: `cargo run --release -p store --example customers -- URL COUNT`.

use std::time::Instant;

use consent::{
    alias::Alias,
    event::Clock,
    id::{ContactId, EventId, NumberId, TopicId},
    register::{Mark, Standing},
    scope::{Category, Scope, Subject, Topic},
    time::Timestamp,
};
use sqlx::AssertSqlSafe;
use store::{
    contact::{AliasLine, ContactFilter, NewContact, Update},
    pool::Store,
};
use uuid::Uuid;

const FIRST: [&str; 8] = [
    "Ana", "Bruno", "Carla", "Diego", "Élise", "Farid", "Grace", "Hugo",
];
const LAST: [&str; 10] = [
    "Souza", "Smith", "García", "Müller", "Okafor", "Silva", "Rossi", "Novák", "Khan", "Lee",
];
const START_MS: i64 = 1_700_000_000_000;
const PAGE: u64 = 5_000;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let (url, count) = (args.next().unwrap(), args.next().unwrap().parse().unwrap());
    let store = Store::open(&url).await.unwrap();
    let there = u64::try_from(store.count_contacts().await.unwrap()).unwrap();
    for from in (there..count).step_by(PAGE as usize) {
        fill(&store, from, (from + PAGE).min(count)).await;
        if from % 100_000 == 0 {
            println!("{from}");
        }
    }
    if there < count {
        finish(&store).await;
    }
    measure(&store).await;
}

fn id(n: u64) -> Uuid {
    let ms = (START_MS as u64 + n * 1_000) & 0xffff_ffff_ffff;
    Uuid::from_u128(
        (u128::from(ms) << 80)
            | (0x7 << 76)
            | (0x8 << 60)
            | u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 4),
    )
}

fn topic() -> Topic {
    Topic {
        id: TopicId::new(Uuid::from_u128(7)),
        category: Category::Marketing,
    }
}

/// What happened to somebody: much of the same, and little that is rare.
fn standing(n: u64) -> (Standing, &'static str, &'static str) {
    let mut standing = Standing::default();
    let at = Timestamp::from_millis(START_MS + i64::try_from(n).unwrap() * 1_000);
    let event = EventId::new(Uuid::from_u128(u128::from(n) + (1 << 100)));
    let mark = Mark { at, event };
    let number: NumberId = "109900000000001".parse().unwrap();
    let mut consent = "none";
    let mut register = consent::register::Register::default();
    if n % 2 == 0 {
        register.opt_in.raise(Clock::Ours, mark);
        standing.sources.insert(event, "web_form".to_owned());
        consent = "opted_in";
    } else if n % 10 < 4 {
        register.opt_out.raise(Clock::Meta, mark);
        consent = "opted_out";
    } else if n % 1_001 == 0 {
        register.requested.raise(Clock::Ours, mark);
        consent = "pending";
    }
    if consent != "none" {
        standing.registers.insert(Scope::MARKETING, register);
    }
    if n % 97 == 0 {
        let scope = Scope {
            subject: Subject::Topic(topic()),
            channel: None,
            number: None,
        };
        standing.registers.insert(scope, register);
    }
    let mut platform = "open";
    if n % 23 == 0 {
        standing.platform.entry(number).or_default().stop = Some(mark);
        platform = "stopped";
    }
    (standing, consent, platform)
}

async fn fill(store: &Store, from: u64, to: u64) {
    let mut tx = store.begin().await.unwrap();
    let contacts: Vec<NewContact> = (from..to)
        .map(|n| NewContact {
            id: ContactId::new(id(n)),
            name: Some(format!(
                "{} {}{}",
                FIRST[n as usize % 8],
                LAST[(n / 8) as usize % 10],
                n / 80
            )),
            sealing_key: vec![7; 60],
            at: Timestamp::from_millis(START_MS + n as i64 * 1_000),
        })
        .collect();
    tx.create(&contacts).await.unwrap();
    let links: Vec<AliasLine> = (from..to)
        .map(|n| AliasLine {
            contact: ContactId::new(id(n)),
            alias: Alias::Phone(
                format!("+4477{:08}", n.wrapping_mul(7_919) % 100_000_000)
                    .parse()
                    .unwrap(),
            ),
            since: Timestamp::from_millis(START_MS),
            until: None,
        })
        .collect();
    tx.link(&links).await.unwrap();
    let standings: Vec<_> = (from..to).map(standing).collect();
    let updates: Vec<Update<'_>> = (from..to)
        .zip(&standings)
        .map(|(n, (standing, consent, platform))| Update {
            contact: ContactId::new(id(n)),
            standing,
            consent,
            platform,
            topics: if n % 97 == 0 {
                vec![(topic().id, consent)]
            } else {
                vec![]
            },
            at: Timestamp::from_millis(
                START_MS + (n.wrapping_mul(7_919_317) % 1_000_000) as i64 * 900,
            ),
        })
        .collect();
    tx.set_standings(&updates).await.unwrap();
    let every = |k: u64| {
        (from..to)
            .filter(|n| n % k == 0)
            .map(|n| ContactId::new(id(n)))
            .collect::<Vec<_>>()
    };
    for (tag, k) in [("common", 2), ("third", 3), ("some", 20), ("rare", 5_000)] {
        tx.retag(tag, &every(k), &[]).await.unwrap();
    }
    let odd: Vec<ContactId> = (from..to)
        .filter(|n| n % 2 == 1)
        .map(|n| ContactId::new(id(n)))
        .collect();
    tx.retag("odd", &odd, &[]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn finish(store: &Store) {
    for sql in [
        "insert into attribute (contact_id, key, value) select id, 'city', case when platform = 'stopped' then 'York' else 'Leeds' end from contact",
        "update contact set source = case consent when 'opted_in' then 'web_form' when 'opted_out' then 'keyword' end",
    ] {
        run(store, sql).await;
    }
}

async fn run(store: &Store, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match store {
        Store::Sqlite { write, .. } => drop(sqlx::query(sql).execute(write).await.unwrap()),
        Store::Postgres { pool, .. } => drop(sqlx::query(sql).execute(pool).await.unwrap()),
    }
}

async fn measure(store: &Store) {
    let some = |text: &str| Some(text.to_owned());
    let plain = || ContactFilter {
        limit: 50,
        ..ContactFilter::default()
    };
    let tags = |tags: &[&str]| ContactFilter {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..plain()
    };
    let at = |n: i64| Some(Timestamp::from_millis(START_MS + n * 1_000));
    let lists = [
        ("everybody", plain()),
        (
            "opted out",
            ContactFilter {
                consent: some("opted_out"),
                ..plain()
            },
        ),
        (
            "pending (600)",
            ContactFilter {
                consent: some("pending"),
                ..plain()
            },
        ),
        (
            "stopped",
            ContactFilter {
                platform: some("stopped"),
                ..plain()
            },
        ),
        (
            "in with us, stopped there",
            ContactFilter {
                consent: some("opted_in"),
                platform: some("stopped"),
                ..plain()
            },
        ),
        (
            "source",
            ContactFilter {
                source: some("web_form"),
                ..plain()
            },
        ),
        (
            "none of a source",
            ContactFilter {
                source: some("web_form"),
                consent: some("opted_out"),
                ..plain()
            },
        ),
        (
            "topic",
            ContactFilter {
                topic: Some(topic().id),
                ..plain()
            },
        ),
        (
            "topic, opted out",
            ContactFilter {
                topic: Some(topic().id),
                consent: some("opted_out"),
                ..plain()
            },
        ),
        ("tag of half", tags(&["common"])),
        ("tag of 200", tags(&["rare"])),
        ("two tags", tags(&["common", "third"])),
        ("two tags nobody has both of", tags(&["common", "odd"])),
        (
            "attribute",
            ContactFilter {
                attributes: vec![("city".into(), "York".into())],
                ..plain()
            },
        ),
        (
            "attribute against a state",
            ContactFilter {
                attributes: vec![("city".into(), "Leeds".into())],
                platform: some("stopped"),
                ..plain()
            },
        ),
        (
            "search `ana`",
            ContactFilter {
                search: some("ana"),
                ..plain()
            },
        ),
        (
            "search `ana souza12`",
            ContactFilter {
                search: some("ana souza12"),
                ..plain()
            },
        ),
        (
            "search `ana souza125`",
            ContactFilter {
                search: some("ana souza12500"),
                ..plain()
            },
        ),
        (
            "search a number",
            ContactFilter {
                search: some("+447700007919"),
                ..plain()
            },
        ),
        (
            "search `+4477`",
            ContactFilter {
                search: some("+4477"),
                ..plain()
            },
        ),
        (
            "search the end 4321",
            ContactFilter {
                search: some("4321"),
                ..plain()
            },
        ),
        (
            "search `zzz`",
            ContactFilter {
                search: some("zzz"),
                ..plain()
            },
        ),
        (
            "changed in a week",
            ContactFilter {
                changed: (at(400_000), at(500_000)),
                ..plain()
            },
        ),
        (
            "created in a day",
            ContactFilter {
                created: (at(400_000), at(486_400)),
                ..plain()
            },
        ),
        (
            "all of it",
            ContactFilter {
                search: some("carla"),
                consent: some("opted_in"),
                platform: some("stopped"),
                changed: (at(100_000), at(800_000)),
                attributes: vec![("city".into(), "York".into())],
                ..tags(&["common"])
            },
        ),
    ];
    println!(
        "{:32} {:>9} {:>9} {:>9} {:>6} {:>5} {:>22} {:>9}",
        "list", "first ms", "page ms", "tenth ms", "rows", "more", "count to 10,000", "ms"
    );
    for (name, mut filter) in lists {
        let (_, first, _) = page(store, &filter).await;
        let (found, again, next) = page(store, &filter).await;
        let mut tenth = 0.0;
        let mut at = next;
        for _ in 0..9 {
            let Some(place) = at else { break };
            filter.after = Some(place);
            (_, tenth, at) = page(store, &filter).await;
        }
        filter.after = None;
        let began = Instant::now();
        let count = store.count_of(&filter, 10_000).await.unwrap();
        let took = began.elapsed().as_secs_f64() * 1e3;
        println!(
            "{name:32} {first:9.1} {again:9.1} {tenth:9.1} {found:6} {:5} {:>22} {took:9.1}",
            next.is_some(),
            format!("{count:?}")
        );
    }
}

async fn page(
    store: &Store,
    filter: &ContactFilter,
) -> (usize, f64, Option<store::contact::Place>) {
    let began = Instant::now();
    let page = store.contacts(filter).await.unwrap();
    (
        page.lines.len(),
        began.elapsed().as_secs_f64() * 1e3,
        page.next,
    )
}
