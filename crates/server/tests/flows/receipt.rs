//! RECEIPT: what somebody agreed to, told in the chat in their language, with proof.

use consent::wording::{Reading, score};
use serde_json::{Value, json};
use server::flows::words::{Key, asks_for_receipt, built_in};
use store::reply::ReplyState;

use crate::house::{ADA, House, LUZ};

const SHOWN: &str = "Sí, quiero ofertas {date} por WhatsApp, una vez por semana.";

async fn agreed(house: &House, who: &str, wording: &str) -> String {
    let evidence = json!({ "source": "web_form", "wording": wording, "locale": "es" });
    let body = json!({ "to": format!("+{who}"), "kind": "opt_in", "evidence": evidence });
    let (status, event) = house.api("POST", "/api/v1/events", Some(body)).await;
    assert_eq!(status, 201, "{event}");
    event["id"].as_str().unwrap().to_owned()
}

async fn body(house: &House, who: &str) -> String {
    let newest = house.newest(who).await;
    newest["body"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn luz_gets_what_she_saw_word_for_word_and_how_to_prove_it() {
    let house = House::open().await;
    house.says(LUZ, "RECEIPT").await;
    let told = body(&house, LUZ).await;
    assert!(told.contains("No tenemos constancia"), "{told}");

    let record = agreed(&house, LUZ, SHOWN).await;
    house.later(2).await;
    house.says(LUZ, "Recibo").await;
    let told = body(&house, LUZ).await;
    let hash = hex::encode(server::vault::sha256(SHOWN.as_bytes()));
    for said in [
        "Aceptaste: ofertas y novedades",
        "en un formulario",
        SHOWN,
        &record,
        &hash,
        "responde STOP",
    ] {
        assert!(told.contains(said), "{said} is not in {told}");
    }
    assert!(!told.contains("Retirado"), "{told}");

    house.later(2).await;
    house.says(LUZ, "STOP").await;
    house.later(2).await;
    house.says(LUZ, "recibo!").await;
    let told = body(&house, LUZ).await;
    assert!(told.contains("Retirado: 20"), "{told}");
    let states = house.states(LUZ).await;
    let sent = |kind: &str| (kind.to_owned(), ReplyState::Sent);
    assert_eq!(
        states,
        [
            sent("receipt"),
            sent("receipt"),
            sent("stopped"),
            sent("receipt")
        ]
    );
    // It went through the gate like every answer, as what it is.
    let (_, page) = house
        .api("GET", &format!("/api/v1/messages?to=%2B{LUZ}"), None)
        .await;
    let items = page["items"].as_array().unwrap();
    let sent = items
        .iter()
        .filter(|item| item["category"] == json!("service"));
    assert!(sent.count() >= 4, "{page}");
}

#[tokio::test]
async fn many_consents_fit_one_message_newest_first_and_what_is_left_out_is_said() {
    let house = House::open().await;
    let long = "Yes, I would like to get offers. ".repeat(100);
    for number in 0..12 {
        let topic = json!({ "name": format!("Topic {number}"), "category": "marketing" });
        let (_, topic) = house.api("POST", "/api/v1/topics", Some(topic)).await;
        let evidence = json!({ "source": "web_form", "wording": long });
        let scope = json!({ "topic": topic["id"] });
        let body = json!({ "to": format!("+{ADA}"), "kind": "opt_in", "scope": scope, "evidence": evidence });
        let (status, _) = house.api("POST", "/api/v1/events", Some(body)).await;
        assert_eq!(status, 201);
    }
    house.says(ADA, "my receipt").await;
    let told = body(&house, ADA).await;
    let length = told.chars().count();
    assert!((3_000..=4_096).contains(&length), "{length}: {told}");
    assert!(
        told.contains("Topic 11") && !told.contains("Topic 0\n"),
        "{told}"
    );
    assert!(told.contains("There are more"), "{told}");
    assert!(told.contains("reply STOP"), "{told}");
}

#[tokio::test]
async fn the_business_has_its_own_word_its_own_texts_and_may_switch_it_off() {
    let house = House::open().await;
    agreed(&house, ADA, "Yes").await;
    let texts = json!([{ "language": "en", "words": { "receipt": "Here it is." } }]);
    house
        .flows(json!({ "receipt_words": ["MY PROOF"], "texts": texts }))
        .await;
    house.says(ADA, "my proof").await;
    let told = body(&house, ADA).await;
    assert!(told.starts_with("Here it is."), "{told}");
    house.later(2).await;
    house.says(ADA, "HELP").await;
    assert!(body(&house, ADA).await.contains("reply MY PROOF"));
    house.flows(json!({ "receipts": false })).await;
    let before = house.phone(ADA).await.len();
    house.says(ADA, "RECEIPT").await;
    assert_eq!(house.phone(ADA).await.len(), before);
    let bad = json!({ "receipt_words": ["!"] });
    let (status, answer) = house.api("PUT", "/api/v1/flows", Some(bad)).await;
    assert_eq!(
        (status.as_u16(), &answer["field"]),
        (422, &json!("receipt_words"))
    );
}

#[test]
fn no_word_for_a_receipt_means_anything_else() {
    let languages = [
        "en", "es", "pt", "fr", "de", "it", "nl", "pl", "ro", "tr", "ru", "uk", "ar", "he", "fa",
        "hi", "bn", "ta", "ur", "id", "ms", "vi", "th", "zh", "ja", "ko", "sw",
    ];
    for language in languages {
        let words = built_in(language, Key::ReceiptWords).unwrap();
        for word in words.split(',') {
            assert_eq!(score::read(word), Reading::Nothing, "{language}: {word}");
            let folded = consent::wording::fold::fold(&word.to_uppercase());
            assert!(asks_for_receipt(&folded), "{language}: {word}");
        }
    }
    assert!(!asks_for_receipt("") && !asks_for_receipt("stop"));
}

#[tokio::test]
async fn the_answer_to_a_receipt_is_what_holds_when_it_is_sent() {
    let house = House::open().await;
    agreed(&house, ADA, "Yes").await;
    house
        .fault(json!({ "kind": "error", "status": 400, "code": 131_056 }))
        .await;
    house.says(ADA, "RECEIPT").await;
    assert_eq!(house.newest(ADA).await, Value::Null);
    let body = json!({ "to": format!("+{ADA}"), "kind": "opt_out" });
    house.api("POST", "/api/v1/events", Some(body)).await;
    house.tries_again(ADA).await;
    let told = self::body(&house, ADA).await;
    assert!(told.contains("Withdrawn: 20"), "{told}");
}

#[tokio::test]
async fn whoever_joined_by_a_code_has_a_receipt_of_the_form_as_they_saw_it() {
    let house = House::open().await;
    let texts = |often: &str| json!({ "en": { "title": "Join us", "kind": "offers from our shop", "frequency": often } });
    let form = json!({ "slug": "spring", "topics": ["marketing"], "texts": texts("once a week") });
    let (status, answer) = house.api("POST", "/api/v1/forms", Some(form)).await;
    assert_eq!(status, 201, "{answer}");
    let link = json!({ "name": "Poster", "language": "en" });
    let (_, link) = house
        .api("POST", "/api/v1/forms/spring/links", Some(link))
        .await;
    house.says(ADA, link["message"].as_str().unwrap()).await;
    let asked = house.newest(ADA).await;
    house
        .hears(ADA, "tap", json!({ "button": asked["buttons"][0]["text"] }))
        .await;
    let changed = json!({ "topics": ["marketing"], "texts": texts("daily") });
    let (_, changed) = house
        .api("PUT", "/api/v1/forms/spring", Some(changed))
        .await;
    assert_eq!(changed["version"], 2, "{changed}");

    let contact = house.contact(ADA).await;
    let path = format!("/api/v1/contacts/{contact}/receipts");
    let (_, page) = house.api("GET", &path, None).await;
    let receipt = &page["items"][0];
    let purpose = &receipt["processing"]["purposes"][0];
    assert_eq!(
        (&purpose["message_kind"], &purpose["frequency"]),
        (&json!("offers from our shop"), &json!("once a week"))
    );
    let wording = &receipt["wording"];
    assert_eq!(wording["form"], json!({ "slug": "spring", "version": 1 }));
    assert_eq!(wording["page"], "Poster");
    let states: Vec<&Value> = receipt["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["event_state"])
        .collect();
    assert_eq!(states, ["requested", "given"]);

    house.later(2).await;
    house.says(ADA, "RECEIPT").await;
    let told = body(&house, ADA).await;
    let question = asked["body"].as_str().unwrap();
    let hash = wording["sha256"].as_str().unwrap();
    for said in [question, hash, "offers and news"] {
        assert!(told.contains(said), "{said} is not in {told}");
    }
}
