//! The page of a person: what it shows, and what it may do.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use serde_json::json;
use server::http;
use tower::ServiceExt;

use crate::house::{Answer, House};

const ANA: &str = "+447700900123";
const DAY: Duration = Duration::from_secs(86_400);

async fn ana(house: &House) -> (String, String) {
    let event = house.opt_in(ANA).await;
    let contact = event["contact"].as_str().unwrap().to_owned();
    let path = house.link(&contact).await;
    (contact, path)
}

async fn topic(house: &House, name: &str, category: &str) -> String {
    let body = json!({"name": name, "category": category});
    let made = house.post("/api/v1/topics", body).await.expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

async fn verdict(house: &House, question: serde_json::Value) -> String {
    let mut body = json!({"to": ANA});
    for (name, value) in question.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = house.post("/api/v1/check", body).await.expect(200).json();
    answer["code"].as_str().unwrap_or("allow").to_owned()
}

/// The switches of a page: name in the form, and whether it is on.
fn switches(page: &Answer) -> Vec<(String, bool)> {
    let text = page.text();
    let inputs = text.split("<input type=\"checkbox\"").skip(1);
    inputs
        .map(|input| {
            let input = input.split('>').next().unwrap();
            let key = input.split("value=\"").nth(1).unwrap();
            let key = key.split('"').next().unwrap().to_owned();
            (key, input.ends_with(" checked"))
        })
        .collect()
}

/// What a browser sends of a page when these switches were turned.
fn filled(page: &Answer, turned: &[&str]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (key, is_on) in switches(page) {
        form.append_pair(if is_on { "shown" } else { "closed" }, &key);
        if is_on != turned.contains(&key.as_str()) {
            form.append_pair("keep", &key);
        }
    }
    form.finish()
}

#[tokio::test]
async fn a_person_sees_what_they_agreed_to_when_and_how_and_nothing_else() {
    for house in [House::open().await, House::open_postgres().await] {
        topic(&house, "Spring <b>offers</b>", "marketing").await;
        let (_, path) = ana(&house).await;
        let page = house.see(&path).await.expect(200);
        let text = page.text();
        for said in [
            "Messages from Example Shop",
            "You agreed on 22 November 2026 (web form).",
            "Spring &#60;b&#62;offers&#60;/b&#62;",
            "On until you switch it off.",
            "Offers and announcements",
            "https://wa.me/442079460000?text=START",
        ] {
            assert!(text.contains(said), "{said} is not in {text}");
        }
        assert!(!text.contains("7700900123") && !text.contains("Yes, send me offers"));
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(page.headers[name], value);
        }
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert!(!text.contains("style=") && !text.contains("<style") && !text.contains("onclick"));
        for address in text
            .split(&['"', ' '][..])
            .filter(|part| part.contains("://"))
        {
            assert!(address.starts_with("https://wa.me/"), "{address}");
        }
        house.close().await;
    }
}

#[tokio::test]
async fn a_switch_that_is_turned_off_counts_before_the_answer_and_leaves_evidence() {
    for house in [House::open().await, House::open_postgres().await] {
        let offers = topic(&house, "offers", "marketing").await;
        let news = topic(&house, "news", "marketing").await;
        let (contact, path) = ana(&house).await;
        house.pass(Duration::from_secs(60));
        let page = house.see(&format!("{path}?lang=es")).await.expect(200);
        let key = format!("topic:{offers}");
        let done = house
            .form(&format!("{path}?lang=es"), &filled(&page, &[&key]))
            .await;
        let place = done.expect(303).headers["location"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(place, format!("{path}?lang=es&saved=1"));
        let marketing = |topic: &str| json!({"category": "marketing", "topic": topic});
        assert_eq!(verdict(&house, marketing(&offers)).await, "opted_out_topic");
        assert_eq!(verdict(&house, marketing(&news)).await, "allow");
        let page = house.see(&place).await.expect(200);
        assert!(page.text().contains("Guardado. Vale desde ahora."));
        assert!(
            page.text()
                .contains("Usted lo desactivó el 22 de noviembre de 2026 (esta página).")
        );
        assert!(!switches(&page).iter().any(|(other, _)| *other == key));
        let events = house.events(&contact).await;
        let (event, evidence) = (&events[0], &events[0]["evidence"]);
        assert_eq!(
            (&event["kind"], &event["source"]),
            (&json!("opt_out"), &json!("preference_page"))
        );
        assert_eq!(
            (&evidence["locale"], &evidence["rule"]),
            (&json!("es"), &json!("switch"))
        );
        let wording = evidence["wording"].as_str().unwrap();
        assert_eq!(
            wording,
            "Ofertas y novedades | offers | Desactivado | Guardar"
        );
        let note = evidence["note"].as_str().unwrap();
        assert!(note.contains("preference-page-1; sha256 "), "{note}");
        assert_eq!(events.len(), 2);
        house.close().await;
    }
}

#[tokio::test]
async fn a_way_may_be_closed_and_the_others_stay_open() {
    let house = House::open().await;
    let (_, path) = ana(&house).await;
    let page = house.see(&path).await.expect(200);
    let form = filled(&page, &["channel:sms", "category:utility"]);
    house.form(&path, &form).await.expect(303);
    for (question, want) in [
        (
            json!({"category": "marketing", "channel": "sms"}),
            "opted_out_category",
        ),
        (json!({"category": "marketing"}), "allow"),
        (json!({"category": "utility"}), "opted_out_category"),
        (json!({"category": "authentication"}), "allow"),
    ] {
        assert_eq!(verdict(&house, question).await, want);
    }
}

#[tokio::test]
async fn the_page_never_opts_in() {
    let house = House::open().await;
    let offers = topic(&house, "offers", "marketing").await;
    let (contact, path) = ana(&house).await;
    house
        .form(&path, "stop=category:marketing")
        .await
        .expect(303);
    let before = house.events(&contact).await;
    for form in [
        format!("shown=topic:{offers}&keep=topic:{offers}"),
        "keep=category:marketing&closed=category:marketing".to_owned(),
        "keep=all".to_owned(),
        String::new(),
        "stop=nonsense&stop=topic:0198".to_owned(),
        "\u{0}=%zz&&&===".to_owned(),
    ] {
        house.form(&path, &form).await.expect(303);
    }
    let forged =
        "closed=category:marketing&keep=category:marketing&proof=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let said = house.form(&path, forged).await.expect(200).text();
    assert!(said.contains("ask for a new code") && !said.contains("name=\"proof\""));
    let long = house.form(&path, &"x".repeat(70_000)).await;
    long.expect(413);
    assert_eq!(house.events(&contact).await, before);
    assert_eq!(house.marketing(ANA).await, "opted_out_category");
    let page = house.see(&path).await.expect(200);
    assert!(
        switches(&page)
            .iter()
            .all(|(key, _)| key == "category:utility")
    );
}

#[tokio::test]
async fn a_hundred_refusals_through_a_link_make_one_event() {
    for house in [House::open().await, House::open_postgres().await] {
        let (contact, path) = ana(&house).await;
        let place = format!("{path}/unsubscribe");
        let posts = (0..50).map(|_| house.form(&place, "List-Unsubscribe=One-Click"));
        for answer in futures::future::join_all(posts).await {
            answer.expect(200);
        }
        let posts =
            (0..50).map(|_| house.form(&path, "shown=category:marketing&shown=channel:whatsapp"));
        for answer in futures::future::join_all(posts).await {
            answer.expect(303);
        }
        assert_eq!(house.events(&contact).await.len(), 2);
        assert_eq!(
            house.events(&contact).await[0]["evidence"]["rule"],
            "one_click"
        );
        assert_eq!(house.marketing(ANA).await, "opted_out_category");
        house.pass(Duration::from_secs(10));
        house.opt_in(ANA).await;
        house.pass(Duration::from_secs(10));
        house
            .form(&place, "List-Unsubscribe=One-Click")
            .await
            .expect(200);
        assert_eq!(house.events(&contact).await.len(), 4);
        house.close().await;
    }
}

#[tokio::test]
async fn one_click_needs_no_cookie_and_no_origin_and_only_its_own_words() {
    let house = House::open().await;
    let (contact, path) = ana(&house).await;
    let place = format!("{path}/unsubscribe");
    for wrong in ["", "List-Unsubscribe=", "stop=all"] {
        house.form(&place, wrong).await.expect(400);
    }
    let led = house.see(&place).await.expect(303);
    assert_eq!(led.headers["location"], path.as_str());
    assert_eq!(house.events(&contact).await.len(), 1);
    let request = Request::post(&place)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "https://mail.example.org")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from("List-Unsubscribe=One-Click"));
    house.raw(request.unwrap()).await.expect(200);
    assert_eq!(house.marketing(ANA).await, "opted_out_category");
}

#[tokio::test]
async fn a_form_from_another_site_changes_nothing() {
    let house = House::open().await;
    let (_, path) = ana(&house).await;
    for (name, value) in [
        ("origin", "https://evil.example.org"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = Request::post(&path)
            .header("host", "gate.example.com")
            .header(name, value)
            .body(Body::from("stop=all"));
        let answer = house.raw(request.unwrap()).await.expect(403);
        assert!(answer.text().contains("did not come from this page"));
    }
    assert_eq!(house.marketing(ANA).await, "allow");
    let request = Request::post(&path)
        .header("origin", "https://gate.example.com")
        .body(Body::from("stop=all"));
    house.raw(request.unwrap()).await.expect(303);
    assert_eq!(house.marketing(ANA).await, "opted_out_all");
    let page = house.see(&path).await.expect(200);
    assert!(
        page.text()
            .contains("You get no messages from Example Shop.")
    );
    assert_eq!(switches(&page), []);
}

#[tokio::test]
async fn an_old_link_shows_nothing_and_still_stops() {
    let house = House::open().await;
    topic(&house, "offers", "marketing").await;
    let (contact, path) = ana(&house).await;
    house.pass(DAY * 180 - Duration::from_secs(1));
    assert!(
        house
            .see(&path)
            .await
            .expect(200)
            .text()
            .contains("offers</bdi>")
    );
    house.pass(Duration::from_secs(1));
    let page = house.see(&format!("{path}?saved=1")).await.expect(200);
    assert!(page.text().contains("This link has expired"));
    for told in ["offers</bdi>", "agreed", "web form", "Saved", "Done"] {
        assert!(!page.text().contains(told), "{told}");
    }
    assert_eq!(house.events(&contact).await.len(), 1);
    let done = house.form(&path, "stop=all").await.expect(200);
    assert!(done.text().contains("Done. It counts from now on."));
    house.form(&path, "stop=all").await.expect(200);
    assert_eq!(house.marketing(ANA).await, "opted_out_all");
    assert_eq!(house.events(&contact).await.len(), 2);
}

#[tokio::test]
async fn every_visitor_is_spoken_to_in_their_language() {
    let house = House::open().await;
    let words = json!({"name": "offers", "category": "marketing", "translations":
        {"ar": {"name": "عروض الربيع", "description": "مرة في الشهر"}, "pt-BR": {"name": "Ofertas"}}});
    house.post("/api/v1/topics", words).await.expect(201);
    let (_, path) = ana(&house).await;
    for (accepted, query, signs) in [
        (
            "de",
            "",
            ["lang=\"en\" dir=\"ltr\"", "Messages from", "offers</bdi>"],
        ),
        (
            "hi-IN,en;q=0.5",
            "",
            ["lang=\"hi\" dir=\"ltr\"", "के मैसेज", "offers</bdi>"],
        ),
        (
            "es",
            "?lang=ar",
            ["lang=\"ar\" dir=\"rtl\"", "رسائل", "عروض الربيع"],
        ),
        (
            "pt-BR",
            "",
            [
                "lang=\"pt\" dir=\"ltr\"",
                "Mensagens de",
                "22 de novembro de 2026",
            ],
        ),
    ] {
        let request = Request::get(format!("{path}{query}"))
            .header("accept-language", accepted)
            .body(Body::empty());
        let page = house.raw(request.unwrap()).await.expect(200).text();
        for sign in signs {
            assert!(
                page.contains(sign),
                "{sign} is not in the page for {accepted}{query}"
            );
        }
    }
}

#[tokio::test]
async fn the_public_address_serves_pages_and_no_api() {
    let house = House::open().await;
    let (_, path) = ana(&house).await;
    let public = http::public_router(house.app.clone());
    let ask = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = public.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    let (status, page) = ask(&path).await;
    assert_eq!(status, 200);
    let style = page
        .split("href=\"")
        .find(|part| part.starts_with("/assets/people.css"))
        .unwrap();
    let (status, style) = ask(style.split('"').next().unwrap()).await;
    assert_eq!(status, 200);
    assert!(style.contains("prefers-color-scheme") && !style.contains("http"));
    for closed in [
        "/api/v1/contacts",
        "/metrics",
        "/healthz",
        "/v25.0/109900000000001",
        "/assets/none.css",
    ] {
        assert_eq!(ask(closed).await.0, 404, "{closed}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_number_nor_token_gets_into_the_log() {
    let house = House::open().await;
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let listening = tracing::subscriber::set_default(lines);
    let (_, path) = ana(&house).await;
    house.see(&path).await.expect(200);
    house
        .form(&path, "shown=category:marketing")
        .await
        .expect(303);
    let place = format!("{path}/unsubscribe");
    house
        .form(&place, "List-Unsubscribe=One-Click")
        .await
        .expect(200);
    house.see(&format!("{path}x")).await.expect(404);
    house.pass(DAY * 400);
    house.form(&path, "stop=all").await.expect(200);
    // A page that fails says so, and not to whom.
    house.app.store.close().await;
    house.see(&path).await.expect(503);
    drop(listening);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("did not answer a page"),
        "the log is heard: {log}"
    );
    let token = path.strip_prefix("/p/").unwrap();
    for secret in ["7700900123", token] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
