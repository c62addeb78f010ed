//! Links to a person's own page: what opens nothing, and who changes nothing.

use axum::{body::Body, http::Request};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use consent::{alias::Alias, id::ContactId, time::Timestamp};
use proptest::{prelude::*, test_runner::TestRunner};
use server::services::preferences::link::{self, Pass, TOKEN_CHARS};
use uuid::Uuid;

use crate::house::{House, PUBLIC};

const ANA: &str = "+447700900123";

async fn ana(house: &House) -> (String, String) {
    let event = house.opt_in(ANA).await;
    let contact = event["contact"].as_str().unwrap().to_owned();
    let path = house.link(&contact).await;
    (contact, path)
}

#[tokio::test]
async fn a_token_that_was_changed_in_any_place_opens_the_page_that_says_nothing() {
    let house = House::open().await;
    let (_, path) = ana(&house).await;
    house.see(&path).await.expect(200);
    let token = path.strip_prefix("/p/").unwrap();
    assert_eq!(token.len(), TOKEN_CHARS);
    let unknown = house
        .see(&format!("/p/{}", "A".repeat(60)))
        .await
        .expect(404);
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    let mut others: Vec<String> = (0..bytes.len() * 8)
        .map(|bit| {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            URL_SAFE_NO_PAD.encode(changed)
        })
        .collect();
    others.extend((0..token.len()).map(|length| token[..length].to_owned()));
    others.extend(
        ["A", "=", "==", "%00", ".", "/", "/x", "%20"].map(|more| format!("{token}{more}")),
    );
    others.extend([
        token.to_uppercase(),
        token.to_lowercase(),
        format!("%20{token}"),
    ]);
    for other in others {
        let seen = house.see(&format!("/p/{other}")).await.expect(404);
        assert_eq!(seen.bytes, unknown.bytes, "{other}");
        let said = house
            .form(&format!("/p/{other}"), "stop=all")
            .await
            .expect(404);
        assert_eq!(said.bytes, unknown.bytes, "{other}");
    }
    let one_click = format!("/p/{}/unsubscribe", token.to_uppercase());
    let said = house.form(&one_click, "List-Unsubscribe=One-Click").await;
    assert_eq!(said.expect(404).bytes, unknown.bytes);
    assert_eq!(house.marketing(ANA).await, "allow");
}

#[tokio::test]
async fn a_token_is_read_back_as_it_was_made_and_no_other_text_is_one() {
    let house = House::open().await;
    let app = &house.app;
    let phones = (7_000_000_000_u64..7_999_999_999).prop_map(|n| format!("44{n}"));
    let made = (any::<u128>(), 0_i64..4_000_000_000, phones);
    TestRunner::default()
        .run(&made, |(id, second, phone)| {
            let contact = ContactId::new(Uuid::from_u128(id));
            let (alias, other) = (
                Alias::Phone(phone.parse().unwrap()),
                Alias::Phone("12025550142".parse().unwrap()),
            );
            let now = Timestamp::from_seconds(second);
            let made = link::link(app, contact, &alias, now).unwrap();
            prop_assert!(!made.url.contains(&phone), "{}", made.url);
            let token = made.url.rsplit('/').next().unwrap();
            let pass = Pass::read(&app.vault, token).unwrap();
            prop_assert_eq!(pass.contact, contact);
            prop_assert_eq!(
                pass.expires,
                made.expires
                    .min(Timestamp::from_seconds(i64::from(u32::MAX)))
            );
            prop_assert!(pass.is_for(&app.vault, &alias) && !pass.is_for(&app.vault, &other));
            Ok(())
        })
        .unwrap();
    TestRunner::default()
        .run(&"[A-Za-z0-9_-]{60}|\\PC*", |text| {
            prop_assert!(Pass::read(&app.vault, &text).is_none());
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn whoever_fetches_a_link_changes_nothing() {
    let house = House::open().await;
    let (contact, path) = ana(&house).await;
    let before = house.events(&contact).await;
    let agents = [
        "WhatsApp/2.23.20.0",
        "facebookexternalhit/1.1",
        "Slackbot-LinkExpanding 1.0",
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (compatible; Googlebot/2.1)",
        "Microsoft Office/16.0 SafeLinks",
        "Barracuda Sentinel",
        "curl/8.5",
        "",
        "Mozilla/5.0 HeadlessChrome/120.0",
    ];
    let methods = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"];
    for agent in agents {
        for method in methods {
            for place in [
                path.clone(),
                format!("{path}/unsubscribe"),
                format!("{path}?stop=all&saved=1"),
            ] {
                let request = Request::builder()
                    .method(method)
                    .uri(&place)
                    .header("user-agent", agent)
                    .header("purpose", "prefetch")
                    .header("sec-purpose", "prefetch;prerender")
                    .body(Body::from("stop=all"));
                let answer = house.raw(request.unwrap()).await;
                assert!(answer.status.as_u16() < 500, "{method} {place}");
                if method == "HEAD" {
                    assert!(answer.bytes.is_empty());
                }
            }
        }
    }
    assert_eq!(house.events(&contact).await, before);
    assert_eq!(house.marketing(ANA).await, "allow");
}

#[tokio::test]
async fn a_link_dies_with_the_alias_that_it_was_given_to() {
    for house in [House::open().await, House::open_postgres().await] {
        let (contact, path) = ana(&house).await;
        let unknown = house.see("/p/nothing").await.expect(404);
        let alias = Alias::Phone(ANA.trim_start_matches('+').parse().unwrap());
        let mut tx = house.app.store.begin().await.unwrap();
        tx.end_aliases(&[alias.key()], house.app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.see(&path).await.expect(404).bytes, unknown.bytes);
        house.form(&path, "stop=all").await.expect(404);
        let making = format!("/api/v1/contacts/{contact}/preference_link");
        house.post(&making, serde_json::json!({})).await.expect(404);
        let bia = house.opt_in("+447700900124").await;
        let contact = bia["contact"].as_str().unwrap();
        let path = house.link(contact).await;
        house.see(&path).await.expect(200);
        house
            .delete(&format!("/api/v1/contacts/{contact}"))
            .await
            .expect(200);
        assert_eq!(house.see(&path).await.expect(404).bytes, unknown.bytes);
        house.close().await;
    }
}

#[tokio::test]
async fn a_link_is_given_to_an_address_of_the_contact_and_to_no_other() {
    let house = House::open().await;
    let (contact, path) = ana(&house).await;
    let making = format!("/api/v1/contacts/{contact}/preference_link");
    let made = house
        .post(&making, serde_json::json!({"to": "+44 7700 900123"}))
        .await
        .expect(201)
        .json();
    assert_eq!(made["url"], format!("{PUBLIC}{path}"));
    assert_eq!(made["expires_at"], "2027-05-21T10:00:00Z");
    let other = serde_json::json!({"to": "+447700900124"});
    assert_eq!(
        house.post(&making, other).await.expect(422).json()["field"],
        "to"
    );
    let bad = serde_json::json!({"too": ANA});
    assert_eq!(
        house.post(&making, bad).await.expect(422).json()["field"],
        "too"
    );
    let nobody = format!("/api/v1/contacts/{}/preference_link", Uuid::now_v7());
    house.post(&nobody, serde_json::json!({})).await.expect(404);
    let read = house.key_for(server::services::keys::Role::Read).await;
    let request = house
        .request("POST", &making, Some(&read))
        .body(Body::empty());
    house.raw(request.unwrap()).await.expect(403);
}
