//! A house on a fresh database, its router, and bodies as Meta writes them.

use std::sync::{Arc, atomic::AtomicI64};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use consent::{
    alias::Alias,
    event::Event,
    id::{AttemptId, ContactId, NumberId},
    policy::Policy,
    register::Standing,
    time::Timestamp,
};
use graph::signature::{AppSecret, sign};
use serde_json::{Value, json};
use server::{
    app::{App, House},
    clock::Clock,
    config::Config,
    http::router,
    services::{numbering, policy, token},
};
use store::{
    contact::{ContactLine, NewContact},
    event::EventLine,
    message::{Direction, MessageLine, State},
};
use tower::ServiceExt;

pub const SECRET: &str = "example-app-secret";
pub const NUMBER: &str = "109900000000001";
pub const ACCOUNT: &str = "209900000000001";
/// 2026-11-22T10:00:00Z, in seconds.
pub const BASE: i64 = 1_795_341_600;

pub struct Here {
    pub app: App,
    pub router: Router,
    _folder: tempfile::TempDir,
}

impl Here {
    pub async fn open() -> Self {
        Self::open_with("").await
    }

    pub async fn open_with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match database() {
            Some(url) => schema(&url),
            None => format!("sqlite:{}", folder.path().join("consentry.db").display()),
        };
        let file = folder.path().join("consentry.toml");
        let text = format!(
            "database = \"{database}\"\n[whatsapp]\napp_secrets = [\"old-secret\", \"{SECRET}\"]\nverify_token = \"our word\"\n\
             [[whatsapp.accounts]]\nid = \"{ACCOUNT}\"\nnumbers = [\"{NUMBER}\"]\n\
             [keys]\nmaster = \"a master key that nobody guesses, for tests\"\n{more}"
        );
        std::fs::write(&file, text).unwrap();
        let config = Config::load(Some(&file), None).unwrap();
        let clock = Clock::Stepped(Arc::new(AtomicI64::new((BASE + 3_600) * 1_000)));
        let app = House::open(config, clock).await.unwrap();
        let router = router(Arc::clone(&app));
        Self {
            app,
            router,
            _folder: folder,
        }
    }

    pub fn step(&self, ms: i64) {
        if let Clock::Stepped(at) = &self.app.clock {
            at.fetch_add(ms, std::sync::atomic::Ordering::SeqCst);
        }
    }

    pub async fn policy(&self, change: impl FnOnce(Policy) -> Policy) {
        let now = policy::current(&self.app).await.unwrap();
        policy::replace(&self.app, change((*now).clone()), "test")
            .await
            .unwrap();
    }

    pub async fn post(&self, raw: &[u8], signature: Option<&str>) -> StatusCode {
        let mut request = Request::post("/webhooks/whatsapp");
        if let Some(signature) = signature {
            request = request.header("X-Hub-Signature-256", signature);
        }
        let request = request.body(Body::from(raw.to_vec())).unwrap();
        self.router.clone().oneshot(request).await.unwrap().status()
    }

    /// Posts a body with a right signature.
    pub async fn signed(&self, raw: &[u8]) -> StatusCode {
        self.step(1);
        self.post(raw, Some(&sign(&AppSecret::new(SECRET).unwrap(), raw)))
            .await
    }

    /// Posts a value of one field, and wants it taken.
    pub async fn hears(&self, field: &str, value: Value) {
        let body = body(field, value);
        assert_eq!(
            self.signed(body.to_string().as_bytes()).await,
            StatusCode::OK
        );
    }

    pub async fn call(&self, request: Request<Body>) -> (StatusCode, String) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub async fn id(&self, name: &str) -> Option<ContactId> {
        let key = alias(name).key();
        let found = self.app.store.find(&[key]).await.unwrap();
        found.first().map(|(_, id)| *id)
    }

    pub async fn contact(&self, name: &str) -> ContactLine {
        let id = self
            .id(name)
            .await
            .unwrap_or_else(|| panic!("nobody is called {name}"));
        self.app.store.contact(id).await.unwrap().unwrap()
    }

    pub async fn history(&self, name: &str) -> Vec<EventLine> {
        let id = self
            .id(name)
            .await
            .unwrap_or_else(|| panic!("nobody is called {name}"));
        self.app.store.history(id).await.unwrap()
    }

    pub async fn kinds(&self, name: &str) -> Vec<String> {
        let history = self.history(name).await;
        history
            .into_iter()
            .map(|line| format!("{} {}", line.kind, line.source))
            .collect()
    }

    /// A message of ours to somebody, as the gate would have left it.
    pub async fn sent(
        &self,
        to: &str,
        wamid: &str,
        template: Option<(&str, &str)>,
    ) -> (AttemptId, String) {
        let contact = match self.id(to).await {
            Some(id) => id,
            None => self.someone(to).await,
        };
        let id = AttemptId::new(self.app.clock.id());
        let key = {
            let person = self
                .app
                .store
                .persons(&[contact])
                .await
                .unwrap()
                .pop()
                .unwrap();
            self.app
                .vault
                .person(contact, &person.sealing_key.unwrap())
                .unwrap()
        };
        let sealed = key
            .seal(
                "callback",
                json!({ "callback": "theirs \"1\"" }).to_string().as_bytes(),
            )
            .unwrap();
        let line = MessageLine {
            id,
            contact,
            direction: Direction::Out,
            number: NUMBER.to_owned(),
            recipient: to.to_owned(),
            category: "utility".to_owned(),
            topic: None,
            template: template.map(|(name, language)| (name.to_owned(), language.to_owned())),
            state: State::Accepted,
            code: None,
            reason: None,
            because: vec![],
            basis: None,
            policy_version: 1,
            as_of: 0,
            at: self.app.clock.now(),
            outcome: None,
            unknown: None,
            wamid: Some(wamid.to_owned()),
            error_code: None,
            fingerprint: None,
            sealed: Some(sealed),
        };
        let mut tx = self.app.store.begin().await.unwrap();
        tx.keep_messages(&[line]).await.unwrap();
        tx.commit().await.unwrap();
        (id, token::write(id, contact))
    }

    /// A contact that was there before.
    pub async fn someone(&self, name: &str) -> ContactId {
        let id = ContactId::new(self.app.clock.id());
        let (_, sealing_key) = self.app.vault.new_person(id).unwrap();
        let at = self.app.clock.now();
        let mut tx = self.app.store.begin().await.unwrap();
        tx.create(&[NewContact {
            id,
            name: None,
            sealing_key,
            at,
        }])
        .await
        .unwrap();
        let line = store::contact::AliasLine {
            contact: id,
            alias: alias(name),
            since: at,
            until: None,
        };
        tx.link(&[line]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// What must be true after every story: each standing is the fold of its events, and each event is in the log.
    pub async fn close(self) {
        let store = &self.app.store;
        if !store.numbers_at_once() {
            let mut tx = store.begin().await.unwrap();
            numbering::number(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut events = store.history(ContactId::HOUSE).await.unwrap().len();
        for id in store.contact_ids(None, 10_000).await.unwrap() {
            let history = store.history(id).await.unwrap();
            events += history.len();
            assert!(history.iter().all(|line| line.log_index.is_some()));
            let told: Vec<Event> = history.iter().filter_map(EventLine::event).collect();
            let kept = store.persons(&[id]).await.unwrap().pop().unwrap().standing;
            let folded = Standing {
                heard: kept.heard.clone(),
                ..Standing::fold(told.iter())
            };
            assert_eq!(
                kept, folded,
                "the standing of {id} is not the fold of its events"
            );
        }
        assert_eq!(
            store.head().await.unwrap().size,
            i64::try_from(events).unwrap()
        );
    }
}

/// A schema of its own, so that stories run side by side in one PostgreSQL. The store makes it.
fn schema(url: &str) -> String {
    let name = format!("t{}", uuid::Uuid::now_v7().simple());
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options=-csearch_path%3D{name}")
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test asks which database to run on"
)]
fn database() -> Option<String> {
    let on_postgresql = std::env::var("CONSENTRY_TEST_ON").is_ok_and(|word| word == "postgresql");
    on_postgresql.then(|| {
        std::env::var("CONSENTRY_TEST_DATABASE").expect("no address in CONSENTRY_TEST_DATABASE")
    })
}

pub fn alias(name: &str) -> Alias {
    name.parse()
        .map(Alias::Phone)
        .or_else(|_| name.parse().map(Alias::Bsuid))
        .unwrap()
}

pub fn number() -> NumberId {
    NUMBER.parse().unwrap()
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(BASE + seconds)
}

pub fn golden(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../graph/tests/golden");
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let file = files
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(name)
        })
        .unwrap();
    std::fs::read(file).unwrap()
}

pub fn body(field: &str, mut value: Value) -> Value {
    if value.get("metadata").is_none() {
        value["metadata"] =
            json!({ "display_phone_number": "12025550100", "phone_number_id": NUMBER });
    }
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": ACCOUNT, "changes": [{ "field": field, "value": value }] }] })
}

/// A text from somebody with a number, an id, or both.
pub fn text(who: (&str, &str), id: &str, seconds: i64, words: &str) -> Value {
    let mut message = json!({ "id": id, "timestamp": (BASE + seconds).to_string(), "type": "text", "text": { "body": words } });
    if !who.0.is_empty() {
        message["from"] = json!(who.0);
    }
    if !who.1.is_empty() {
        message["from_user_id"] = json!(who.1);
    }
    message
}

pub fn failed(wamid: &str, code: i64, recipient: Option<&str>, callback: Option<&str>) -> Value {
    let mut status = json!({ "id": wamid, "status": "failed", "timestamp": (BASE + 60).to_string(),
        "errors": [{ "code": code, "title": "it failed" }] });
    if let Some(recipient) = recipient {
        status["recipient_id"] = json!(recipient);
    }
    if let Some(callback) = callback {
        status["biz_opaque_callback_data"] = json!(callback);
    }
    json!({ "statuses": [status] })
}
