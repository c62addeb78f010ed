//! A house with a mail server, and letters as their readers see them.

use std::time::Duration;

use consent::{alias::Email, id::ContactId, scope::Category};
use server::{
    services::{
        cast::Cast,
        letters::{self, Asked, Request, pump},
        policy,
        preferences::choice::Choice,
    },
    vault::sha256,
};
use store::form::WordingLine;

use crate::{
    house::{House, PUBLIC},
    sink::{Mood, Sink},
};

/// What forms of these tests show.
pub const WORDING: &str = "Offers of our garden shop, at most once a week.\nYes, send me offers.";

/// A house whose letters go to a sink.
pub async fn open(mood: Mood) -> (House, Sink) {
    let sink = Sink::open(mood).await;
    let settings = format!(
        "[email]\nsmtp = \"{}\"\nfrom = \"Example Shop <hello@example.com>\"\nreply_to = \"service@example.com\"\n",
        sink.url()
    );
    (House::open_with(&settings).await, sink)
}

/// Somebody typed an address into a form.
pub async fn ask(house: &House, email: &str) -> (ContactId, Asked) {
    let app = &house.app;
    let policy = policy::current(app).await.unwrap();
    let mut tx = app.store.begin().await.unwrap();
    let mut cast = Cast::gather(app, &mut tx, &[]).await.unwrap();
    let email: Email = email.parse().unwrap();
    let contact = cast.create(&[], None).unwrap();
    let hash = sha256(WORDING.as_bytes());
    let shown = WordingLine {
        sha256: hash,
        text: WORDING.to_owned(),
        locale: "en".to_owned(),
        form: None,
        at: app.clock.now(),
    };
    tx.keep_wordings(&[shown]).await.unwrap();
    cast.save(&mut tx, &policy).await.unwrap();
    let request = Request {
        contact,
        email,
        language: "en".to_owned(),
        wording: hash,
        page: "https://shop.example/join/spring".to_owned(),
        ticked: vec![Choice::Category(Category::Marketing)],
    };
    let asked = letters::ask(app, &mut tx, &request).await.unwrap();
    tx.commit().await.unwrap();
    (contact, asked)
}

/// Sends what is due.
pub async fn pump(house: &House) {
    pump::step(&house.app).await.unwrap();
}

/// Lets time pass until the next try, and tries.
pub async fn pump_after(house: &House, minutes: u64) {
    house.pass(Duration::from_secs(minutes * 60));
    pump(house).await;
}

/// What became of the letters to a contact, newest first.
pub async fn states(house: &House, contact: ContactId) -> Vec<(String, String, Option<String>)> {
    house.app.store.letters(contact).await.unwrap()
}

/// A letter without the marks of its way.
pub fn plain(letter: &str) -> String {
    letter
        .replace("=\r\n", "")
        .replace("=3D", "=")
        .replace("\r\n", "\n")
}

/// The path in our house that a letter leads to: the first that begins so.
pub fn path(letter: &str, begin: &str) -> String {
    let text = plain(letter);
    let begin = format!("{PUBLIC}{begin}");
    let at = text
        .find(&begin)
        .unwrap_or_else(|| panic!("no {begin} in {text}"));
    let rest = &text[at + PUBLIC.len()..];
    let end = rest.find(|c: char| c.is_whitespace() || c == '>');
    rest[..end.unwrap_or(rest.len())].to_owned()
}

/// The verdict about an address by e-mail.
pub async fn verdict(house: &House, to: &str, category: &str) -> String {
    let body = serde_json::json!({"to": to, "category": category, "channel": "email"});
    let answer = house.post("/api/v1/check", body).await.expect(200).json();
    answer["code"].as_str().unwrap_or("allow").to_owned()
}
