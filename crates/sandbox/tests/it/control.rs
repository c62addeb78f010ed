//! Who may drive the simulator, and what else it can be told.

use reqwest::{Method, header};
use sandbox::{Error, Options, SECRET_PREFIX, Sandbox};
use serde_json::{Value, json};

use crate::house::{ADA, House, template};

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let mut options = Options::sample().unwrap();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(
        Sandbox::start(options).await,
        Err(Error::NotLoopback(_))
    ));
}

#[tokio::test]
async fn secrets_can_be_told_from_real_ones() {
    let options = Options::sample().unwrap();
    let all = [
        &options.app_secret,
        &options.verify_token,
        &options.control_token,
        &options.page_token,
        &options.access_tokens[0],
    ];
    assert!(
        all.iter()
            .all(|secret| secret.starts_with(SECRET_PREFIX) && secret.len() > 40)
    );
}

#[tokio::test]
async fn control_wants_its_own_token() {
    let house = House::open().await;
    for token in ["", "wrong", house.token()] {
        let answer = house
            .request(Method::GET, "/sandbox/state")
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(
        house.control(Method::GET, "state", Value::Null).await.0,
        200
    );
}

#[tokio::test]
async fn other_names_and_other_sites_are_turned_away() {
    let house = House::open().await;
    let port = house.meta.addr.port();
    let control = &house.meta.options.control_token;
    for (name, value, status) in [
        (header::HOST, format!("evil.example:{port}"), 421),
        (header::HOST, "127.0.0.1".to_owned(), 421),
        (header::HOST, format!("localhost:{port}"), 200),
        (header::ORIGIN, "https://evil.example".to_owned(), 403),
        (header::ORIGIN, "null".to_owned(), 403),
        (
            header::ORIGIN,
            format!("http://127.0.0.1:{}", port.wrapping_add(1)),
            403,
        ),
        (header::ORIGIN, format!("http://127.0.0.1:{port}"), 200),
    ] {
        let request = house
            .request(Method::GET, "/sandbox/state")
            .bearer_auth(control)
            .header(&name, &value);
        assert_eq!(
            request.send().await.unwrap().status(),
            status,
            "{name}: {value}"
        );
    }
}

#[tokio::test]
async fn people_can_be_made_and_a_wrong_field_is_named() {
    let house = House::open().await;
    let new = json!({"name": "Zoë Quinn", "phone": "+44 7700 900777", "language": "en_GB"});
    let (status, made) = house.control(Method::POST, "customers", new.clone()).await;
    assert_eq!(
        (status, &made["id"], &made["wa_id"]),
        (201, &json!("zo"), &json!("447700900777"))
    );
    assert_eq!(house.control(Method::POST, "customers", new).await.0, 422);
    assert_eq!(
        house
            .control(Method::POST, "customers", json!({"name": "Nobody"}))
            .await
            .0,
        422
    );
    assert_eq!(
        house
            .control(Method::POST, "customers/nobody/say", json!({"text": "x"}))
            .await
            .0,
        404
    );
    assert_eq!(
        house
            .control(Method::POST, "customers/ada/fly", json!({}))
            .await
            .0,
        404
    );
    let (status, answer) = house
        .control(Method::PATCH, "settings", json!({"snet_ms": 1}))
        .await;
    assert_eq!(status, 422);
    assert!(answer["error"].as_str().unwrap().contains("snet_ms"));
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_addresses() {
    let house = House::open().await;
    house.sent(template(ADA, "spring_sale", "")).await;
    house.customer("ada", "offers", json!({"on": false})).await;
    house.fault(json!({"kind": "http", "status": 500})).await;
    house.quiet().await;
    assert_eq!(
        house.control(Method::POST, "reset", Value::Null).await.0,
        204
    );
    assert!(house.log().await.is_empty() && house.chat("ada").await.is_empty());
    house.sent(template(ADA, "spring_sale", "")).await;
    assert_eq!(house.chat("ada").await.len(), 1);
}

#[tokio::test]
async fn shutting_down_ends_hanging_requests_and_frees_the_port() {
    let house = House::open().await;
    house.fault(json!({"kind": "hang"})).await;
    let (addr, url, token) = (
        house.meta.addr,
        house.url("/v25.0/109900000000001/messages"),
        house.token().to_owned(),
    );
    let hanging = tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client
            .post(url)
            .bearer_auth(token)
            .json(&template(ADA, "spring_sale", ""))
            .send()
            .await
    });
    while house.log().await.is_empty() {
        tokio::task::yield_now().await;
    }
    house.meta.shutdown().await;
    let _ = hanging.await.unwrap();
    assert!(tokio::net::TcpListener::bind(addr).await.is_ok());
}
