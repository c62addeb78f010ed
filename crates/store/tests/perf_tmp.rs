use consent::{id::TopicId, scope::Category, time::Timestamp};
use sqlx::AssertSqlSafe;
use std::time::Instant;
use store::{
    pool::Store,
    segment::{Condition, Leaf, Page, State, Test},
};

const N: i64 = 1_000_000;

async fn raw(store: &Store, sql: &str) {
    let begun = Instant::now();
    match store {
        Store::Sqlite { write, .. } => {
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(write)
                .await
                .unwrap();
        }
        Store::Postgres { pool, .. } => {
            sqlx::raw_sql(AssertSqlSafe(format!(
                "set statement_timeout=0; reset role; {sql}"
            )))
            .execute(pool)
            .await
            .unwrap();
        }
    }
    println!("  fill {:?}", begun.elapsed());
}

async fn run(store: Store, pg: bool) {
    let n = N;
    let nums = if pg {
        format!("(select g as x from generate_series(1, {n}) g) n")
    } else {
        format!(
            "(with recursive n(x) as (select 1 union all select x + 1 from n where x < {n}) select x from n) n"
        )
    };
    let id = if pg {
        "decode(lpad(to_hex(x), 12, '0') || '70008000' || lpad(to_hex((x * 2654435761) % 4294967296), 12, '0'), 'hex')"
    } else {
        "unhex(printf('%012x', x) || '70008000' || printf('%012x', (x * 2654435761) % 4294967296))"
    };
    let pad = "{\"registers\":{\"marketing|*|*\":{\"in\":{\"ours\":[1795341600000,\"0198aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee\"]},\"out\":{},\"asked\":{}}},\"platform\":{},\"holds\":{},\"released\":[],\"retracted\":[],\"blocked\":null,\"identity_changed\":{},\"backoff\":null,\"heard\":{},\"sources\":{\"0198aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee\":\"web_form\"}}";
    raw(&store, &format!("insert into contact (id, name, folded, sealing_key, standing, version, consent, platform, created_ms, changed_ms) select {id}, 'p' || x, 'p' || x, {}, '{pad}', 1, case when x % 3 = 0 then 'opted_in' when x % 3 = 1 then 'opted_out' else 'none' end, case when x % 20 = 0 then 'stopped' else 'open' end, 1795341600000 - (x % 400) * 86400000, 1795341600000 from {nums}", if pg {"decode(repeat('07',60),'hex')"} else {"zeroblob(60)"})).await;
    raw(&store, &format!("insert into alias (key, contact_id, kind, value, since_ms) select 'p:' || (447700000000 + x), {id}, 'phone', '+' || (447700000000 + x), 0 from {nums}")).await;
    raw(&store, &format!("insert into tag select {id}, case when x % 10 = 0 then 'vip' else 'new' end from {nums} where x % 2 = 0")).await;
    raw(
        &store,
        &format!("insert into attribute select {id}, 'age', x % 90 from {nums}")
            .replace("x % 90", "cast(x % 90 as text)"),
    )
    .await;
    raw(&store, &format!("insert into attribute select {id}, 'plan', case when x % 4 = 0 then 'Gold' else 'silver' end from {nums}")).await;
    let topic = TopicId::new(uuid::Uuid::from_u128(77));
    raw(
        &store,
        &format!(
            "insert into stance select {id}, '{topic}', 'opted_out' from {nums} where x % 5 = 0"
        ),
    )
    .await;
    raw(&store, &format!("insert into message (contact_id, id, direction, number, recipient, category, state, because, basis, policy_version, as_of, at_ms) select {id}, {id}, case when x % 2 = 0 then 'in' else 'out' end, '1', '', 'marketing', 'accepted', '[]', 'opt_in', 0, 0, 1795341600000 - (x % 100) * 86400000 from {nums}")).await;
    raw(&store, "analyze").await;
    let now = Timestamp::from_millis(1_795_341_600_000);
    let is = |leaf| Condition::Is(leaf);
    let age = |t| is(Leaf::Attribute("age".into(), t));
    let cases: Vec<(&str, Condition)> = vec![
        ("everybody", Condition::All(vec![])),
        ("opted in", is(Leaf::Consent(State::OptedIn))),
        (
            "topic opted out",
            is(Leaf::Topic(topic, Category::Marketing, State::OptedOut)),
        ),
        (
            "topic none",
            is(Leaf::Topic(topic, Category::Marketing, State::None)),
        ),
        ("tag vip", is(Leaf::Tag("vip".into()))),
        (
            "not tag vip",
            Condition::Not(Box::new(is(Leaf::Tag("vip".into())))),
        ),
        (
            "tag vip and opted in",
            Condition::All(vec![
                is(Leaf::Tag("vip".into())),
                is(Leaf::Consent(State::OptedIn)),
            ]),
        ),
        (
            "tag vip or stopped",
            Condition::Any(vec![is(Leaf::Tag("vip".into())), is(Leaf::Stopped(true))]),
        ),
        (
            "plan is Gold",
            is(Leaf::Attribute("plan".into(), Test::Is("Gold".into()))),
        ),
        (
            "plan contains old",
            is(Leaf::Attribute("plan".into(), Test::Contains("old".into()))),
        ),
        ("age > 40", age(Test::Greater(40.0))),
        ("wrote 30d", is(Leaf::Wrote(30))),
        ("sent 30d", is(Leaf::Sent(30))),
        (
            "not wrote 30d",
            Condition::Not(Box::new(is(Leaf::Wrote(30)))),
        ),
        ("prefix +44770", is(Leaf::Prefix("44770".into()))),
        ("has email", is(Leaf::Alias("email".into()))),
        (
            "campaign: opted in, open, age>40, wrote 90d, not vip",
            Condition::All(vec![
                is(Leaf::Consent(State::OptedIn)),
                is(Leaf::Stopped(false)),
                age(Test::Greater(40.0)),
                is(Leaf::Wrote(90)),
                Condition::Not(Box::new(is(Leaf::Tag("vip".into())))),
            ]),
        ),
        (
            "any of 4",
            Condition::Any(vec![
                is(Leaf::Tag("vip".into())),
                age(Test::Less(5.0)),
                is(Leaf::Wrote(7)),
                is(Leaf::Prefix("49".into())),
            ]),
        ),
    ];
    for (name, c) in cases {
        let mut best = f64::MAX;
        let mut count = 0;
        for _ in 0..2 {
            let b = Instant::now();
            count = store.count_segment(&c, now).await.unwrap_or(-1);
            best = best.min(b.elapsed().as_secs_f64());
        }
        let b = Instant::now();
        let ids = store
            .segment_ids(
                &c,
                now,
                &Page {
                    after: None,
                    limit: 500,
                },
            )
            .await
            .unwrap();
        println!(
            "{name:55} {count:>8} count {best:.3}s  first page of {} {:.3}s",
            ids.len(),
            b.elapsed().as_secs_f64()
        );
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn perf_sqlite() {
    let dir = tempfile::tempdir_in("/work/wt").unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("x.db").display()))
        .await
        .unwrap();
    run(store, false).await;
}
#[tokio::test(flavor = "multi_thread")]
async fn perf_postgres() {
    let url = std::env::var("CONSENTRY_TEST_DATABASE").unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    sqlx::raw_sql("drop schema if exists perf cascade; create schema perf")
        .execute(&pool)
        .await
        .unwrap();
    let store = Store::open(&format!(
        "{url}{}options=-csearch_path%3Dperf",
        if url.contains('?') { '&' } else { '?' }
    ))
    .await
    .unwrap();
    run(store, true).await;
    sqlx::raw_sql("drop schema perf cascade")
        .execute(&pool)
        .await
        .unwrap();
}
