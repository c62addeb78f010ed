//! Topics in other languages, and the codes that open a person's own history.

use std::sync::Arc;

use consent::{
    id::TopicId,
    scope::{Category, Topic},
};
use store::{code::CodeLine, house::TopicLine, topic::TopicText};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_topic_has_words_in_each_language,
    a_topic_gets_another_name_unless_it_is_taken,
    one_code_is_kept_for_each_person_and_goes_with_them,
];

fn topic(name: &str) -> TopicLine {
    TopicLine {
        topic: Topic {
            id: TopicId::new(Uuid::now_v7()),
            category: Category::Marketing,
        },
        name: name.to_owned(),
        description: String::new(),
        created: at(1),
    }
}

fn text(topic: TopicId, language: &str, name: &str) -> TopicText {
    TopicText {
        topic,
        language: language.to_owned(),
        name: name.to_owned(),
        description: "\u{0}Quelques mots".to_owned(),
    }
}

async fn a_topic_has_words_in_each_language(place: Arc<Place>) {
    let offers = topic("offers");
    let id = offers.topic.id;
    let mut tx = place.store.begin().await.unwrap();
    tx.add_topic(&offers).await.unwrap();
    let words = [
        text(id, "es", "Ofertas"),
        text(id, "ar", "عروض"),
        text(id, "es", "Promociones"),
    ];
    tx.set_topic_texts(&words).await.unwrap();
    tx.set_topic_texts(&[text(id, "ar", "العروض")])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let kept = place.store.topic_texts().await.unwrap();
    let shown: Vec<_> = kept
        .iter()
        .map(|text| (text.language.as_str(), text.name.as_str()))
        .collect();
    assert_eq!(shown, [("ar", "العروض"), ("es", "Promociones")]);
    assert_eq!(kept[0].description, "Quelques mots");
    let mut tx = place.store.begin().await.unwrap();
    let gone = ["ar".to_owned(), "pt".to_owned()];
    tx.drop_topic_texts(id, &gone).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(place.store.topic_texts().await.unwrap().len(), 1);
}

async fn a_topic_gets_another_name_unless_it_is_taken(place: Arc<Place>) {
    let (one, two) = (topic("one"), topic("two"));
    let mut tx = place.store.begin().await.unwrap();
    tx.add_topic(&one).await.unwrap();
    tx.add_topic(&two).await.unwrap();
    assert!(
        tx.edit_topic(one.topic.id, "first", "the first")
            .await
            .unwrap()
    );
    let nobody = TopicId::new(Uuid::now_v7());
    assert!(!tx.edit_topic(nobody, "x", "").await.unwrap());
    tx.commit().await.unwrap();
    let kept = place.store.topics().await.unwrap();
    assert_eq!(
        (kept[0].name.as_str(), kept[0].description.as_str()),
        ("first", "the first")
    );
    let mut tx = place.store.begin().await.unwrap();
    let taken = tx.edit_topic(one.topic.id, "two", "").await;
    assert!(taken.unwrap_err().is_conflict());
}

async fn one_code_is_kept_for_each_person_and_goes_with_them(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let code = |tries| CodeLine {
        contact: ana,
        tag: vec![7; 16],
        sent: at(1),
        expires: at(600),
        tries,
        day: at(1),
        sent_that_day: 1,
    };
    let mut tx = place.store.begin().await.unwrap();
    assert_eq!(tx.code(ana).await.unwrap(), None);
    tx.keep_code(&code(0)).await.unwrap();
    tx.keep_code(&code(3)).await.unwrap();
    assert_eq!(tx.code(ana).await.unwrap(), Some(code(3)));
    tx.erase(ana, &[], at(9)).await.unwrap();
    assert_eq!(tx.code(ana).await.unwrap(), None);
    tx.commit().await.unwrap();
}
