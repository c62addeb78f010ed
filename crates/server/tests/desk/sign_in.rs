//! Signing in, with everything that people try who should not come in.

use std::time::Duration;

use server::services::staff::{Role, factor, invite, own, sign_in};

use crate::{
    browser::{Browser, PASSWORD, member_with_password, value_of},
    house::House,
};

const ANA: &str = "ana@shop.example";

async fn signed_in<'a>(house: &'a House, email: &str, password: &str) -> Browser<'a> {
    let mut browser = Browser::new(house);
    let fields = [("email", email), ("password", password), ("next", "")];
    let answer = browser.send("/login", &fields).await;
    assert_eq!(Browser::leads(&answer), "/");
    browser
}

#[tokio::test]
async fn the_first_admin_comes_by_a_link_that_counts_once() {
    for house in [House::open().await, House::open_postgres().await] {
        let link = invite::first_link(&house.app).await.unwrap().unwrap();
        let path = &link[link.find("/welcome/").unwrap()..];
        let mut browser = Browser::new(&house);
        browser.get(path).await.expect(200);
        browser.get("/welcome/nonsense").await.expect(404);
        let fields = |password, again| {
            [
                ("name", "Ana"),
                ("email", " Ana@Shop.example "),
                ("password", password),
                ("again", again),
            ]
        };
        browser
            .send(path, &fields("short", "short"))
            .await
            .expect(422);
        browser
            .send(path, &fields(PASSWORD, "another one of these"))
            .await
            .expect(422);
        let answer = browser.send(path, &fields(PASSWORD, PASSWORD)).await;
        assert_eq!(Browser::leads(&answer), "/");
        assert!(browser.get("/").await.expect(200).text().contains("Ana"));
        Browser::new(&house).get(path).await.expect(404);
        assert_eq!(invite::first_link(&house.app).await.unwrap(), None);
        let mut again = signed_in(&house, ANA, PASSWORD).await;
        let answer = again.post("/logout", &[]).await;
        assert_eq!(Browser::leads(&answer), "/login");
        assert_eq!(again.cookie, None);
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_the_door_and_from_there_to_where_they_wanted() {
    let house = House::open().await;
    member_with_password(&house, ANA, Role::Viewer).await;
    let mut browser = Browser::new(&house);
    let answer = browser.get("/account?lang=es").await;
    let door = Browser::leads(&answer);
    assert_eq!(door, "/login?next=/account%3Flang%3Des");
    let page = browser.get(&door).await.expect(200).text();
    let next = value_of(&page, "next");
    let fields = [
        ("email", ANA),
        ("password", PASSWORD),
        ("next", next.as_str()),
    ];
    let answer = browser.send("/login", &fields).await;
    assert_eq!(Browser::leads(&answer), "/account?lang=es");
    for next in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let fields = [("email", ANA), ("password", PASSWORD), ("next", next)];
        let answer = Browser::new(&house).send("/login", &fields).await;
        assert_eq!(Browser::leads(&answer), "/", "{next}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_one_answer() {
    let house = House::open().await;
    member_with_password(&house, ANA, Role::Viewer).await;
    let mut answers = Vec::new();
    for (email, password) in [
        (ANA, "correct horse batterz"),
        ("eve@shop.example", PASSWORD),
        (ANA, ""),
    ] {
        let mut browser = Browser::new(&house);
        let answer = browser
            .send("/login", &[("email", email), ("password", password)])
            .await;
        assert_eq!(browser.cookie, None);
        answers.push(answer.expect(401).text().replace(email, ""));
    }
    assert!(
        answers
            .iter()
            .all(|answer| answer.replace(" autofocus", "") == answers[0].replace(" autofocus", ""))
    );
}

#[tokio::test]
async fn after_too_many_tries_the_right_password_has_to_wait() {
    for house in [House::open().await, House::open_postgres().await] {
        member_with_password(&house, ANA, Role::Viewer).await;
        let mut browser = Browser::new(&house);
        for _ in 0..10 {
            browser
                .send("/login", &[("email", ANA), ("password", "wrong")])
                .await
                .expect(401);
        }
        browser
            .send("/login", &[("email", ANA), ("password", PASSWORD)])
            .await
            .expect(429);
        house.pass(Duration::from_mins(15));
        signed_in(&house, ANA, PASSWORD).await;
    }
}

#[tokio::test]
async fn a_session_that_somebody_laid_out_beforehand_is_not_taken_up() {
    let house = House::open().await;
    member_with_password(&house, ANA, Role::Viewer).await;
    let mut browser = Browser::new(&house);
    let laid = format!("consentry={}", "A".repeat(43));
    browser.cookie = Some(laid.clone());
    let fields = [("email", ANA), ("password", PASSWORD)];
    browser.send("/login", &fields).await.expect(303);
    let first = browser.cookie.clone().unwrap();
    assert_ne!(first, laid);
    browser.send("/login", &fields).await.expect(303);
    assert_ne!(
        browser.cookie.unwrap(),
        first,
        "each sign-in has a session of its own"
    );
}

#[tokio::test]
async fn a_form_from_elsewhere_or_of_another_session_changes_nothing() {
    let house = House::open().await;
    let mut ana = Browser::of(&house, Role::Admin).await;
    let mut eve = Browser::of(&house, Role::Viewer).await;
    let stolen = eve.csrf().await;
    let fields = [
        ("csrf", stolen.as_str()),
        ("name", "Eve"),
        ("language", ""),
        ("zone", ""),
    ];
    for fields in [
        &fields[..],
        &fields[1..],
        &[("csrf", ""), fields[1], fields[2], fields[3]],
    ] {
        ana.send("/account", fields).await.expect(403);
    }
    assert!(!ana.get("/account").await.expect(200).text().contains("Eve"));
    let own = ana.csrf().await;
    let body = format!("csrf={own}&name=Eve&language=&zone=");
    let request = axum::http::Request::post("/account")
        .header("cookie", ana.cookie.clone().unwrap())
        .header("host", "desk.example")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(body));
    house.raw(request.unwrap()).await.expect(403);
    eve.post(
        "/account",
        &[("name", "Eve"), ("language", "es"), ("zone", "Asia/Tokyo")],
    )
    .await
    .expect(303);
    assert!(
        eve.get("/account")
            .await
            .expect(200)
            .text()
            .contains("Su cuenta")
    );
    eve.post(
        "/account",
        &[("name", "Eve"), ("language", ""), ("zone", "Mars/Base")],
    )
    .await
    .expect(422);
}

#[tokio::test]
async fn a_code_counts_once_and_a_stolen_password_opens_nothing() {
    for house in [House::open().await, House::open_postgres().await] {
        let id = member_with_password(&house, ANA, Role::Viewer).await;
        let old = signed_in(&house, ANA, PASSWORD).await;
        let proposal = factor::propose(&house.app, ANA).unwrap();
        let sealed = proposal.sealed.clone();
        let code = |house: &House| code_of(&proposal.typed, house);
        let wrong = own::set_factor(&house.app, id, (PASSWORD, &sealed), "000000").await;
        assert!(wrong.is_err());
        own::set_factor(&house.app, id, (PASSWORD, &sealed), &code(&house))
            .await
            .unwrap();
        assert!(
            old.get("/account").await.status.is_redirection(),
            "another factor ends every session"
        );

        let mut browser = Browser::new(&house);
        let page = browser
            .send("/login", &[("email", ANA), ("password", PASSWORD)])
            .await;
        assert_eq!(browser.cookie, None, "a password alone signs nobody in");
        let ticket = value_of(&page.expect(200).text(), "ticket");
        let used = code(&house);
        let fields = [("ticket", ticket.as_str()), ("code", used.as_str())];
        browser.send("/login/code", &fields).await.expect(401);
        house.pass(Duration::from_secs(30));
        let fresh = code(&house);
        let fields = [("ticket", ticket.as_str()), ("code", fresh.as_str())];
        browser.send("/login/code", &fields).await.expect(303);
        browser.get("/account").await.expect(200);
        Browser::new(&house)
            .send("/login/code", &fields)
            .await
            .expect(401);
        house.pass(Duration::from_mins(6));
        let late = code(&house);
        let fields = [("ticket", ticket.as_str()), ("code", late.as_str())];
        Browser::new(&house)
            .send("/login/code", &fields)
            .await
            .expect(401);
        let forged = [("ticket", "nonsense"), ("code", late.as_str())];
        Browser::new(&house)
            .send("/login/code", &forged)
            .await
            .expect(401);
    }
}

/// What an authenticator shows for a secret that was typed into it.
pub fn code_of(typed: &str, house: &House) -> String {
    let secret = totp_rs::Secret::try_from_base32(typed).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let seconds = u64::try_from(house.app.clock.now().millis() / 1000).unwrap();
    totp.generate(seconds).to_string()
}

#[tokio::test]
async fn a_session_ends_by_itself_and_with_the_password() {
    let house = House::open().await;
    let id = member_with_password(&house, ANA, Role::Viewer).await;
    let idle = signed_in(&house, ANA, PASSWORD).await;
    house.pass(Duration::from_hours(11));
    idle.get("/").await.expect(200);
    house.pass(Duration::from_hours(11));
    idle.get("/").await.expect(200);
    house.pass(Duration::from_hours(12));
    idle.get("/").await.expect(303);

    let mut one = signed_in(&house, ANA, PASSWORD).await;
    let other = signed_in(&house, ANA, PASSWORD).await;
    let new = "a staple of batteries";
    let fields = [("old", "wrong"), ("new", new), ("again", new)];
    one.post("/account/password", &fields).await.expect(422);
    let fields = [("old", PASSWORD), ("new", new), ("again", new)];
    one.post("/account/password", &fields).await.expect(303);
    one.get("/").await.expect(200);
    other.get("/").await.expect(303);
    let tried = sign_in::with_password(&house.app, (ANA, PASSWORD), None)
        .await
        .unwrap();
    assert_eq!(tried, sign_in::Tried::Wrong);
    let life = signed_in(&house, ANA, new).await;
    for _ in 0..15 {
        house.pass(Duration::from_hours(11));
        life.get("/").await.expect(200);
    }
    house.pass(Duration::from_hours(11));
    life.get("/").await.expect(303);
    assert_eq!(
        house.app.store.member(id).await.unwrap().unwrap().email,
        ANA
    );
}

#[tokio::test]
async fn only_a_link_that_we_signed_signs_in_by_itself() {
    let house = House::open().await;
    let id = member_with_password(&house, ANA, Role::Viewer).await;
    let link = sign_in::link(&house.app, id);
    let path = &link[link.find("/login/").unwrap()..];
    Browser::new(&house).get(path).await.expect(303);
    let last = path.chars().last().unwrap();
    let changed = format!(
        "{}{}",
        &path[..path.len() - 1],
        if last == 'A' { 'Q' } else { 'A' }
    );
    Browser::new(&house).get(&changed).await.expect(404);
    house.pass(Duration::from_hours(25));
    Browser::new(&house).get(path).await.expect(404);
}
