//! Who is who, when names are added, change, and change hands.

use consent::{
    event::{Clock, Evidence, Fact},
    policy::{Follow, Policy},
    scope::Scope,
};
use serde_json::{Value, json};
use server::services::{
    cast::{Cast, Draft},
    policy,
};

use crate::house::{BASE, Here, alias, text};

const ONE: (&str, &str) = ("447700900101", "GB.1");
const TWO: (&str, &str) = ("447700900102", "GB.2");
const THREE: (&str, &str) = ("447700900103", "GB.3");

async fn says(here: &Here, who: (&str, &str), seconds: i64, words: &str) {
    let id = format!("wamid.{}", uuid::Uuid::now_v7());
    here.hears(
        "messages",
        json!({ "messages": [text(who, &id, seconds, words)] }),
    )
    .await;
}

async fn opted_in(here: &Here, name: &str) {
    let policy = policy::current(&here.app).await.unwrap();
    let mut tx = here.app.store.begin().await.unwrap();
    let mut cast = Cast::gather(&here.app, &mut tx, &[alias(name)])
        .await
        .unwrap();
    let contact = match cast.id_of(&alias(name)) {
        Some(id) => id,
        None => cast.create(&[alias(name)], None).unwrap(),
    };
    let evidence = Evidence {
        source: "web_form".to_owned(),
        ..Evidence::default()
    };
    let (fact, at) = (Fact::OptIn(Scope::MARKETING), here.app.clock.now());
    cast.record(Draft {
        contact,
        fact,
        clock: Clock::Ours,
        at,
        evidence,
    })
    .unwrap();
    cast.save(&mut tx, &policy).await.unwrap();
    tx.commit().await.unwrap();
}

fn moved(old: (&str, &str), new: (&str, &str), seconds: i64) -> Value {
    json!({ "messages": [{ "from": old.0, "id": format!("wamid.{}{}", old.1, new.1), "timestamp": (BASE + seconds).to_string(), "type": "system",
        "system": { "type": "user_changed_number", "body": "changed", "wa_id": new.0, "user_id": new.1, "previous_user_id": old.1 } }] })
}

#[tokio::test]
async fn an_id_is_linked_to_the_number_it_comes_with() {
    let here = Here::open().await;
    opted_in(&here, ONE.0).await;
    says(&here, ONE, 0, "hello").await;
    assert_eq!(here.id(ONE.0).await, here.id(ONE.1).await);
    here.step(4 * 3_600_000);
    says(&here, ("", ONE.1), 7_200, "stop all").await;
    assert_eq!(here.contact(ONE.0).await.consent, "opted_out");
    here.close().await;
}

#[tokio::test]
async fn a_known_number_with_another_id_is_a_new_person_who_inherits_refusals_only() {
    let here = Here::open().await;
    says(&here, ONE, 0, "stop all").await;
    opted_in(&here, ONE.0).await;
    let old = here.id(ONE.1).await;
    says(&here, (ONE.0, TWO.1), 20, "hello").await;
    assert_eq!(here.id(ONE.1).await, old);
    assert_ne!(here.id(ONE.0).await, old);
    assert_eq!(here.id(ONE.0).await, here.id(TWO.1).await);
    assert_eq!(here.contact(ONE.0).await.consent, "opted_out");
    let kinds = here.kinds(ONE.0).await;
    assert!(
        kinds.contains(&"opt_out inherited".to_owned())
            && !kinds.iter().any(|kind| kind.starts_with("opt_in")),
        "{kinds:?}"
    );
    here.close().await;
}

#[tokio::test]
async fn two_contacts_that_turn_out_to_be_one_refuse_what_either_refused() {
    for stopper in [(ONE.0, ""), ("", ONE.1)] {
        let here = Here::open().await;
        opted_in(&here, ONE.0).await;
        says(&here, ("", ONE.1), 0, "hello").await;
        says(&here, stopper, 7_200, "stop").await;
        says(&here, ONE, 7_300, "hello again").await;
        assert_eq!(here.id(ONE.0).await, here.id(ONE.1).await);
        assert_eq!(
            here.contact(ONE.0).await.consent,
            "opted_out",
            "{stopper:?}"
        );
        // It was their own word, so their own START lifts it.
        here.step(4 * 3_600_000);
        says(&here, ONE, 7_400, "start").await;
        assert_eq!(here.contact(ONE.0).await.consent, "opted_in", "{stopper:?}");
        here.close().await;
    }
}

#[tokio::test]
async fn a_number_that_moves_between_two_known_people_carries_its_refusals_along() {
    let here = Here::open().await;
    says(&here, ONE, 0, "stop").await;
    says(&here, TWO, 0, "hello").await;
    says(&here, (ONE.0, TWO.1), 10, "hello").await;
    assert_eq!(here.id(ONE.0).await, here.id(TWO.1).await);
    assert_ne!(here.id(ONE.0).await, here.id(ONE.1).await);
    assert_eq!(here.contact(TWO.0).await.consent, "opted_out");
    here.close().await;
}

#[tokio::test]
async fn permission_stays_behind_with_the_old_number_unless_policy_lets_it_follow() {
    for (follow, want) in [(Follow::Never, "none"), (Follow::SamePerson, "opted_in")] {
        let here = Here::open().await;
        here.policy(|policy| Policy {
            permission_follows: follow,
            ..policy
        })
        .await;
        says(&here, ONE, 0, "hello").await;
        opted_in(&here, ONE.0).await;
        let id = here.id(ONE.0).await;
        here.hears("messages", moved(ONE, TWO, 100)).await;
        assert_eq!((here.id(TWO.0).await, here.id(TWO.1).await), (id, id));
        assert_eq!((here.id(ONE.0).await, here.id(ONE.1).await), (None, None));
        assert_eq!(here.contact(TWO.0).await.consent, want);
        // The old number's next holder is nobody we know.
        says(&here, (ONE.0, THREE.1), 200, "hello").await;
        assert_ne!(here.id(ONE.0).await, id);
        // A late message under the old id is theirs all the same.
        here.step(4 * 3_600_000);
        says(&here, ("", ONE.1), 7_200, "stop").await;
        assert_eq!(here.contact(TWO.0).await.consent, "opted_out");
        here.close().await;
    }
}

#[tokio::test]
async fn changes_in_any_order_end_in_one_person() {
    let first = moved(ONE, TWO, 100);
    let second = moved(TWO, THREE, 200);
    for order in [
        [0, 1, 2, 3],
        [2, 1, 0, 3],
        [3, 2, 1, 0],
        [0, 3, 2, 1],
        [2, 0, 3, 1],
        [3, 0, 2, 1],
    ] {
        let here = Here::open().await;
        for step in order {
            match step {
                0 => says(&here, ONE, 0, "stop").await,
                1 => here.hears("messages", first.clone()).await,
                2 => here.hears("messages", second.clone()).await,
                _ => says(&here, THREE, 300, "hello").await,
            }
        }
        assert_eq!(here.id(THREE.0).await, here.id(THREE.1).await, "{order:?}");
        assert_eq!(
            here.contact(THREE.0).await.consent,
            "opted_out",
            "{order:?}"
        );
        for gone in [ONE.0, ONE.1, TWO.0, TWO.1] {
            assert_eq!(here.id(gone).await, None, "{order:?} {gone}");
        }
        here.close().await;
    }
}
