//! Somebody who opens every page of a house, and asks it everything that can be asked.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::header;
use serde_json::json;
use server::services::{reports::tally, staff::Role};

use super::{
    census::Census,
    guests::{Guests, webhook},
    journeys,
};
use crate::{
    browser::Browser,
    house::{Answer, NUMBER},
    roles::PAGES,
};

/// Pages that are found without looking for them.
const PLAIN: [&str; 24] = [
    "/",
    "/account",
    "/account/authenticator",
    "/settings/consent",
    "/settings/attributes",
    "/segments/new",
    "/templates/new",
    "/journeys/new",
    "/segments/opted_in",
    "/segments/opted_in/count",
    "/import",
    "/inbox/texts",
    "/settings/users",
    "/ledger",
    "/ledger/checkpoint",
    "/ledger/proof",
    "/reports",
    "/reports/numbers",
    "/reports/alerts",
    "/login",
    "/login/nonsense",
    "/welcome/nonsense",
    "/inbox/live",
    "/segments/opted_in/contacts.csv",
];

/// Parameters that some page reads; each page is asked with each.
const PARAMETERS: [&str; 31] = [
    "find",
    "code",
    "nth",
    "search",
    "tag",
    "attribute",
    "topic",
    "category",
    "source",
    "consent",
    "platform",
    "changed_from",
    "created_to",
    "cursor",
    "edit",
    "opt_in",
    "bulk",
    "said",
    "state",
    "assigned",
    "number",
    "before",
    "templates",
    "quick",
    "step",
    "from",
    "zone",
    "by",
    "event",
    "next",
    "lang",
];
/// Lists end at some time.
const CURSORS_MAX: usize = 40;

/// Pages by what they are of, so that two houses can be compared.
pub type Pages = BTreeMap<String, Census>;

/// Somebody who opens every page.
pub struct Look<'a> {
    guests: &'a Guests,
    pub browser: Browser<'a>,
    pub pages: Pages,
    /// The routes that were opened.
    pub asked: BTreeSet<&'static str>,
    /// What pages make of questions.
    pub reflected: Census,
    pub wrong: Vec<String>,
}

impl<'a> Look<'a> {
    pub async fn of(guests: &'a Guests) -> Self {
        while tally::step(&guests.house.app).await.unwrap() {}
        Self {
            guests,
            browser: Browser::of(&guests.house, Role::Admin).await,
            pages: Pages::new(),
            asked: BTreeSet::new(),
            reflected: Census::default(),
            wrong: Vec::new(),
        }
    }

    /// Opens everything, and asks everything.
    pub async fn everywhere(&mut self) {
        for path in PLAIN {
            self.open(path, path).await;
        }
        for path in ["/consent", "/customers", "/inbox", "/segments", "/journeys"] {
            self.list(path).await;
        }
        for by in [
            "",
            "?by=source",
            "?by=topic",
            "?by=template",
            "?by=keyword",
            "?by=code",
        ] {
            for name in [
                "consent",
                "opt_out_rate",
                "messages",
                "failures",
                "saved",
                "time_to_force",
                "consent.svg",
                "opt_out_rate.svg",
            ] {
                let path = format!("/reports/{name}{by}");
                self.open(&path, &path).await;
            }
        }
        self.rooms().await;
        self.campaigns().await;
        let sheet = self.sheet();
        let sent = self.browser.upload("/import", ("evil.csv", &sheet)).await;
        self.open("import", &Browser::leads(&sent)).await;
        for (place, path) in &self.guests.made {
            let label = format!("{place} {}", self.pages.len());
            self.open(&label, path).await;
            if place == "/journeys" {
                for below in journeys::BELOW {
                    let label = format!("{label} {below}");
                    self.open(&label, &format!("{path}{below}")).await;
                }
            }
        }
        for n in 0..self.guests.contacts.len() {
            self.person(n).await;
        }
        self.questions().await;
    }

    /// The rooms whose lists lead to everything in them.
    async fn rooms(&mut self) {
        let odd = json!([{"id": "1", "changes": [{"field": "messages", "value": self.guests.always(1)}]}]);
        let odd = json!({"object": "whatsapp_business_account", "entry": odd});
        assert_eq!(webhook(&self.guests.house, odd.to_string()).await, 200);
        for path in [
            "/reviews",
            "/settings",
            "/settings/keys",
            "/settings/confirmations",
            "/settings/confirmations/words",
            "/settings/topics",
            "/forms",
            "/forms/_new",
            "/quarantine",
            "/templates",
        ] {
            let links = self.open(&format!("room {path}"), path).await;
            let below = format!("{path}/");
            let inner: BTreeSet<String> = links
                .into_iter()
                .filter(|link| {
                    let inner = link.strip_prefix(&below);
                    inner.is_some_and(|id| !id.contains(['?', '_', '#', '/']))
                })
                .take(60)
                .collect();
            for link in inner {
                self.open(&format!("room {path} one"), &link).await;
                if path == "/forms" {
                    let edit = format!("{link}/edit");
                    self.open("room /forms edit", &edit).await;
                }
            }
        }
    }

    /// Everything about one person, and a conversation with them.
    async fn person(&mut self, n: usize) {
        let id = &self.guests.contacts[n];
        self.open(&format!("customer {n}"), &format!("/customers/{id}"))
            .await;
        self.open(&format!("talk {n}"), &format!("/inbox/{id}/{NUMBER}"))
            .await;
        if !n.is_multiple_of(10) {
            return;
        }
        for question in ["edit", "opt_in"] {
            self.open(
                &format!("{question} {n}"),
                &format!("/customers?{question}={id}"),
            )
            .await;
        }
        let find = format!("/inbox/{id}/{NUMBER}?templates={n:03}");
        self.open(&format!("templates {n}"), &find).await;
        self.open(&format!("export {n}"), &format!("/customers/{id}/export"))
            .await;
        let files = self
            .guests
            .house
            .get(&format!("/api/v1/contacts/{id}/files"))
            .await
            .expect(200)
            .json();
        if let Some(sha256) = files["items"][0]["sha256"].as_str() {
            self.open(
                &format!("file {n}"),
                &format!("/customers/{id}/files/{sha256}"),
            )
            .await;
        }
        let event = self.guests.house.events(id).await[0]["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.open(
            &format!("proof {n}"),
            &format!("/customers/{id}/proof/{event}"),
        )
        .await;
        let own = self.guests.house.link(id).await;
        self.open(&format!("own {n}"), &own).await;
    }

    /// A file whose columns have odd names.
    fn sheet(&self) -> String {
        let mut sheet = csv::Writer::from_writer(Vec::new());
        let heads = (0..self.guests.len()).step_by(4).take(290);
        let heads: Vec<String> = heads
            .map(|n| self.guests.always(n).replace('\0', ""))
            .collect();
        let heads: Vec<String> = heads
            .into_iter()
            .filter(|head| {
                head.len() < 500
                    && !head.contains(|c: char| c.is_control() || matches!(c, ',' | ';'))
            })
            .collect();
        for _ in 0..2 {
            sheet.write_record(&heads).unwrap();
        }
        String::from_utf8(sheet.into_inner().unwrap()).unwrap()
    }

    /// A list from its first page to its last.
    async fn list(&mut self, path: &str) {
        let mut next = Some(path.to_owned());
        for _ in 0..CURSORS_MAX {
            let Some(here) = next.take() else { return };
            let links = self.open(path, &here).await;
            // The links of rows come back to this page; the one to the next page asks nothing else.
            let asks = |link: &String| {
                ["edit=", "opt_in=", "stopped=", "bulk="]
                    .iter()
                    .any(|word| link.contains(word))
            };
            let onwards = |link: &String| link.contains("cursor=") && !asks(link) && *link != here;
            next = links.into_iter().rfind(onwards);
        }
        self.wrong.push(format!("{path} does not end"));
    }

    /// Every page is asked every question, with another string each time.
    async fn questions(&mut self) {
        let talk = format!("/inbox/{}/{NUMBER}", self.guests.contacts[0]);
        let customer = format!("/customers/{}", self.guests.contacts[0]);
        let plain = PAGES.iter().filter(|(method, path, _)| {
            *method == "GET" && !path.contains('{') && *path != "/inbox/live"
        });
        let pages = plain.map(|(_, path, _)| *path).chain([
            talk.as_str(),
            customer.as_str(),
            "/reports/consent",
            "/segments/opted_in",
            "/join/plain",
        ]);
        let mut n = 0;
        for page in pages.collect::<Vec<_>>() {
            for _ in 0..PARAMETERS.len() / 3 {
                n += 1;
                self.ask(
                    page,
                    PARAMETERS[n % PARAMETERS.len()],
                    n % self.guests.len(),
                )
                .await;
            }
        }
        let shown = [
            ("/customers", "search"),
            ("/consent", "tag"),
            ("/inbox", "search"),
            ("/login", "next"),
            (talk.as_str(), "templates"),
        ];
        for n in 0..self.guests.len() {
            let (page, name) = shown[n % shown.len()];
            self.ask(page, name, n).await;
        }
    }

    async fn ask(&mut self, page: &str, name: &str, n: usize) {
        let word: String = self.guests.always(n).chars().take(1_000).collect();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair(name, &word)
            .finish();
        let path = format!("{page}?{query}");
        let answer = match page {
            "/login" => self.guests.house.see(&path).await,
            _ => self.browser.get(&path).await,
        };
        let seen = self.judge(&path, &answer);
        self.reflected.add(seen);
    }

    /// Where the campaigns are that were taken.
    pub fn campaigns_of_guests(&self) -> Vec<String> {
        self.guests.campaigns.clone()
    }

    /// Opens a page under a name; gives where it leads.
    pub async fn open(&mut self, name: &str, path: &str) -> Vec<String> {
        self.note(path);
        let answer = match path {
            "/login" => self.guests.house.see(path).await,
            _ => self.browser.get(path).await,
        };
        let seen = self.judge(path, &answer);
        let links = seen.links.clone();
        self.pages.entry(name.to_owned()).or_default().add(seen);
        links
    }

    fn judge(&mut self, path: &str, answer: &Answer) -> Census {
        let status = answer.status.as_u16();
        if status >= 500 {
            self.wrong.push(format!("{path}: {status}"));
        }
        let kind = answer.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let text = answer.text();
        self.wrong
            .extend(super::files::headers(path, &answer.headers));
        match kind.split(';').next().unwrap_or_default() {
            "text/html" | "image/svg+xml" => {
                if text.contains('\0') {
                    self.wrong.push(format!("{path}: a sign that is none"));
                }
                let mut census = Census::of(&text);
                if kind.starts_with("image") {
                    // A picture that is a file brings its colours along.
                    census.marks.remove("style");
                }
                census
            }
            _ => Census::default(),
        }
    }

    /// Keeps in mind which route it is of.
    fn note(&mut self, path: &str) {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |route: &str| {
            let wanted: Vec<&str> = route.split('/').collect();
            let mut pairs = wanted.iter().zip(&parts);
            wanted.len() == parts.len()
                && pairs.all(|(want, part)| want.starts_with('{') || want == part)
        };
        let routes = PAGES
            .iter()
            .filter(|(method, route, _)| *method == "GET" && fits(route));
        self.asked.extend(routes.map(|(_, route, _)| *route));
    }
}
