//! Templates and notices.

use std::sync::Arc;

use consent::id::TopicId;
use store::template::{Notice, TemplateChange, TemplateLine};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_template_is_taken_in_and_its_binding_stays,
    a_template_twice_in_one_list_is_the_last,
    a_template_that_is_gone_is_marked,
    one_trait_changes,
    notices_are_the_newest_first,
];

fn line(name: &str) -> TemplateLine {
    TemplateLine {
        account: "209900000000001".to_owned(),
        name: name.to_owned(),
        language: "en_US".to_owned(),
        id: format!("id-{name}"),
        category: "marketing".to_owned(),
        status: "APPROVED".to_owned(),
        quality: Some("GREEN".to_owned()),
        topic: None,
        components: "[{\"type\":\"BODY\",\"text\":\"Hi \\u0000\"}]".to_owned(),
        changed: at(10),
    }
}

async fn put(place: &Place, lines: &[TemplateLine]) {
    let mut tx = place.store.begin().await.unwrap();
    tx.put_templates(lines).await.unwrap();
    tx.commit().await.unwrap();
}

async fn get(place: &Place, name: &str) -> Option<TemplateLine> {
    let store = &place.store;
    store
        .template("209900000000001", name, "en_US")
        .await
        .unwrap()
}

async fn a_template_is_taken_in_and_its_binding_stays(place: Arc<Place>) {
    put(&place, &[line("spring"), line("autumn")]).await;
    put(&place, &[]).await;
    assert_eq!(get(&place, "spring").await, Some(line("spring")));
    assert_eq!(get(&place, "winter").await, None);
    let topic = TopicId::new(Uuid::now_v7());
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.bind_template("id-spring", Some(topic)).await.unwrap());
    assert!(!tx.bind_template("id-winter", Some(topic)).await.unwrap());
    tx.commit().await.unwrap();
    let news = TemplateLine {
        status: "PAUSED".to_owned(),
        quality: None,
        changed: at(20),
        ..line("spring")
    };
    put(&place, std::slice::from_ref(&news)).await;
    let wanted = TemplateLine {
        topic: Some(topic),
        quality: Some("GREEN".to_owned()),
        ..news
    };
    assert_eq!(get(&place, "spring").await, Some(wanted.clone()));
    let all = place.store.templates().await.unwrap();
    assert_eq!(all, [line("autumn"), wanted]);
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.bind_template("id-spring", None).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(get(&place, "spring").await.unwrap().topic, None);
}

async fn a_template_twice_in_one_list_is_the_last(place: Arc<Place>) {
    let paused = TemplateLine {
        status: "PAUSED".to_owned(),
        ..line("spring")
    };
    put(&place, &[line("spring"), paused.clone()]).await;
    assert_eq!(get(&place, "spring").await, Some(paused));
}

async fn a_template_that_is_gone_is_marked(place: Arc<Place>) {
    let fresh = TemplateLine {
        changed: at(20),
        ..line("fresh")
    };
    let foreign = TemplateLine {
        account: "2".to_owned(),
        ..line("foreign")
    };
    put(&place, &[line("stale"), fresh, foreign]).await;
    let mut tx = place.store.begin().await.unwrap();
    assert_eq!(
        tx.drop_templates("209900000000001", at(20)).await.unwrap(),
        1
    );
    assert_eq!(
        tx.drop_templates("209900000000001", at(20)).await.unwrap(),
        0
    );
    tx.commit().await.unwrap();
    assert_eq!(get(&place, "stale").await.unwrap().status, "DELETED");
    assert_eq!(get(&place, "fresh").await.unwrap().status, "APPROVED");
}

async fn one_trait_changes(place: Arc<Place>) {
    put(&place, &[line("spring")]).await;
    let change = TemplateChange {
        account: None,
        name: "spring".to_owned(),
        language: "en_US".to_owned(),
        category: Some("utility".to_owned()),
        status: None,
        quality: None,
        at: at(30),
    };
    let elsewhere = TemplateChange {
        account: Some("2".to_owned()),
        ..change.clone()
    };
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.change_template(&change).await.unwrap());
    assert!(!tx.change_template(&elsewhere).await.unwrap());
    tx.commit().await.unwrap();
    let wanted = TemplateLine {
        category: "utility".to_owned(),
        changed: at(30),
        ..line("spring")
    };
    assert_eq!(get(&place, "spring").await, Some(wanted));
}

async fn notices_are_the_newest_first(place: Arc<Place>) {
    let notice = |kind: &str| Notice {
        id: Uuid::now_v7(),
        at: at(1),
        account: Some("2".to_owned()),
        number: None,
        kind: kind.to_owned(),
        body: "{\"a\":\"\\\\u0000\"}".to_owned(),
    };
    let notices = [notice("one"), notice("two"), notice("three")];
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_notices(&notices).await.unwrap();
    tx.keep_notices(&[]).await.unwrap();
    tx.commit().await.unwrap();
    let kept = place.store.notices(2).await.unwrap();
    let [one, two, three] = notices;
    drop(one);
    assert_eq!(format!("{kept:?}"), format!("{:?}", [three, two]));
}
