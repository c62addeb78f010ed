//! U+0000 is legal in JSON and in no PostgreSQL text: no door lets it break a statement.

use std::sync::Arc;

use consent::{
    event::Fact,
    id::TopicId,
    scope::{Category, Topic},
};
use store::{
    contact::{ContactFilter, Edit},
    event::NewEvent,
    house::{KeyLine, PolicyLine, Remembered, TopicLine},
    inbox::QuarantineLine,
    log::CheckpointLine,
    message::{MessageFilter, MessageLine, News, Reservation, State},
    relay::RelayLine,
    template::{Notice, TemplateChange, TemplateLine, TemplateTurn, Told},
};
use uuid::Uuid;

use crate::{
    events::event,
    harness::{Place, at, message},
};

contract![
    contacts_take_it,
    messages_take_it,
    the_inbox_takes_it,
    templates_take_it,
    the_house_takes_it,
    the_log_takes_it,
];

fn bad(text: &str) -> String {
    format!("\0{text}\0")
}

async fn contacts_take_it(place: Arc<Place>) {
    let ana = place.newcomer("A\0na").await;
    let edit = Edit {
        tags: vec![bad("vip"), "vip".to_owned()],
        untag: vec![bad("x")],
        attributes: vec![
            (bad("city"), Some(bad("York"))),
            ("city".to_owned(), Some(bad("Hull"))),
        ],
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.edit(ana, &edit).await.unwrap();
    tx.retag(&bad("spring"), &[ana], &[]).await.unwrap();
    tx.set_names(&[(ana, None, Some(bad("@ana")))])
        .await
        .unwrap();
    tx.find(&[bad("p:1")]).await.unwrap();
    tx.end_aliases(&[bad("p:1")], at(0)).await.unwrap();
    tx.commit().await.unwrap();
    let filter = ContactFilter {
        search: Some(bad("ana")),
        tags: vec![bad("spring")],
        attributes: vec![(bad("city"), bad("Hull"))],
        consent: Some(bad("none")),
        platform: Some(bad("open")),
        limit: 9,
        ..ContactFilter::default()
    };
    let store = &place.store;
    store.find(&[bad("p:1")]).await.unwrap();
    let found = store.contacts(&filter).await.unwrap().lines.pop().unwrap();
    store.tagged(&bad("vip"), &[ana]).await.unwrap();
    assert_eq!(found.person.name.as_deref(), Some("Ana"));
    assert_eq!(found.note.as_deref(), Some("@ana"));
    assert_eq!(found.tags, ["spring", "vip"]);
    assert_eq!(found.attributes, [("city".to_owned(), "Hull".to_owned())]);
}

async fn messages_take_it(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let line = MessageLine {
        number: bad("1"),
        recipient: bad("+447700900123"),
        category: bad("marketing"),
        template: Some((bad("spring"), bad("en"))),
        code: Some(bad("held")),
        reason: Some(bad("why")),
        because: vec![bad("e1")],
        basis: Some(bad("opt_in")),
        wamid: Some(bad("wamid.1")),
        ..message(ana)
    };
    let denied = MessageLine {
        id: message(ana).id,
        state: State::Denied,
        ..line.clone()
    };
    let news = News {
        id: Some(line.id),
        wamid: Some(bad("wamid.1")),
        state: State::Failed,
        error_code: Some(1),
        reason: Some(bad("Meta said")),
        at: at(0),
    };
    let mut tx = place.store.begin().await.unwrap();
    let claims = [Reservation {
        message: &line,
        version: 1,
    }];
    assert_eq!(tx.reserve(&claims, 0).await.unwrap().len(), 1);
    tx.keep_messages(&[denied]).await.unwrap();
    tx.take_news(&[news]).await.unwrap();
    tx.commit().await.unwrap();
    let found = place
        .store
        .find_messages(&[], &[bad("wamid.1")])
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|line| line.recipient == "+447700900123"));
    assert!(
        found
            .iter()
            .any(|line| line.reason.as_deref() == Some("Meta said"))
    );
    let filter = MessageFilter {
        code: Some(bad("held")),
        state: Some(bad("denied")),
        limit: 9,
        ..MessageFilter::default()
    };
    assert_eq!(place.store.messages(&filter).await.unwrap().len(), 1);
}

async fn the_inbox_takes_it(place: Arc<Place>) {
    let part = QuarantineLine {
        id: Uuid::now_v7(),
        received: at(0),
        sha256: vec![1; 32],
        path: bad("entry/0"),
        reason: bad("why"),
        sealed: vec![0, 0],
        state: "open".to_owned(),
        retried: None,
    };
    let body = RelayLine {
        id: Uuid::now_v7(),
        sender: bad("447700900123"),
        sealed: vec![0],
        signature: bad("sha256=00"),
        attempts: 0,
        created: at(0),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.quarantine(std::slice::from_ref(&part)).await.unwrap();
    tx.retried(part.id, &bad("open"), &bad("still"), at(1))
        .await
        .unwrap();
    tx.enqueue_relays(&[body]).await.unwrap();
    tx.commit().await.unwrap();
    let kept = place.store.quarantined(part.id).await.unwrap().unwrap();
    let shown = (
        kept.path.as_str(),
        kept.reason.as_str(),
        kept.state.as_str(),
    );
    assert_eq!(shown, ("entry/0", "still", "open"));
    let due = place
        .store
        .due_relays(at(0), 9)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (due.sender.as_str(), due.signature.as_str()),
        ("447700900123", "sha256=00")
    );
}

fn told() -> Told {
    Told {
        coming: Some(bad("utility")),
        coming_at: None,
        since: None,
        reason: Some(bad("FIRST_PAUSE")),
        note: Some(bad("Low quality.")),
        day: Some(bad("Nov 23")),
    }
}

fn turn() -> TemplateTurn {
    TemplateTurn {
        id: Uuid::now_v7(),
        at: at(0),
        account: Some(bad("2")),
        name: bad("spring"),
        language: bad("en"),
        kind: bad("status"),
        was: Some(bad("APPROVED")),
        became: Some(bad("PAUSED")),
        note: Some(bad("Low quality.")),
    }
}

async fn templates_take_it(place: Arc<Place>) {
    let line = |name: &str| TemplateLine {
        account: bad("2"),
        name: name.to_owned(),
        language: bad("en"),
        id: bad("7"),
        category: bad("marketing"),
        status: bad("APPROVED"),
        quality: Some(bad("GREEN")),
        topic: None,
        components: bad("[]"),
        changed: at(0),
        told: told(),
    };
    let change = TemplateChange {
        account: Some(bad("2")),
        name: bad("spring"),
        language: bad("en"),
        category: Some(bad("utility")),
        status: Some(bad("PAUSED")),
        quality: Some(bad("RED")),
        at: at(1),
        told: told(),
    };
    let notice = Notice {
        id: Uuid::now_v7(),
        at: at(0),
        account: Some(bad("2")),
        number: Some(bad("1")),
        kind: bad("account_update"),
        body: bad("{\"x\":\"\\u0000\"}"),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.put_templates(&[line("spring"), line(&bad("spring"))])
        .await
        .unwrap();
    assert!(tx.change_template(&change).await.unwrap());
    tx.keep_template_turns(&[turn()]).await.unwrap();
    assert!(tx.bind_template(&bad("7"), None).await.unwrap());
    assert_eq!(tx.drop_templates(&bad("3"), at(9)).await.unwrap(), 0);
    tx.keep_notices(&[notice]).await.unwrap();
    tx.commit().await.unwrap();
    let store = &place.store;
    let found = store
        .template(&bad("2"), &bad("spring"), &bad("en"))
        .await
        .unwrap()
        .unwrap();
    let shown = (
        found.category.as_str(),
        found.status.as_str(),
        found.components.as_str(),
    );
    assert_eq!(shown, ("utility", "PAUSED", "[]"));
    assert_eq!(store.templates().await.unwrap().len(), 1);
    let notice = store.notices(1).await.unwrap().pop().unwrap();
    assert_eq!(
        (notice.kind.as_str(), notice.body.as_str()),
        ("account_update", "{\"x\":\"\\u0000\"}")
    );
}

async fn the_house_takes_it(place: Arc<Place>) {
    let topic = Topic {
        id: TopicId::new(Uuid::now_v7()),
        category: Category::Utility,
    };
    let topic = TopicLine {
        topic,
        name: bad("offers"),
        description: bad("what it brings"),
        created: at(0),
    };
    let key = KeyLine {
        id: Uuid::now_v7(),
        name: bad("app"),
        role: bad("app"),
        hash: vec![0; 32],
        created: at(0),
        revoked: None,
    };
    let what = Remembered {
        request: vec![0; 32],
        answer: bad("{}"),
    };
    let policy = PolicyLine {
        version: 1,
        body: bad("{}"),
        at: at(0),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.set_house(&bad("a"), &[0]).await.unwrap();
    tx.found_house(&bad("b"), &[0]).await.unwrap();
    tx.add_topic(&topic).await.unwrap();
    tx.add_key(&key).await.unwrap();
    tx.remember(&[0], &what, at(0)).await.unwrap();
    tx.set_policy(&policy).await.unwrap();
    tx.lease(&bad("job"), Uuid::now_v7(), at(0), at(1))
        .await
        .unwrap();
    tx.release_lease(&bad("job"), Uuid::now_v7()).await.unwrap();
    tx.commit().await.unwrap();
    let store = &place.store;
    assert_eq!(store.house(&bad("b")).await.unwrap().unwrap(), [0]);
    assert_eq!(store.topics().await.unwrap()[0].name, "offers");
    assert_eq!(store.keys().await.unwrap()[0].name, "app");
    assert_eq!(store.remembered(&[0]).await.unwrap().unwrap().answer, "{}");
    assert_eq!(store.policy().await.unwrap().unwrap().body, "{}");
}

async fn the_log_takes_it(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let mut happened = event(ana, Fact::Blocked);
    happened.evidence.source = bad("web_form");
    let new = NewEvent {
        event: &happened,
        leaf: &[0; 112],
        sealed: vec![0; 4],
    };
    let note = CheckpointLine {
        size: 1,
        at: at(0),
        note: bad("note"),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.append(&[new]).await.unwrap();
    tx.keep_checkpoint(&note).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        place.store.history(ana).await.unwrap()[0].source,
        "web_form"
    );
}
