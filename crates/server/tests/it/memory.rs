//! What memory answers is what the store answers, whatever happens to either.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::json;
use server::services::memory;
use store::watch::SNAPSHOT;

use crate::house::House;

const ANA: &str = "+447700900123";
const BIA: &str = "+447700900124";
const CAIO: &str = "+5511987654321";
const EVERYBODY: [&str; 3] = [ANA, BIA, CAIO];

/// The files of snapshots in the house's folder.
fn snapshots(house: &House) -> Vec<PathBuf> {
    let entries = fs::read_dir(house.folder()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.to_string_lossy().contains(".index-"))
        .collect()
}

/// What the store says, one by one.
async fn one_by_one(house: &House, numbers: &[&str]) -> Vec<String> {
    let mut allowed = Vec::new();
    for number in numbers {
        if house.marketing(number).await == "allow" {
            allowed.push((*number).to_owned());
        }
    }
    allowed
}

#[tokio::test]
async fn a_wish_counts_in_memory_as_soon_as_it_is_acknowledged() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    house.remember().await;
    assert_eq!(house.sifted(&EVERYBODY).await, [ANA]);
    house.opt_in(CAIO).await;
    assert_eq!(house.sifted(&EVERYBODY).await, [ANA, CAIO]);
    // The same person, with and without the ninth digit.
    assert_eq!(house.sifted(&["+551187654321"]).await, ["+551187654321"]);
    house.opt_out(ANA).await;
    assert_eq!(house.sifted(&EVERYBODY).await, [CAIO]);
    assert!(house.app.memory.ready().is_some());
}

#[tokio::test]
async fn every_spelling_is_answered_in_order_and_bad_ones_are_left_out() {
    let house = House::open().await;
    for who in [ANA, CAIO, "GB.70012345678901234567", "ana@example.com"] {
        house.opt_in(who).await;
    }
    let list = [
        "+44 7700 900123",
        "",
        "no number",
        "GB.70012345678901234567",
        "07700900123",
        "447700900123",
        BIA,
        CAIO,
        "GB.70012345678901234568",
        "  tel:+447700900123  ",
        "ana@example.com",
    ];
    let before = house.sifted(&list).await;
    house.remember().await;
    let after = house.sifted(&list).await;
    assert_eq!(before, after);
    assert_eq!(after.len(), 7, "{after:?}");
    assert_eq!(after[4], "+5511987654321");
    assert_eq!(after[5], "tel:+447700900123");
}

#[tokio::test]
async fn a_new_policy_is_in_force_at_once_and_memory_follows() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    house.remember().await;
    let mut policy = house.get("/api/v1/policy").await.expect(200).json();
    policy["opt_in_needed"] = json!([]);
    policy.as_object_mut().unwrap().remove("version");
    let version = house.get("/api/v1/policy").await.json()["version"].clone();
    policy["version"] = version;
    house
        .send("PUT", "/api/v1/policy", policy)
        .await
        .expect(200);
    assert!(
        house.app.memory.ready().is_none(),
        "the old states are dropped"
    );
    let all = EVERYBODY.map(str::to_owned);
    assert_eq!(house.sifted(&EVERYBODY).await, all);
    house.remember().await;
    assert_eq!(house.sifted(&EVERYBODY).await, all);
    assert_eq!(one_by_one(&house, &EVERYBODY).await, all);
}

#[tokio::test]
async fn whoever_is_erased_stays_refused_and_is_named_nowhere() {
    let house = House::open().await;
    let ana = house.opt_in(ANA).await;
    house.opt_in(CAIO).await;
    house.remember().await;
    memory::save(&house.app).await.unwrap();
    assert_eq!(snapshots(&house).len(), 1);
    let path = format!("/api/v1/contacts/{}", ana["contact"].as_str().unwrap());
    house.delete(&path).await;
    assert_eq!(house.sifted(&EVERYBODY).await, [CAIO]);
    assert_eq!(house.app.store.house(SNAPSHOT).await.unwrap(), None);
    memory::step(&house.app).await.unwrap();
    // Utility needs no opt-in: a stranger gets it, and somebody who was erased does not.
    let utility = "/api/v1/check/batch?category=utility";
    let answer = house
        .post_as(utility, "text/plain", EVERYBODY.join("\n"))
        .await;
    assert_eq!(answer.text().lines().collect::<Vec<_>>(), [BIA, CAIO]);
    for file in snapshots(&house) {
        let bytes = fs::read(file).unwrap();
        let key = (447_700_900_123_u64 << 14).to_le_bytes();
        let named = bytes.windows(8).any(|word| word[2..] == key[2..]);
        assert!(!named, "the number is still in the file");
    }
}

#[tokio::test]
async fn after_a_crash_the_tail_tells_what_the_snapshot_lacks() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    house.opt_in(BIA).await;
    house.remember().await;
    memory::save(&house.app).await.unwrap();
    // What comes after the snapshot is in the tail only: nothing is written down when the house falls.
    house.opt_out(ANA).await;
    house.opt_in(CAIO).await;
    assert!(house.app.store.tail_end().await.unwrap().1 >= 2);
    let house = house.reopen().await;
    assert_eq!(snapshots(&house).len(), 1);
    house.remember().await;
    assert_eq!(house.sifted(&EVERYBODY).await, [BIA, CAIO]);
    memory::save(&house.app).await.unwrap();
    assert_eq!(house.app.store.tail_end().await.unwrap(), (0, 0));
    assert_eq!(snapshots(&house).len(), 1, "the older one is removed");
}

#[tokio::test]
async fn a_damaged_snapshot_is_not_believed() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    house.remember().await;
    memory::save(&house.app).await.unwrap();
    let [file] = snapshots(&house).try_into().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&file, bytes).unwrap();
    let house = house.reopen().await;
    house.remember().await;
    assert_eq!(house.sifted(&EVERYBODY).await, [ANA]);
    let house = house.reopen().await;
    fs::remove_file(&file).unwrap();
    house.remember().await;
    assert_eq!(house.sifted(&EVERYBODY).await, [ANA]);
}

#[tokio::test]
async fn an_index_made_from_the_rows_is_written_down_at_once() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    house.remember().await;
    memory::save(&house.app).await.unwrap();
    let [file] = snapshots(&house).try_into().unwrap();
    // As if another program had written it: nothing has happened since, and it is believed by nobody.
    let mut bytes = fs::read(&file).unwrap();
    bytes[20] ^= 1;
    fs::write(&file, bytes).unwrap();
    let house = house.reopen().await;
    house.remember().await;
    assert!(house.app.memory.ready().unwrap().is_unwritten());
    assert!(memory::step(&house.app).await.unwrap());
    assert!(!house.app.memory.ready().unwrap().is_unwritten());
    let [fresh] = snapshots(&house).try_into().unwrap();
    assert_ne!(fresh, file);
    let house = house.reopen().await;
    house.remember().await;
    assert!(
        !house.app.memory.ready().unwrap().is_unwritten(),
        "it came from its file"
    );
    assert_eq!(house.sifted(&EVERYBODY).await, [ANA]);
}

#[tokio::test]
async fn what_is_committed_while_the_index_is_built_is_in_it() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    memory::watch(&house.app);
    let app = house.app.clone();
    let building = tokio::spawn(async move {
        while app.memory.ready().is_none() {
            memory::step(&app).await.unwrap();
        }
    });
    for n in 0..40 {
        house.opt_in(&format!("+4477009{n:05}")).await;
    }
    house.opt_out(ANA).await;
    building.await.unwrap();
    let numbers: Vec<String> = (0..40).map(|n| format!("+4477009{n:05}")).collect();
    let mut list: Vec<&str> = numbers.iter().map(String::as_str).collect();
    list.push(ANA);
    assert_eq!(house.sifted(&list).await, numbers);
}

#[tokio::test]
async fn a_long_list_is_answered_the_same_by_memory_and_store() {
    let house = House::open().await;
    let number = |n: usize| format!("+4477119{n:05}");
    for n in (0..60).step_by(3) {
        house.opt_in(&number(n)).await;
    }
    for n in (0..60).step_by(5) {
        house.opt_out(&number(n)).await;
    }
    let hold = json!({"to": number(3), "kind": "hold", "until": "2026-11-23T10:00:00Z"});
    house.post("/api/v1/events", hold).await;
    let numbers: Vec<String> = (0..9_000).map(|n| number(n % 90)).collect();
    let list: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let by_store = house.sifted(&list).await;
    house.remember().await;
    assert_eq!(house.sifted(&list).await, by_store);
    house.pass(Duration::from_secs(3 * 86_400));
    let some: Vec<&str> = list.iter().copied().take(90).collect();
    assert_eq!(house.sifted(&some).await, one_by_one(&house, &some).await);
}
