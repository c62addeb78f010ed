//! Topics over HTTP: their words, who speaks first, and the end of one.

use serde_json::{Value, json};

use crate::{api::problem, house::House};

const ANA: &str = "+447700900123";

async fn topic(house: &House, body: Value) -> Value {
    house.post("/api/v1/topics", body).await.expect(201).json()
}

async fn ask(house: &House, topic: &str) -> String {
    let body = json!({"to": ANA, "topic": topic});
    let answer = house.post("/api/v1/check", body).await.expect(200).json();
    answer["code"].as_str().unwrap_or("allow").to_owned()
}

#[tokio::test]
async fn a_topic_is_renamed_and_translated() {
    for house in [House::open().await, House::open_postgres().await] {
        let made = topic(
            &house,
            json!({"name": "offers", "category": "marketing", "description": "Once a month.",
                   "translations": {"pt-BR": {"name": "Ofertas", "description": "Uma vez por mês."}, "fr": {"name": "Offres"}}}),
        )
        .await;
        assert_eq!(made["translations"]["pt-br"]["name"], "Ofertas");
        let path = format!("/api/v1/topics/{}", made["id"].as_str().unwrap());
        let body =
            json!({"name": "deals", "translations": {"es": {"name": "Ofertas"}, "fr": null}});
        let changed = house.send("PATCH", &path, body).await.expect(200).json();
        assert_eq!(
            (&changed["name"], &changed["description"]),
            (&json!("deals"), &json!("Once a month."))
        );
        let languages: Vec<&String> = changed["translations"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        assert_eq!(languages, ["es", "pt-br"]);
        assert_eq!(house.get(&path).await.expect(200).json(), changed);
        let list = house.get("/api/v1/topics").await.expect(200).json();
        assert_eq!(list["items"], json!([changed]));
        topic(&house, json!({"name": "news", "category": "marketing"})).await;
        let taken = house.send("PATCH", &path, json!({"name": "news"})).await;
        problem(&taken.expect(409));
        for (bad, field) in [
            (json!({"name": ""}), "name"),
            (json!({"description": "x".repeat(301)}), "description"),
            (json!({"default": "maybe"}), "default"),
            (
                json!({"translations": {"!!": {"name": "x"}}}),
                "translations",
            ),
            (
                json!({"translations": {"es": {"name": "\n"}}}),
                "translations.name",
            ),
            (json!({"category": "utility"}), "category"),
        ] {
            let answer = house.send("PATCH", &path, bad).await.expect(422);
            assert_eq!(problem(&answer)["field"], field);
        }
        let nobody = format!("/api/v1/topics/{}", uuid::Uuid::now_v7());
        house.send("PATCH", &nobody, json!({})).await.expect(404);
        house.close().await;
    }
}

#[tokio::test]
async fn who_speaks_first_and_what_is_retired_counts_from_the_next_verdict() {
    for house in [House::open().await, House::open_postgres().await] {
        let made = topic(
            &house,
            json!({"name": "care", "category": "marketing", "default": "opt_out"}),
        )
        .await;
        assert_eq!(made["default"], "opt_out");
        let id = made["id"].as_str().unwrap();
        let path = format!("/api/v1/topics/{id}");
        assert_eq!(ask(&house, id).await, "allow");
        assert_eq!(house.marketing(ANA).await, "no_consent");
        house
            .send("PATCH", &path, json!({"default": "opt_in"}))
            .await
            .expect(200);
        assert_eq!(ask(&house, id).await, "no_consent");
        house.opt_in(ANA).await;
        assert_eq!(ask(&house, id).await, "allow");
        let retired = house
            .send("PATCH", &path, json!({"retired": true}))
            .await
            .expect(200)
            .json();
        assert_eq!(retired["retired_at"], "2026-11-22T10:00:00Z");
        assert_eq!(ask(&house, id).await, "topic_retired");
        assert_eq!(house.marketing(ANA).await, "allow");
        let policy = house.get("/api/v1/policy").await.expect(200).json();
        assert_eq!(
            policy["topics"][id],
            json!({"default": "opt_in", "retired_at": "2026-11-22T10:00:00Z"})
        );
        let other = json!({"caps": [{"category": "utility", "max": 9, "days": 1}]});
        house.send("PUT", "/api/v1/policy", other).await.expect(200);
        assert_eq!(ask(&house, id).await, "topic_retired");
        house
            .send("PATCH", &path, json!({"retired": false}))
            .await
            .expect(200);
        assert_eq!(ask(&house, id).await, "allow");
        let words = json!({"topics": {"nonsense": {"default": "opt_in"}}});
        let answer = house.send("PUT", "/api/v1/policy", words).await.expect(422);
        assert_eq!(problem(&answer)["field"], "topics");
        house.close().await;
    }
}

#[tokio::test]
async fn a_yes_to_all_offers_covers_topics_that_are_made_later() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    let later = topic(&house, json!({"name": "later", "category": "marketing"})).await;
    assert_eq!(ask(&house, later["id"].as_str().unwrap()).await, "allow");
    house.opt_out(ANA).await;
    let latest = topic(&house, json!({"name": "latest", "category": "marketing"})).await;
    assert_eq!(
        ask(&house, latest["id"].as_str().unwrap()).await,
        "opted_out_category"
    );
}

#[tokio::test]
async fn a_cap_names_its_topic_by_name_or_id_and_holds_back_nothing_else() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    let made = topic(&house, json!({"name": "offers", "category": "marketing"})).await;
    let id = made["id"].as_str().unwrap();
    topic(&house, json!({"name": "news", "category": "marketing"})).await;
    for named in ["Offers", id] {
        let cap = json!({"category": "marketing", "topic": named, "max": 0, "days": 7});
        let put = json!({"caps": [cap]});
        house.send("PUT", "/api/v1/policy", put).await.expect(200);
        let policy = house.get("/api/v1/policy").await.expect(200).json();
        assert_eq!(
            policy["caps"],
            json!([{"category": "marketing", "topic": id, "max": 0, "days": 7}])
        );
        assert_eq!(ask(&house, id).await, "frequency_capped");
        assert_eq!(ask(&house, "news").await, "allow");
        assert_eq!(house.marketing(ANA).await, "allow");
    }
    let cap = json!({"category": "marketing", "topic": "nonsense", "max": 1, "days": 7});
    let answer = house
        .send("PUT", "/api/v1/policy", json!({"caps": [cap]}))
        .await;
    assert_eq!(problem(&answer.expect(422))["field"], "caps.topic");
}
