//! Every page with hostile strings on it has the elements of the same page with harmless ones, and shows each string as text.

use std::collections::BTreeSet;

use axum::http::header;

use super::{
    census::Census,
    guests::{Guests, phone, webhook},
    look::{Look, Pages},
    strings,
};
use crate::{
    house::{House, NUMBER},
    roles::PAGES,
};

/// Where nothing is shown: whoever comes there by the history of a browser is led back to the campaign.
const LEAD_BACK: [&str; 5] = [
    "/campaigns/{id}/approve",
    "/campaigns/{id}/start",
    "/campaigns/{id}/pause",
    "/campaigns/{id}/resume",
    "/campaigns/{id}/cancel",
];

#[tokio::test]
async fn no_hostile_string_makes_anything_on_sqlite() {
    a_third_on_sqlite(0).await;
}

#[tokio::test]
async fn no_hostile_string_of_the_second_third_makes_anything_on_sqlite() {
    a_third_on_sqlite(1).await;
}

#[tokio::test]
async fn no_hostile_string_of_the_last_third_makes_anything_on_sqlite() {
    a_third_on_sqlite(2).await;
}

/// All of them at once take too long for one test.
async fn a_third_on_sqlite(part: usize) {
    let all = strings::all().into_iter().enumerate();
    let some: Vec<String> = all
        .filter(|(n, _)| n % 3 == part)
        .map(|(_, text)| text)
        .collect();
    let evil = Guests::hostile(House::open().await, some.clone()).await;
    let tame = Guests::tame(House::open().await, some, evil.taken.clone()).await;
    compare(evil, tame).await;
}

#[tokio::test]
async fn no_hostile_string_makes_anything_on_postgresql() {
    let all = strings::all().into_iter().enumerate();
    let some = all.filter(|(n, text)| n % 24 == 0 || text.contains('\0') || text.len() > 2_000);
    let some: Vec<String> = some.map(|(_, text)| text).collect();
    let evil = Guests::hostile(House::open_postgres().await, some.clone()).await;
    let tame = Guests::tame(House::open_postgres().await, some, evil.taken.clone()).await;
    compare(evil, tame).await;
}

#[tokio::test]
async fn what_is_no_text_is_refused_or_set_aside() {
    for house in [House::open().await, House::open_postgres().await] {
        for text in strings::no_texts() {
            for (method, path, body) in [
                (
                    "POST",
                    "/api/v1/quick_replies",
                    format!("{{\"title\":\"{text}\",\"body\":\"x\"}}"),
                ),
                (
                    "POST",
                    "/api/v1/segments",
                    format!("{{\"name\":\"{text}\",\"condition\":{{\"tag\":\"x\"}}}}"),
                ),
                (
                    "POST",
                    "/api/v1/keys",
                    format!("{{\"name\":\"{text}\",\"role\":\"read\"}}"),
                ),
                (
                    "POST",
                    "/api/v1/check",
                    format!("{{\"to\":\"{text}\",\"category\":\"marketing\"}}"),
                ),
            ] {
                let request = house
                    .request(method, path, None)
                    .header(header::CONTENT_TYPE, "application/json");
                let answer = house.raw(request.body(body.clone().into()).unwrap()).await;
                let status = answer.status.as_u16();
                assert!(status < 500, "{path} {body}: {status} {}", answer.text());
            }
            let raw = format!(
                "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"209900000000001\",\"changes\":[{{\"field\":\"messages\",\
                 \"value\":{{\"messaging_product\":\"whatsapp\",\"metadata\":{{\"phone_number_id\":\"{NUMBER}\"}},\
                 \"contacts\":[{{\"profile\":{{\"name\":\"{text}\"}},\"wa_id\":\"447700900123\"}}],\"messages\":[{{\"from\":\"447700900123\",\
                 \"id\":\"wamid.1\",\"timestamp\":\"1795341600\",\"type\":\"text\",\"text\":{{\"body\":\"{text}\"}}}}]}}}}]}}]}}"
            );
            let status = webhook(&house, raw).await;
            assert!(status == 200 || status == 400, "{text}: {status}");
        }
        for path in [
            "/api/v1/contacts?search=%00",
            "/api/v1/attributes/%00",
            "/api/v1/forms/%00",
            "/api/v1/forms/a%00/versions",
            "/api/v1/messages?to=%00&code=%00&state=%00",
            "/api/v1/wordings/%00",
            "/join/a%00",
            "/p/%00",
            "/api/v1/contacts?tag=%00&source=%00&topic=%00",
            "/api/v1/conversations?search=%00&number=%00",
            "/api/v1/reports/consent?by=%00",
            "/api/v1/contacts?attribute=a%00:%00",
            "/assets/%00",
        ] {
            let status = house.get(path).await.status.as_u16();
            assert!(status < 500, "{path}: {status}");
        }
        house.close().await;
    }
}

/// Both houses are looked at from the first page to the last.
async fn compare(evil: Guests, tame: Guests) {
    let mut wrong = [evil.wrong.clone(), tame.wrong.clone()].concat();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let mut looks = Vec::new();
    for guests in [&evil, &tame] {
        let mut look = Look::of(guests).await;
        look.everywhere().await;

        super::files::all(guests, &look.browser).await;
        looks.push((look.pages, look.asked, look.reflected, look.wrong));
    }
    let (pages, asked, reflected, faults) = looks.remove(0);
    let (others, _, kinds, more) = looks.remove(0);
    wrong.extend(faults);
    wrong.extend(more);
    let known: BTreeSet<&str> = kinds
        .kinds()
        .into_iter()
        .chain(others.values().flat_map(Census::kinds))
        .collect();
    for (name, page) in &pages {
        // A report has as many lines as there are sources of a plain name, a sheet as many columns as have one, and the rooms as
        // many rows as words were taken for something else.
        if name.starts_with("/reports") || name.starts_with("room ") || name == "import" {
            let new = page
                .kinds()
                .into_iter()
                .filter(|kind| !known.contains(kind));
            wrong.extend(new.map(|kind| format!("{name} has {kind}")));
            continue;
        }
        let lines = page.against(&others[name]).into_iter();
        wrong.extend(lines.map(|line| format!("{name}: {line}")));
    }
    for kind in reflected.kinds().difference(&known) {
        wrong.push(format!("a question makes {kind}"));
    }
    for page in pages.values().chain([&reflected]) {
        wrong.extend(
            page.forbidden()
                .into_iter()
                .map(|mark| format!("forbidden: {mark}")),
        );
    }
    wrong.extend(missing(&evil, &pages));
    for (method, path, _) in PAGES.iter().filter(|(method, _, _)| *method == "GET") {
        if LEAD_BACK.contains(path) {
            continue;
        }
        assert!(asked.contains(*path), "{method} {path} was not looked at");
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong
            .iter()
            .take(60)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    evil.house.close().await;
    tame.house.close().await;
}

/// Which strings were taken and stand nowhere.
fn missing(guests: &Guests, pages: &Pages) -> Vec<String> {
    let places = [
        ("message", "talk"),
        ("import", "/customers"),
        ("tag", "/customers"),
        ("attribute", "/customers"),
        ("key", "/settings/attributes"),
        ("note", "talk"),
        ("file", "customer"),
        ("reply", "/inbox/texts"),
        ("reply title", "/inbox/texts"),
        ("segment", "/segments"),
        ("journey", "/journeys"),
        ("member", "/settings/users"),
        ("wording", "customer"),
        ("topic", "customer"),
        ("form", "/join"),
        ("campaign", "/campaigns"),
    ];
    let mut wrong = Vec::new();
    for (place, page) in places {
        let written: String = pages
            .iter()
            .filter(|(name, _)| *name == page || name.starts_with(&format!("{page} ")))
            .flat_map(|(_, page)| page.texts.iter().map(|text| strings::shown(text) + "\u{1}"))
            .collect();
        let taken = guests.taken.iter().filter(|(own, _)| *own == place);
        for (_, n) in taken {
            let word = guests.always(*n);
            let word = match place {
                // Of a path, the name of the file is kept.
                "file" => word.rsplit(['/', '\\']).next().unwrap(),
                _ => word.as_str(),
            };
            let word: String = strings::shown(word).chars().take(60).collect();
            if !written.contains(word.trim()) {
                wrong.push(format!("{place}: {word:?} is not on {page}"));
            }
        }
    }
    wrong
}

#[test]
fn there_is_a_number_for_everybody() {
    assert!(strings::all().len() < 1_000 && phone(7) == "447700900007");
}
