//! Templates and notices.

use std::sync::Arc;

use consent::id::TopicId;
use store::template::{Notice, TemplateChange, TemplateLine, TemplateTurn, Told};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_template_is_taken_in_and_its_binding_stays,
    a_template_twice_in_one_list_is_the_last,
    a_template_that_is_gone_is_marked,
    one_trait_changes,
    a_status_keeps_its_reason_until_it_changes,
    an_announced_category_waits_until_it_has_come,
    the_life_of_a_template_is_told_newest_first,
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
        told: Told::default(),
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
        told: Told {
            since: Some(at(20)),
            ..Told::default()
        },
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
        told: Told::default(),
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

async fn change(place: &Place, change: &TemplateChange) {
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.change_template(change).await.unwrap());
    tx.commit().await.unwrap();
}

fn nothing_new(seconds: i64) -> TemplateChange {
    TemplateChange {
        account: None,
        name: "spring".to_owned(),
        language: "en_US".to_owned(),
        category: None,
        status: None,
        quality: None,
        told: Told::default(),
        at: at(seconds),
    }
}

async fn a_status_keeps_its_reason_until_it_changes(place: Arc<Place>) {
    put(&place, &[line("spring")]).await;
    let why = Told {
        reason: Some("FIRST_PAUSE".to_owned()),
        note: Some("Negative feedback.".to_owned()),
        day: Some("Nov 23".to_owned()),
        ..Told::default()
    };
    let paused = TemplateChange {
        status: Some("PAUSED".to_owned()),
        told: why.clone(),
        ..nothing_new(20)
    };
    change(&place, &paused).await;
    let wanted = Told {
        since: Some(at(20)),
        ..why
    };
    assert_eq!(get(&place, "spring").await.unwrap().told, wanted);
    // Neither another trait, nor the same status again, nor a listing that says the same forgets why.
    let red = TemplateChange {
        quality: Some("RED".to_owned()),
        ..nothing_new(21)
    };
    let again = TemplateChange {
        status: Some("PAUSED".to_owned()),
        ..nothing_new(22)
    };
    let listed = TemplateLine {
        status: "PAUSED".to_owned(),
        changed: at(23),
        ..line("spring")
    };
    change(&place, &red).await;
    change(&place, &again).await;
    put(&place, &[listed]).await;
    assert_eq!(get(&place, "spring").await.unwrap().told, wanted);
    put(&place, &[line("spring")]).await;
    let told = get(&place, "spring").await.unwrap().told;
    assert_eq!(
        (told.since, told.reason, told.day),
        (Some(at(10)), None, None)
    );
}

async fn an_announced_category_waits_until_it_has_come(place: Arc<Place>) {
    put(&place, &[line("spring"), line("autumn")]).await;
    let coming = Told {
        coming: Some("utility".to_owned()),
        coming_at: Some(at(90)),
        ..Told::default()
    };
    let announced = TemplateChange {
        told: coming.clone(),
        ..nothing_new(20)
    };
    change(&place, &announced).await;
    let seen = get(&place, "spring").await.unwrap();
    assert_eq!((seen.category.as_str(), &seen.told), ("marketing", &coming));
    // A listing names the category that comes, without the day.
    let listed = TemplateLine {
        told: Told {
            coming: Some("utility".to_owned()),
            ..Told::default()
        },
        ..line("spring")
    };
    put(&place, &[listed]).await;
    assert_eq!(get(&place, "spring").await.unwrap().told, coming);
    let done = TemplateChange {
        category: Some("utility".to_owned()),
        ..nothing_new(30)
    };
    change(&place, &done).await;
    let seen = get(&place, "spring").await.unwrap();
    assert_eq!(
        (seen.category.as_str(), seen.told),
        ("utility", Told::default())
    );
    // What was announced and taken back is no longer announced.
    change(
        &place,
        &TemplateChange {
            name: "autumn".to_owned(),
            ..announced
        },
    )
    .await;
    let taken_back = TemplateLine {
        told: Told {
            coming: Some("marketing".to_owned()),
            ..Told::default()
        },
        ..line("autumn")
    };
    put(&place, &[taken_back]).await;
    assert_eq!(get(&place, "autumn").await.unwrap().told, Told::default());
}

async fn the_life_of_a_template_is_told_newest_first(place: Arc<Place>) {
    let turn = |name: &str, account: Option<&str>, kind: &str| TemplateTurn {
        id: Uuid::now_v7(),
        at: at(1),
        account: account.map(str::to_owned),
        name: name.to_owned(),
        language: "en_US".to_owned(),
        kind: kind.to_owned(),
        was: None,
        became: Some("PAUSED".to_owned()),
        note: None,
    };
    let own = Some("209900000000001");
    let turns = [
        turn("spring", own, "status"),
        turn("spring", None, "quality"),
        turn("spring", Some("2"), "status"),
        turn("autumn", own, "status"),
    ];
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_template_turns(&turns).await.unwrap();
    tx.keep_template_turns(&[]).await.unwrap();
    tx.commit().await.unwrap();
    let told = place
        .store
        .template_turns(&line("spring"), 9)
        .await
        .unwrap();
    let [status, quality, ..] = turns;
    assert_eq!(told, [quality.clone(), status]);
    let told = place
        .store
        .template_turns(&line("spring"), 1)
        .await
        .unwrap();
    assert_eq!(told, [quality]);
}
