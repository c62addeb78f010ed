//! Segments and kinds of values over HTTP, and the law that a statement finds whom the conditions mean.

use std::collections::BTreeSet;

use consent::{
    alias::Alias,
    id::{AttemptId, ContactId},
    request::Request,
    scope::Category,
    time::{DAY_MS, Timestamp},
};
use serde_json::{Value, json};
use server::services::{policy, segments, stances, summary};
use store::{
    contact::ContactLine,
    message::{Direction, MessageLine, State as Sent},
    segment::{Condition, Leaf, Page, State, Test},
};
use uuid::Uuid;

use crate::{
    api::problem,
    house::{House, NUMBER},
};

const ANA: &str = "+447700900123";
const BIA: &str = "+5511987654321";

async fn id_of(house: &House, to: &str) -> String {
    let path = format!("/api/v1/contacts?search={}", to.trim_start_matches('+'));
    let found = house.get(&path).await.expect(200).json();
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

async fn count(house: &House, condition: Value) -> i64 {
    let body = json!({ "condition": condition });
    let answer = house.post("/api/v1/segments/count", body).await;
    answer.expect(200).json()["count"].as_i64().unwrap()
}

#[tokio::test]
async fn a_kind_of_value_is_kept_to_from_then_on() {
    for house in [House::open().await, House::open_postgres().await] {
        house.opt_in(ANA).await;
        let contact = format!("/api/v1/contacts/{}", id_of(&house, ANA).await);
        let patch = async |value: Value| {
            let body = json!({"attributes": {"age": value}});
            house.send("PATCH", &contact, body).await
        };
        patch(json!("old")).await.expect(200);
        let path = "/api/v1/attributes/age";
        let body = json!({"kind": "number"});
        let set = house.send("PUT", path, body).await.expect(200).json();
        let want = json!({"key": "age", "kind": "number", "used": 1, "unfit": 1});
        assert_eq!(set, want);
        let refused = patch(json!("older")).await.expect(422);
        assert_eq!(problem(&refused)["field"], "attributes");
        let kept = patch(json!(" 42 ")).await.expect(200).json();
        assert_eq!(kept["attributes"]["age"], "42");
        assert_eq!(house.get(path).await.expect(200).json()["unfit"], 0);
        let list = house.get("/api/v1/attributes").await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let bad = house.send("PUT", path, json!({"kind": "colour"})).await;
        assert_eq!(problem(&bad.expect(422))["field"], "kind");
        house.delete(path).await.expect(204);
        house.delete(path).await.expect(404);
        patch(json!("anything")).await.expect(200);
        house.get("/api/v1/attributes/none").await.expect(404);
        house.close().await;
    }
}

#[tokio::test]
async fn a_segment_is_kept_counted_listed_and_removed() {
    for house in [House::open().await, House::open_postgres().await] {
        house.opt_in(ANA).await;
        house.opt_out(BIA).await;
        let topic = json!({"name": "offers", "category": "marketing"});
        let topic = house.post("/api/v1/topics", topic).await.expect(201).json();
        let by_name = json!({"consent": {"is": "opted_in", "topic": "offers"}});
        let body = json!({"name": "Offers", "condition": by_name});
        let made = house.post("/api/v1/segments", body.clone()).await;
        let made = made.expect(201).json();
        // A topic may be renamed: its id is what is kept.
        assert_eq!(made["condition"]["consent"]["topic"], topic["id"]);
        assert_eq!((&made["count"], &made["version"]), (&json!(1), &json!(1)));
        house.post("/api/v1/segments", body).await.expect(409);
        let scope = json!({"topic": "offers"});
        house
            .event(json!({"to": ANA, "kind": "opt_out", "scope": scope}))
            .await;
        let path = format!("/api/v1/segments/{}", made["id"].as_str().unwrap());
        assert_eq!(house.get(&path).await.expect(200).json()["count"], 0);
        let out = json!({"name": "Out", "condition": {"consent": {"is": "opted_out", "topic": "offers"}}});
        let changed = house.send("PUT", &path, out).await.expect(200).json();
        assert_eq!(
            (&changed["name"], &changed["count"]),
            (&json!("Out"), &json!(2))
        );
        let first = house.get(&format!("{path}/contacts?limit=1")).await;
        let first = first.expect(200).json();
        let next = first["next"].as_str().unwrap();
        let rest = format!("{path}/contacts?limit=1&cursor={next}");
        let rest = house.get(&rest).await.expect(200).json();
        assert_eq!(rest["next"], Value::Null);
        assert_ne!(first["items"][0]["id"], rest["items"][0]["id"]);
        let ready = house.get("/api/v1/segments/opted_out").await.expect(200);
        assert_eq!(
            (&ready.json()["count"], &ready.json()["built_in"]),
            (&json!(1), &json!(true))
        );
        house.delete("/api/v1/segments/opted_out").await.expect(409);
        let list = house.get("/api/v1/segments").await.expect(200).json();
        let names: Vec<&str> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["opted_out", "opted_in", made["id"].as_str().unwrap()]
        );
        house.delete(&path).await.expect(204);
        house.get(&path).await.expect(404);
        house.get("/api/v1/segments/nonsense").await.expect(404);
        let bad = json!({"condition": {"tag": "x", "sql": "1"}});
        problem(&house.post("/api/v1/segments/count", bad).await.expect(422));
        let deep = format!(
            "{{\"condition\":{}1{}}}",
            "{\"not\":".repeat(200),
            "}".repeat(200)
        );
        let deep = house.post_as("/api/v1/segments/count", "application/json", deep);
        assert!(deep.await.status.is_client_error());
        house.close().await;
    }
}

#[tokio::test]
async fn a_segment_whose_attribute_changed_its_kind_can_still_be_seen() {
    let house = House::open().await;
    let age = "/api/v1/attributes/age";
    house
        .send("PUT", age, json!({"kind": "number"}))
        .await
        .expect(200);
    let body = json!({"name": "42", "condition": {"attribute": {"key": "age", "is": "42"}}});
    let made = house
        .post("/api/v1/segments", body)
        .await
        .expect(201)
        .json();
    assert_eq!(made["condition"]["attribute"]["is"], 42.0);
    house
        .send("PUT", age, json!({"kind": "date"}))
        .await
        .expect(200);
    let path = format!("/api/v1/segments/{}", made["id"].as_str().unwrap());
    let shown = house.get(&path).await.expect(200).json();
    assert_eq!(shown.get("count"), None);
    house.get(&format!("{path}/contacts")).await.expect(422);
}

#[tokio::test]
async fn what_was_said_before_there_was_a_place_for_it_is_written_down() {
    for house in [House::open().await, House::open_postgres().await] {
        house
            .event(json!({"to": ANA, "kind": "opt_out", "scope": {"all": true}}))
            .await;
        house.opt_in(BIA).await;
        let out = json!({"consent": {"is": "opted_out", "category": "utility"}});
        assert_eq!(count(&house, out.clone()).await, 1);
        let ana = ContactId::new(id_of(&house, ANA).await.parse().unwrap());
        let mut tx = house.app.store.begin().await.unwrap();
        tx.set_stances(&[ana], &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&house, out.clone()).await, 0);
        while stances::step(&house.app).await.unwrap() {}
        assert_eq!(count(&house, out).await, 1);
        house.close().await;
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

const VALUES: [&str; 12] = [
    "7",
    "42",
    "-3.5",
    "gold",
    "Gold",
    "Österreich",
    "2026-11-22",
    "1984-02-29",
    "true",
    "100%",
    "a_b",
    "",
];

/// Somebody, as the naive reading sees them.
struct Somebody {
    line: ContactLine,
    wrote: Option<Timestamp>,
    sent: Option<Timestamp>,
}

async fn crowd(house: &House, dice: &mut Dice) -> Vec<Somebody> {
    for (name, category) in [("offers", "marketing"), ("orders", "utility")] {
        let topic = json!({"name": name, "category": category});
        house.post("/api/v1/topics", topic).await.expect(201);
    }
    let scopes = [
        json!({"all": true}),
        json!({"category": "marketing"}),
        json!({"category": "utility"}),
        json!({"topic": "offers"}),
        json!({"topic": "orders"}),
    ];
    let mut people = Vec::new();
    for n in 0..40 {
        let to = dice.of(&["+4477009001", "+55119876543", "someone"]);
        let to = if to == "someone" {
            format!("someone{n}@example.com")
        } else {
            format!("{to}{n:02}")
        };
        let mut contact = Value::Null;
        for _ in 0..=dice.below(4) {
            let kind = dice.of(&["opt_in", "opt_out", "opt_in_requested", "opt_out"]);
            let evidence = json!({"source": "web_form", "wording": "Yes."});
            let event =
                json!({"to": to, "kind": kind, "scope": dice.of(&scopes), "evidence": evidence});
            contact = house.event(event).await["contact"].clone();
            house.pass(std::time::Duration::from_secs(3_600));
        }
        let id = contact.as_str().unwrap().to_owned();
        let mut attributes = serde_json::Map::new();
        for key in ["x", "y"] {
            if dice.below(3) > 0 {
                attributes.insert(key.to_owned(), json!(dice.of(&VALUES)));
            }
        }
        let tags: Vec<&str> = ["vip", "new"]
            .into_iter()
            .filter(|_| dice.below(2) == 0)
            .collect();
        let body = json!({"attributes": attributes, "tags": {"add": tags}});
        house
            .send("PATCH", &format!("/api/v1/contacts/{id}"), body)
            .await
            .expect(200);
        let contact = ContactId::new(id.parse().unwrap());
        let (wrote, sent) = talk(house, dice, contact).await;
        people.push((contact, wrote, sent));
    }
    let mut crowd = Vec::new();
    for (contact, wrote, sent) in people {
        let line = house.app.store.contact(contact).await.unwrap().unwrap();
        crowd.push(Somebody { line, wrote, sent });
    }
    crowd
}

/// Lets somebody write, and something go to them or be refused; says when it last did.
async fn talk(
    house: &House,
    dice: &mut Dice,
    contact: ContactId,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let (mut wrote, mut sent) = (None, None);
    let mut lines = Vec::new();
    for _ in 0..dice.below(4) {
        let days = i64::try_from(dice.below(40)).unwrap();
        let at = house.app.clock.now().plus_millis(-days * DAY_MS);
        let (direction, basis) = dice.of(&[
            (Direction::In, None),
            (Direction::Out, Some("opt_in".to_owned())),
            (Direction::Out, None),
        ]);
        match (&direction, &basis) {
            (Direction::In, _) => wrote = wrote.max(Some(at)),
            (Direction::Out, Some(_)) => sent = sent.max(Some(at)),
            (Direction::Out, None) => {}
        }
        lines.push(MessageLine {
            id: AttemptId::new(Uuid::now_v7()),
            contact,
            direction,
            number: NUMBER.to_owned(),
            recipient: String::new(),
            category: "marketing".to_owned(),
            topic: None,
            template: None,
            state: Sent::Reserved,
            code: None,
            reason: None,
            because: vec![],
            basis,
            policy_version: 0,
            as_of: 0,
            at,
            outcome: None,
            unknown: None,
            wamid: None,
            error_code: None,
            fingerprint: None,
            sealed: None,
        });
    }
    let mut tx = house.app.store.begin().await.unwrap();
    tx.keep_messages(&lines).await.unwrap();
    tx.commit().await.unwrap();
    (wrote, sent)
}

/// What somebody means by a condition, without any statement.
struct Naive<'a> {
    policy: &'a consent::policy::Policy,
    now: Timestamp,
}

impl Naive<'_> {
    fn meets(&self, who: &Somebody, condition: &Condition) -> bool {
        match condition {
            Condition::All(all) => all.iter().all(|one| self.meets(who, one)),
            Condition::Any(any) => any.iter().any(|one| self.meets(who, one)),
            Condition::Not(one) => !self.meets(who, one),
            Condition::Is(leaf) => self.is(who, leaf),
        }
    }

    fn said(&self, who: &Somebody, request: &Request) -> State {
        summary::state(request, &who.line.person.standing, self.policy, self.now)
    }

    fn is(&self, who: &Somebody, leaf: &Leaf) -> bool {
        let within = |at: Option<Timestamp>, days: u32| {
            at.is_some_and(|at| at >= self.now.plus_millis(-DAY_MS * i64::from(days)))
        };
        match leaf {
            Leaf::Consent(state) => self.said(who, &Request::about(Category::Marketing)) == *state,
            Leaf::Category(category, state) => self.said(who, &Request::about(*category)) == *state,
            Leaf::Topic(id, category, state) => {
                let topic = Some(consent::scope::Topic {
                    id: *id,
                    category: *category,
                });
                let request = Request {
                    topic,
                    ..Request::about(*category)
                };
                self.said(who, &request) == *state
            }
            Leaf::Stopped(is) => (summary::platform(&who.line.person.standing) == "stopped") == *is,
            Leaf::Tag(tag) => who.line.tags.contains(tag),
            Leaf::Attribute(key, test) => {
                let value = who.line.attributes.iter().find(|(name, _)| name == key);
                value.is_some_and(|(_, value)| passes(value, test))
            }
            Leaf::Wrote(days) => within(who.wrote, *days),
            Leaf::Sent(days) => within(who.sent, *days),
            Leaf::Created(days) => within(Some(who.line.created), *days),
            Leaf::Alias(kind) => who
                .line
                .aliases
                .iter()
                .any(|held| held.alias.kind() == kind),
            Leaf::Prefix(digits) => who.line.aliases.iter().any(|held| match &held.alias {
                Alias::Phone(phone) | Alias::WaId(phone) => phone.digits().starts_with(digits),
                Alias::Bsuid(_) | Alias::ParentBsuid(_) | Alias::Email(_) => false,
            }),
        }
    }
}

fn passes(value: &str, test: &Test) -> bool {
    let number = server::services::attributes::number(value);
    let is_day = value.len() == 10 && value.as_bytes()[4] == b'-';
    match test {
        Test::IsSet => true,
        Test::Is(text) => value == text,
        Test::Contains(part) => value
            .to_ascii_lowercase()
            .contains(&part.to_ascii_lowercase()),
        Test::Before(day) => is_day && value < day.as_str(),
        Test::After(day) => is_day && value > day.as_str(),
        Test::Equals(other) => number == Some(*other),
        Test::Less(other) => number.is_some_and(|number| number < *other),
        Test::Greater(other) => number.is_some_and(|number| number > *other),
    }
}

fn tree(dice: &mut Dice, topics: &[(consent::id::TopicId, Category)], depth: usize) -> Condition {
    let parts = |dice: &mut Dice| {
        let count = dice.below(3) + 1;
        (0..count).map(|_| tree(dice, topics, depth + 1)).collect()
    };
    match dice.below(if depth < 4 { 8 } else { 5 }) {
        5 => Condition::All(parts(dice)),
        6 => Condition::Any(parts(dice)),
        7 => Condition::Not(Box::new(tree(dice, topics, depth + 1))),
        _ => Condition::Is(question(dice, topics)),
    }
}

fn question(dice: &mut Dice, topics: &[(consent::id::TopicId, Category)]) -> Leaf {
    let state = dice.of(&State::ALL);
    let days = dice.of(&[1, 7, 30]);
    let text = dice.of(&VALUES).to_owned();
    let number = dice.of(&[7.0, 42.0, -3.5, 0.0]);
    let day = dice.of(&["2026-11-22", "2000-01-01"]).to_owned();
    match dice.below(11) {
        0 => Leaf::Consent(state),
        1 => Leaf::Category(dice.of(&[Category::Utility, Category::Marketing]), state),
        2 => {
            let (id, category) = dice.of(topics);
            Leaf::Topic(id, category, state)
        }
        3 => Leaf::Stopped(dice.below(2) == 0),
        4 => Leaf::Tag(dice.of(&["vip", "new", "opted-out"]).to_owned()),
        5 => Leaf::Wrote(days),
        6 => Leaf::Sent(days),
        7 => Leaf::Created(days),
        8 => Leaf::Alias(dice.of(&["phone", "email"]).to_owned()),
        9 => Leaf::Prefix(dice.of(&["44", "5511", "4"]).to_owned()),
        _ => {
            let test = match dice.below(8) {
                0 => Test::IsSet,
                1 => Test::Is(text),
                2 => Test::Contains(dice.of(&["OL", "%", "_", "ö", "Ö", "2"]).to_owned()),
                3 => Test::Before(day),
                4 => Test::After(day),
                5 => Test::Equals(number),
                6 => Test::Less(number),
                _ => Test::Greater(number),
            };
            Leaf::Attribute(dice.of(&["x", "y"]).to_owned(), test)
        }
    }
}

#[tokio::test]
async fn a_statement_finds_whom_the_conditions_mean() {
    for (house, seed) in [(House::open().await, 7), (House::open_postgres().await, 11)] {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 + seed);
        let crowd = crowd(&house, &mut dice).await;
        let policy = policy::current(&house.app).await.unwrap();
        let lines = house.app.store.topics().await.unwrap();
        let topics: Vec<_> = lines
            .iter()
            .map(|line| (line.topic.id, line.topic.category))
            .collect();
        let naive = Naive {
            policy: &policy,
            now: house.app.clock.now(),
        };
        let everybody = Page {
            after: None,
            limit: 1_000,
        };
        let mut sizes = BTreeSet::new();
        for _ in 0..400 {
            let condition = tree(&mut dice, &topics, 1);
            let found = segments::ids(&house.app, &condition, &everybody)
                .await
                .unwrap();
            let found: BTreeSet<ContactId> = found.into_iter().collect();
            let meant = crowd.iter().filter(|who| naive.meets(who, &condition));
            let meant: BTreeSet<ContactId> = meant.map(|who| who.line.person.id).collect();
            assert_eq!(found, meant, "{condition:?}");
            sizes.insert(found.len());
        }
        assert!(
            sizes.len() > 10,
            "the conditions tell people apart: {sizes:?}"
        );
        house.close().await;
    }
}
