//! Lists of contacts: what a search finds, and pages without gaps or repeats.

use std::{collections::BTreeSet, sync::Arc};

use consent::{id::ContactId, register::Standing};
use store::contact::{ContactFilter, Edit};

use crate::harness::Place;

contract![
    special_characters_mean_themselves,
    case_does_not_matter_in_any_alphabet,
    numbers_are_found_whole_and_in_part,
    a_very_long_search_finds_nothing,
    pages_are_complete_and_do_not_repeat,
    filters_are_all_asked_for,
];

async fn search(place: &Place, text: &str) -> Vec<ContactId> {
    let filter = ContactFilter {
        search: Some(text.to_owned()),
        limit: 100,
        ..ContactFilter::default()
    };
    let store = &place.store;
    let lines = store.contacts(&filter).await.unwrap();
    lines.into_iter().map(|line| line.person.id).collect()
}

async fn special_characters_mean_themselves(place: Arc<Place>) {
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
        ("%", 0),
        ("r_s", 1),
        ("_", 1),
        ("!", 2),
        ("o'neil \"joe\"", 3),
        ("'", 3),
        ("\\", 4),
        ("lai", 5),
    ] {
        assert_eq!(search(&place, text).await, [ids[wanted]], "`{text}`");
    }
    assert!(search(&place, "'; drop table contact; --").await.is_empty());
    assert_eq!(search(&place, " ").await.len(), names.len());
}

async fn case_does_not_matter_in_any_alphabet(place: Arc<Place>) {
    let zoe = place.newcomer("ÖZLEM Дарья").await;
    for text in ["özlem", "ÖZLEM", "дарья", "ДАР", "m д"] {
        assert_eq!(search(&place, text).await, [zoe], "`{text}`");
    }
    let mut tx = place.store.begin().await.unwrap();
    tx.set_names(&[(zoe, Some("Éva".to_owned()), None)])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(search(&place, "ÉVA").await, [zoe]);
    assert!(search(&place, "özlem").await.is_empty());
}

async fn numbers_are_found_whole_and_in_part(place: Arc<Place>) {
    let ana = place.caller("Ana", "+447700900123").await;
    let rio = place.caller("Rio", "+5511987654321").await;
    for text in ["+44 7700 900123", "447700900123", "900123", "7700-900"] {
        assert_eq!(search(&place, text).await, [ana], "`{text}`");
    }
    // Without its ninth digit the Brazilian number is the same person's.
    assert_eq!(search(&place, "+551187654321").await, [rio]);
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
        let Some(last) = page.last() else { break };
        filter.after = Some(last.person.id);
        seen.extend(page.iter().map(|line| line.person.id));
    }
    assert!(seen.is_sorted_by(|a, b| a > b), "newest first");
    assert_eq!(seen.len(), made.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made);
}

async fn filters_are_all_asked_for(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let edit = Edit {
        tags: vec!["vip".to_owned()],
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
        tag: Some("vip".to_owned()),
        attribute: Some(("city".to_owned(), "York".to_owned())),
        consent: Some("opted_out".to_owned()),
        after: None,
        limit: 10,
    };
    let store = &place.store;
    assert_eq!(store.contacts(&all).await.unwrap()[0].person.id, bea);
    let wrong = [
        ContactFilter {
            search: Some("ana".to_owned()),
            ..all.clone()
        },
        ContactFilter {
            tag: Some("VIP".to_owned()),
            ..all.clone()
        },
        ContactFilter {
            attribute: Some(("city".to_owned(), "Leeds".to_owned())),
            ..all.clone()
        },
        ContactFilter {
            attribute: Some(("town".to_owned(), "York".to_owned())),
            ..all.clone()
        },
        ContactFilter {
            consent: Some("opted_in".to_owned()),
            ..all.clone()
        },
        ContactFilter {
            after: Some(ana),
            ..all.clone()
        },
        ContactFilter {
            limit: 0,
            ..all.clone()
        },
    ];
    for filter in wrong {
        assert!(
            store.contacts(&filter).await.unwrap().is_empty(),
            "{filter:?}"
        );
    }
}
