//! Templates: the list, one with its life and its topic, and the form that makes one.

use consent::id::ContactId;
use sandbox::{Options, Running, Sandbox, settings::Settings};
use serde_json::json;
use server::services::{staff::Role, templates};
use store::journey::run::{RunLine, State};
use uuid::Uuid;

use crate::{browser::Browser, house::House};

pub async fn beside() -> (House, Running) {
    let mut options = Options::sample().unwrap();
    options.settings = Settings::immediate();
    let meta = Sandbox::start(options).await.unwrap();
    let house = House::open_beside(&meta.base_url(), &meta.options.access_tokens[0]).await;
    templates::refresh(&house.app).await.unwrap();
    (house, meta)
}

const FIELDS: [(&str, &str); 12] = [
    ("name", "winter_sale"),
    ("language", "en_US"),
    ("category", "marketing"),
    ("header", ""),
    ("body", "Hello {{1}}, the <b>sale</b> ends soon."),
    ("footer", ""),
    ("button_kind", "url"),
    ("button_text", "Shop"),
    ("button_to", "https://example.com"),
    ("opt_out", "button"),
    ("gap", "1"),
    ("example", "Ana"),
];

/// The form with one field filled in otherwise.
fn with<'a>(field: &str, value: &'a str) -> Vec<(&'static str, &'a str)> {
    let fields = FIELDS.into_iter();
    let changed = fields.map(|(name, old)| (name, if name == field { value } else { old }));
    changed.collect()
}

#[tokio::test]
async fn a_marketer_looks_at_a_template_and_hands_it_in() {
    let (house, _meta) = beside().await;
    let mut marketer = Browser::of(&house, Role::Marketer).await;
    let form = marketer.get("/templates/new").await.expect(200).text();
    assert!(form.contains("Stop promotions") && form.contains("Reply STOP"));
    let look = [FIELDS.as_slice(), &[("act", "look")]].concat();
    let seen = marketer
        .post("/templates/new", &look)
        .await
        .expect(200)
        .text();
    assert!(
        seen.contains("the &#60;b&#62;sale&#60;/b&#62; ends"),
        "{seen}"
    );
    assert!(seen.contains("speech-button") && !seen.contains("note-warn"));
    let list = house.get("/api/v1/templates").await.text();
    assert!(!list.contains("winter_sale"), "a look makes nothing");

    let bare = [with("opt_out", "none"), vec![("act", "look")]].concat();
    let warned = marketer
        .post("/templates/new", &bare)
        .await
        .expect(200)
        .text();
    assert!(
        warned.contains("Nothing on it says how to stop"),
        "{warned}"
    );
    for (field, value, why) in [
        (
            "name",
            "Winter Sale",
            "Name: `Winter Sale` is no name for a template",
        ),
        ("example", "", "Text: the gap `1` has no example"),
        ("button_to", "example", "Buttons: `example` is no address"),
    ] {
        let wrong = [with(field, value), vec![("act", "make")]].concat();
        let page = marketer
            .post("/templates/new", &wrong)
            .await
            .expect(422)
            .text();
        assert!(page.contains(why), "{page}");
        assert!(page.contains("https://example.com") || field == "button_to");
    }
    let make = [FIELDS.as_slice(), &[("act", "make")]].concat();
    let made = marketer.post("/templates/new", &make).await;
    let path = Browser::leads(&made);
    let page = marketer.get(&path).await.expect(200).text();
    assert!(page.contains("handed to Meta for review") && page.contains("In review at Meta"));
    assert!(page.contains("Stop promotions") && page.contains("Made here"));
    let again = marketer
        .post("/templates/new", &make)
        .await
        .expect(422)
        .text();
    assert!(
        again.contains("Meta refused the template: there is already"),
        "{again}"
    );
}

#[tokio::test]
async fn the_list_is_narrowed_and_one_is_bound_to_a_topic() {
    let (house, _meta) = beside().await;
    let body = json!({"name": "Offers", "category": "marketing"});
    let topic = house.post("/api/v1/topics", body).await.expect(201).json();
    let list = house.get("/api/v1/templates").await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    let sale = items
        .iter()
        .find(|item| item["name"] == "autumn_sale")
        .unwrap();
    let path = format!("/templates/{}", sale["id"].as_str().unwrap());

    let mut compliance = Browser::of(&house, Role::Compliance).await;
    let all = compliance.get("/templates").await.expect(200).text();
    assert!(all.contains("autumn_sale") && all.contains("order_update"));
    let some = compliance
        .get("/templates?category=marketing&search=AUTUMN")
        .await
        .text();
    assert!(some.contains("autumn_sale") && !some.contains("order_update"));
    let out = compliance
        .get("/templates?state=out&search=autumn")
        .await
        .text();
    assert!(out.contains("No template fits."), "{out}");
    let id = topic["id"].as_str().unwrap();
    let bound = compliance
        .post(&format!("{path}/topic"), &[("topic", id)])
        .await;
    assert_eq!(Browser::leads(&bound), format!("{path}?saved=1"));
    let page = compliance.get(&path).await.expect(200).text();
    assert!(page.contains("Topic: Offers"), "{page}");
    let listed = compliance.get("/templates?search=autumn").await.text();
    assert!(listed.contains("Offers"));
    let shown = compliance
        .get(&format!("/settings/topics/{id}"))
        .await
        .text();
    assert!(shown.contains(&path));
    let wrong = [("topic", "nonsense")];
    let refused = compliance.post(&format!("{path}/topic"), &wrong).await;
    assert!(refused.expect(422).text().contains("is not a topic"));

    let viewer = Browser::of(&house, Role::Viewer).await;
    let looked = viewer.get(&path).await.expect(200).text();
    assert!(looked.contains("Offers") && !looked.contains("name=\"topic\""));
    let list = viewer.get("/templates").await.expect(200).text();
    assert!(!list.contains("/templates/new"));
    viewer.get("/templates/nonsense").await.expect(404);
}

/// A campaign that waits for its time and a live journey, each with a template of its own. Gives where each is.
async fn busy(house: &House) -> (String, String) {
    let body = json!({"name": "Later", "number": "109900000000001", "basis": "consent", "start_at": "2099-01-01T00:00:00Z",
        "template": {"name": "autumn_sale", "language": "en_US"}, "variables": {"body": ["you"]},
        "audience": {"numbers": ["+447700900123"]}});
    let made = house
        .post("/api/v1/campaigns", body)
        .await
        .expect(201)
        .json();
    let campaign = format!("/api/v1/campaigns/{}", made["id"].as_str().unwrap());
    let start = format!("{campaign}/start");
    house.post(&start, json!({})).await.expect(200);
    let step = json!({"id": "s1", "kind": "send_template", "template": "order_update", "language": "en_US",
        "variables": {"1": "x"}});
    let definition = json!({"format": 1, "name": "Orders", "number": "109900000000001",
        "trigger": {"kind": "joined"}, "steps": [step]});
    let made = json!({ "definition": definition });
    let journey = house
        .post("/api/v1/journeys", made)
        .await
        .expect(201)
        .json();
    let id = journey["id"].as_str().unwrap();
    let journey_path = format!("/api/v1/journeys/{id}");
    let seen = json!({"cas": journey["cas"]});
    let live = format!("{journey_path}/publish");
    house.post(&live, seen).await.expect(200);
    (campaign, journey_path)
}

/// Somebody is on their way through the first version of a journey.
async fn walks(house: &House, journey: &str) {
    let run = RunLine {
        contact: ContactId::new(Uuid::now_v7()),
        id: Uuid::now_v7(),
        journey: journey.rsplit('/').next().unwrap().parse().unwrap(),
        version: 1,
        state: State::Running,
        memory: "{}".to_owned(),
        due: None,
        entered: house.app.clock.now(),
        ended: None,
        why: None,
        cas: 1,
    };
    let mut tx = house.app.store.begin().await.unwrap();
    tx.enter(&[run]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn one_is_deleted_at_meta_unless_something_that_runs_sends_it() {
    let (house, _meta) = beside().await;
    let list = house.get("/api/v1/templates").await.expect(200).json();
    let items = list["items"].as_array().unwrap().clone();
    let id = |name: &str| {
        let fits = |item: &&serde_json::Value| item["name"] == name && item["language"] == "en_US";
        let found = items.iter().find(fits).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    let (sale, order) = (id("autumn_sale"), id("order_update"));
    let (campaign, journey) = busy(&house).await;
    let mut marketer = Browser::of(&house, Role::Marketer).await;
    for (id, why) in [
        (&sale, "the campaign Later sends"),
        (&order, "the journey Orders is live"),
    ] {
        let path = format!("/templates/{id}/delete");
        let page = marketer.post(&path, &[]).await.expect(409).text();
        assert!(page.contains(why), "{page}");
    }
    walks(&house, &journey).await;
    let stop = format!("{journey}/stop");
    house.post(&stop, json!({})).await.expect(200);
    let path = format!("/templates/{order}/delete");
    let page = marketer.post(&path, &[]).await.expect(409).text();
    assert!(
        page.contains("on their way through a version of the journey Orders"),
        "{page}"
    );
    let cancel = format!("{campaign}/cancel");
    house.post(&cancel, json!({})).await.expect(200);
    let (path, delete) = (
        format!("/templates/{sale}"),
        format!("/templates/{sale}/delete"),
    );
    let page = marketer.get(&path).await.expect(200).text();
    assert!(page.contains("Yes, delete it at Meta"), "{page}");
    let gone = marketer.post(&delete, &[]).await;
    assert_eq!(Browser::leads(&gone), "/templates");
    let shown = house
        .get(&format!("/api/v1{path}"))
        .await
        .expect(200)
        .json();
    let state = (&shown["status"], &shown["usable"]);
    assert_eq!(state, (&json!("DELETED"), &json!(false)));
    let page = marketer.get(&path).await.expect(200).text();
    assert!(!page.contains("delete it at Meta"), "it is gone: {page}");
    templates::refresh(&house.app).await.unwrap();
    let list = house.get("/api/v1/templates").await.expect(200).json();
    let left = list["items"].as_array().unwrap().iter();
    let gone: Vec<_> = left.filter(|item| item["status"] == "DELETED").collect();
    assert_eq!(gone.len(), 1, "its other language stays: {gone:?}");
    assert_eq!(gone[0]["id"], sale.as_str());
    marketer.post(&delete, &[]).await.expect(404);
}
