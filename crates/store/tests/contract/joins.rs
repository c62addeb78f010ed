//! Forms and their versions, what people were shown, codes, counts, and e-mails in line.

use std::sync::Arc;

use consent::id::ContactId;
use store::{
    error::StoreError,
    form::{FormLine, FormVersion, WordingLine},
    join::{CodeKind, JoinCode},
    letter::LetterLine,
};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_form_keeps_every_version,
    what_was_shown_is_kept_once_and_stays,
    a_code_is_found_ends_and_is_forgotten,
    tries_are_counted_since_a_time,
    a_text_message_acts_once,
    an_e_mail_is_taken_by_one_and_ends_once,
];

fn version(version: i64, body: &str) -> FormVersion {
    FormVersion {
        version,
        body: body.to_owned(),
        actor: "ana".to_owned(),
        at: at(version),
    }
}

fn form(slug: &str) -> FormLine {
    FormLine {
        id: Uuid::now_v7(),
        slug: slug.to_owned(),
        version: version(1, "{}"),
        created: at(1),
        retired: None,
    }
}

async fn a_form_keeps_every_version(place: Arc<Place>) {
    let store = &place.store;
    let (spring, autumn) = (form("spring"), form("autumn"));
    let mut tx = store.begin().await.unwrap();
    tx.add_form(&spring).await.unwrap();
    tx.add_form(&autumn).await.unwrap();
    tx.add_form_version(spring.id, &version(2, "{\"a\":1}"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let found = store.form_named("spring").await.unwrap().unwrap();
    assert_eq!(
        (found.id, &found.version),
        (spring.id, &version(2, "{\"a\":1}"))
    );
    let versions = store.form_versions(spring.id).await.unwrap();
    assert_eq!(versions, [version(1, "{}"), version(2, "{\"a\":1}")]);
    let mut tx = store.begin().await.unwrap();
    let again = tx.add_form_version(spring.id, &version(2, "other")).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    let taken = tx.add_form(&form("spring")).await;
    assert!(matches!(taken, Err(StoreError::Conflict)), "{taken:?}");
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    tx.retire_form(autumn.id, Some(at(9))).await.unwrap();
    tx.commit().await.unwrap();
    let all = store.forms().await.unwrap();
    let seen: Vec<_> = all
        .iter()
        .map(|form| (form.slug.as_str(), form.version.version, form.retired))
        .collect();
    assert_eq!(seen, [("spring", 2, None), ("autumn", 1, Some(at(9)))]);
    assert_eq!(store.form_named("winter").await.unwrap(), None);
    let by_id = store.form(spring.id).await.unwrap().unwrap();
    assert_eq!((by_id.slug.as_str(), by_id.version.version), ("spring", 2));
    assert_eq!(store.form(Uuid::now_v7()).await.unwrap(), None);
}

async fn what_was_shown_is_kept_once_and_stays(place: Arc<Place>) {
    let line = |hash: u8, text: &str, form| WordingLine {
        sha256: [hash; 32],
        text: text.to_owned(),
        locale: "ar".to_owned(),
        form,
        at: at(5),
    };
    let id = Uuid::now_v7();
    let first = line(1, "نعم", Some((id, 2)));
    let second = line(2, "yes", None);
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_wordings(&[first.clone(), second.clone(), first.clone()])
        .await
        .unwrap();
    tx.keep_wordings(&[line(1, "something else", None)])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let found = place
        .store
        .wordings(&[[2; 32], [1; 32], [3; 32]])
        .await
        .unwrap();
    assert_eq!(found, [first.clone(), second.clone()]);
    let page = place.store.wordings_page(None, 1).await.unwrap();
    assert_eq!(page, [first]);
    let page = place.store.wordings_page(Some([1; 32]), 9).await.unwrap();
    assert_eq!(page, [second]);
    let page = place.store.wordings_page(Some([2; 32]), 9).await.unwrap();
    assert_eq!(page, []);
}

fn code(id: u8, kind: CodeKind, form: Uuid) -> JoinCode {
    JoinCode {
        id: [id; 6],
        kind,
        form,
        version: 3,
        language: "pt".to_owned(),
        wording: [7; 32],
        choices: vec!["category:marketing".to_owned(), "topic:1".to_owned()],
        contact: None,
        name: "the poster in the shop".to_owned(),
        at: at(1),
        expires: None,
        retired: None,
    }
}

async fn a_code_is_found_ends_and_is_forgotten(place: Arc<Place>) {
    let store = &place.store;
    let id = Uuid::now_v7();
    let link = code(1, CodeKind::Link, id);
    let visit = JoinCode {
        contact: Some(ContactId::new(Uuid::now_v7())),
        expires: Some(at(50)),
        choices: vec![],
        ..code(2, CodeKind::Visit, id)
    };
    let mut tx = store.begin().await.unwrap();
    tx.add_join_code(&link).await.unwrap();
    tx.add_join_code(&visit).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let taken = tx.add_join_code(&code(1, CodeKind::Link, id)).await;
    assert!(matches!(taken, Err(StoreError::Conflict)), "{taken:?}");
    drop(tx);
    let found = store.join_codes(&[[1; 6], [2; 6], [3; 6]]).await.unwrap();
    assert_eq!(found, [link.clone(), visit.clone()]);
    assert_eq!(store.join_links(id).await.unwrap(), [link]);
    let (before, after) = (visit.contact.unwrap(), ContactId::new(Uuid::now_v7()));
    let mut tx = store.begin().await.unwrap();
    tx.move_join_codes(before, after).await.unwrap();
    assert!(tx.retire_join_code([1; 6], Some(at(9))).await.unwrap());
    assert!(!tx.retire_join_code([9; 6], None).await.unwrap());
    tx.purge_joins(at(50)).await.unwrap();
    tx.commit().await.unwrap();
    let found = store.join_codes(&[[1; 6], [2; 6]]).await.unwrap();
    assert_eq!(found.len(), 2, "what ends now is still there");
    assert_eq!(found[0].retired, Some(at(9)));
    assert_eq!(found[1].contact, Some(after), "it goes with its person");
    let mut tx = store.begin().await.unwrap();
    tx.purge_joins(at(51)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.join_codes(&[[2; 6]]).await.unwrap(), []);
}

async fn tries_are_counted_since_a_time(place: Arc<Place>) {
    let mut tx = place.store.begin().await.unwrap();
    for want in 1..=3 {
        assert_eq!(tx.count_up(b"ana", at(10)).await.unwrap(), want);
    }
    assert_eq!(tx.count_up(b"bea", at(10)).await.unwrap(), 1);
    assert_eq!(tx.count_up(b"ana", at(20)).await.unwrap(), 1);
    tx.purge_joins(at(20)).await.unwrap();
    assert_eq!(tx.count_up(b"ana", at(10)).await.unwrap(), 1);
    assert_eq!(tx.count_up(b"ana", at(20)).await.unwrap(), 2);
    tx.commit().await.unwrap();
}

async fn a_text_message_acts_once(place: Arc<Place>) {
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.see_sms("SM1", at(1)).await.unwrap());
    assert!(!tx.see_sms("SM1", at(2)).await.unwrap());
    assert!(tx.see_sms("SM2", at(2)).await.unwrap());
    tx.commit().await.unwrap();
}

async fn an_e_mail_is_taken_by_one_and_ends_once(place: Arc<Place>) {
    let store = &place.store;
    let contact = ContactId::new(Uuid::now_v7());
    let line = |due: i64| LetterLine {
        contact,
        id: Uuid::now_v7(),
        kind: "confirm".to_owned(),
        email: "ana@example.com".to_owned(),
        language: "es".to_owned(),
        detail: "{}".to_owned(),
        created: at(1),
        due: at(due),
        tries: 0,
    };
    let (first, second, later) = (line(2), line(3), line(90));
    let mut tx = store.begin().await.unwrap();
    for line in [&second, &first, &later, &first] {
        tx.put_letter(line).await.unwrap();
    }
    tx.commit().await.unwrap();
    let due = store.due_letters(at(10), 9).await.unwrap();
    assert_eq!(due, [first.clone(), second.clone()]);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.take_letter(&first, at(20)).await.unwrap());
    assert!(!tx.take_letter(&first, at(20)).await.unwrap());
    tx.end_letter((contact, second.id), ("refused", Some("550")), at(11))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let again = LetterLine {
        due: at(20),
        tries: 1,
        ..first
    };
    let read = store.letter(contact, again.id).await.unwrap();
    assert_eq!(read.as_ref(), Some(&again));
    assert_eq!(store.letter(contact, Uuid::now_v7()).await.unwrap(), None);
    let other = ContactId::new(Uuid::now_v7());
    assert_eq!(store.letter(other, again.id).await.unwrap(), None);
    assert_eq!(store.due_letters(at(20), 9).await.unwrap(), [again]);
    let states = store.letters(contact).await.unwrap();
    let ended = (
        "confirm".to_owned(),
        "refused".to_owned(),
        Some("550".to_owned()),
    );
    assert!(states.len() == 3 && states.contains(&ended), "{states:?}");
    let mut tx = store.begin().await.unwrap();
    tx.purge_letters(at(12)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.letters(contact).await.unwrap().len(), 2);
    let other = ContactId::new(Uuid::now_v7());
    let mut tx = store.begin().await.unwrap();
    tx.move_letters(contact, other).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.letters(contact).await.unwrap(), []);
    assert_eq!(store.letters(other).await.unwrap().len(), 2);
}
