//! Topics, API keys, quarantine, forms to join, confirmations: a page does the act, and the API sees it.

use axum::{body::Body, http::Request};
use graph::signature::{AppSecret, sign};
use server::services::staff::Role;

use crate::{
    browser::{Browser, value_of},
    house::House,
};

#[tokio::test]
async fn a_topic_is_made_translated_counted_and_retired() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut compliance = Browser::of(&house, Role::Compliance).await;
        let empty = compliance.get("/settings/topics").await.expect(200).text();
        assert!(empty.contains("There are no topics yet."));
        let fields = [
            ("name", "Offers <i>"),
            ("category", "marketing"),
            ("description", "Once a week."),
            ("default", "opt_in"),
        ];
        let made = compliance.post("/settings/topics", &fields).await;
        let page = Browser::leads(&made).replace("?saved=1", "");
        let id = page.rsplit('/').next().unwrap().to_owned();
        let again = compliance.post("/settings/topics", &fields).await;
        assert!(again.expect(422).text().contains("there is a topic"));
        let wrong = [("name", ""), ("category", "marketing")];
        compliance
            .post("/settings/topics", &wrong)
            .await
            .expect(422);

        let change = [
            ("name", "Offers"),
            ("description", ""),
            ("default", "opt_out"),
            ("language", "es"),
            ("language_name", "Ofertas"),
            ("language_description", "Una vez."),
            ("language", ""),
            ("language_name", ""),
            ("language_description", ""),
        ];
        compliance.post(&page, &change).await.expect(303);
        let path = format!("/api/v1/topics/{id}");
        let topic = house.get(&path).await.expect(200).json();
        assert_eq!(topic["name"], "Offers");
        assert_eq!(topic["default"], "opt_out");
        assert_eq!(topic["translations"]["es"]["name"], "Ofertas");
        let shown = compliance.get(&page).await.expect(200).text();
        assert!(shown.contains("Ofertas") && shown.contains("Opted in"));

        let mut wrong = change;
        wrong[3].1 = "not a language";
        let refused = compliance.post(&page, &wrong).await.expect(422).text();
        assert!(refused.contains("is no language") && refused.contains("Ofertas"));
        let mut gone = change;
        (gone[4].1, gone[5].1) = ("", "");
        compliance.post(&page, &gone).await.expect(303);
        compliance
            .post(&page, &[("act", "retire")])
            .await
            .expect(303);
        let topic = house.get(&path).await.expect(200).json();
        assert!(topic["translations"]["es"].is_null() && topic["retired_at"].is_string());
        compliance
            .post(&page, &[("act", "revive")])
            .await
            .expect(303);
        assert!(house.get(&path).await.json()["retired_at"].is_null());
        let viewer = Browser::of(&house, Role::Viewer).await;
        let looked = viewer.get(&page).await.expect(200).text();
        assert!(looked.contains("disabled") && !looked.contains("value=\"retire\""));
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_revoked_at_once() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut admin = Browser::of(&house, Role::Admin).await;
        let fields = [("name", "Shop <b>"), ("role", "read")];
        let made = admin.post("/settings/keys", &fields).await.expect(200);
        assert_eq!(made.headers["cache-control"], "no-store");
        let text = made.text();
        let key = text.split("value=\"csk_").nth(1).unwrap();
        let key = format!("csk_{}", key.split('"').next().unwrap());
        assert!(!text.contains("<b>"));
        let with = |key: &str| {
            let request = house.request("GET", "/api/v1/topics", Some(key));
            house.raw(request.body(Body::empty()).unwrap())
        };
        with(&key).await.expect(200);
        let list = admin.get("/settings/keys").await.expect(200).text();
        assert!(list.contains("Shop &#60;b&#62;") && !list.contains(&key));

        for (name, role, why) in [
            ("", "read", "is no name for a key"),
            ("Shop", "emperor", "Choose what the key may do"),
        ] {
            let wrong = [("name", name), ("role", role)];
            let page = admin
                .post("/settings/keys", &wrong)
                .await
                .expect(422)
                .text();
            assert!(page.contains(why), "{page}");
        }
        let keys = house.get("/api/v1/keys").await.expect(200).json();
        let keys = keys["items"].as_array().unwrap();
        let found = keys.iter().find(|key| key["name"] == "Shop <b>").unwrap();
        let path = format!("/settings/keys/{}/revoke", found["id"].as_str().unwrap());
        admin.post(&path, &[]).await.expect(303);
        with(&key).await.expect(401);
        admin.post(&path, &[]).await.expect(404);
    }
}

async fn hear(house: &House, body: &str) {
    let secret = AppSecret::new("example-app-secret").unwrap();
    let request = Request::post("/webhooks/whatsapp")
        .header("X-Hub-Signature-256", sign(&secret, body.as_bytes()));
    let request = request.body(Body::from(body.to_owned())).unwrap();
    house.raw(request).await.expect(200);
}

#[tokio::test]
async fn what_could_not_be_read_is_looked_at_and_tried_again() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut admin = Browser::of(&house, Role::Admin).await;
        let empty = admin.get("/quarantine").await.expect(200).text();
        assert!(empty.contains("Everything that came in was understood."));
        hear(&house, "{ no <script>json</script>").await;
        let list = admin.get("/quarantine").await.expect(200).text();
        let id = list.split("href=\"/quarantine/").nth(1).unwrap();
        let path = format!("/quarantine/{}", id.split('"').next().unwrap());
        let page = admin.get(&path).await.expect(200).text();
        assert!(page.contains("{ no &#60;script&#62;json"), "{page}");
        let tried = admin.post(&format!("{path}/retry"), &[]).await;
        let tried = tried.expect(409).text();
        assert!(tried.contains("still cannot be understood"));
        let api = house
            .get(&format!("/api/v1{path}"))
            .await
            .expect(200)
            .json();
        assert!(api["retried_at"].is_string());
        let viewer = Browser::of(&house, Role::Viewer).await;
        let list = viewer.get("/quarantine").await.expect(200).text();
        assert!(!list.contains("href=\"/quarantine/") && list.contains("Waits"));
        viewer.get(&path).await.expect(403);
    }
}

const SPRING: [(&str, &str); 9] = [
    ("slug", "spring"),
    ("topic", "category:marketing"),
    ("title_en", "Hear from us <u>"),
    ("kind_en", "Offers from our shop"),
    ("frequency_en", "at most once a week"),
    ("title_es", "Noticias"),
    ("kind_es", "Ofertas"),
    ("frequency_es", "una vez por semana"),
    ("frames", "https://shop.example"),
];

#[tokio::test]
async fn a_form_is_written_and_changed() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut compliance = Browser::of(&house, Role::Compliance).await;
        let mut wrong = SPRING;
        wrong[4].1 = "";
        let refused = compliance
            .post("/forms/_new", &wrong)
            .await
            .expect(422)
            .text();
        assert!(
            refused.contains("How often they come: it is missing")
                && refused.contains("value=\"spring\"")
        );
        let made = compliance.post("/forms/_new", &SPRING).await;
        assert_eq!(Browser::leads(&made), "/forms/spring?saved=1");
        compliance.post("/forms/_new", &SPRING).await.expect(422);
        let form = house.get("/api/v1/forms/spring").await.expect(200).json();
        assert_eq!(form["texts"]["es"]["title"], "Noticias");
        assert_eq!(form["frames"][0], "https://shop.example");

        let page = compliance.get("/forms/spring").await.expect(200).text();
        assert!(page.contains("/join/spring/qr.png") && page.contains("&#60;iframe"));
        assert!(page.contains("Hear from us &#60;u&#62;"));
        let edit = compliance
            .get("/forms/spring/edit")
            .await
            .expect(200)
            .text();
        assert_eq!(value_of(&edit, "version"), "1");
        let mut other = SPRING.to_vec();
        other[0] = ("version", "1");
        other[4].1 = "once a month";
        compliance
            .post("/forms/spring/edit", &other)
            .await
            .expect(303);
        let late = compliance
            .post("/forms/spring/edit", &other)
            .await
            .expect(422)
            .text();
        assert!(late.contains("Somebody else changed this form"));
        let versions = house.get("/api/v1/forms/spring/versions").await.json();
        assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn links_of_a_form_are_made_and_ended_and_so_is_the_form() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut compliance = Browser::of(&house, Role::Compliance).await;
        compliance.post("/forms/_new", &SPRING).await.expect(303);
        let mut marketer = Browser::of(&house, Role::Marketer).await;
        let path = "/forms/spring/links";
        let poster = [
            ("name", "Poster"),
            ("language", "es"),
            ("until", "2030-01-31"),
        ];
        marketer.post(path, &poster).await.expect(303);
        let bad = [("name", "Poster"), ("until", "soon")];
        let bad = marketer.post(path, &bad).await.expect(422).text();
        assert!(bad.contains("is not a time"));
        let links = house
            .get(&format!("/api/v1{path}"))
            .await
            .expect(200)
            .json();
        let code = links["items"][0]["code"].as_str().unwrap().to_owned();
        assert_eq!(links["items"][0]["expires_at"], "2030-02-01T00:00:00Z");
        let page = marketer.get("/forms/spring").await.expect(200).text();
        assert!(page.contains("https://wa.me/442079460000"));
        assert!(page.contains(&format!("/join/spring/{code}/sheet")));
        assert!(!page.contains("/forms/spring/edit"));
        let end = format!("{path}/{code}/retire");
        marketer.post(&end, &[("act", "retire")]).await.expect(303);
        let links = house.get(&format!("/api/v1{path}")).await.json();
        assert!(links["items"][0]["retired_at"].is_string());
        marketer
            .post("/forms/spring/retire", &[("act", "retire")])
            .await
            .expect(403);
        compliance
            .post("/forms/spring/retire", &[("act", "retire")])
            .await
            .expect(303);
        marketer.post(path, &poster).await.expect(422);
        let form = house.get("/api/v1/forms/spring").await.json();
        assert!(form["retired_at"].is_string());
        compliance
            .post("/forms/spring/retire", &[])
            .await
            .expect(303);
        assert!(house.get("/api/v1/forms/spring").await.json()["retired_at"].is_null());
    }
}

#[tokio::test]
async fn answers_are_switched_and_quiet_hours_set() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut compliance = Browser::of(&house, Role::Compliance).await;
        let page = "/settings/confirmations";
        let shown = compliance.get(page).await.expect(200).text();
        let version = value_of(&shown, "version");
        let good = [
            ("version", version.as_str()),
            ("confirmations", "on"),
            ("questions", "on"),
            ("menu", "on"),
            ("receipts", "on"),
            ("help_words", "HELP, SOS"),
            ("menu_words", "MENU"),
            ("receipt_words", "RECEIPT"),
            ("language", "es"),
            ("question_days", "3"),
        ];
        let mut wrong = good;
        wrong[9].1 = "400";
        let refused = compliance.post(page, &wrong).await.expect(422).text();
        assert!(refused.contains("is no time to answer") && refused.contains("HELP, SOS"));
        compliance.post(page, &good).await.expect(303);
        let flows = house.get("/api/v1/flows").await.expect(200).json();
        assert_eq!(flows["help"], false);
        assert_eq!(flows["help_words"][1], "SOS");
        assert_eq!(
            (&flows["language"], &flows["question_days"]),
            (&"es".into(), &3.into())
        );
        let late = compliance.post(page, &good).await.expect(422).text();
        assert!(late.contains("Somebody else changed these settings"));

        let quiet = "/settings/confirmations/quiet";
        let rules = value_of(&shown, "rules");
        let hours = [
            ("rules", rules.as_str()),
            ("quiet", "on"),
            ("from", "20:30"),
            ("to", "07:00"),
            ("zone", "Europe/Madrid"),
        ];
        let mut wrong = hours;
        wrong[4].1 = "Europe/Nowhere";
        let refused = compliance.post(quiet, &wrong).await.expect(422).text();
        assert!(refused.contains("is not a time zone"));
        compliance.post(quiet, &hours).await.expect(303);
        let policy = house.get("/api/v1/policy").await.expect(200).json();
        assert_eq!(policy["quiet_hours"]["from"], "20:30");
        compliance.post(quiet, &hours).await.expect(422);
        let off = [("from", "20:30"), ("to", "07:00"), ("zone", "UTC")];
        compliance.post(quiet, &off).await.expect(303);
        assert!(house.get("/api/v1/policy").await.json()["quiet_hours"].is_null());
    }
}

#[tokio::test]
async fn words_are_tried_kept_and_taken_back() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut compliance = Browser::of(&house, Role::Compliance).await;
        let page = "/settings/confirmations/words";
        let shown = compliance.get(&format!("{page}?language=en")).await;
        let shown = shown.expect(200).text();
        for text in [
            "You will get no more offers from us.",
            "Yes, please",
            "Only order updates",
        ] {
            assert!(shown.contains(text), "{text}");
        }
        assert!(!shown.contains("Meta would not take"), "{shown}");
        let words = [
            ("language", "en"),
            ("number", ""),
            ("group", "question"),
            ("word_question", "Shall we write to you {often} <q>?"),
            ("word_yes", "Sure"),
            ("word_no", ""),
            ("act", "try"),
        ];
        let tried = compliance.post(page, &words).await.expect(200).text();
        assert!(tried.contains("Shall we write to you from time to time &#60;q&#62;?"));
        assert_eq!(
            house.get("/api/v1/flows").await.json()["texts"],
            serde_json::json!([])
        );
        let mut long = words;
        long[4].1 = "A button with far too many words";
        long[6].1 = "save";
        let refused = compliance.post(page, &long).await.expect(422).text();
        assert!(refused.contains("want 1 to 20") && refused.contains("far too many"));
        let mut place = words;
        place[3].1 = "Yes to {everything}?";
        compliance.post(page, &place).await.expect(422);
        let mut kept = words;
        kept[6].1 = "save";
        compliance.post(page, &kept).await.expect(303);
        let flows = house.get("/api/v1/flows").await.json();
        assert_eq!(flows["texts"][0]["words"]["yes"], "Sure");
        assert_eq!(flows["texts"][0]["words"]["no"], serde_json::Value::Null);
        let mut back = kept;
        (back[3].1, back[4].1) = ("", "");
        compliance.post(page, &back).await.expect(303);
        assert_eq!(
            house.get("/api/v1/flows").await.json()["texts"],
            serde_json::json!([])
        );
        for language in ["ar", "hi", "ja", "pt-BR", "nonsense <x>"] {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("language", language)
                .finish();
            compliance.get(&format!("{page}?{query}")).await.expect(200);
        }
    }
}

#[tokio::test]
async fn whoever_was_overtaken_is_told_so_in_their_language() {
    let house = House::open().await;
    let mut admin = Browser::of(&house, Role::Admin).await;
    for (language, says) in [("en", "Somebody else changed"), ("es", "Alguien cambió")] {
        let profile = [("name", "Ana"), ("language", language), ("zone", "")];
        admin.post("/account", &profile).await.expect(303);
        let old = [("version", "99")];
        let page = admin.post("/settings/confirmations", &old).await;
        assert!(page.expect(422).text().contains(says), "{says}");
    }
}
