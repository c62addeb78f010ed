//! Contacts, aliases, names, tags and attributes.

use std::sync::Arc;

use consent::{id::ContactId, register::Standing};
use store::contact::{ContactFilter, Edit};
use uuid::Uuid;

use crate::harness::{Place, alias, at, line, newcomer, stand};

contract![
    a_contact_is_found_by_its_aliases,
    a_transaction_sees_what_it_wrote,
    a_dropped_transaction_did_not_happen,
    an_ended_alias_may_mean_somebody_else,
    an_alias_may_come_back_in_the_same_instant,
    one_alias_of_two_transactions_wins,
    versions_count_up,
    the_last_of_two_updates_in_a_batch_wins,
    names_are_kept_until_a_new_one_comes,
    tags_and_attributes_are_set_and_taken_away,
    a_tag_is_moved_in_bulk,
    contact_ids_are_complete_and_in_order,
    a_lock_keeps_others_waiting,
];

async fn a_contact_is_found_by_its_aliases(place: Arc<Place>) {
    let store = &place.store;
    let ana = place.caller("Ana", "+447700900123").await;
    let key = alias("+447700900123").key();
    let unknown = alias("+447700900999").key();
    let found = store.find(&[key.clone(), unknown]).await.unwrap();
    assert_eq!(found, vec![(key, ana)]);
    let persons = store.persons(&[ana, ContactId::HOUSE]).await.unwrap();
    assert_eq!(persons.len(), 1);
    assert_eq!(persons[0].version, 1);
    assert_eq!(persons[0].standing, Standing::default());
    assert_eq!(persons[0].sealing_key.as_deref(), Some(&[7; 40][..]));
    let one = store
        .person_of(&alias("+447700900123").key())
        .await
        .unwrap();
    let one = one.unwrap();
    assert_eq!((one.id, &one.standing), (ana, &persons[0].standing));
    assert_eq!((one.version, one.name.as_deref()), (1, Some("Ana")));
    assert_eq!(one.sealing_key, persons[0].sealing_key);
    for nobody in [alias("+447700900999").key(), "p:\0".to_owned()] {
        assert!(store.person_of(&nobody).await.unwrap().is_none());
    }
    let shown = store.contact(ana).await.unwrap().unwrap();
    assert_eq!(shown.person.name.as_deref(), Some("Ana"));
    assert_eq!(shown.aliases, vec![line(ana, alias("+447700900123"), 0)]);
    assert_eq!(
        (shown.consent.as_str(), shown.platform.as_str()),
        ("none", "open")
    );
    assert_eq!(
        (shown.created, shown.changed, shown.erased),
        (at(0), at(0), None)
    );
    assert!(store.contact(ContactId::HOUSE).await.unwrap().is_none());
    assert_eq!(store.count_contacts().await.unwrap(), 1);
    assert!(store.find(&[]).await.unwrap().is_empty());
    assert!(store.persons(&[]).await.unwrap().is_empty());
}

async fn a_transaction_sees_what_it_wrote(place: Arc<Place>) {
    let id = ContactId::new(Uuid::now_v7());
    let key = alias("+447700900123").key();
    let mut tx = place.store.begin().await.unwrap();
    tx.create(&[newcomer(id, "  ")]).await.unwrap();
    tx.link(&[line(id, alias("+447700900123"), 4)])
        .await
        .unwrap();
    assert_eq!(
        tx.find(std::slice::from_ref(&key)).await.unwrap(),
        vec![(key.clone(), id)]
    );
    let person = tx.persons(&[id]).await.unwrap().pop().unwrap();
    assert_eq!((person.id, person.name), (id, None));
    let own = tx.aliases(id).await.unwrap();
    assert_eq!(own, vec![line(id, alias("+447700900123"), 4)]);
    assert!(
        place
            .store
            .find(std::slice::from_ref(&key))
            .await
            .unwrap()
            .is_empty()
    );
    tx.commit().await.unwrap();
    assert_eq!(place.store.find(&[key]).await.unwrap().len(), 1);
}

async fn a_dropped_transaction_did_not_happen(place: Arc<Place>) {
    let id = ContactId::new(Uuid::now_v7());
    let mut tx = place.store.begin().await.unwrap();
    tx.create(&[newcomer(id, "Ana")]).await.unwrap();
    drop(tx);
    assert_eq!(place.store.count_contacts().await.unwrap(), 0);
    place.newcomer("Bea").await;
    assert_eq!(place.store.count_contacts().await.unwrap(), 1);
}

async fn an_ended_alias_may_mean_somebody_else(place: Arc<Place>) {
    let store = &place.store;
    let ana = place.caller("Ana", "+447700900123").await;
    let bea = place.newcomer("Bea").await;
    let phone = alias("+447700900123");
    let mut tx = store.begin().await.unwrap();
    tx.end_aliases(&[phone.key()], at(50)).await.unwrap();
    assert!(tx.aliases(ana).await.unwrap().is_empty());
    tx.link(&[line(bea, phone.clone(), 50)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.find(&[phone.key()]).await.unwrap()[0].1, bea);
    let old = store.contact(ana).await.unwrap().unwrap();
    assert_eq!(old.aliases[0].until, Some(at(50)));
}

async fn an_alias_may_come_back_in_the_same_instant(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let phone = alias("+447700900123");
    let mut tx = place.store.begin().await.unwrap();
    tx.end_aliases(&[phone.key()], at(0)).await.unwrap();
    tx.link(&[line(ana, phone.clone(), 0)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(place.store.find(&[phone.key()]).await.unwrap()[0].1, ana);
}

async fn one_alias_of_two_transactions_wins(place: Arc<Place>) {
    let claim = |name: &'static str| {
        let store = place.store.clone();
        tokio::spawn(async move {
            let id = ContactId::new(Uuid::now_v7());
            let mut tx = store.begin().await?;
            tx.create(&[newcomer(id, name)]).await?;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            tx.link(&[line(id, alias("+447700900123"), 0)]).await?;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            tx.commit().await
        })
    };
    let (one, two) = (claim("Ana"), claim("Bea"));
    let results = [one.await.unwrap(), two.await.unwrap()];
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(won, 1, "{results:?}");
    let lost = results.into_iter().find_map(Result::err).unwrap();
    assert!(lost.is_conflict(), "{lost:?}");
    assert_eq!(place.store.count_contacts().await.unwrap(), 1);
}

async fn versions_count_up(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let bea = place.newcomer("Bea").await;
    for wanted in 2..5 {
        place.stand(ana, &Standing::default()).await;
        let person = place.store.persons(&[ana]).await.unwrap().pop().unwrap();
        assert_eq!(person.version, wanted);
    }
    let other = place.store.persons(&[bea]).await.unwrap().pop().unwrap();
    assert_eq!(other.version, 1);
    let shown = place.store.contact(ana).await.unwrap().unwrap();
    assert_eq!(
        (shown.consent.as_str(), shown.changed),
        ("opted_out", at(5))
    );
}

async fn the_last_of_two_updates_in_a_batch_wins(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let standing = Standing::default();
    let update = |consent| store::contact::Update {
        contact: ana,
        standing: &standing,
        consent,
        platform: "open",
        said: None,
        at: at(9),
    };
    for (first, last) in [("opted_in", "opted_out"), ("opted_out", "opted_in")] {
        let mut tx = place.store.begin().await.unwrap();
        tx.set_standings(&[update(first), update(last)])
            .await
            .unwrap();
        tx.set_names(&[
            (ana, Some(first.to_owned()), None),
            (ana, Some(last.to_owned()), None),
        ])
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let shown = place.store.contact(ana).await.unwrap().unwrap();
        assert_eq!(shown.consent, last);
        assert_eq!(shown.person.name.as_deref(), Some(last));
    }
}

async fn names_are_kept_until_a_new_one_comes(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let text = |text: &str| Some(text.to_owned());
    for (name, note) in [
        (text("Ana B"), text("@ana")),
        (None, text(" ")),
        (text(""), None),
    ] {
        let mut tx = place.store.begin().await.unwrap();
        tx.set_names(&[(ana, name, note)]).await.unwrap();
        tx.commit().await.unwrap();
        let shown = place.store.contact(ana).await.unwrap().unwrap();
        assert_eq!(shown.person.name.as_deref(), Some("Ana B"));
        assert_eq!(shown.note.as_deref(), Some("@ana"));
        assert_eq!(shown.person.version, 1);
    }
}

async fn tags_and_attributes_are_set_and_taken_away(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let pair = |key: &str, value: Option<&str>| (key.to_owned(), value.map(str::to_owned));
    let first = Edit {
        tags: vec!["vip".to_owned(), "north".to_owned(), "vip".to_owned()],
        untag: vec![],
        attributes: vec![
            pair("city", Some("Leeds")),
            pair("city", Some("York")),
            pair("age", Some("40")),
        ],
    };
    let second = Edit {
        tags: vec!["vip".to_owned()],
        untag: vec!["north".to_owned(), "never".to_owned()],
        attributes: vec![pair("age", None), pair("city", Some("Hull"))],
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.edit(ana, &first).await.unwrap();
    tx.commit().await.unwrap();
    let shown = place.store.contact(ana).await.unwrap().unwrap();
    assert_eq!(shown.tags, ["north", "vip"]);
    let wanted = [
        ("age".to_owned(), "40".to_owned()),
        ("city".to_owned(), "York".to_owned()),
    ];
    assert_eq!(shown.attributes, wanted);
    let mut tx = place.store.begin().await.unwrap();
    tx.edit(ana, &second).await.unwrap();
    tx.edit(ana, &Edit::default()).await.unwrap();
    tx.commit().await.unwrap();
    let shown = place.store.contact(ana).await.unwrap().unwrap();
    assert_eq!(shown.tags, ["vip"]);
    assert_eq!(shown.attributes, [("city".to_owned(), "Hull".to_owned())]);
}

async fn a_tag_is_moved_in_bulk(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let mut tx = place.store.begin().await.unwrap();
    tx.retag("spring", &[ana, bea, ana], &[]).await.unwrap();
    tx.retag("spring", &[ana], &[bea]).await.unwrap();
    tx.commit().await.unwrap();
    let filter = ContactFilter {
        tags: vec!["spring".to_owned()],
        limit: 9,
        ..ContactFilter::default()
    };
    let lines = place.store.contacts(&filter).await.unwrap().lines;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].person.id, ana);
}

async fn contact_ids_are_complete_and_in_order(place: Arc<Place>) {
    let mut made = vec![];
    for _ in 0..7 {
        made.push(place.newcomer("x").await);
    }
    let mut seen = vec![];
    loop {
        let page = place
            .store
            .contact_ids(seen.last().copied(), 3)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, made);
}

async fn a_lock_keeps_others_waiting(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let bea = place.newcomer("Bea").await;
    let mut tx = place.store.begin().await.unwrap();
    tx.lock(&[bea, ana]).await.unwrap();
    let store = place.store.clone();
    let other = tokio::spawn(async move {
        let mut tx = store.begin().await.unwrap();
        tx.lock(&[ana, bea]).await.unwrap();
        let version = tx.persons(&[ana]).await.unwrap()[0].version;
        tx.commit().await.unwrap();
        version
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!other.is_finished());
    stand(&mut tx, ana, &Standing::default()).await;
    tx.commit().await.unwrap();
    assert_eq!(other.await.unwrap(), 2);
}
