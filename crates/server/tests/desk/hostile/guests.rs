//! People who write what they should not, everywhere where something can be written; or their harmless twins.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use graph::signature::{AppSecret, sign};
use serde_json::{Value, json};
use store::template::TemplateLine;

use super::{
    journeys,
    strings::{self, template},
};
use crate::house::{Answer, House, NUMBER, START_MS};

const SECRET: &str = "example-app-secret";
/// Strings that one person writes.
pub const EACH: usize = 6;
/// The first number of those who stand in a file.
const FILED: usize = 300;
/// People in one webhook.
const TOGETHER: usize = 8;
/// Attributes that there can be are fewer than strings.
const KEYS: usize = 400;

/// Where a string was taken: the place, and its number.
pub type Taken = BTreeSet<(&'static str, usize)>;

/// A house full of them.
pub struct Guests {
    pub house: House,
    /// Those who write, each as many strings.
    pub contacts: Vec<String>,
    /// What was taken, where.
    pub taken: Taken,
    /// Addresses that taken things have, each with the place that it is of.
    pub made: Vec<(String, String)>,
    /// Where campaigns are that were taken.
    pub campaigns: Vec<String>,
    /// What went wrong.
    pub wrong: Vec<String>,
    words: Vec<String>,
    like: Option<Taken>,
}

impl Guests {
    /// They write what they want.
    pub async fn hostile(house: House, words: Vec<String>) -> Self {
        Self::come(house, words, None).await
    }

    /// Somebody harmless writes as much, wherever the others were heard.
    pub async fn tame(house: House, words: Vec<String>, like: Taken) -> Self {
        Self::come(house, words, Some(like)).await
    }

    async fn come(house: House, words: Vec<String>, like: Option<Taken>) -> Self {
        let mut guests = Self {
            house,
            contacts: Vec::new(),
            taken: Taken::new(),
            made: Vec::new(),
            campaigns: Vec::new(),
            wrong: Vec::new(),
            words,
            like,
        };
        guests.keywords().await;
        guests.write_to_us().await;
        guests.become_contacts().await;
        for n in 0..guests.words.len() {
            guests.about_a_person(n).await;
            guests.settings(n).await;
            guests.journey(n).await;
            guests.evidence(n).await;
        }
        guests.customers_file().await;
        guests.forms().await;
        guests.templates().await;
        guests.policy().await;
        guests.reviews().await;
        guests.campaigns().await;
        guests
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// What is written here: the string, its twin, or nothing where the string was not taken.
    pub fn word(&self, place: &'static str, n: usize) -> Option<String> {
        let word = &self.words[n];
        match &self.like {
            None => Some(word.clone()),
            Some(like) => like.contains(&(place, n)).then(|| strings::tame(word)),
        }
    }

    /// The string as it is, or its twin.
    pub fn always(&self, n: usize) -> String {
        match self.like {
            None => self.words[n].clone(),
            Some(_) => strings::tame(&self.words[n]),
        }
    }

    /// Sends it, and keeps in mind whether it was taken: what is refused is refused with a sentence.
    pub async fn offer(
        &mut self,
        (place, n): (&'static str, usize),
        (method, path): (&str, &str),
        body: impl FnOnce(&str) -> Value,
    ) -> Option<Value> {
        let word = self.word(place, n)?;
        let answer = self.house.send(method, path, body(&word)).await;
        self.judge((place, n), &answer)
            .then(|| serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null))
    }

    fn judge(&mut self, (place, n): (&'static str, usize), answer: &Answer) -> bool {
        let status = answer.status.as_u16();
        if answer.status.is_success() {
            self.taken.insert((place, n));
            return true;
        }
        let problem: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
        let is_said = problem["detail"]
            .as_str()
            .is_some_and(|said| said.len() > 5);
        if status >= 500 || !is_said || self.like.is_some() {
            let word = self.words[n].chars().take(80).collect::<String>();
            let text = answer.text().chars().take(300).collect::<String>();
            self.wrong
                .push(format!("{place} {word:?}: {status} {text}"));
        }
        false
    }

    /// Everybody writes by WhatsApp, in every way in which somebody can.
    async fn write_to_us(&mut self) {
        let all: Vec<usize> = (0..self.words.len()).collect();
        for some in all.chunks(TOGETHER * EACH) {
            let mut messages = Vec::new();
            let mut names = Vec::new();
            for &n in some {
                let word = self.always(n);
                messages.extend(said(n, &word));
                if n % EACH == 0 {
                    names.push(json!({"profile": {"name": word}, "wa_id": phone(n / EACH)}));
                }
            }
            let value = json!({"messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "442079460000", "phone_number_id": NUMBER},
                "contacts": names, "messages": messages});
            let body = json!({"object": "whatsapp_business_account",
                "entry": [{"id": "209900000000001", "changes": [{"field": "messages", "value": value}]}]});
            let status = webhook(&self.house, body.to_string()).await;
            assert_eq!(status, 200);
            self.taken.extend(some.iter().map(|n| ("message", *n)));
        }
    }

    /// A file with customers in it, from somebody else's cash desk.
    async fn customers_file(&mut self) {
        let rows: Vec<(usize, String)> = (0..self.words.len())
            .filter_map(|n| Some((n, self.word("import", n)?)))
            // A file with this sign near its beginning is taken for UTF-16, and refused as a whole.
            .filter(|(_, word)| !word.contains('\0'))
            .collect();
        let mut sheet = csv::Writer::from_writer(Vec::new());
        sheet
            .write_record(["phone", "name", "attribute:city"])
            .unwrap();
        for (n, word) in &rows {
            let number = format!("+{}", phone(FILED + n));
            sheet.write_record([&number, word, word]).unwrap();
        }
        let sheet = sheet.into_inner().unwrap();
        let answer = self.house.post_as("/api/v1/import", "text/csv", sheet);
        let verdicts = answer.await.expect(200).lines();
        assert_eq!(verdicts.len(), rows.len() + 1);
        for ((n, word), said) in rows.iter().zip(&verdicts) {
            let is_said = said["reason"].as_str().is_some_and(|said| !said.is_empty());
            if said["verdict"] == "imported" {
                self.taken.insert(("import", *n));
            } else if !is_said || self.like.is_some() {
                self.wrong.push(format!("a cell {word:?}: {said}"));
            }
        }
    }

    async fn become_contacts(&mut self) {
        for c in 0..self.words.len().div_ceil(EACH) {
            let path = format!("/api/v1/contacts?search=%2B{}", phone(c));
            let found = self.house.get(&path).await.expect(200).json();
            let id = found["items"][0]["id"].as_str();
            let id = id.unwrap_or_else(|| panic!("{c} is not there: {found}"));
            self.contacts.push(id.to_owned());
        }
    }

    /// Tags, attributes, notes and files.
    async fn about_a_person(&mut self, n: usize) {
        let contact = format!("/api/v1/contacts/{}", self.contacts[n / EACH]);
        self.offer(
            ("tag", n),
            ("PATCH", &contact),
            |word| json!({"tags": [word]}),
        )
        .await;
        let value = |word: &str| json!({"attributes": {(format!("c{}", n % EACH)): word}});
        self.offer(("attribute", n), ("PATCH", &contact), value)
            .await;
        if n.is_multiple_of(3) && n < 3 * KEYS {
            let key = |word: &str| json!({"attributes": {word: "yes"}});
            self.offer(("key", n), ("PATCH", &contact), key).await;
        }
        if n % 3 == 1 {
            let notes = format!(
                "/api/v1/conversations/{}/{NUMBER}/notes",
                self.contacts[n / EACH]
            );
            self.offer(("note", n), ("POST", &notes), |word| json!({"text": word}))
                .await;
        }
    }

    /// Everything that staff name.
    async fn settings(&mut self, n: usize) {
        let replies = ("POST", "/api/v1/quick_replies");
        let users = ("POST", "/api/v1/users");
        let segment = |word: &str| {
            json!({"name": word, "condition": {"any": [{"tag": word},
                {"attribute": {"key": word, "is": word}}, {"attribute": {"key": "colour", "contains": word}}]}})
        };
        if n % 3 == 2 {
            let made = self
                .offer(("segment", n), ("POST", "/api/v1/segments"), segment)
                .await;
            self.remember("/segments", made.as_ref(), "id");
        }
        match n % 5 {
            0 => {
                let reply = |word: &str| json!({"title": format!("Reply {n}"), "body": word});
                self.offer(("reply", n), replies, reply).await
            }
            1 => {
                let title = |word: &str| json!({"title": word, "body": format!("Reply {n}")});
                self.offer(("reply title", n), replies, title).await
            }
            2 => {
                let key = |word: &str| json!({"name": word, "role": "read"});
                self.offer(("API key", n), ("POST", "/api/v1/keys"), key)
                    .await
            }
            3 => {
                let user = |word: &str| json!({"email": format!("u{n}@shop.example"), "name": word, "role": "agent"});
                self.offer(("member", n), users, user).await
            }
            _ => {
                let user = |word: &str| json!({"email": word, "name": format!("User {n}"), "role": "viewer"});
                self.offer(("e-mail", n), users, user).await
            }
        };
        if n.is_multiple_of(12) {
            let topic = |word: &str| {
                json!({"name": word, "description": word, "category": "marketing",
                    "translations": {"es": {"name": word, "description": word}}})
            };
            self.offer(("topic", n), ("POST", "/api/v1/topics"), topic)
                .await;
        }
    }

    /// What is recorded as the proof of a consent, and where it came from.
    async fn evidence(&mut self, n: usize) {
        let to = format!("+{}", phone(n / EACH));
        let events = ("POST", "/api/v1/events");
        let wording = |word: &str| {
            json!({"to": to, "kind": "opt_in",
                "evidence": {"source": "web_form", "wording": word, "note": word, "actor": word, "wording_version": word}})
        };
        self.offer(("wording", n), events, wording).await;
        match n % 4 {
            0 => {
                let source =
                    |word: &str| json!({"to": to, "kind": "opt_out", "evidence": {"source": word}});
                self.offer(("source", n), events, source).await;
            }
            1 => {
                let locale = |word: &str| json!({"to": to, "kind": "opt_out", "evidence": {"source": "shop", "locale": word, "ip": word}});
                self.offer(("locale", n), events, locale).await;
            }
            2 => self.file(n).await,
            _ => {}
        }
    }

    async fn file(&mut self, n: usize) {
        let Some(word) = self.word("file", n) else {
            return;
        };
        // No address is so long.
        let word: String = word.chars().take(1_000).collect();
        let name = percent_encoding::utf8_percent_encode(&word, percent_encoding::NON_ALPHANUMERIC);
        let path = format!(
            "/api/v1/contacts/{}/files?name={name}",
            self.contacts[n / EACH]
        );
        let pdf = format!("%PDF-1.4 {n}");
        let answer = self.house.post_as(&path, "application/pdf", pdf).await;
        self.judge(("file", n), &answer);
    }

    /// Forms to join, with their links and posters.
    async fn forms(&mut self) {
        for n in (0..self.words.len()).step_by(8) {
            let form = |word: &str| {
                json!({"slug": format!("form-{n}"), "texts": {"en": {"title": word, "intro": word, "kind": word,
                    "frequency": word, "message": word}}})
            };
            let made = self
                .offer(("form", n), ("POST", "/api/v1/forms"), form)
                .await;
            self.remember("/join", made.as_ref(), "slug");
        }
        let body = json!({"slug": "plain", "texts": {"en": {"title": "Join", "kind": "offers", "frequency": "weekly"}}});
        self.house.post("/api/v1/forms", body).await.expect(201);
        for n in (0..self.words.len()).step_by(10) {
            let link = |word: &str| json!({"name": word, "language": "en"});
            let links = ("POST", "/api/v1/forms/plain/links");
            let Some(made) = self.offer(("link", n), links, link).await else {
                continue;
            };
            if n % 20 == 0 {
                let code = made["code"].as_str().unwrap().to_owned();
                self.made
                    .push(("sheet".to_owned(), format!("/join/plain/{code}/sheet")));
            }
        }
    }

    /// Templates, as Meta tells of them.
    async fn templates(&mut self) {
        let words = (0..self.words.len()).map(|n| (n, self.always(n)));
        let lines: Vec<TemplateLine> = words.map(|(n, word)| template(n, &word)).collect();
        let mut tx = self.house.app.store.begin().await.unwrap();
        tx.put_templates(&lines).await.unwrap();
        tx.commit().await.unwrap();
        self.taken
            .extend((0..self.words.len()).map(|n| ("template", n)));
    }

    /// Which words may be keywords, while nobody is there whom they would have to be tried on.
    async fn keywords(&mut self) {
        for n in 0..self.words.len() {
            let keywords = |word: &str| {
                json!({"keywords": {"stop": [word], "stop_all": [word], "start": [word],
                "stop_buttons": [word], "ignored": [word]}})
            };
            let dry = ("POST", "/api/v1/policy/dry-run");
            self.offer(("keyword", n), dry, keywords).await;
        }
    }

    /// Words that stop and start, and our own words in answers.
    async fn policy(&mut self) {
        for n in (0..self.words.len()).step_by(40) {
            let texts = |word: &str| json!({"help_words": [word], "texts": [{"number": null, "language": "en", "words": {"help": word, "what": word, "often": word}}]});
            self.offer(("flows", n), ("PUT", "/api/v1/flows"), texts)
                .await;
        }
        let those = |guests: &Self, part: usize| -> Vec<String> {
            let taken = |n: &usize| guests.taken.contains(&("keyword", *n));
            let numbers = (0..guests.len()).filter(taken).filter(|n| n % 5 == part);
            let words = numbers.map(|n| guests.always(n));
            words
                .filter(|word| word.chars().count() <= 80)
                .take(90)
                .collect()
        };
        let [stop, all, start, buttons, ignored] = [0, 1, 2, 3, 4].map(|part| those(self, part));
        let keywords = json!({"keywords": {"stop": stop, "stop_all": all, "start": start, "stop_buttons": buttons, "ignored": ignored}});
        self.house
            .send("PUT", "/api/v1/policy", keywords)
            .await
            .expect(200);
    }

    /// What somebody writes who decides over doubtful words.
    async fn reviews(&mut self) {
        let open = self
            .house
            .get("/api/v1/reviews?limit=500")
            .await
            .expect(200)
            .json();
        let open: Vec<String> = open["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect();
        for (n, id) in open.into_iter().enumerate() {
            let path = format!("/api/v1/reviews/{id}/decide");
            let verdict = |word: &str| json!({"verdict": "none", "reason": word});
            self.offer(("review", n), ("POST", &path), verdict).await;
        }
    }

    /// A journey with the string somewhere in it.
    async fn journey(&mut self, n: usize) {
        if n.is_multiple_of(3) {
            let at = n / 3 % 4;
            let place = [
                "journey",
                "journey text",
                "journey condition",
                "journey keyword",
            ][at];
            let body = |word: &str| json!({"definition": journeys::definition(at, word)});
            let made = self
                .offer((place, n), ("POST", "/api/v1/journeys"), body)
                .await;
            self.remember("/journeys", made.as_ref(), "id");
        }
    }

    fn remember(&mut self, place: &str, made: Option<&Value>, name: &str) {
        if let Some(id) = made.and_then(|made| made[name].as_str()) {
            self.made.push((place.to_owned(), format!("{place}/{id}")));
        }
    }
}

/// A number of somebody: a thousand of them are nobody's.
pub fn phone(n: usize) -> String {
    format!("447700900{n:03}")
}

/// The status of a webhook with a right signature.
pub async fn webhook(house: &House, raw: String) -> u16 {
    let signature = sign(&AppSecret::new(SECRET).unwrap(), raw.as_bytes());
    let request = Request::post("/webhooks/whatsapp")
        .header("x-hub-signature-256", signature)
        .body(Body::from(raw))
        .unwrap();
    house.raw(request).await.status.as_u16()
}

/// Ways of saying something.
fn said(n: usize, word: &str) -> Vec<Value> {
    // Some say what a person has to decide about.
    let words = match n % 30 {
        1 => "I do not want so many of these any more",
        _ => word,
    };
    let image =
        json!({"caption": word, "mime_type": "image/jpeg", "sha256": "x", "id": "30990000"});
    let button = json!({"type": "button_reply", "button_reply": {"id": word, "title": word}});
    let ad = json!({"source_url": word, "source_id": "12090", "source_type": "ad", "headline": word, "body": word});
    let kinds = [
        ("text", json!({"body": word})),
        ("button", json!({"payload": word, "text": word})),
        ("interactive", button),
        ("image", image),
        (
            "reaction",
            json!({"message_id": format!("wamid.{n}.0"), "emoji": word}),
        ),
        ("text", json!({"body": words})),
    ];
    let at = START_MS / 1000;
    let message = |(k, (kind, content)): (usize, (&str, Value))| {
        let mut message = json!({"from": phone(n / EACH), "id": format!("wamid.{n}.{k}"), "timestamp": at.to_string(), "type": kind});
        message[kind] = content;
        if k == 5 {
            message["referral"] = ad.clone();
        }
        message
    };
    // Two ways for each string.
    let ways = kinds.into_iter().enumerate();
    ways.filter(|(k, _)| (k + n).is_multiple_of(3))
        .map(message)
        .collect()
}
