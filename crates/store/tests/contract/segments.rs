//! Attribute types, what people said, segments, and what imports and exports ask.

use std::sync::Arc;

use consent::{
    alias::Alias,
    event::Fact,
    id::{ContactId, TopicId},
    scope::Category,
    time::DAY_MS,
};
use store::{
    contact::{Edit, label::Labels},
    message::Direction,
    segment::{Condition, Leaf, Page, SegmentLine, State, Test},
    stance::Stance,
};
use uuid::Uuid;

use crate::{
    events::{append, event},
    harness::{Place, at, line, message},
};

contract![
    a_kind_of_value_is_set_and_forgotten,
    segments_are_kept_by_name,
    a_segment_is_counted_and_listed_by_each_question,
    values_that_are_no_number_or_date_meet_no_comparison,
    a_page_of_a_segment_goes_on_where_the_last_one_ended,
    whoever_was_erased_is_in_no_segment,
    labels_of_many_are_set_at_once,
    what_was_said_is_written_over,
    events_of_everybody_come_page_by_page,
    a_file_is_kept_in_parts_and_forgotten,
];

async fn a_kind_of_value_is_set_and_forgotten(place: Arc<Place>) {
    let store = &place.store;
    let mut tx = store.begin().await.unwrap();
    tx.set_attribute_type("age", "text").await.unwrap();
    tx.set_attribute_type("age", "number").await.unwrap();
    tx.set_attribute_type("since", "date").await.unwrap();
    tx.commit().await.unwrap();
    let types = store.attribute_types().await.unwrap();
    let pair = |key: &str, kind: &str| (key.to_owned(), kind.to_owned());
    assert_eq!(types, [pair("age", "number"), pair("since", "date")]);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.drop_attribute_type("age").await.unwrap());
    assert!(!tx.drop_attribute_type("age").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(
        store.attribute_types().await.unwrap(),
        [pair("since", "date")]
    );
    for name in ["Ana", "Bia", "Cai"] {
        let id = place.newcomer(name).await;
        label(&place, id, "plan", "gold").await;
        label(&place, id, "city", name).await;
    }
    assert_eq!(store.attribute_keys(9).await.unwrap(), ["city", "plan"]);
    assert_eq!(store.attribute_keys(1).await.unwrap(), ["city"]);
    assert_eq!(store.count_attribute("plan", 9).await.unwrap(), 3);
    assert_eq!(store.count_attribute("plan", 2).await.unwrap(), 2);
    assert_eq!(
        store.attribute_values("plan", 2).await.unwrap(),
        ["gold", "gold"]
    );
}

async fn segments_are_kept_by_name(place: Arc<Place>) {
    let store = &place.store;
    let segment = SegmentLine {
        id: Uuid::now_v7(),
        name: "Gold".to_owned(),
        body: "{}".to_owned(),
        created: at(1),
        changed: at(1),
    };
    let mut tx = store.begin().await.unwrap();
    tx.put_segment(&segment).await.unwrap();
    tx.commit().await.unwrap();
    let changed = SegmentLine {
        body: "[]".to_owned(),
        changed: at(2),
        ..segment.clone()
    };
    let mut tx = store.begin().await.unwrap();
    tx.put_segment(&changed).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        store.segments().await.unwrap(),
        std::slice::from_ref(&changed)
    );
    let other = SegmentLine {
        id: Uuid::now_v7(),
        ..segment.clone()
    };
    let mut tx = store.begin().await.unwrap();
    assert!(tx.put_segment(&other).await.unwrap_err().is_conflict());
    drop(tx);
    assert_eq!(store.segment(segment.id).await.unwrap(), Some(changed));
    assert_eq!(store.segment(other.id).await.unwrap(), None);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.drop_segment(segment.id).await.unwrap());
    assert!(!tx.drop_segment(segment.id).await.unwrap());
    tx.commit().await.unwrap();
    assert!(store.segments().await.unwrap().is_empty());
}

async fn a_segment_is_counted_and_listed_by_each_question(place: Arc<Place>) {
    let [ana, bia, cai] = three(&place).await;
    let plan = |test| Leaf::Attribute("plan".to_owned(), test);
    let age = |test| Leaf::Attribute("age".to_owned(), test);
    let born = |test| Leaf::Attribute("born".to_owned(), test);
    let text = |text: &str| text.to_owned();
    let all = vec![ana, bia, cai];
    for (leaf, want) in [
        (Leaf::Consent(State::None), all.clone()),
        (Leaf::Consent(State::OptedIn), vec![]),
        (
            Leaf::Category(Category::Marketing, State::None),
            all.clone(),
        ),
        (Leaf::Stopped(false), all.clone()),
        (Leaf::Stopped(true), vec![]),
        (Leaf::Tag(text("vip")), vec![bia]),
        (plan(Test::IsSet), vec![ana, bia]),
        (plan(Test::Is(text("silver"))), vec![bia]),
        (plan(Test::Contains(text("OLD 100%"))), vec![ana]),
        (plan(Test::Contains(text("_"))), vec![]),
        (age(Test::Equals(7.5)), vec![bia]),
        (age(Test::Less(42.0)), vec![bia]),
        (age(Test::Greater(7.5)), vec![ana]),
        (born(Test::Before(text("1984-03-01"))), vec![ana]),
        (born(Test::After(text("1984-02-29"))), vec![]),
        (Leaf::Wrote(1), vec![ana]),
        (Leaf::Sent(1), vec![bia]),
        (Leaf::Created(1), all.clone()),
        (Leaf::Alias(text("email")), vec![cai]),
        (Leaf::Alias(text("phone")), vec![ana, bia]),
        (Leaf::Prefix(text("44")), vec![ana]),
        (Leaf::Prefix(text("1")), vec![]),
    ] {
        assert_eq!(
            found(&place, &Condition::Is(leaf.clone())).await,
            want,
            "{leaf:?}"
        );
        let rest: Vec<ContactId> = all
            .iter()
            .filter(|id| !want.contains(id))
            .copied()
            .collect();
        let not = Condition::Not(Box::new(Condition::Is(leaf.clone())));
        assert_eq!(found(&place, &not).await, rest, "not {leaf:?}");
    }
    joined_and_later(&place, [ana, bia, cai]).await;
}

async fn joined_and_later(place: &Place, all: [ContactId; 3]) {
    let [ana, bia, _] = all;
    let text = |text: &str| text.to_owned();
    let both = |leaves: [Leaf; 2]| leaves.into_iter().map(Condition::Is).collect::<Vec<_>>();
    let pair = || both([Leaf::Tag(text("vip")), Leaf::Wrote(1)]);
    assert_eq!(found(place, &Condition::Any(pair())).await, [ana, bia]);
    assert!(found(place, &Condition::All(pair())).await.is_empty());
    assert_eq!(found(place, &Condition::All(vec![])).await, all);
    assert!(found(place, &Condition::Any(vec![])).await.is_empty());
    let later = at(10 + 2 * DAY_MS);
    for leaf in [Leaf::Wrote(1), Leaf::Sent(1), Leaf::Created(1)] {
        let condition = Condition::Is(leaf);
        let count = place.store.count_segment(&condition, later).await;
        assert_eq!(count.unwrap(), 0);
    }
}

async fn values_that_are_no_number_or_date_meet_no_comparison(place: Arc<Place>) {
    let mut good = vec![];
    for value in [
        "7",
        "-3.25",
        "007",
        "",
        "x",
        "1e999",
        "1e3",
        "0x10",
        "NaN",
        "--1",
        "1 2",
        "'",
        "null",
        "true",
        "[1]",
        "2026-11-22",
        "2026-1-2",
        "abcd-ef-gh",
        "12345678901234567890",
        "99999999999999999999999999999999999999999999999999",
    ] {
        let id = place.newcomer(value).await;
        label(&place, id, "x", value).await;
        if ["7", "-3.25", "12345678901234567890"].contains(&value) {
            good.push(id);
        }
    }
    let ask = |test| Condition::Is(Leaf::Attribute("x".to_owned(), test));
    let any = Condition::Any(vec![
        ask(Test::Less(0.0)),
        ask(Test::Greater(0.0)),
        ask(Test::Equals(0.0)),
    ]);
    assert_eq!(found(&place, &any).await, good);
    let dated = Condition::Any(vec![
        ask(Test::Before("2026-11-22".to_owned())),
        ask(Test::After("2026-11-21".to_owned())),
    ]);
    assert_eq!(found(&place, &dated).await.len(), 1);
}

async fn a_page_of_a_segment_goes_on_where_the_last_one_ended(place: Arc<Place>) {
    let mut all = vec![];
    for n in 0..5 {
        all.push(place.newcomer(&format!("p{n}")).await);
    }
    let everybody = Condition::All(vec![]);
    let mut page = Page {
        after: None,
        limit: 2,
    };
    let mut seen = vec![];
    loop {
        let ids = place
            .store
            .segment_ids(&everybody, at(0), &page)
            .await
            .unwrap();
        assert!(ids.len() <= 2);
        let Some(last) = ids.last() else { break };
        page.after = Some(*last);
        seen.extend(ids);
    }
    assert_eq!(seen, all);
    let lines = place.store.pick_contacts(&all).await.unwrap();
    let ids: Vec<ContactId> = lines.iter().map(|line| line.person.id).collect();
    assert_eq!(ids, all);
}

async fn whoever_was_erased_is_in_no_segment(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let said = Stance {
        contact: ana,
        subject: "utility".to_owned(),
        state: State::OptedOut,
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.set_stances(&[ana], &[said]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = place.store.begin().await.unwrap();
    tx.erase(ana, &[], at(9)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(found(&place, &Condition::All(vec![])).await.is_empty());
    assert!(place.store.stances(ana).await.unwrap().is_empty());
    let rows = "select count(*) from stance";
    assert_eq!(place.number(rows).await, 0);
}

async fn labels_of_many_are_set_at_once(place: Arc<Place>) {
    let (ana, bia) = (place.newcomer("Ana").await, place.newcomer("Bia").await);
    let text = |text: &str| text.to_owned();
    for city in ["Lima", "Rome"] {
        let labels = Labels {
            tags: vec![(ana, text("a")), (ana, text("b")), (bia, text("a"))],
            attributes: vec![
                (bia, text("city"), text("x")),
                (bia, text("city"), text(city)),
            ],
        };
        let mut tx = place.store.begin().await.unwrap();
        tx.put_labels(&labels).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = place.store.begin().await.unwrap();
    let labels = tx.labels(&[ana, bia]).await.unwrap();
    assert_eq!(
        labels.tags,
        [(ana, text("a")), (ana, text("b")), (bia, text("a"))]
    );
    assert_eq!(labels.attributes, [(bia, text("city"), text("Rome"))]);
    assert_eq!(tx.labels(&[]).await.unwrap(), Labels::default());
}

async fn what_was_said_is_written_over(place: Arc<Place>) {
    let (ana, bia) = (place.newcomer("Ana").await, place.newcomer("Bia").await);
    let topic = TopicId::new(Uuid::now_v7());
    let said = |contact, subject: &str, state| Stance {
        contact,
        subject: subject.to_owned(),
        state,
    };
    let first = [
        said(ana, &topic.to_string(), State::OptedIn),
        said(ana, "utility", State::OptedOut),
        said(bia, &topic.to_string(), State::OptedOut),
    ];
    let mut tx = place.store.begin().await.unwrap();
    tx.set_stances(&[ana, bia], &first).await.unwrap();
    tx.commit().await.unwrap();
    let of = |category, state| Condition::Is(Leaf::Topic(topic, category, state));
    assert_eq!(
        found(&place, &of(Category::Marketing, State::OptedIn)).await,
        [ana]
    );
    assert_eq!(
        found(&place, &of(Category::Marketing, State::OptedOut)).await,
        [bia]
    );
    let mut tx = place.store.begin().await.unwrap();
    tx.set_stances(&[ana], &[said(ana, "utility", State::OptedOut)])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let own = place.store.stances(ana).await.unwrap();
    assert_eq!(own, [said(ana, "utility", State::OptedOut)]);
    // What they said of the category holds for a topic of which they said nothing.
    assert_eq!(
        found(&place, &of(Category::Utility, State::OptedOut)).await,
        [ana, bia]
    );
    assert_eq!(
        found(&place, &of(Category::Marketing, State::None)).await,
        [ana]
    );
    let utility = Condition::Is(Leaf::Category(Category::Utility, State::OptedOut));
    assert_eq!(found(&place, &utility).await, [ana]);
    // Their standings are empty, so nothing follows from them.
    assert!(place.store.outspoken(None, 9).await.unwrap().is_empty());
}

async fn events_of_everybody_come_page_by_page(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let events = [1, 2, 3].map(|_| event(ana, Fact::Blocked));
    let kept: Vec<_> = events.iter().map(|event| (event, 1)).collect();
    append(&place, &kept).await;
    let first = place.store.events_page(None, 2).await.unwrap();
    assert_eq!(first.len(), 2);
    let rest = place
        .store
        .events_page(first.last().map(|line| line.id), 2)
        .await
        .unwrap();
    let ids: Vec<_> = first.iter().chain(&rest).map(|line| line.id).collect();
    assert_eq!(ids, events.iter().map(|event| event.id).collect::<Vec<_>>());
    assert!(first.iter().all(|line| line.sealed.is_none()));
}

async fn a_file_is_kept_in_parts_and_forgotten(place: Arc<Place>) {
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let store = &place.store;
    let mut tx = store.begin().await.unwrap();
    tx.put_upload_part(one, 0, b"a", at(0)).await.unwrap();
    tx.put_upload_part(one, 1, b"b", at(0)).await.unwrap();
    tx.put_upload_part(other, 0, b"c", at(9)).await.unwrap();
    tx.commit().await.unwrap();
    let part = async |file, part| store.upload_part(file, part).await.unwrap();
    assert_eq!(part(one, 1).await, Some(b"b".to_vec()));
    assert_eq!(part(one, 2).await, None);
    let mut tx = store.begin().await.unwrap();
    tx.drop_uploads(Uuid::nil(), at(5)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(part(one, 0).await, None);
    assert_eq!(part(other, 0).await, Some(b"c".to_vec()));
    let mut tx = store.begin().await.unwrap();
    tx.drop_uploads(other, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(part(other, 0).await, None);
}

/// Three people: one who wrote, one to whom something went, one to whom it was refused.
async fn three(place: &Place) -> [ContactId; 3] {
    let ana = place.caller("Ana", "+447700900123").await;
    let bia = place.caller("Bia", "+5511987654321").await;
    let cai = place.newcomer("Cai").await;
    let mut tx = place.store.begin().await.unwrap();
    let email = Alias::Email("cai@example.com".parse().unwrap());
    tx.link(&[line(cai, email, 0)]).await.unwrap();
    let (inbound, outbound) = (message(ana), message(bia));
    let inbound = store::message::MessageLine {
        direction: Direction::In,
        basis: None,
        ..inbound
    };
    let denied = store::message::MessageLine {
        basis: None,
        ..message(cai)
    };
    tx.keep_messages(&[inbound, outbound, denied])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = place.store.begin().await.unwrap();
    let edit = Edit {
        tags: vec!["vip".to_owned()],
        ..Edit::default()
    };
    tx.edit(bia, &edit).await.unwrap();
    tx.commit().await.unwrap();
    label(place, ana, "plan", "Gold 100%").await;
    label(place, bia, "plan", "silver").await;
    label(place, ana, "age", "42").await;
    label(place, bia, "age", "7.5").await;
    label(place, ana, "born", "1984-02-29").await;
    [ana, bia, cai]
}

async fn label(place: &Place, contact: ContactId, key: &str, value: &str) {
    let edit = Edit {
        attributes: vec![(key.to_owned(), Some(value.to_owned()))],
        ..Edit::default()
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.edit(contact, &edit).await.unwrap();
    tx.commit().await.unwrap();
}

/// Who meets a condition: the list, which must be as long as the count says.
async fn found(place: &Place, condition: &Condition) -> Vec<ContactId> {
    let page = Page {
        after: None,
        limit: 1_000,
    };
    let ids = place.store.segment_ids(condition, at(20), &page).await;
    let ids = ids.unwrap();
    let count = place.store.count_segment(condition, at(20)).await.unwrap();
    assert_eq!(usize::try_from(count).unwrap(), ids.len(), "{condition:?}");
    ids
}
