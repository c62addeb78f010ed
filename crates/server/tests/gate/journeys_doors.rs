//! How people come into journeys and stay in them: an advertisement, a form, a quiet night, and somebody who was two people.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use consent::time::{DAY_MS, HOUR_MS};
use serde_json::{Value, json};
use server::services::{
    flows, forms,
    join::{self, Application, Applied, Shown},
};

use crate::journey_stage::{Stage, joined, passed, sale};

const ADA: &str = "447700900123";
const BEN: &str = "447700900188";
const BSUID: &str = "GB.70012345678901234567";
/// 20 November 2026, ten in the evening in London.
const EVENING: i64 = 1_795_212_000_000;

fn tagged(tag: &str) -> Value {
    json!([{"id": "s1", "kind": "add_tag", "tag": tag}])
}

/// The person with this number.
async fn contact(stage: &Stage, phone: &str) -> Value {
    let page = stage
        .desk
        .get(&format!("/contacts?search=%2B{phone}"))
        .await;
    page["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_after_a_click_on_an_ad_enters_and_whoever_just_writes_or_stops_does_not() {
    for stage in Stage::both().await {
        let any = stage
            .publish(json!({"kind": "ad_referral"}), tagged("any_ad"))
            .await;
        let one = json!({"kind": "ad_referral", "ad": "120900000000000001"});
        stage.publish(one, tagged("this_ad")).await;
        let other = json!({"kind": "ad_referral", "ad": "999"});
        let other = stage.publish(other, tagged("other_ad")).await;
        stage.desk.hear(BEN, "1", "Hi, no ad").await;
        let at = stage.desk.house.app.clock.now().millis() / 1000;
        let click = |from: &str, id: &str, words: &str| {
            json!({"contacts": [{"wa_id": from}], "messages": [{"from": from, "id": id, "timestamp": at.to_string(),
                "type": "text", "text": {"body": words}, "referral": {"source_url": "https://fb.me/exampleAd1",
                "source_id": "120900000000000001", "source_type": "ad", "headline": "Chat with us",
                "ctwa_clid": "ARAexampleclickid0001"}}]})
        };
        stage
            .desk
            .tell(click(ADA, "wamid.2", "Hi, I saw your ad"))
            .await;
        stage.desk.tell(click(BEN, "wamid.3", "STOP")).await;
        // Meta tells it again.
        stage
            .desk
            .tell(click(ADA, "wamid.2", "Hi, I saw your ad"))
            .await;
        stage.go().await;
        assert_eq!(
            contact(&stage, ADA).await["tags"],
            json!(["any_ad", "this_ad"])
        );
        let ben = contact(&stage, BEN).await["tags"].clone();
        assert_eq!(ben, json!(["opted-out"]), "which the house does by itself");
        let runs = stage.desk.get(&format!("{any}/runs")).await;
        assert_eq!(runs["items"].as_array().unwrap().len(), 1);
        let runs = stage.desk.get(&format!("{other}/runs")).await;
        assert_eq!(runs["items"], json!([]));
    }
}

/// Fills in a form for a number; gives the first message that its page leads to.
async fn fills_in(stage: &Stage, slug: &str, number: &str) -> String {
    let app = &stage.desk.house.app;
    let form = forms::find(app, slug).await.unwrap().unwrap();
    let shown = Shown {
        text: "Join us | [ ] offers from our shop, weekly".to_owned(),
        language: "en".to_owned(),
    };
    let ticket = join::ticket(app, &form, &shown).unwrap();
    let topics = app.store.topics().await.unwrap();
    let ticked = form.choices(&topics);
    let application = Application {
        form: &form,
        shown: &shown,
        ticket: &ticket,
        number,
        email: "",
        ticked: &ticked[..1],
        page: "https://gate.example.com/join",
        address: None,
        is_trapped: false,
    };
    let Applied::Next(next) = join::apply(app, &application).await.unwrap() else {
        panic!("the form takes the number");
    };
    let (_, query) = next.chat.as_ref().unwrap().split_once("?text=").unwrap();
    let query = format!("text={query}");
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.next().unwrap().1.into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_by_a_form_enters_its_journey_by_a_message_and_by_a_button_too() {
    for stage in Stage::both().await {
        for slug in ["spring", "autumn"] {
            let texts = json!({"en": {"title": "Join us", "kind": "offers from our shop", "frequency": "weekly"}});
            let form = json!({"slug": slug, "topics": ["marketing"], "texts": texts});
            let made = stage.desk.post("/forms", form).await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        }
        let by = |form: &str| json!({"kind": "joined", "form": form});
        stage.publish(by("spring"), tagged("by_spring")).await;
        stage.publish(by("autumn"), tagged("by_autumn")).await;
        stage.publish(joined(), tagged("by_any")).await;
        let first = fills_in(&stage, "spring", &format!("+{ADA}")).await;
        stage.go().await;
        assert_eq!(contact(&stage, ADA).await["tags"], json!([]), "not yet");
        stage.desk.hear(ADA, "1", &first).await;
        // Whoever wrote lately is asked in the chat, and says yes with a button.
        stage.desk.hear(BEN, "2", "Hello there").await;
        fills_in(&stage, "autumn", &format!("+{BEN}")).await;
        flows::pump::step(&stage.desk.house.app).await.unwrap();
        let arrived = stage.desk.house.arrived().await;
        let asked: Value = arrived
            .iter()
            .map(|one| serde_json::from_str(one["body"].as_str().unwrap()).unwrap())
            .find(|body: &Value| body["to"] == BEN && body["type"] == "interactive")
            .unwrap();
        let button = &asked["interactive"]["action"]["buttons"][0]["reply"];
        let at = stage.desk.house.app.clock.now().millis() / 1000;
        let tap = json!({"from": BEN, "id": "wamid.tap", "timestamp": at.to_string(), "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": button}});
        stage
            .desk
            .tell(json!({"contacts": [{"wa_id": BEN}], "messages": [tap]}))
            .await;
        stage.go().await;
        assert_eq!(
            contact(&stage, ADA).await["tags"],
            json!(["by_any", "by_spring"])
        );
        assert_eq!(
            contact(&stage, BEN).await["tags"],
            json!(["by_any", "by_autumn"])
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_waits_for_the_end_of_quiet_hours_and_a_no_meanwhile_ends_it() {
    for stage in Stage::both().await {
        let quiet = json!({"quiet_hours": {"from": "21:00", "to": "08:00", "zone": "UTC"}});
        let set = stage.desk.call("PUT", "/policy", &quiet).await;
        assert_eq!(set.status, StatusCode::OK, "{}", set.body);
        stage.hand.store(EVENING, Ordering::SeqCst);
        let path = stage
            .publish(
                joined(),
                json!([sale("s1"), {"id": "s2", "kind": "add_tag", "tag": "welcomed"}]),
            )
            .await;
        let ada = stage.desk.house.opt_in(ADA).await;
        stage.desk.house.opt_in(BEN).await;
        stage.go().await;
        let run = stage.newest(&path).await;
        assert_eq!(
            (&run["state"], &run["waiting"]),
            (&json!("running"), &json!("outcome"))
        );
        assert_eq!(run["effects"][0]["due_at"], "2026-11-21T08:00:00Z", "{run}");
        stage.pass(9 * HOUR_MS).await;
        assert_eq!(stage.arrived().await, 0, "seven in the morning");
        stage.desk.house.opt_out(BEN).await;
        stage.pass(HOUR_MS).await;
        stage.pass(HOUR_MS).await;
        assert_eq!(stage.arrived().await, 1, "to one of them, after eight");
        assert_eq!(stage.tags(ada).await, json!(["welcomed"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_turns_out_to_be_known_by_a_number_goes_on_where_they_were() {
    for stage in Stage::both().await {
        let steps = json!([{"id": "s1", "kind": "ask", "text": "Which size?", "choices": ["S", "L"], "save_as": "size"},
            {"id": "s2", "kind": "wait", "for": {"days": 1}}, {"id": "s3", "kind": "add_tag", "tag": "sized"}]);
        let path = stage
            .publish(json!({"kind": "keyword", "words": ["shirt"]}), steps)
            .await;
        let ada = stage.desk.house.opt_in(ADA).await;
        let at = || (stage.desk.house.app.clock.now().millis() / 1000).to_string();
        let writes = json!({"contacts": [{"user_id": BSUID, "profile": {"name": "Ada"}}],
            "messages": [{"from_user_id": BSUID, "id": "wamid.b1", "timestamp": at(), "type": "text", "text": {"body": "Shirt"}}]});
        stage.desk.tell(writes).await;
        stage.go().await;
        assert_eq!(stage.arrived().await, 1, "{}", stage.newest(&path).await);
        let before = stage.newest(&path).await;
        assert_ne!(before["contact"], ada.to_string());
        let both = json!({"contacts": [{"user_id": BSUID, "wa_id": ADA}],
            "messages": [{"from": ADA, "from_user_id": BSUID, "id": "wamid.b2", "timestamp": at(), "type": "text",
                "text": {"body": "L"}}]});
        stage.desk.tell(both).await;
        stage.go().await;
        let after = stage.newest(&path).await;
        assert_eq!(after["id"], before["id"]);
        assert_eq!(after["answers"]["s1"], "L", "{after}");
        assert_eq!(after["step"], "s2", "{after}");
        stage.pass(DAY_MS).await;
        let person = stage
            .desk
            .get(&format!("/contacts/{}", after["contact"].as_str().unwrap()))
            .await;
        assert_eq!(
            (&person["tags"], &person["attributes"]["size"]),
            (&json!(["sized"]), &json!("L"))
        );
        assert_eq!(stage.arrived().await, 1, "the question was put once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_turns_out_to_be_somebody_who_refused_is_out() {
    for stage in Stage::both().await {
        let wait = json!({"id": "s1", "kind": "wait", "for": {"days": 1}});
        let path = stage.publish(joined(), json!([wait, sale("s2")])).await;
        let ada = stage.desk.house.opt_in(ADA).await;
        stage.go().await;
        stage.desk.house.opt_out(BEN).await;
        let body = json!({"alias": format!("+{BEN}"), "evidence": {"source": "customer_account"}, "merge": true});
        let merged = stage
            .desk
            .post(&format!("/contacts/{ada}/aliases"), body)
            .await;
        assert!(merged.status.is_success(), "{}", merged.body);
        let run = stage.newest(&path).await;
        assert_eq!(run["state"], "left", "{run}");
        assert_eq!(passed(&run), ["entered", "waiting", "ended"]);
        stage.pass(DAY_MS).await;
        assert_eq!(stage.arrived().await, 0);
    }
}
