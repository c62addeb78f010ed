//! The page of a form: what it shows is what is kept as proof, and bad input gets one plain page.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::house::{Answer, House, PUBLIC};

const ANA: &str = "+447700900123";

/// A form about two topics, in English and Arabic.
async fn form(house: &House) -> Vec<String> {
    let mut topics = Vec::new();
    for (name, note) in [
        ("Weekly <offers>", "What is cheap this week."),
        ("News", ""),
    ] {
        let arabic = json!({"ar": {"name": "عروض", "description": "كل أسبوع"}});
        let body = json!({"name": name, "category": "marketing", "description": note, "translations": arabic});
        let made = house.post("/api/v1/topics", body).await.expect(201).json();
        topics.push(made["id"].as_str().unwrap().to_owned());
    }
    house.post("/api/v1/forms", body(&topics)).await.expect(201);
    topics
}

fn body(topics: &[String]) -> Value {
    let english = json!({"title": "Spring & \"summer\"", "intro": "Be the first to know.",
        "kind": "Offers about plants", "frequency": "at most once a week"});
    let arabic = json!({"title": "الربيع", "kind": "عروض النباتات", "frequency": "مرة في الأسبوع"});
    json!({"slug": "spring", "topics": topics, "texts": {"en": english, "ar": arabic},
        "frames": ["https://shop.example"]})
}

/// The value of an attribute of the input with this name.
fn value_of(page: &str, name: &str) -> String {
    let input = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    input.unwrap().split('"').next().unwrap().to_owned()
}

/// What a browser sends of a page.
fn filled(page: &Answer, number: &str, ticked: &[String]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("ticket", &value_of(&page.text(), "ticket"));
    form.append_pair("website", "");
    form.append_pair("number", number);
    for topic in ticked {
        form.append_pair("tick", &format!("topic:{topic}"));
    }
    form.finish()
}

/// The words that somebody reads on a page, from top to bottom.
fn read(page: &str) -> Vec<String> {
    let (_, body) = page.split_once("<body").unwrap();
    let (mut body, _) = body.split_once("<footer").unwrap();
    let mut seen = String::new();
    while let Some((before, rest)) = body.split_once('<') {
        let (tag, rest) = rest.split_once('>').unwrap();
        let ends = format!("</{}>", tag.split(' ').next().unwrap());
        seen.push_str(before);
        seen.push(' ');
        let is_unseen = tag.contains("aria-hidden=\"true\"");
        body = if is_unseen {
            rest.split_once(&ends).unwrap().1
        } else {
            rest
        };
    }
    let (_, seen) = seen.split_once('>').unwrap();
    let seen = seen.replace("&#60;", "<").replace("&#62;", ">");
    words(&seen.replace("&#34;", "\"").replace("&#38;", "&"))
}

/// The words of a text, without what a wording writes for boxes and between a label and the rest.
fn words(text: &str) -> Vec<String> {
    let text = text.replace("[ ]", " ").replace([':', '—'], " ");
    text.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_wording_that_is_kept_is_the_page_word_for_word() {
    for house in [House::open().await, House::open_postgres().await] {
        let topics = form(&house).await;
        for (language, number) in [("en", ANA), ("ar", "+447700900124")] {
            let path = format!("/join/spring?lang={language}");
            let page = house.see(&path).await.expect(200);
            let text = page.text();
            assert!(!text.contains(" checked"), "nothing is ticked beforehand");
            assert!(!text.contains("style=") && !text.contains("onclick"));
            let sent = house
                .form(&path, &filled(&page, number, &topics[..1]))
                .await;
            assert!(
                sent.expect(200)
                    .text()
                    .contains("https://wa.me/442079460000?text=")
            );
            let path = format!("/api/v1/contacts?search=%2B{}", &number[1..]);
            let found = house.get(&path).await.expect(200).json();
            let contact = found["items"][0]["id"].as_str().unwrap().to_owned();
            let event = &house.events(&contact).await[0];
            let (kind, evidence) = (&event["kind"], &event["evidence"]);
            assert_eq!(kind, "opt_in_requested");
            assert_eq!(evidence["page"], format!("{PUBLIC}/join/spring"));
            assert_eq!(evidence["locale"], language);
            let hash = evidence["wording_sha256"].as_str().unwrap();
            let kept = house.get(&format!("/api/v1/wordings/{hash}")).await;
            let wording = kept.expect(200).json()["text"].as_str().unwrap().to_owned();
            assert_eq!(hash, hex::encode(Sha256::digest(wording.as_bytes())));
            assert_eq!(read(&text), words(&wording), "{wording}");
            let boxes = wording.lines().filter(|line| line.starts_with("[ ] "));
            assert_eq!(boxes.count(), topics.len());
        }
        house.close().await;
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_shown_again_with_what_was_typed() {
    let house = House::open().await;
    let topics = form(&house).await;
    let page = house.see("/join/spring").await.expect(200);
    let again = house
        .form("/join/spring", &filled(&page, "\"><b>12", &[]))
        .await;
    let text = again.expect(422).text();
    for said in [
        "<a href=\"#number\">",
        "<a href=\"#ticks\">",
        "aria-invalid=\"true\"",
        "aria-describedby=\"number-fault number-hint\"",
        "aria-describedby=\"ticks-fault\"",
        "value=\"&#34;&#62;&#60;b&#62;12\"",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    // Other words since: they are read again, and nothing is agreed to beforehand.
    let page = house.see("/join/spring").await.expect(200);
    let mut other = body(&topics);
    other["texts"]["en"]["frequency"] = json!("every day");
    other.as_object_mut().unwrap().remove("slug");
    house
        .send("PUT", "/api/v1/forms/spring", other)
        .await
        .expect(200);
    let again = house
        .form("/join/spring", &filled(&page, ANA, &topics))
        .await;
    let text = again.expect(422).text();
    assert!(text.contains("has changed") && text.contains("every day"));
    assert!(!text.contains(" checked") && text.contains(&format!("value=\"{ANA}\"")));
    let found = house.get("/api/v1/contacts?search=%2B447700900123").await;
    assert_eq!(found.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn bad_input_gets_one_plain_page_whatever_was_wrong() {
    let house = House::open().await;
    let topics = form(&house).await;
    let page = house.see("/join/spring").await.expect(200);
    let good = filled(&page, ANA, &topics);
    let first = house.form("/join/spring", &good).await.expect(200);
    // A form that is sent again, whoever it is for now, gets the answer of before and changes nothing.
    let again = good.replace("900123", "900125");
    let again = house.form("/join/spring", &again).await.expect(200);
    assert_eq!(first.bytes, again.bytes);
    let next = filled(&house.see("/join/spring").await, "+447700900125", &topics);
    let trapped = next.replace("website=", "website=spam");
    let ticket = value_of(&page.text(), "ticket");
    let forged = next.replace("ticket=", "ticket=A");
    let mut plain = Vec::new();
    for (what, body) in [
        ("trapped", trapped),
        ("forged", forged),
        ("without a ticket", next.replace("ticket=", "other=")),
        ("nothing", String::new()),
        ("too long", "x".repeat(70_000)),
        ("nonsense", format!("\u{0}=%zz&&&===&ticket={ticket}%00")),
    ] {
        let answer = house.form("/join/spring", &body).await;
        assert_eq!(answer.status, 400, "{what}");
        plain.push((what, answer.bytes));
    }
    let foreign = Request::post("/join/spring")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(next.clone()));
    let answer = house.raw(foreign.unwrap()).await.expect(400);
    plain.push(("foreign", answer.bytes));
    for (what, bytes) in &plain {
        assert_eq!(bytes, &plain[0].1, "{what} says more");
    }
    let arabic = house.form("/join/spring?lang=ar", "").await.expect(400);
    assert!(arabic.text().contains("dir=\"rtl\""));
    let counted = house.get("/metrics").await.expect(200).text();
    for outcome in ["replayed", "trap", "forged", "foreign", "unreadable"] {
        let line = format!("consentry_joins_total{{outcome=\"{outcome}\"}}");
        assert!(counted.contains(&line), "{outcome} is not counted");
    }
    let found = house.get("/api/v1/contacts?search=%2B447700900125").await;
    assert_eq!(found.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn one_address_sends_a_form_only_so_often_whatever_it_claims_to_be() {
    let house = House::open().await;
    let topics = form(&house).await;
    let limit = house.app.config.pages.joins_per_address;
    let mut last = 200;
    for time in 0..=limit {
        let page = house.see("/join/spring").await.expect(200);
        let number = format!("+44770090{:04}", 1000 + time);
        let request = Request::post("/join/spring")
            .header("x-forwarded-for", format!("198.51.100.{time}"))
            .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4711))))
            .body(Body::from(filled(&page, &number, &topics)));
        last = house.raw(request.unwrap()).await.status.as_u16();
        assert_eq!(last == 200, time < limit, "{time}");
    }
    assert_eq!(last, 400);
}

#[tokio::test]
async fn the_page_is_the_same_for_a_number_that_is_known() {
    let house = House::open().await;
    let topics = form(&house).await;
    house.opt_in(ANA).await;
    let mut pages = Vec::new();
    for number in [ANA, "+447700900124"] {
        let page = house.see("/join/spring").await.expect(200);
        let body = filled(&page, number, &topics);
        let text = house.form("/join/spring", &body).await.expect(200).text();
        // The code differs, and with it the picture; nothing else may.
        let (before, rest) = text.split_once("https://wa.me/").unwrap();
        let (_, rest) = rest.split_once('"').unwrap();
        let (between, rest) = rest.split_once("<svg").unwrap();
        let (_, after) = rest.split_once("</svg>").unwrap();
        pages.push([before, between, after].map(str::to_owned));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn only_pages_that_the_form_names_show_it_inside_them() {
    let house = House::open().await;
    form(&house).await;
    let policy = |answer: &Answer| {
        let policy = &answer.headers["content-security-policy"];
        policy.to_str().unwrap().to_owned()
    };
    let inside = house.see("/join/spring?embed=1").await.expect(200);
    assert!(policy(&inside).ends_with("frame-ancestors https://shop.example"));
    assert!(policy(&inside).starts_with("default-src 'none'"));
    assert!(!inside.headers.contains_key("x-frame-options"));
    assert!(
        inside
            .text()
            .contains("action=\"/join/spring?lang=en&#38;embed=1\"")
    );
    assert!(!inside.text().contains("monogram"));
    let bad = house.form("/join/spring?embed=1", "").await.expect(400);
    assert!(policy(&bad).ends_with("frame-ancestors https://shop.example"));
    for path in ["/join/spring", "/join/other?embed=1"] {
        let answer = house.see(path).await;
        assert!(
            policy(&answer).ends_with("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(answer.headers["x-frame-options"], "DENY", "{path}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn a_form_that_is_not_there_is_gone_in_every_way() {
    let house = House::open().await;
    form(&house).await;
    let link = json!({"name": "till"});
    let made = house.post("/api/v1/forms/spring/links", link).await;
    let code = made.expect(201).json()["code"].as_str().unwrap().to_owned();
    let files = ["qr.svg", "qr.png", "sheet"].map(|file| format!("/join/spring/{code}/{file}"));
    let own = ["/join/spring", "/join/spring/qr.svg", "/join/spring/qr.png"];
    for path in own.iter().copied().chain(files.iter().map(String::as_str)) {
        house.see(path).await.expect(200);
    }
    let changed = code.replace(['0', '1', '2', '3'], "Z");
    for path in [
        "/join",
        "/join/",
        "/join/spring/",
        "/join/other",
        "/join/%F0",
        "/join/other/qr.svg",
        &format!("/join/spring/{code}"),
        &format!("/join/other/{code}/sheet"),
        &format!("/join/spring/{changed}0/sheet"),
        &format!("/join/spring/{changed}0/qr.png"),
    ] {
        house.see(path).await.expect(404);
    }
    let retired = json!({"retired": true});
    house
        .send("PATCH", "/api/v1/forms/spring", retired)
        .await
        .expect(200);
    for path in own.iter().copied().chain(files.iter().map(String::as_str)) {
        house.see(path).await.expect(404);
    }
    house.form("/join/spring", "number=1").await.expect(404);
}

#[tokio::test]
async fn pictures_are_what_they_say_and_a_poster_says_what_to_do() {
    let house = House::open().await;
    form(&house).await;
    let link = json!({"name": "till", "language": "ar"});
    let made = house.post("/api/v1/forms/spring/links", link).await;
    let made = made.expect(201).json();
    for (name, kind, begins) in [
        ("qr_svg", "image/svg+xml", &b"<svg xmlns="[..]),
        ("qr_png", "image/png", b"\x89PNG"),
    ] {
        let path = made[name].as_str().unwrap().strip_prefix(PUBLIC).unwrap();
        let file = house.see(path).await.expect(200);
        assert_eq!(file.headers["content-type"], kind);
        assert_eq!(file.headers["cache-control"], "public, max-age=3600");
        assert_eq!(file.headers["cross-origin-resource-policy"], "cross-origin");
        assert!(file.bytes.starts_with(begins));
    }
    let path = made["sheet"]
        .as_str()
        .unwrap()
        .strip_prefix(PUBLIC)
        .unwrap();
    let poster = house.see(path).await.expect(200).text();
    let code = made["code"].as_str().unwrap();
    for said in [
        "dir=\"rtl\"",
        "الربيع",
        "عروض النباتات",
        "نعم، أريد",
        "STOP",
        code,
        "<svg",
    ] {
        assert!(poster.contains(said), "{said} is not in {poster}");
    }
    // Whoever sends the code has said yes with it, where the policy says so: the poster asks for no further answer.
    let rules = json!({"double_opt_in": "typed"});
    house.send("PUT", "/api/v1/policy", rules).await.expect(200);
    let poster = house.see(path).await.expect(200).text();
    assert!(!poster.contains("نعم، أريد") && poster.contains("بهذه الرسالة توافق"));
}
