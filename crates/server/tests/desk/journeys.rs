//! Journeys: built through the forms, published, tried out, and followed.

use serde_json::{Value, json};
use server::services::{journeys::drive, staff::Role};

use crate::{
    browser::{Browser, member_with_password, value_of},
    house::{Answer, House},
    templates::beside,
};

/// Somebody who writes a journey.
struct Writer<'a> {
    browser: Browser<'a>,
    /// The path of the journey.
    own: String,
}

impl<'a> Writer<'a> {
    /// Somebody with a new journey without a step.
    async fn of(house: &'a House) -> Self {
        let mut browser = Browser::of(house, Role::Marketer).await;
        let fields = [
            ("name", "Spring <i>"),
            ("trigger", "tag_added"),
            ("tag", "spring"),
            ("again", "after_days"),
            ("again_days", "30"),
        ];
        let made = browser.post("/journeys/new", &fields).await;
        let own = Browser::leads(&made);
        Self { browser, own }
    }

    /// Sends a form of the journey, with the count of changes that its page shows.
    async fn send(&mut self, below: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.browser.get(&self.own).await.expect(200).text();
        let cas = value_of(&page, "cas");
        let mut all = vec![("cas", cas.as_str())];
        all.extend_from_slice(fields);
        self.browser
            .post(&format!("{}{below}", self.own), &all)
            .await
    }

    /// Puts a step in, and says which it became.
    async fn add(&mut self, at: &str, kind: &str, fields: &[(&str, &str)]) -> String {
        let form = format!("{}/add?at={at}&kind={kind}", self.own);
        self.browser.get(&form).await.expect(200);
        let mut all = vec![("at", at), ("kind", kind), ("act", "save")];
        all.extend_from_slice(fields);
        let put = self.send("/add", &all).await;
        let to = Browser::leads(&put);
        to.split('#').nth(1).unwrap().to_owned()
    }

    /// The steps of the draft, as the API tells them.
    async fn steps(&self) -> Value {
        let path = format!("/api/v1{}", self.own);
        let journey = self.browser.house.get(&path).await.expect(200).json();
        journey["draft"]["steps"].clone()
    }
}

#[tokio::test]
async fn a_journey_is_built_step_by_step_and_every_change_is_kept() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut writer = Writer::of(&house).await;
        let ask = [
            ("text", "Which colour?"),
            ("choices", "Red\r\nBlue"),
            ("count", "12"),
            ("unit", "hours"),
            ("tries", "2"),
        ];
        let s1 = writer.add("start", "ask", &ask).await;
        let branch = [
            ("row", "0"),
            ("kind.0", "answer"),
            ("a.0", "s1"),
            ("b.0", "is"),
            ("c.0", "Red"),
        ];
        let s2 = writer.add("after:s1", "branch", &branch).await;
        let s3 = writer
            .add("way:s2:0", "add_tag", &[("tag", "red <b>")])
            .await;
        let s4 = writer
            .add(
                "otherwise:s2",
                "hand_to_agent",
                &[("note", "{{first_name|Somebody}} likes it else")],
            )
            .await;
        assert_eq!([&*s1, &*s2, &*s3, &*s4], ["s1", "s2", "s3", "s4"]);
        let page = writer.browser.get(&writer.own).await.expect(200).text();
        for text in [
            "Spring &#60;i&#62;",
            "red &#60;b&#62;",
            "If the answer at s1 is Red",
            "wait 12 hours",
            "Again 30 days after",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }

        is_moved_changed_and_taken_out(&mut writer).await;
    }
}

/// A step is moved, changed, given one way more, and taken out.
async fn is_moved_changed_and_taken_out(writer: &mut Writer<'_>) {
    let s5 = writer
        .add(
            "way:s2:0",
            "wait",
            &[("count", "2"), ("unit", "days"), ("or_reply", "1")],
        )
        .await;
    writer
        .send("", &[("act", &format!("down:{s5}"))])
        .await
        .expect(303);
    let change = [("act", "save"), ("count", "3"), ("unit", "days")];
    writer
        .send(&format!("/steps/{s5}"), &change)
        .await
        .expect(303);
    let way = [
        ("act", "save"),
        ("row", "0"),
        ("kind.0", "tag"),
        ("a.0", "vip"),
        ("not.0", "1"),
    ];
    writer.send("/steps/s2/ways/new", &way).await.expect(303);
    let steps = writer.steps().await;
    let ways = &steps[1]["ways"];
    assert_eq!(ways[0]["steps"][0]["kind"], "add_tag");
    assert_eq!(
        ways[0]["steps"][1],
        json!({"id": "s5", "kind": "wait", "for": {"days": 3}})
    );
    assert_eq!(ways[1]["when"], json!({"not": {"tag": "vip"}}));
    writer.send("", &[("act", "drop:s2:1")]).await.expect(303);
    writer.send("", &[("act", "remove:s5")]).await.expect(303);
    let steps = writer.steps().await;
    assert_eq!(steps[1]["ways"].as_array().unwrap().len(), 1);
    assert_eq!(steps[1]["ways"][0]["steps"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_form_and_nothing_is_kept() {
    let house = House::open().await;
    let mut writer = Writer::of(&house).await;
    let wrong = [
        ("at", "start"),
        ("kind", "ask"),
        ("act", "save"),
        ("text", "{{first_name}}"),
        ("choices", "Yes\nYES"),
        ("count", "0"),
        ("unit", "days"),
        ("tries", "1"),
    ];
    let page = writer.send("/add", &wrong).await.expect(422).text();
    for text in [
        "would be empty",
        "is there before",
        "want a whole number from 1",
        "{{first_name}}",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let nothing = [("at", "start"), ("kind", "branch"), ("act", "save")];
    let page = writer.send("/add", &nothing).await.expect(422).text();
    assert!(page.contains("Nothing is asked yet"));
    let more = [
        ("at", "start"),
        ("kind", "branch"),
        ("act", "ask"),
        ("new", "consent"),
    ];
    let page = writer.send("/add", &more).await.expect(200).text();
    assert!(page.contains("name=\"a.0\"") && page.contains("may not be sent"));
    let end = writer.add("start", "end", &[]).await;
    let behind = [
        ("at", &*format!("after:{end}")),
        ("kind", "add_tag"),
        ("act", "save"),
        ("tag", "x"),
    ];
    let page = writer.send("/add", &behind).await.expect(422).text();
    assert!(page.contains("nothing ever comes here"), "{page}");
    assert_eq!(writer.steps().await.as_array().unwrap().len(), 1);

    // Whoever saw an older page is told so.
    let old = [("act", "remove:s1"), ("cas", "0")];
    let own = writer.own.clone();
    let page = writer.browser.post(&own, &old).await.expect(409).text();
    assert!(page.contains("meanwhile"));
}

#[tokio::test]
async fn every_example_is_a_journey_in_every_language_and_can_be_tried() {
    let house = House::open().await;
    let mut marketer = Browser::of(&house, Role::Marketer).await;
    let empty = marketer.get("/journeys").await.expect(200).text();
    assert!(empty.contains("There are no journeys yet."));
    for language in ["en", "es", "pt"] {
        for example in ["welcome", "birthday", "win-back", "ad"] {
            let to = format!("/journeys/new?lang={language}");
            let made = marketer.post(&to, &[("example", example)]).await;
            let own = Browser::leads(&made);
            marketer.get(&own).await.expect(200);
            let script = [
                ("allowed", "marketing"),
                ("window", "open"),
                ("count.0", "1"),
                ("unit.0", "hours"),
                ("what.0", "says"),
                ("text.0", "Hello"),
            ];
            let tried = marketer.post(&format!("{own}/try"), &script).await;
            let text = tried.expect(200).text();
            assert!(
                text.contains("class=\"timeline\"") && text.contains("<time"),
                "{text}"
            );
        }
    }
    let viewer = Browser::of(&house, Role::Viewer).await;
    let list = viewer.get("/journeys").await.expect(200).text();
    assert!(list.contains("Somebody opts in"), "{list}");
}

#[tokio::test]
async fn a_journey_is_published_shown_by_version_and_stopped() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut writer = Writer::of(&house).await;
        writer.add("start", "add_tag", &[("tag", "seen")]).await;
        let published = writer.send("", &[("act", "publish")]).await;
        let to = Browser::leads(&published);
        let page = writer.browser.get(&to).await.expect(200).text();
        assert!(
            page.contains("Published: people enter")
                && page.contains("What you see is what people enter by.")
        );
        let version = format!("{}/versions/1", writer.own);
        let page = writer.browser.get(&version).await.expect(200).text();
        assert!(page.contains("Add the tag seen") && !page.contains("value=\"up:"));
        writer
            .browser
            .get(&format!("{}/versions/2", writer.own))
            .await
            .expect(404);

        // A draft that says something else is published as the next version.
        writer
            .add("after:s1", "remove_tag", &[("tag", "seen")])
            .await;
        let page = writer.browser.get(&writer.own).await.expect(200).text();
        assert!(page.contains("Publish as the next version"));
        writer.send("", &[("act", "publish")]).await.expect(303);
        writer
            .browser
            .get(&format!("{}/versions/2", writer.own))
            .await
            .expect(200);
        let runs = format!("{}/runs", writer.own);
        let page = writer.browser.get(&runs).await.expect(200).text();
        assert!(page.contains("Nobody entered yet."));
        writer.send("", &[("act", "stop")]).await.expect(303);
        let journey = house
            .get(&format!("/api/v1{}", writer.own))
            .await
            .expect(200)
            .json();
        assert_eq!(
            (&journey["state"], &journey["version"]),
            (&json!("stopped"), &json!(2))
        );

        // Whoever only looks has the steps, and no form that changes them.
        let viewer = Browser::of(&house, Role::Viewer).await;
        let page = viewer.get(&writer.own).await.expect(200).text();
        assert!(page.contains("Add the tag seen") && !page.contains("value=\"publish\""));
    }
}

#[tokio::test]
async fn why_somebody_is_out_is_said_in_the_readers_language() {
    let house = House::open().await;
    let mut writer = Writer::of(&house).await;
    let wait = [("count", "1"), ("unit", "days")];
    writer.add("start", "wait", &wait).await;
    writer.send("", &[("act", "publish")]).await.expect(303);
    let ana = "+447700900123";
    let contact = house.opt_in(ana).await["contact"].clone();
    let contact = contact.as_str().unwrap();
    let tag = json!({"tags": {"add": ["spring"]}});
    let path = format!("/api/v1/contacts/{contact}");
    house.send("PATCH", &path, tag).await.expect(200);
    while drive::step(&house.app).await.unwrap() {}
    house.opt_out(ana).await;
    let customer = format!("/customers/{contact}?lang=es");
    for page in [format!("{}/runs?lang=es", writer.own), customer] {
        let text = writer.browser.get(&page).await.expect(200).text();
        assert!(text.contains("Se dio de baja"), "{text}");
        assert!(!text.contains("<bdi>opt_out</bdi>"), "{text}");
    }
}

#[tokio::test]
async fn a_step_hands_over_to_whoever_answers_customers() {
    let house = House::open().await;
    let mut writer = Writer::of(&house).await;
    for (email, role) in [
        ("eva@shop.example", Role::Agent),
        ("max@shop.example", Role::Viewer),
    ] {
        member_with_password(&house, email, role).await;
    }
    let step = writer
        .add(
            "start",
            "hand_to_agent",
            &[("agent", "eva@shop.example"), ("note", "Call")],
        )
        .await;
    assert_eq!(writer.steps().await[0]["agent"], "eva@shop.example");
    let form = format!("{}/steps/{step}", writer.own);
    let page = writer.browser.get(&form).await.expect(200).text();
    assert!(
        page.contains("<option value=\"eva@shop.example\" selected>"),
        "{page}"
    );
    assert!(
        !page.contains("max@shop.example"),
        "who answers nobody is not offered"
    );
    let card = writer.browser.get(&writer.own).await.expect(200).text();
    assert!(card.contains("Hand the conversation to") && card.contains("eva@shop.example"));
}

#[tokio::test]
async fn a_template_is_chosen_from_a_list_and_a_live_journey_says_when_it_is_gone() {
    let (house, _meta) = beside().await;
    let mut writer = Writer::of(&house).await;
    let form = format!("{}/add?at=start&kind=send_template", writer.own);
    let page = writer.browser.get(&form).await.expect(200).text();
    assert!(
        page.contains("<option value=\"autumn_sale en_US\">"),
        "{page}"
    );
    let chosen = [
        ("at", "start"),
        ("kind", "send_template"),
        ("chosen", "autumn_sale en_US"),
    ];
    for act in ["load", "save"] {
        let fields = [chosen.as_slice(), &[("act", act), ("loaded", "")]].concat();
        let page = writer.send("/add", &fields).await.expect(200).text();
        assert!(
            page.contains(">Variable 1<") && page.contains("class=\"speech\""),
            "{page}"
        );
    }
    assert_eq!(writer.steps().await, json!([]));
    let filled = [
        ("chosen", "autumn_sale en_US"),
        ("loaded", "autumn_sale en_US"),
        ("variable", "1"),
        ("filled", "{{first_name|friend}}"),
    ];
    writer.add("start", "send_template", &filled).await;
    let attempt = format!("{}/try", writer.own);
    let tried = writer
        .browser
        .post(&attempt, &[("allowed", "utility")])
        .await;
    let text = tried.expect(200).text();
    assert!(
        text.contains("Stopped by the gate") && !text.contains("Taken by Meta"),
        "{text}"
    );
    assert!(text.contains("friend"), "what would be read: {text}");
    writer.send("", &[("act", "publish")]).await.expect(303);
    let list = writer.browser.get("/journeys").await.expect(200).text();
    assert!(!list.contains("Live, with a fault"), "{list}");

    let store = &house.app.store;
    let account = store.templates().await.unwrap().remove(0).account;
    let mut tx = store.begin().await.unwrap();
    let later = house.app.clock.now().plus_millis(60_000);
    tx.drop_templates(&account, later).await.unwrap();
    tx.commit().await.unwrap();
    for path in ["/journeys", writer.own.as_str()] {
        let page = writer.browser.get(path).await.expect(200).text();
        assert!(page.contains("Live, with a fault"), "{page}");
    }
}

#[tokio::test]
async fn a_trial_of_whoever_enters_by_writing_begins_with_an_open_window() {
    let house = House::open().await;
    let mut marketer = Browser::of(&house, Role::Marketer).await;
    for (trigger, is_open) in [("keyword", true), ("ad_referral", true), ("joined", false)] {
        let fields = [
            ("name", "Hello"),
            ("trigger", trigger),
            ("words", "hello"),
            ("again", "never"),
        ];
        let own = Browser::leads(&marketer.post("/journeys/new", &fields).await);
        let page = marketer.get(&format!("{own}/try")).await.expect(200).text();
        assert_eq!(
            page.contains("<option value=\"open\" selected>"),
            is_open,
            "{trigger}"
        );
    }
}
