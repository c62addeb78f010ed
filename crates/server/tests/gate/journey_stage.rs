//! A house with journeys, whose clock only the test moves.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::http::StatusCode;
use consent::id::ContactId;
use serde_json::{Value, json};
use server::{clock::Clock, config::Config, services::journeys::drive};

use crate::{
    house::{House, NUMBER, use_postgres},
    inbox_desk::{Desk, secrets},
};

const MORNING: i64 = 1_795_000_000_000;

/// A desk whose clock only the test moves.
pub struct Stage {
    pub desk: Desk,
    pub hand: Arc<AtomicI64>,
}

impl Stage {
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let hand = Arc::new(AtomicI64::new(MORNING));
        let clock = Clock::Stepped(Arc::clone(&hand));
        let house = House::with_clock(clock, |config| {
            secrets(config);
            change(config);
        });
        let desk = Desk::of(house.await).await;
        Self { desk, hand }
    }

    pub async fn both() -> [Self; 2] {
        [Self::open().await, Self::with(use_postgres).await]
    }

    /// Time passes, and whatever is to be done is done.
    pub async fn pass(&self, millis: i64) {
        self.hand.fetch_add(millis, Ordering::SeqCst);
        self.go().await;
    }

    pub async fn go(&self) {
        for _ in 0..50 {
            if !drive::step(&self.desk.house.app).await.unwrap() {
                return;
            }
        }
        panic!("the journeys never come to rest");
    }

    /// Makes a journey and publishes it; gives its address.
    pub async fn publish(&self, trigger: Value, steps: Value) -> String {
        let made = self
            .desk
            .post(
                "/journeys",
                json!({"definition": definition(trigger, steps)}),
            )
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let path = format!("/journeys/{}", made.body["id"].as_str().unwrap());
        let live = self
            .desk
            .post(&format!("{path}/publish"), json!({"cas": made.body["cas"]}))
            .await;
        assert_eq!(live.status, StatusCode::OK, "{}", live.body);
        assert_eq!(live.body["state"], "live");
        path
    }

    /// Makes a journey that is not published; gives what is wrong with it.
    pub async fn unpublished(&self, definition: Value) -> Value {
        let body = json!({ "definition": definition });
        let made = self.desk.post("/journeys", body).await;
        let path = format!("/journeys/{}/publish", made.body["id"].as_str().unwrap());
        let seen = json!({"cas": made.body["cas"]});
        let refused = self.desk.post(&path, seen).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.body
    }

    /// The newest run of a journey, step by step.
    pub async fn newest(&self, path: &str) -> Value {
        let page = self.desk.get(&format!("{path}/runs?limit=1")).await;
        let run = page["items"][0]["id"].as_str().expect("somebody entered");
        self.desk.get(&format!("{path}/runs/{run}")).await
    }

    pub async fn tags(&self, contact: ContactId) -> Value {
        self.desk.get(&format!("/contacts/{contact}")).await["tags"].clone()
    }

    pub async fn arrived(&self) -> usize {
        self.desk.house.arrived().await.len()
    }
}

pub fn definition(trigger: Value, steps: Value) -> Value {
    json!({"format": 1, "name": "Welcome", "number": NUMBER, "trigger": trigger, "steps": steps})
}

pub fn sale(id: &str) -> Value {
    json!({"id": id, "kind": "send_template", "template": "autumn_sale", "language": "en_US",
        "variables": {"1": "{{first_name|friend}}"}})
}

pub fn joined() -> Value {
    json!({"kind": "joined"})
}

/// What happened, in one word each.
pub fn passed(run: &Value) -> Vec<&str> {
    let visits = run["visits"].as_array().unwrap().iter();
    visits.map(|visit| visit["is"].as_str().unwrap()).collect()
}
