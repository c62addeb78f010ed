//! The promise: after an acknowledged opt-out no marketing send to that person starts.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::house::{House, template};

fn unix_nanos() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_nanos()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_send_starts_after_an_opt_out_was_acknowledged() {
    race(House::open().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_send_starts_after_an_opt_out_was_acknowledged_on_postgresql() {
    race(House::on_postgres().await).await;
}

async fn race(house: House) {
    let house = Arc::new(house);
    let people: Vec<String> = (0..6).map(|n| format!("4477009002{n:02}")).collect();
    for phone in &people {
        house.opt_in(phone).await;
    }
    let mut senders = Vec::new();
    for phone in &people {
        for lane in 0..4 {
            let (house, phone) = (Arc::clone(&house), phone.clone());
            senders.push(tokio::spawn(async move {
                let mut body = template(&phone, "autumn_sale");
                for turn in 0..40 {
                    body["template"]["components"][0]["parameters"][0]["text"] =
                        format!("{lane}/{turn}").into();
                    house.send(&body).await;
                }
            }));
        }
    }
    let mut stops = Vec::new();
    for (nth, phone) in people.iter().enumerate() {
        let (house, phone) = (Arc::clone(&house), phone.clone());
        stops.push(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(200 + 150 * nth as u64)).await;
            house.opt_out(&phone).await;
            (phone, unix_nanos())
        }));
    }
    let mut acknowledged = Vec::new();
    for stop in stops {
        acknowledged.push(stop.await.unwrap());
    }
    for sender in senders {
        sender.await.unwrap();
    }
    let arrived = house.arrived().await;
    let mut before = 0;
    for (phone, at) in acknowledged {
        for line in arrived.iter().filter(|line| {
            line["body"]
                .as_str()
                .is_some_and(|body| body.contains(&phone))
        }) {
            let first = u128::from(line["first_byte"]["unix_ns"].as_u64().unwrap());
            // The simulator stamps a byte when it reads it, which may be a moment after it was sent.
            assert!(
                first < at + 30_000_000,
                "a send to {phone} started {} ms after the stop",
                (first - at) / 1_000_000
            );
            before += 1;
        }
    }
    assert!(
        before > 0,
        "some sends went before the stops, or the test shows nothing"
    );
}
