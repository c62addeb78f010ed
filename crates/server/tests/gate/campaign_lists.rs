//! What a marketer takes out of a campaign: who is in and who is out, and what happened over time, of everybody or of some.

use axum::http::StatusCode;
use serde_json::{Value, json};
use server::services::{
    campaigns::{
        acts,
        series::{self, Slice},
    },
    staff::Role,
};

use crate::{
    campaign_pages::{Person, draft, phone, until},
    campaigns::Desk,
    house::House,
};

#[tokio::test]
async fn a_marketer_takes_a_list_of_who_is_in_and_of_who_is_out_and_why() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let path = draft(&house, &marketer).await;
    let check = marketer.get(&format!("{path}?whole=1")).await;
    assert!(check.contains(&format!("{path}/out.csv")), "{check}");
    assert!(check.contains(&format!("{path}/in.csv")), "{check}");
    let file = marketer.get(&format!("{path}/in.csv")).await;
    assert!(file.starts_with("contact,address,name,basis,"), "{file}");
    assert!(
        file.lines().count() == 7 && !file.contains(&phone(6)),
        "{file}"
    );
    let file = marketer.get(&format!("{path}/out.csv")).await;
    assert!(file.starts_with("contact,address,name,code,"), "{file}");
    assert_eq!(file.matches("by agreeing.").count(), 2, "{file}");
    let some = format!("{path}/out.csv?code=opted_out_category");
    let some = marketer.get(&some).await;
    assert!(
        some.lines().count() == 2 && some.contains(&phone(6)),
        "{some}"
    );
    assert_eq!(file.lines().count(), 4, "{file}");
    assert!(file.contains(&phone(6)) && file.contains("opted_out_category"));
    let viewer = Person::of(&house, Role::Viewer).await;
    let page = viewer.get(&format!("{path}/out")).await;
    assert!(
        !page.contains("out.csv") && !page.contains(&phone(6)),
        "{page}"
    );
    let file = format!("{path}/out.csv");
    let refused = viewer.call("GET", &file, ("text/plain", String::new()));
    assert_eq!(refused.await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_short_campaign_is_drawn_by_the_minute_and_its_days_on_request() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let path = gone_out(&house, &marketer).await;
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let line = acts::find(&house.app, id).await.unwrap();
    let near = Slice::near(&line).unwrap();
    let told = series::series(&house.app, id, &near).await.unwrap();
    assert_eq!(told.seconds, 60, "{told:?}");
    assert_eq!(
        told.points
            .iter()
            .map(|point| point.course.sent)
            .sum::<u64>(),
        6
    );
    let whole = series::series(&house.app, id, &Slice::default())
        .await
        .unwrap();
    assert_eq!(whole.seconds, 540, "72 hours in at most 500 points");
    let later = Slice {
        from: line.ended.map(|ended| ended.plus_millis(3_600_000)),
        ..Slice::default()
    };
    let told = series::series(&house.app, id, &later).await.unwrap();
    assert!(told.points.is_empty(), "{told:?}");
    let page = marketer.get(&format!("{path}/report?whole=1")).await;
    assert!(page.contains("span=all"), "{page}");
    let page = marketer
        .get(&format!("{path}/report?whole=1&span=all"))
        .await;
    assert!(
        page.contains("span=all#over\" aria-current=\"page\""),
        "{page}"
    );
}

/// A campaign of [`draft`] that went out: its path.
async fn gone_out(house: &House, marketer: &Person<'_>) -> String {
    let path = draft(house, marketer).await;
    let sure = [("sure", "yes"), ("expected", "6")];
    let begun = marketer.post(&format!("{path}/start"), &sure).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    until(house, marketer, &path, "data-state=\"done\"").await;
    path
}

#[tokio::test]
async fn the_tape_is_told_of_a_segment_alone() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let path = gone_out(&house, &marketer).await;
    let people = [
        house.opt_out(&phone(0)).await,
        house.opt_in(&phone(1)).await,
        house.opt_in(&phone(8)).await,
    ];
    let desk = Desk::of(&house, "marketing").await;
    for id in people {
        let body = json!({ "tags": { "add": ["vip"] } });
        let answer = desk
            .ask(&house, "PATCH", &format!("/api/v1/contacts/{id}"), &body)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    let body = json!({ "name": "Best", "condition": { "tag": "vip" } });
    let made = desk.ask(&house, "POST", "/api/v1/segments", &body).await;
    let segment = made.body["id"].as_str().unwrap().to_owned();
    let series = format!("/api/v1{path}/series");
    let told = desk
        .get(&house, &format!("{series}?segment={segment}"))
        .await;
    assert_eq!(
        (&told["total"]["sent"], &told["total"]["opted_out"]),
        (&json!(2), &json!(1)),
        "{told}"
    );
    let all = desk.get(&house, &series).await;
    assert_eq!(
        (&all["total"]["sent"], &all["total"]["opted_out"]),
        (&json!(6), &json!(1)),
        "{all}"
    );
    let of_variant = desk
        .get(&house, &format!("{series}?variant=A&segment={segment}"))
        .await;
    assert_eq!(of_variant["total"], told["total"]);
    for (query, field) in [("segment=none", "segment"), ("variant=Z", "variant")] {
        let refused = desk
            .ask(&house, "GET", &format!("{series}?{query}"), &Value::Null)
            .await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{refused:?}"
        );
        assert!(refused.body.to_string().contains(field), "{refused:?}");
    }
    let page = marketer
        .get(&format!("{path}/report?whole=1&segment={segment}"))
        .await;
    assert!(page.contains("Of these people 2 got it"), "{page}");
    assert!(
        page.contains(&format!("series.csv?segment={segment}")),
        "{page}"
    );
    let file = marketer
        .get(&format!("{path}/series.csv?segment={segment}"))
        .await;
    let sent: u64 = file
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sent, 2, "{file}");
}
