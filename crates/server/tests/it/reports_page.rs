//! The pages of reports: what they say, in whose language, and what whoever may do there.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, header},
};
use server::services::{reports::alerts, staff};
use store::message::State;

use crate::{
    house::{Answer, House},
    member::cookie,
    reports::{count, counted, keep, sent, story},
};

/// A page as somebody of the team sees it.
async fn page(house: &House, cookie: &str, path: &str) -> Answer {
    let request = Request::get(path).header(header::COOKIE, cookie);
    house.raw(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_first_page_says_what_to_do_next_and_then_how_it_goes() {
    let house = House::open().await;
    let viewer = cookie(&house.app, staff::Role::Viewer).await;
    let empty = page(&house, &viewer, "/").await.expect(200).text();
    assert!(
        empty.contains("/webhooks/whatsapp") && !empty.contains("<svg"),
        "{empty}"
    );
    story(&house).await;
    counted(&house, 24 * 7 * 4, 60).await;
    alerts::step(&house.app).await.unwrap();
    for (language, word) in [
        ("en", "The last 7 days"),
        ("es", "Los últimos 7 días"),
        ("pt", "Os últimos 7 dias"),
    ] {
        let home = page(&house, &viewer, &format!("/?lang={language}"))
            .await
            .expect(200);
        assert!(home.text().contains(word), "{}", home.text());
        assert!(home.text().contains("chart-small") && home.text().contains("60"));
        assert!(home.bytes.len() < 150_000);
    }
    house.close().await;
}

#[tokio::test]
async fn every_report_has_a_page_in_three_languages_that_runs_nothing_of_others() {
    let house = House::open().await;
    let ana = story(&house).await;
    let hostile = "</title><script>alert(1)</script>";
    let line = sent(ana, house.app.clock.now(), hostile, State::Sent);
    keep(&house, &[line]).await;
    house.pass(Duration::from_secs(60));
    count(&house).await;
    let viewer = cookie(&house.app, staff::Role::Viewer).await;
    let mut paths: Vec<String> = server::services::reports::names()
        .into_iter()
        .map(|name| format!("/reports/{name}"))
        .collect();
    paths.extend(
        [
            "/reports/alerts",
            "/reports/numbers",
            "/reports/messages?by=template",
        ]
        .map(str::to_owned),
    );
    for path in &paths {
        for language in ["en", "es", "pt"] {
            let mark = if path.contains('?') { '&' } else { '?' };
            let answer = page(&house, &viewer, &format!("{path}{mark}lang={language}"))
                .await
                .expect(200);
            let text = answer.text();
            assert!(
                answer.bytes.len() < 150_000,
                "{path}: {}",
                answer.bytes.len()
            );
            assert!(
                !text.contains("<script>") && !text.contains("style="),
                "{path}"
            );
            for key in [
                "reports-", "what-", "unit-", "code-", "failure-", "alert-", "numbers-",
            ] {
                assert!(
                    !text.contains(&format!(">{key}")),
                    "{path} in {language} lacks {key}…"
                );
            }
        }
    }
    let parted = page(&house, &viewer, "/reports/messages?by=template")
        .await
        .text();
    assert!(parted.contains("&lt;script&gt;"), "it is shown as a text");
    let odd = page(&house, &viewer, "/reports/consent?from=never")
        .await
        .expect(200)
        .text();
    assert!(odd.contains("role=\"alert\"") && odd.contains("chart-wide"));
    page(&house, &viewer, "/reports/nothing").await.expect(404);
    let png = page(&house, &viewer, "/reports/consent.png")
        .await
        .expect(200);
    assert!(png.bytes.starts_with(b"\x89PNG"));
    let first = page(&house, &viewer, "/reports").await.expect(303);
    assert_eq!(first.headers[header::LOCATION], "/reports/consent");
    house.close().await;
}

#[tokio::test]
async fn an_alert_is_settled_by_whoever_may_and_by_no_strange_form() {
    let house = House::open().await;
    house.pass(Duration::from_secs(600));
    count(&house).await;
    counted(&house, 24 * 7 * 4, 60).await;
    alerts::step(&house.app).await.unwrap();
    for (role, status) in [(staff::Role::Viewer, 403), (staff::Role::Marketer, 303)] {
        let cookie = cookie(&house.app, role).await;
        let text = page(&house, &cookie, "/reports/alerts")
            .await
            .expect(200)
            .text();
        let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap();
        let csrf = csrf.split('"').next().unwrap();
        let open = alerts::list(&house.app, true, None, 9).await.unwrap();
        let path = format!("/reports/alerts/{}/settle", open[0].id);
        let shown = text.contains(&path);
        assert_eq!(shown, status == 303, "a button only for whoever may");
        for (token, status) in [("stolen", 403), (csrf, status)] {
            let request = Request::post(&path)
                .header(header::COOKIE, &cookie)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("csrf={token}")));
            house.raw(request.unwrap()).await.expect(status);
        }
    }
    assert!(
        alerts::list(&house.app, true, None, 9)
            .await
            .unwrap()
            .is_empty()
    );
    house.close().await;
}
