//! The pages of campaigns, end to end: a draft is looked at, approved, begun, watched and told of, with a simulated Meta behind it.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use server::services::{
    campaigns::{acts, drive},
    staff::Role,
};
use tower::ServiceExt;

use crate::{
    house::{House, NUMBER},
    member::cookie,
};

/// Somebody before the pages.
pub struct Person<'a> {
    house: &'a House,
    cookie: String,
}

/// What a page answered.
pub struct Shown {
    pub status: StatusCode,
    pub to: String,
    pub text: String,
}

impl<'a> Person<'a> {
    pub async fn of(house: &'a House, role: Role) -> Self {
        Self {
            house,
            cookie: cookie(&house.app, role).await,
        }
    }

    pub async fn call(&self, method: &str, path: &str, (kind, body): (&str, String)) -> Shown {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "desk.example")
            .header(header::ORIGIN, "http://desk.example")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        let response = self.house.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let to = response.headers().get(header::LOCATION);
        let to = to.map_or("", |to| to.to_str().unwrap()).to_owned();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Shown { status, to, text }
    }

    pub async fn get(&self, path: &str) -> String {
        let shown = self.call("GET", path, ("text/plain", String::new())).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}: {}", shown.text);
        shown.text
    }

    async fn csrf(&self) -> String {
        let page = self.get("/account").await;
        let rest = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form with the token of this session.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf", &self.csrf().await)
            .extend_pairs(fields)
            .finish();
        let kind = "application/x-www-form-urlencoded";
        self.call("POST", path, (kind, body)).await
    }

    /// Sends the form that makes a campaign, with or without a file.
    pub async fn make(&self, fields: &[(&str, &str)], file: Option<&str>) -> Shown {
        self.fill("/campaigns/new", fields, file).await
    }

    /// Sends such a form to where a draft is made or changed.
    pub async fn fill(&self, path: &str, fields: &[(&str, &str)], file: Option<&str>) -> Shown {
        let part = |(name, value): &(&str, &str)| {
            format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let csrf = self.csrf().await;
        let mut body = part(&("csrf", &csrf));
        body.extend(fields.iter().map(part));
        if let Some(file) = file {
            body += &format!(
                "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\ncontent-type: text/csv\r\n\r\n{file}\r\n"
            );
        }
        body += "--x--\r\n";
        let kind = "multipart/form-data; boundary=x";
        self.call("POST", path, (kind, body)).await
    }
}

/// What the form says of a campaign that is whole.
pub const WHOLE: [(&str, &str); 8] = [
    ("account", "209900000000001"),
    ("template", "autumn_sale"),
    ("language", "en_US"),
    ("name", "Autumn <b>"),
    ("number", NUMBER),
    ("a.body.0", "{{first_name|friend}}"),
    ("basis", "consent"),
    ("audience", "numbers"),
];

pub fn phone(n: usize) -> String {
    format!("+4477009{n:05}")
}

/// A draft to nine people, of whom six may get it.
pub async fn draft(house: &House, marketer: &Person<'_>) -> String {
    for n in 0..7 {
        house.opt_in(&phone(n)).await;
    }
    house.opt_out(&phone(6)).await;
    let numbers: Vec<String> = (0..9).map(phone).collect();
    let numbers = numbers.join("\n");
    let fields = [&WHOLE[..], &[("numbers", numbers.as_str())]].concat();
    let made = marketer.make(&fields, None).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    assert!(made.to.starts_with("/campaigns/"), "{}", made.to);
    made.to
}

/// Lets the campaign go on until its page has a word on it.
pub async fn until(house: &House, person: &Person<'_>, path: &str, word: &str) -> String {
    for _ in 0..2_000 {
        drive::step(&house.app).await.unwrap();
        let page = person.get(&format!("{path}?whole=1")).await;
        if page.contains(word) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never `{word}`: {}", person.get(path).await);
}

/// Whether these stand one after another on a page.
fn reads(page: &str, parts: &[&str]) -> bool {
    let mut rest = page;
    parts.iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// The page of a draft: who is in, who is out, each by name, and how it reads; a viewer sees as much without any number.
async fn shows_who_gets_it((marketer, viewer): (&Person<'_>, &Person<'_>), path: &str) {
    let page = marketer.get(&format!("{path}?whole=1")).await;
    assert!(reads(&page, &["is-in\">6<", "is-out\">3<"]), "{page}");
    assert!(page.contains("/out?code=no_consent"));
    assert!(page.contains("Hi friend, the autumn sale is on"), "{page}");
    assert!(page.contains("Send to 6 people"));
    assert!(page.contains("Autumn &#60;b&#62;") && !page.contains("Autumn <b>"));
    let out = format!("{path}/out?code=opted_out_category");
    let named = marketer.get(&out).await;
    assert!(
        named.contains(&phone(6)) && !named.contains(&phone(7)),
        "{named}"
    );
    let named = marketer.get(&format!("{path}/in")).await;
    assert!(
        named.contains(&phone(0)) && !named.contains(&phone(6)),
        "{named}"
    );
    assert!(named.contains("They agreed"), "{named}");
    let masked = viewer.get(&out).await;
    assert!(masked.contains("…06") && !masked.contains(&phone(6)));
    let looked = viewer.get(&format!("{path}?whole=1")).await;
    assert!(looked.contains("is-in\">6<") && !looked.contains("/start\""));
    assert!(
        !looked.contains(&phone(0)),
        "a viewer sees no number in full"
    );
}

#[tokio::test]
async fn a_marketer_makes_checks_starts_and_reads_the_report_of_a_campaign() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let viewer = Person::of(&house, Role::Viewer).await;
    let picked = marketer.get("/campaigns/new").await;
    assert!(picked.contains("template=autumn_sale&#38;language=en_US"));
    let path = draft(&house, &marketer).await;

    shows_who_gets_it((&marketer, &viewer), &path).await;

    let start = format!("{path}/start");
    let not_sure = marketer.post(&start, &[("expected", "6")]).await;
    assert_eq!(not_sure.status, StatusCode::CONFLICT);
    let fewer = marketer
        .post(&start, &[("expected", "3"), ("sure", "yes")])
        .await;
    assert_eq!(fewer.status, StatusCode::CONFLICT);
    assert!(fewer.text.contains("there are 6"), "{}", fewer.text);
    assert!(
        house.arrived().await.is_empty(),
        "nothing left before it was meant"
    );
    let done = marketer
        .post(&start, &[("expected", "6"), ("sure", "yes")])
        .await;
    assert_eq!(
        (done.status, done.to.as_str()),
        (StatusCode::SEE_OTHER, path.as_str())
    );
    until(&house, &marketer, &path, "data-state=\"done\"").await;
    assert_eq!(house.arrived().await.len(), 6);

    let report = viewer.get(&format!("{path}/report?whole=1")).await;
    assert!(
        reads(&report, &["Taken by Meta", "<strong>6</strong>", "100 %"]),
        "{report}"
    );
    assert!(reads(
        &report,
        &[
            "Stopped by the gate",
            "state=denied&#38;code=no_consent",
            "<strong>2</strong>"
        ]
    ));
    assert!(report.contains("0 of 6 people opted out"), "{report}");
    let people = marketer
        .get(&format!("{path}/recipients?state=denied"))
        .await;
    assert!(people.contains(&phone(6)) && !people.contains(&phone(0)));
    let list = marketer.get("/campaigns?whole=1").await;
    assert!(reads(&list, &["Autumn", "9 of 9 done"]), "{list}");
    let compliance = Person::of(&house, Role::Compliance).await;
    let file = compliance.get(&format!("{path}/recipients.csv")).await;
    assert_eq!(file.lines().count(), 10);
    let series = viewer.get(&format!("{path}/series.csv")).await;
    assert!(series.starts_with("at,sent,delivered"));
}

#[tokio::test]
async fn a_large_campaign_waits_for_a_second_person() {
    let house = House::with(|config| config.campaigns.approval_above = 5).await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let path = draft(&house, &marketer).await;
    let page = marketer.get(&format!("{path}?whole=1")).await;
    assert!(page.contains("a second person has to look at it"), "{page}");
    assert!(!page.contains("/approve\"") && !page.contains("/start\""));
    let fields = [("expected", "6"), ("sure", "yes")];
    let refused = marketer.post(&format!("{path}/start"), &fields).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let own = marketer.post(&format!("{path}/approve"), &[]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    assert!(own.text.contains("somebody else has to look at it"));

    let colleague = Person::of(&house, Role::Compliance).await;
    assert!(
        colleague
            .get(&format!("{path}?whole=1"))
            .await
            .contains("/approve\"")
    );
    let approved = colleague.post(&format!("{path}/approve"), &[]).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER);
    let started = marketer.post(&format!("{path}/start"), &fields).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.text);
    let pause = marketer.post(&format!("{path}/pause"), &[]).await;
    assert_eq!(pause.status, StatusCode::SEE_OTHER);
    let paused = marketer.get(&format!("{path}?whole=1")).await;
    assert!(paused.contains("data-state=\"paused\"") && paused.contains("/resume\""));
    let cancelled = marketer.post(&format!("{path}/cancel"), &[]).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER);
    let over = marketer.post(&format!("{path}/resume"), &[]).await;
    assert_eq!(over.status, StatusCode::CONFLICT);
    assert!(house.arrived().await.is_empty(), "nobody got anything");
}

#[tokio::test]
async fn a_campaign_that_stopped_itself_says_why_on_its_page_and_on_the_first_one() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let path = draft(&house, &marketer).await;
    let fields = [("expected", "6"), ("sure", "yes")];
    let started = marketer.post(&format!("{path}/start"), &fields).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.text);
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let why = "3 of 6 people opted out (50.0 %), and 2 % is allowed: that it is worse than allowed is 99.9 % sure. Resume it to go on.";
    acts::stop_itself(&house.app, id, why).await.unwrap();
    let page = marketer.get(&format!("{path}?whole=1")).await;
    assert!(
        reads(&page, &["It stopped itself", why, "/resume\""]),
        "{page}"
    );
    let spanish = marketer.get(&format!("{path}?whole=1&lang=es")).await;
    assert!(
        spanish.contains("3 de 6 personas se dieron de baja"),
        "{spanish}"
    );
    let home = marketer.get("/").await;
    assert!(
        reads(&home, &[&path, "stopped itself and asks whether to go on"]),
        "{home}"
    );
    let resumed = marketer.post(&format!("{path}/resume"), &[]).await;
    assert_eq!(resumed.status, StatusCode::SEE_OTHER, "{}", resumed.text);
    let home = marketer.get("/").await;
    assert!(!home.contains("stopped itself and asks"), "{home}");
}

#[tokio::test]
async fn a_form_that_is_wrong_comes_back_with_what_was_typed() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let sheet = "phone,first_name\n+447700900001,Ana\n";
    let wrong = [&WHOLE[..7], &[("audience", "csv"), ("limit", "99")]].concat();
    let refused = marketer.make(&wrong, Some(sheet)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("0.1 to 50 per cent"),
        "{}",
        refused.text
    );
    assert!(
        refused.text.contains("Autumn &#60;b&#62;") && refused.text.contains("+447700900001,Ana")
    );
    let second = [
        &WHOLE[..7],
        &[("second", "en_US order_update"), ("act", "second")],
    ]
    .concat();
    let asked = marketer.make(&second, None).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(
        asked.text.contains("name=\"b.body.0\""),
        "its gaps are asked for"
    );
    let both = [
        &WHOLE[..7],
        &[
            ("second", "en_US order_update"),
            ("b.body.0", "{{first_name}}"),
            ("b.body.1", "x"),
            ("share", "30"),
            ("audience", "csv"),
            ("start", "2030-01-02T10:30"),
            ("quiet_from", "21:00"),
            ("quiet_to", "08:00"),
        ],
    ]
    .concat();
    let made = marketer.make(&both, Some(sheet)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let page = marketer.get(&format!("{}?whole=1", made.to)).await;
    assert!(
        reads(
            &page,
            &[
                "A: autumn_sale (en_US), 70 %",
                "B: order_update (en_US), 30 %"
            ]
        ),
        "{page}"
    );
    assert!(page.contains("2030-01-02, 10:30") && page.contains("21:00–08:00"));
}

/// What stands in a field of a form.
pub fn typed<'a>(page: &'a str, name: &str) -> &'a str {
    let rest = page.split(&format!("name=\"{name}\"")).nth(1);
    let rest = rest.and_then(|rest| rest.split("value=\"").nth(1));
    rest.map_or("", |rest| rest.split('"').next().unwrap())
}

#[tokio::test]
async fn a_draft_is_changed_on_its_page_and_copied() {
    let house = House::open().await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let path = draft(&house, &marketer).await;
    let shown = marketer.get(&format!("{path}?whole=1")).await;
    assert!(shown.contains(&format!("{path}/edit")) && shown.contains(&format!("{path}/copy")));
    let form = marketer.get(&format!("{path}/edit")).await;
    assert_eq!(typed(&form, "name"), "Autumn &#60;b&#62;", "{form}");
    assert_eq!(typed(&form, "a.body.0"), "{{first_name|friend}}");
    assert!(
        form.contains("value=\"list\" checked"),
        "its list stays: {form}"
    );
    let (version, list) = (typed(&form, "version"), typed(&form, "list_of"));
    let mut fields = WHOLE.to_vec();
    fields.retain(|(name, _)| !matches!(*name, "name" | "audience"));
    fields.extend([("name", "Winter"), ("audience", "list"), ("list_of", list)]);
    let changed = [&fields[..], &[("version", version), ("pace", "9")]].concat();
    let edit = format!("{path}/edit");
    let saved = marketer.fill(&edit, &changed, None).await;
    assert_eq!(
        (saved.status, saved.to.as_str()),
        (StatusCode::SEE_OTHER, path.as_str())
    );
    let late = marketer.fill(&edit, &changed, None).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("somebody else changed"), "{}", late.text);
    let form = marketer.get(&edit).await;
    assert_eq!(
        (typed(&form, "name"), typed(&form, "pace")),
        ("Winter", "9")
    );
    let form = marketer.get(&format!("{path}/copy")).await;
    assert_eq!(typed(&form, "name"), "Winter", "{form}");
    assert!(form.contains("action=\"/campaigns/new\""), "{form}");
    let copied = marketer.make(&fields, None).await;
    assert_eq!(copied.status, StatusCode::SEE_OTHER, "{}", copied.text);
    assert_ne!(copied.to, path);
    let shown = marketer.get(&format!("{}?whole=1", copied.to)).await;
    assert!(shown.contains("of 9 people"), "{shown}");
    marketer.post(&format!("{path}/cancel"), &[]).await;
    let answer = marketer
        .call("GET", &edit, ("text/plain", String::new()))
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    assert!(
        answer.text.contains("only a draft is changed"),
        "{}",
        answer.text
    );
}
