//! The whole story of one customer, in Spanish.

use consent::scope::Category;
use serde_json::{Value, json};

use crate::house::{House, LUZ};

#[tokio::test]
async fn luz_stops_offers_takes_one_topic_back_and_starts_again() {
    let house = House::open().await;
    let topic = shoes_and_consent(&house).await;

    house.says(LUZ, "por favor no me manden más ofertas").await;
    assert_eq!(
        house.may(LUZ, Category::Marketing).await,
        "opted_out_category"
    );
    assert_eq!(house.may(LUZ, Category::Utility).await, "allow");
    let phone = house.phone(LUZ).await;
    assert_eq!(phone.len(), 1, "{phone:?}");
    let words = phone[0]["body"].as_str().unwrap();
    assert!(words.contains("Ya no recibirás más ofertas"), "{words}");
    assert!(words.contains("START"), "the way back: {words}");
    assert!(words.contains("¿Quieres seguir recibiendo"), "{words}");

    // The confirmation asks whether one topic is wanted all the same.
    house.hears(LUZ, "tap", json!({ "button": "Elegir" })).await;
    let asked = house.newest(LUZ).await;
    assert_eq!(asked["buttons"][0]["text"], json!("Zapatos"), "{asked}");
    house.hears(LUZ, "pick", json!({ "row": "Zapatos" })).await;
    let told = house.newest(LUZ).await;
    assert!(
        told["body"].as_str().unwrap().contains("«Zapatos»"),
        "{told}"
    );
    let about = json!({ "to": LUZ, "category": "marketing", "topic": topic["id"] });
    let (_, answer) = house.api("POST", "/api/v1/check", Some(about)).await;
    assert_eq!(answer["allow"], json!(true), "{answer}");
    assert_eq!(
        house.may(LUZ, Category::Marketing).await,
        "opted_out_category"
    );

    // WhatsApp's own switch is another thing: START says so.
    house.acts(LUZ, "offers", json!({ "on": false })).await;
    house
        .until(|| async {
            house
                .kinds(LUZ)
                .await
                .iter()
                .any(|kind| kind.starts_with("platform_stop"))
        })
        .await;
    let before = house.phone(LUZ).await.len();
    server::services::flows::pump::step(&house.app)
        .await
        .unwrap();
    assert_eq!(
        house.phone(LUZ).await.len(),
        before,
        "a platform stop is not answered"
    );
    house.says(LUZ, "START").await;
    let told = house.newest(LUZ).await;
    let words = told["body"].as_str().unwrap();
    // How to leave, how often, and the switch that only she can turn.
    for said in ["responde STOP", "de vez en cuando", "Ofertas y anuncios"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert_eq!(
        house.may(LUZ, Category::Marketing).await,
        "platform_opt_out"
    );

    house.later(2).await;
    house.acts(LUZ, "offers", json!({ "on": true })).await;
    house
        .until(|| async { house.may(LUZ, Category::Marketing).await == "allow" })
        .await;
    let states = house.states(LUZ).await;
    let sent: Vec<&str> = states.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(sent, ["stopped", "topics", "topic_on", "started"]);
}

/// There is a topic, and Luz agreed to offers on a form.
async fn shoes_and_consent(house: &House) -> Value {
    let topic = json!({ "name": "Zapatos", "category": "marketing" });
    let (_, topic) = house.api("POST", "/api/v1/topics", Some(topic)).await;
    let agreed = json!({ "to": format!("+{LUZ}"), "kind": "opt_in", "scope": { "category": "marketing" },
        "evidence": { "source": "web_form", "wording": "Sí" } });
    house.api("POST", "/api/v1/events", Some(agreed)).await;
    assert_eq!(house.may(LUZ, Category::Marketing).await, "allow");
    topic
}
