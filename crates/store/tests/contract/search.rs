//! Lists of contacts: what a search finds, and pages without gaps or repeats.

use std::{collections::BTreeSet, sync::Arc};

use consent::{
    id::{ContactId, TopicId},
    register::Standing,
};
use store::contact::{ContactFilter, Count, Edit};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    special_characters_part_words,
    case_and_accents_do_not_matter_in_any_alphabet,
    numbers_are_found_by_both_ends,
    a_very_long_search_finds_nothing,
    pages_are_complete_and_do_not_repeat,
    filters_are_all_asked_for,
    who_was_there_before_words_were_kept_is_found,
    nothing_is_found_of_somebody_who_was_erased,
];

async fn search(place: &Place, text: &str) -> Vec<ContactId> {
    let filter = ContactFilter {
        search: Some(text.to_owned()),
        limit: 100,
        ..ContactFilter::default()
    };
    let store = &place.store;
    let page = store.contacts(&filter).await.unwrap();
    page.lines.into_iter().map(|line| line.person.id).collect()
}

async fn special_characters_part_words(place: Arc<Place>) {
    let names = [
        "50% off",
        "under_score",
        "wow!",
        "O'Neil \"Joe\"",
        "back\\slash",
        "plain",
    ];
    let mut ids = vec![];
    for name in names {
        ids.push(place.newcomer(name).await);
    }
    for (text, wanted) in [
        ("50%", 0),
        ("under_sc", 1),
        ("score", 1),
        ("WOW!!", 2),
        ("o'neil \"joe\"", 3),
        ("joe neil", 3),
        ("\\slash", 4),
        ("pla", 5),
    ] {
        assert_eq!(search(&place, text).await, [ids[wanted]], "`{text}`");
    }
    for nothing in ["%", "_", "'; drop table contact; --", "lai", "joe smith"] {
        assert!(search(&place, nothing).await.is_empty(), "`{nothing}`");
    }
    assert_eq!(search(&place, " ").await.len(), names.len());
}

async fn case_and_accents_do_not_matter_in_any_alphabet(place: Arc<Place>) {
    let zoe = place.newcomer("ÖZLEM Дарья").await;
    for text in ["özlem", "ÖZLEM", "ozlem", "дарья", "ДАР", "дар özl"] {
        assert_eq!(search(&place, text).await, [zoe], "`{text}`");
    }
    let mut tx = place.store.begin().await.unwrap();
    tx.set_names(&[(zoe, Some("Éva".to_owned()), Some("zoe_1".to_owned()))])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for text in ["ÉVA", "eva", "zoe"] {
        assert_eq!(search(&place, text).await, [zoe], "`{text}`");
    }
    assert!(search(&place, "özlem").await.is_empty());
    // A new name does not take the note with it.
    let mut tx = place.store.begin().await.unwrap();
    tx.set_names(&[(zoe, Some("Mia".to_owned()), None)])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(search(&place, "mia zoe").await, [zoe]);
    assert!(search(&place, "eva").await.is_empty());
}

async fn numbers_are_found_by_both_ends(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let rio = place.caller("Rio", "+5511987654321").await;
    for text in [
        "+44 7700 900123",
        "447700900123",
        "900123",
        "07700-900 123",
        "+4477",
    ] {
        assert_eq!(search(&place, text).await, [ana], "`{text}`");
    }
    // Without its ninth digit the Brazilian number is the same person's.
    assert_eq!(search(&place, "+551187654321").await, [rio]);
    for nothing in ["7700900", "23"] {
        assert!(search(&place, nothing).await.is_empty(), "`{nothing}`");
    }
}

async fn a_very_long_search_finds_nothing(place: Arc<Place>) {
    place.newcomer("Ana").await;
    assert!(search(&place, &"a%".repeat(60_000)).await.is_empty());
}

async fn pages_are_complete_and_do_not_repeat(place: Arc<Place>) {
    let mut made = BTreeSet::new();
    for n in 0..23 {
        made.insert(place.newcomer(&format!("person {n}")).await);
    }
    let mut filter = ContactFilter {
        search: Some("person".to_owned()),
        limit: 5,
        ..ContactFilter::default()
    };
    let mut seen = vec![];
    loop {
        let page = place.store.contacts(&filter).await.unwrap();
        seen.extend(page.lines.iter().map(|line| line.person.id));
        let Some(next) = page.next else { break };
        assert_eq!(next.to_string().parse(), Ok(next));
        filter.after = Some(next);
    }
    assert!(seen.is_sorted_by(|a, b| a > b), "newest first");
    assert_eq!(seen.len(), made.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made);
}

/// The same filters, each with one thing that is true of nobody.
fn wrong(all: &ContactFilter, first: store::contact::Place) -> Vec<ContactFilter> {
    vec![
        ContactFilter {
            search: Some("ana".to_owned()),
            ..all.clone()
        },
        ContactFilter {
            tags: vec!["vip".to_owned(), "NEW".to_owned()],
            ..all.clone()
        },
        ContactFilter {
            attributes: vec![("city".to_owned(), "Leeds".to_owned())],
            ..all.clone()
        },
        ContactFilter {
            attributes: vec![("town".to_owned(), "York".to_owned())],
            ..all.clone()
        },
        ContactFilter {
            consent: Some("opted_in".to_owned()),
            ..all.clone()
        },
        ContactFilter {
            platform: Some("stopped".to_owned()),
            ..all.clone()
        },
        ContactFilter {
            source: Some("web_form".to_owned()),
            ..all.clone()
        },
        ContactFilter {
            topic: Some(TopicId::new(Uuid::from_u128(9))),
            ..all.clone()
        },
        ContactFilter {
            after: Some(first),
            ..all.clone()
        },
        ContactFilter {
            limit: 0,
            ..all.clone()
        },
    ]
}

async fn filters_are_all_asked_for(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let edit = Edit {
        tags: vec!["vip".to_owned(), "new".to_owned()],
        attributes: vec![("city".to_owned(), Some("York".to_owned()))],
        ..Edit::default()
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.edit(ana, &edit).await.unwrap();
    tx.edit(bea, &edit).await.unwrap();
    tx.commit().await.unwrap();
    place.stand(bea, &Standing::default()).await;
    let all = ContactFilter {
        search: Some("bea".to_owned()),
        tags: vec!["vip".to_owned(), "new".to_owned()],
        attributes: vec![("city".to_owned(), "York".to_owned())],
        consent: Some("opted_out".to_owned()),
        platform: Some("open".to_owned()),
        limit: 10,
        ..ContactFilter::default()
    };
    let store = &place.store;
    let found = store.contacts(&all).await.unwrap();
    assert_eq!(found.lines[0].person.id, bea);
    assert_eq!((found.lines.len(), found.next), (1, None));
    assert_eq!(store.ids_of(&all, 5).await.unwrap(), [bea]);
    assert_eq!(store.count_of(&all, 5).await.unwrap(), Count::Exactly(1));
    let first = store::contact::Place {
        changed: found.lines[0].changed,
        contact: bea,
    };
    for filter in wrong(&all, first) {
        assert!(
            store.contacts(&filter).await.unwrap().lines.is_empty(),
            "{filter:?}"
        );
    }
}

async fn who_was_there_before_words_were_kept_is_found(place: Arc<Place>) {
    let ana = place.caller("Ana Souza", "+447700900123").await;
    place.raw("delete from word").await.unwrap();
    assert!(search(&place, "ana").await.is_empty());
    let mut tx = place.store.begin().await.unwrap();
    tx.set_house("words", &[0]).await.unwrap();
    tx.commit().await.unwrap();
    let again = store::pool::Store::open(&place.url).await.unwrap();
    again.close().await;
    for text in ["souza", "900123", "+4477"] {
        assert_eq!(search(&place, text).await, [ana], "`{text}`");
    }
    assert_eq!(place.store.house("words").await.unwrap(), None);
}

async fn nothing_is_found_of_somebody_who_was_erased(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let mut tx = place.store.begin().await.unwrap();
    tx.erase(ana, &[], at(3)).await.unwrap();
    tx.commit().await.unwrap();
    for text in ["ana", "900123", ""] {
        assert!(search(&place, text).await.is_empty(), "`{text}`");
    }
    assert_eq!(place.number("select count(*) from word").await, 0);
}
