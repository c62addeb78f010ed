//! The form of a campaign takes nothing that was not meant, and its draft says what is odd about it.

use axum::http::StatusCode;
use server::services::{campaigns::acts, staff::Role};

use crate::{
    campaign_pages::{Person, WHOLE},
    house::House,
};

const SHEET: &str = "phone,First name\n+447700900001,Ana\n";

/// The form as it is filled in, with another choice of to whom.
fn with<'a>(choice: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&WHOLE[..7], &[("audience", choice)], more].concat()
}

#[tokio::test]
async fn nobody_is_written_to_because_a_choice_was_forgotten() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let segment = [("segment", "opted_in")];
    let tagged = [&segment[..], &[("tag", "garden")]].concat();
    let listed = [&segment[..], &[("numbers", "+447700900001")]].concat();
    for (more, file) in [
        (&segment[..], Some(SHEET)),
        (&tagged, None),
        (&listed, None),
    ] {
        let refused = marketer.make(&with("segment", more), file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refused.text.contains("but something else is chosen"),
            "{}",
            refused.text
        );
        let radios = refused.text.split("type=\"radio\"").skip(1);
        let is_checked = |radio: &str| radio.split('>').next().unwrap().contains("checked");
        assert!(
            !radios.clone().any(is_checked) && radios.count() >= 4,
            "a file that did not come back leaves nothing else chosen"
        );
    }
    let none = marketer.make(&with("open", &segment), None).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (choice, more, file) in [
        ("segment", &segment[..], None),
        ("csv", &segment[..], Some(SHEET)),
        ("tag", &tagged, None),
    ] {
        let made = marketer.make(&with(choice, more), file).await;
        assert_eq!(
            made.status,
            StatusCode::SEE_OTHER,
            "{choice}: {}",
            made.text
        );
    }
}

#[tokio::test]
async fn what_could_never_start_is_refused_at_its_field() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let mut wordless = with("segment", &[("segment", "opted_in"), ("basis_other", " ")]);
    wordless.retain(|(name, _)| *name != "basis");
    wordless.push(("basis", "other"));
    let late = with(
        "segment",
        &[("segment", "opted_in"), ("start", "2001-01-01T10:00")],
    );
    let same = [("segment", "opted_in"), ("second", "en_US autumn_sale")];
    let same = [&same[..], &[("b.body.0", "{{first_name|friend}}")]].concat();
    let same = with("segment", &same);
    let empty = with("tag", &[("tag", " ")]);
    for (fields, said) in [
        (wordless, "say in words why"),
        (late, "this time has passed"),
        (same, "both variants are the same message"),
        (empty, "write the tag"),
    ] {
        let refused = marketer.make(&fields, None).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        let told = refused.text.matches(said).count();
        assert_eq!(told, 2, "above the form and at the field: {}", refused.text);
    }
}

#[tokio::test]
async fn two_texts_of_one_template_are_compared_and_both_are_shown() {
    let house = House::open().await;
    house.opt_in("+447700900001").await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let more = [
        ("numbers", "+447700900001"),
        ("second", "en_US autumn_sale"),
        ("b.body.0", "dear {{name|customer}}"),
    ];
    let made = marketer.make(&with("numbers", &more), None).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    for page in [
        format!("{}?whole=1", made.to),
        format!("{}/report?whole=1", made.to),
    ] {
        let page = marketer.get(&page).await;
        for text in ["Hi {{first_name|friend}}", "Hi dear {{name|customer}}"] {
            assert!(page.contains(text), "{text}: {page}");
        }
    }
    let form = marketer.get(&format!("{}/edit", made.to)).await;
    assert!(form.contains("dear {{name|customer}}"), "{form}");
}

#[tokio::test]
async fn a_misspelt_name_and_single_braces_are_told_before_anything_is_sent() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let mut odd = with("csv", &[]);
    odd.retain(|(name, _)| *name != "a.body.0");
    odd.push((
        "a.body.0",
        "{{fist_name|friend}} {first_name} {{FIRST_NAME|you}}",
    ));
    let made = marketer.make(&odd, Some(SHEET)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let page = marketer.get(&format!("{}?whole=1", made.to)).await;
    assert!(
        page.contains("Nobody has an attribute `fist_name`"),
        "{page}"
    );
    assert!(page.contains("`{first_name}` stands in single braces"));
    assert!(
        !page.contains("an attribute `FIRST_NAME`"),
        "a column is called so"
    );
    assert!(page.contains("Hi friend {first_name} Ana"), "{page}");
    let form = marketer.get(&format!("{}/edit", made.to)).await;
    assert!(form.contains("<bdi>First name</bdi>"), "{form}");
    let tag = with("tag", &[("tag", "nobodys")]);
    let made = marketer.make(&tag, None).await;
    let page = marketer.get(&format!("{}?whole=1", made.to)).await;
    assert!(page.contains("Nobody has the tag `nobodys`"), "{page}");
}

#[tokio::test]
async fn a_draft_with_a_time_is_not_scheduled_before_somebody_confirms_it() {
    let house = House::open().await;
    house.opt_in("+447700900001").await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let more = [("numbers", "+447700900001"), ("start", "2130-01-02T10:30")];
    let made = marketer.make(&with("numbers", &more), None).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let page = marketer.get(&format!("{}?whole=1", made.to)).await;
    assert!(
        page.contains("Not scheduled yet: it waits for your confirmation"),
        "{page}"
    );
    assert!(
        page.contains("Schedule for 2130-01-02, 10:30 UTC"),
        "{page}"
    );
    let list = marketer.get("/campaigns?whole=1").await;
    assert!(!list.contains("Starts:"), "{list}");
    let fields = [("expected", "1"), ("sure", "yes")];
    let start = format!("{}/start", made.to);
    assert_eq!(
        marketer.post(&start, &fields).await.status,
        StatusCode::SEE_OTHER
    );
    let page = marketer.get(&format!("{}?whole=1", made.to)).await;
    assert!(
        page.contains("It is confirmed and waits for 2130-01-02"),
        "{page}"
    );
    assert!(!page.contains("0 of 0 done"), "{page}");
    let again = marketer.post(&start, &fields).await;
    assert_eq!(
        again.to,
        format!("{}?begun=1", made.to),
        "from a second tab"
    );
    assert!(
        marketer
            .get(&again.to)
            .await
            .contains("It was started already")
    );
    let approved = marketer.post(&format!("{}/approve", made.to), &[]).await;
    assert_eq!(approved.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_draft_that_is_dropped_leaves_the_list() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let more = [("numbers", "+447700900001"), ("start", "2130-01-02T10:30")];
    let made = marketer.make(&with("numbers", &more), None).await;
    let dropped = marketer.post(&format!("{}/cancel", made.to), &[]).await;
    assert_eq!(dropped.status, StatusCode::SEE_OTHER, "{}", dropped.text);
    assert!(!marketer.get("/campaigns?whole=1").await.contains(&made.to));
    let id = made.to.rsplit('/').next().unwrap().parse().unwrap();
    let line = acts::find(&house.app, id).await.unwrap();
    assert_eq!(line.state, "cancelled", "it is still there by its address");
}

#[tokio::test]
async fn behind_a_proxy_an_address_where_something_is_done_leads_back_to_the_campaign() {
    let house = House::with(|config| {
        config.public_url = Some("https://shop.example/consent".to_owned());
    });
    let house = house.await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let campaign = format!("/campaigns/{}", uuid::Uuid::now_v7());
    let nothing = ("text/plain", String::new());
    let start = format!("{campaign}/start");
    let shown = marketer.call("GET", &start, nothing).await;
    assert_eq!(shown.to, format!("/consent{campaign}"));
}
