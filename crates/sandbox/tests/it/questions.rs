//! The sample template that asks whoever has a number whether it was they who wrote it into a form.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    house::{ADA, House, NUMBER, WABA},
    page,
};

const NAME: &str = "confirm_subscription";
const LANGUAGES: [&str; 6] = ["en_US", "en_GB", "es", "pt_BR", "hi", "ar"];

#[tokio::test]
async fn the_question_reads_well_in_each_language_and_its_answers_carry_the_senders_payloads() {
    let house = House::open().await;
    for (at, language) in LANGUAGES.iter().enumerate() {
        let (yes, no) = (format!("yes:{at}"), format!("no:{at}"));
        house.sent(question(language, &[&yes, &no])).await;
        let shown = house.chat("ada").await.pop().unwrap();
        let body = shown["body"].as_str().unwrap();
        assert!(
            body.contains("Tulips (twice a month)")
                && body.contains("STOP")
                && !body.contains("{{"),
            "{body}"
        );
        assert_eq!(
            (&shown["category"], &shown["template"]),
            (&json!("utility"), &json!(format!("{NAME} ({language})")))
        );
        let buttons = shown["buttons"].as_array().unwrap();
        assert_eq!(buttons.len(), 2);
        for (button, payload) in buttons.iter().zip([yes, no]) {
            // Meta's limit for the words on a button.
            assert!(button["text"].as_str().unwrap().chars().count() <= 25);
            house
                .customer(
                    "ada",
                    "tap",
                    json!({"button": button["text"], "message": shown["id"]}),
                )
                .await;
            let tapped = said(&house).await.pop().unwrap();
            assert_eq!(
                (&tapped["type"], &tapped["context"]["id"]),
                (&json!("button"), &shown["id"])
            );
            assert_eq!(
                tapped["button"],
                json!({"payload": payload, "text": button["text"]})
            );
        }
    }
}

#[tokio::test]
async fn a_payload_is_tapped_by_its_own_name_too_and_one_button_may_go_without() {
    let house = House::open().await;
    let mut send = question("en_GB", &["join:a.b_c-1"]);
    send["template"]["components"][1]["index"] = json!(1);
    house.sent(send).await;
    house.quiet().await;
    for button in ["join:a.b_c-1", "Yes, please"] {
        house
            .customer("ada", "tap", json!({"button": button}))
            .await;
    }
    let said = said(&house).await;
    assert_eq!(
        said[0]["button"],
        json!({"payload": "join:a.b_c-1", "text": "No, thanks"})
    );
    assert_eq!(
        said[1]["button"],
        json!({"payload": "Yes, please", "text": "Yes, please"})
    );
}

#[tokio::test]
async fn it_is_listed_as_an_approved_utility_template_with_an_example() {
    let house = House::open().await;
    let edge = format!("{WABA}/message_templates?name={NAME}&limit=50");
    let (_, listed) = house.graph(Method::GET, &edge, Value::Null).await;
    let listed = listed["data"].as_array().unwrap();
    let found: Vec<&Value> = listed.iter().filter(|one| one["name"] == NAME).collect();
    assert_eq!(found.len(), LANGUAGES.len());
    for template in found {
        assert_eq!(
            (&template["category"], &template["status"]),
            (&json!("UTILITY"), &json!("APPROVED"))
        );
        let example = &template["components"][0]["example"]["body_text"][0];
        assert_eq!(example.as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn the_panel_of_the_business_fills_the_gaps_with_the_example() {
    let house = House::open().await;
    let cookie = page::enter(&house).await;
    house.meta.set_gateway(sandbox::options::Gateway {
        base_url: house.meta.base_url(),
        api_key: house.token().to_owned(),
    });
    let form = [("to", "luz"), ("what", "utility"), ("utility", NAME)];
    page::post(&house, &cookie, "/phones/send", &form).await;
    let body = house.chat("luz").await[0]["body"].clone();
    let shown = body.as_str().unwrap();
    assert!(
        shown.contains("Ofertas semanales (hasta 4 mensajes al mes)"),
        "{shown}"
    );
}

/// Asks Ada in this language; the payloads go to the buttons in their order.
fn question(language: &str, payloads: &[&str]) -> Value {
    let gaps = ["Tulips", "twice a month"].map(|text| json!({"type": "text", "text": text}));
    let mut components = vec![json!({"type": "body", "parameters": gaps})];
    components.extend(payloads.iter().enumerate().map(|(index, payload)| {
        json!({
            "type": "button", "sub_type": "quick_reply", "index": index.to_string(),
            "parameters": [{"type": "payload", "payload": payload}],
        })
    }));
    json!({
        "messaging_product": "whatsapp", "to": ADA, "type": "template",
        "template": {"name": NAME, "language": {"code": language}, "components": components},
    })
}

async fn said(house: &House) -> Vec<Value> {
    let values = house.told("messages").await;
    let here = |value: &&Value| value["metadata"]["phone_number_id"] == NUMBER;
    values
        .iter()
        .filter(here)
        .filter_map(|value| value["messages"].get(0))
        .cloned()
        .collect()
}
