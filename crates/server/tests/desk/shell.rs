//! What stands around the pages: counts in the menu, first steps, refusals in the reader's language, and pages for whoever
//! is lost.

use axum::{
    body::Body,
    http::{Request, header},
};
use consent::{id::ContactId, time::Timestamp};
use serde_json::json;
use server::services::staff::{Role, factor, own};
use store::conversation::Touch;

use crate::{
    browser::{Browser, PASSWORD, member_with_password},
    house::{Answer, House, NUMBER, START_MS},
};

/// What browsers like to read.
const PAGES: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// Somebody who wrote, and nobody has read it.
async fn somebody_wrote(house: &House) -> String {
    let recorded = house.opt_in("+447700900123").await;
    let contact = recorded["contact"].as_str().unwrap().to_owned();
    let at = Timestamp::from_millis(START_MS);
    let touch = Touch {
        contact: ContactId::new(contact.parse().unwrap()),
        number: NUMBER.to_owned(),
        at,
        came: 1,
    };
    let mut tx = house.app.store.begin().await.unwrap();
    tx.touch_conversations(&[touch], at).await.unwrap();
    tx.commit().await.unwrap();
    contact
}

/// Asks as a browser does that shows a page, with whatever else is said.
async fn shown(
    browser: &Browser<'_>,
    (method, path): (&str, &str),
    more: &[(&str, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    request = request
        .header(header::HOST, "desk.example")
        .header(header::ACCEPT, PAGES);
    if let Some(cookie) = &browser.cookie {
        request = request.header(header::COOKIE, cookie);
    }
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    browser.house.raw(request).await
}

/// Whether an answer is a page, with a way on.
fn is_page(answer: &Answer) -> bool {
    let kind = answer.headers[header::CONTENT_TYPE].to_str().unwrap();
    let text = answer.text();
    kind.starts_with("text/html")
        && text.contains("class=\"button\"")
        && answer.headers.contains_key("content-security-policy")
}

#[tokio::test]
async fn the_menu_counts_what_waits_and_says_it_in_words() {
    for house in [House::open().await, House::open_postgres().await] {
        let agent = Browser::of(&house, Role::Agent).await;
        let calm = agent.get("/").await.expect(200).text();
        assert!(!calm.contains("nav-count\""), "{calm}");
        somebody_wrote(&house).await;
        let page = agent.get("/ledger").await.expect(200).text();
        assert!(page.contains("One unread"), "{page}");
        let home = agent.get("/").await.expect(200).text();
        assert!(home.contains("One conversation has something unread."));
        assert!(home.contains("href=\"/inbox\""));
        assert!(home.contains("Not verified since the start"));
    }
}

#[tokio::test]
async fn a_new_house_says_what_comes_first_and_what_is_done() {
    let house = House::open().await;
    let admin = Browser::of(&house, Role::Admin).await;
    let page = admin.get("/").await.expect(200).text();
    for step in [
        "Connect a number",
        "Make a key",
        "Invite a colleague",
        "Make a form",
    ] {
        assert!(page.contains(step), "{step}");
    }
    assert!(page.contains("href=\"/settings/users\""));
    assert_eq!(page.matches("badge good\">Done").count(), 2, "{page}");
    Browser::of(&house, Role::Agent).await;
    let page = admin.get("/").await.expect(200).text();
    assert_eq!(page.matches("badge good\">Done").count(), 3, "{page}");
}

#[tokio::test]
async fn one_page_leads_to_all_settings_that_a_member_may_open() {
    let house = House::open().await;
    let admin = Browser::of(&house, Role::Admin).await;
    let page = admin.get("/settings").await.expect(200).text();
    let main = page.split("<main").nth(1).unwrap();
    for path in [
        "/settings/consent",
        "/settings/attributes",
        "/settings/users",
        "/account",
    ] {
        assert!(main.contains(&format!("href=\"{path}\"")), "{path}");
    }
    assert!(!main.contains("settings-"), "a text is missing: {main}");
    let viewer = Browser::of(&house, Role::Viewer).await;
    let page = viewer.get("/settings").await.expect(200).text();
    assert!(!page.contains("/settings/users") && page.contains("/settings/attributes"));
    let home = viewer.get("/").await.expect(200).text();
    assert!(
        !home.contains("/settings/attributes"),
        "the group is closed"
    );
}

#[tokio::test]
async fn whoever_is_lost_in_a_browser_gets_a_page_with_a_way_on() {
    for house in [House::open().await, House::open_postgres().await] {
        let admin = Browser::of(&house, Role::Admin).await;
        let nobody = Browser::new(&house);
        for (method, path, status) in [
            ("GET", "/customers/nonsense", 404),
            ("GET", "/inbox/nonsense/1", 404),
            ("GET", "/nowhere", 404),
            ("GET", "/nowhere/", 404),
            ("GET", "/nowhere/at/all", 404),
            ("GET", "/settings/nothing", 404),
            ("DELETE", "/ledger", 405),
            ("PUT", "/settings/users", 405),
        ] {
            let answer = shown(&admin, (method, path), &[]).await.expect(status);
            assert!(is_page(&answer), "{method} {path}: {}", answer.text());
            assert!(answer.text().contains("aria-label=\"Pages\""), "{path}");
            assert_eq!(
                answer.headers.contains_key(header::ALLOW),
                status == 405,
                "{path}"
            );
        }
        for path in ["/nowhere", "/nowhere/at/all"] {
            let answer = shown(&nobody, ("GET", path), &[]).await.expect(404);
            assert!(
                is_page(&answer) && answer.text().contains("/login"),
                "{path}"
            );
        }
        let spanish = [("accept-language", "es")];
        let answer = shown(&nobody, ("GET", "/nowhere"), &spanish)
            .await
            .expect(404);
        assert!(answer.text().contains("lang=\"es\""));
    }
}

#[tokio::test]
async fn a_program_is_answered_as_before() {
    let house = House::open().await;
    let nobody = Browser::new(&house);
    let key = format!("Bearer {}", house.key);
    // The Graph's own shape, for whoever shows a key or asks for what the Graph has.
    for (path, more) in [
        ("/nowhere", vec![("accept", "application/json")]),
        ("/nowhere", vec![("authorization", key.as_str())]),
        ("/v25.0/1/messages", vec![]),
        ("/v25.0/", vec![]),
        ("/nowhere?access_token=x", vec![]),
    ] {
        let answer = match more.first() {
            Some(("accept", _)) => {
                house
                    .raw(Request::get(path).body(Body::empty()).unwrap())
                    .await
            }
            _ => shown(&nobody, ("GET", path), &more).await,
        };
        assert!(
            answer.json()["error"]["fbtrace_id"].is_string(),
            "{path}: {}",
            answer.text()
        );
    }
    for path in ["/api/v1/nothing", "/api/v1/contacts/nonsense"] {
        let answer = shown(&nobody, ("GET", path), &[("authorization", &key)]).await;
        assert!(
            answer.json()["type"].is_string(),
            "{path}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn an_old_form_leads_back_to_its_page_and_so_does_signing_in() {
    let house = House::open().await;
    let viewer = Browser::of(&house, Role::Viewer).await;
    let from = [
        ("origin", "http://desk.example"),
        ("referer", "http://desk.example/account?lang=en"),
    ];
    let answer = shown(&viewer, ("POST", "/account"), &from)
        .await
        .expect(403);
    assert!(is_page(&answer));
    assert!(
        answer.text().contains("href=\"/account?lang=en\""),
        "{}",
        answer.text()
    );
    let elsewhere = [
        ("origin", "http://desk.example"),
        ("referer", "https://evil.example/account"),
    ];
    let answer = shown(&viewer, ("POST", "/account"), &elsewhere)
        .await
        .expect(403);
    assert!(!answer.text().contains("evil"));
    let nobody = Browser::new(&house);
    let answer = shown(&nobody, ("POST", "/account/password"), &from).await;
    assert_eq!(Browser::leads(&answer), "/login?next=/account%3Flang%3Den");
}

#[tokio::test]
async fn where_a_second_factor_is_required_nobody_goes_on_without_one() {
    const REQUIRED: &str = "[staff]\nsecond_factor = \"required\"";
    let houses = [
        House::open_with(REQUIRED).await,
        House::open_postgres_with(REQUIRED).await,
    ];
    for house in houses {
        let email = "ana@shop.example";
        let id = member_with_password(&house, email, Role::Admin).await;
        let mut ana = Browser::new(&house);
        let fields = [("email", email), ("password", PASSWORD)];
        ana.send("/login", &fields).await.expect(303);
        for path in ["/", "/account", "/consent", "/inbox/live", "/settings"] {
            let answer = ana.get(path).await;
            assert_eq!(Browser::leads(&answer), "/account/authenticator", "{path}");
        }
        let page = ana.get("/account/authenticator").await.expect(200).text();
        assert!(page.contains("second factor"), "{page}");
        let proposal = factor::propose(&house.app, email).unwrap();
        let code = crate::sign_in::code_of(&proposal.typed, &house);
        let given = (PASSWORD, proposal.sealed.as_str());
        let token = own::set_factor(&house.app, id, given, &code).await.unwrap();
        ana.cookie = Some(format!("consentry={token}"));
        ana.get("/").await.expect(200);
        let page = ana.get("/account").await.expect(200).text();
        assert!(!page.contains("/account/authenticator/remove"));
        let answer = ana
            .post("/account/authenticator/remove", &[("old", PASSWORD)])
            .await;
        assert_eq!(answer.status.as_u16(), 409, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_conversation_shows_both_layers_and_changes_ours() {
    for house in [House::open().await, House::open_postgres().await] {
        let contact = somebody_wrote(&house).await;
        let talk = format!("/inbox/{contact}/{NUMBER}");
        let viewer = Browser::of(&house, Role::Viewer).await;
        let page = viewer.get(&talk).await.expect(200).text();
        assert!(!page.contains("/opt-out") && !page.contains("ask=opt_in"));
        let mut agent = Browser::of(&house, Role::Agent).await;
        let page = agent.get(&talk).await.expect(200).text();
        assert!(page.contains("Opted in") && page.contains("Not switched off"));
        assert!(page.contains("since") && page.contains(&format!("/customers/{contact}/opt-out")));
        let back = [("back", talk.as_str())];
        let done = agent
            .post(&format!("/customers/{contact}/opt-out"), &back)
            .await;
        assert_eq!(Browser::leads(&done), format!("{talk}?said=out#about"));
        let page = agent
            .get(&format!("{talk}?said=out"))
            .await
            .expect(200)
            .text();
        assert!(page.contains("Opted out") && !page.contains("ask=opt_in"));
        agent.get(&format!("{talk}?ask=opt_in")).await.expect(403);
        let officer = Browser::of(&house, Role::Compliance).await;
        let page = officer.get(&talk).await.expect(200).text();
        assert!(page.contains("ask=opt_in"));
        let page = officer
            .get(&format!("{talk}?ask=opt_in"))
            .await
            .expect(200)
            .text();
        assert!(page.contains("<dialog") && page.contains(&format!("value=\"{talk}\"")));
    }
}

/// A form with a fault: where it goes, what was typed, and a piece of what is said in Spanish.
type Fault = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const FAR: &str = concat!(
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
);

const REFUSED: &[Fault] = &[
    ("{role}", &[("role", "viewer")], "administra"),
    ("{role}", &[("role", "emperor")], "no es un rol"),
    (
        "/account",
        &[("name", "Ana"), ("language", "es"), ("zone", "Mars/Base")],
        "zona horaria",
    ),
    (
        "/account/password",
        &[("old", "x"), ("new", "y"), ("again", "y")],
        "no es su contraseña",
    ),
    (
        "/settings/users",
        &[("email", "bo"), ("name", "Bo"), ("role", "agent")],
        "correo",
    ),
    (
        "/settings/users",
        &[
            ("email", "bo@shop.example"),
            ("name", " "),
            ("role", "agent"),
        ],
        "no es un nombre",
    ),
    (
        "/settings/attributes",
        &[("key", "a:b"), ("kind", "text")],
        "nombre de atributo",
    ),
    (
        "/settings/attributes",
        &[("key", "a"), ("kind", "cheese")],
        "tipo de valor",
    ),
    (
        "/inbox/texts",
        &[("title", ""), ("body", "a")],
        "caracteres",
    ),
    ("{note}", &[("text", "")], "La nota tiene 0 caracteres"),
    (
        "{edit}",
        &[("tags", FAR), ("back", "/customers")],
        "no es un nombre",
    ),
];

#[tokio::test]
async fn what_is_refused_is_refused_in_the_readers_language() {
    let house = House::open().await;
    let mut admin = Browser::of(&house, Role::Admin).await;
    let profile = [("name", "Ana"), ("language", "es"), ("zone", "")];
    admin.post("/account", &profile).await.expect(303);
    let id = house.app.store.members().await.unwrap()[0].id;
    let role = format!("/settings/users/{id}/role");
    let contact = somebody_wrote(&house).await;
    let note = format!("/inbox/{contact}/{NUMBER}/note");
    let edit = format!("/customers/{contact}/edit");
    for (path, fields, says) in REFUSED {
        let path = path.replace("{role}", &role).replace("{note}", &note);
        let path = path.replace("{edit}", &edit);
        let answer = admin.post(&path, fields).await;
        let text = answer.text();
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(text.contains("lang=\"es\""), "{path}");
        assert!(text.contains(says), "{path} {fields:?}: {text}");
        let main = text.split("<main").nth(1).unwrap();
        for english in ["want ", "there is", "is not", "is no "] {
            assert!(!main.contains(english), "{path}: {main}");
        }
    }
    for path in ["/reports/consent?from=soon", "/customers?created_from=soon"] {
        let text = admin.get(path).await.text();
        assert!(!text.contains("want "), "{path}: {text}");
    }
    // The API says what it said.
    let body = json!({"email": "bo", "name": "Bo", "role": "agent"});
    let problem = house.post("/api/v1/users", body).await.expect(422).json();
    assert_eq!(
        problem["detail"],
        "`bo` is no e-mail address: want one like ana@shop.example"
    );
}
