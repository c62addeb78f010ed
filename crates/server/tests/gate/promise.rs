//! The promise: after an acknowledged opt-out no marketing send to that person starts.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use consent::{
    permit::{PERMIT_LIFE, Recipient},
    policy::{Cap, Policy},
    request::Template,
    scope::Category,
};
use serde_json::json;
use server::services::{
    gate::{self, Admitted, Answer, Ask},
    policy, quiet,
};

use crate::{
    ADA,
    house::{House, NUMBER, template},
};

/// A message that the gate is asked about, and that nobody sends.
pub fn ask(phone: &str, fingerprint: u8) -> Ask {
    Ask {
        recipients: vec![Recipient::Phone(phone.parse().unwrap())],
        number: NUMBER.parse().unwrap(),
        category: Category::Marketing,
        topic: None,
        template: Template::Usable,
        named: None,
        fingerprint: [fingerprint; 32],
        callback: None,
        said: None,
        tie: None,
    }
}

pub async fn admitted(house: &House, ask: &Ask) -> Admitted {
    match gate::enter(&house.app, ask).await.unwrap() {
        Answer::Admitted(admitted) => *admitted,
        other => panic!("want leave to send: {other:?}"),
    }
}

#[tokio::test]
async fn an_opt_out_waits_for_a_permit_that_may_still_start_a_send() {
    let house = House::open().await;
    let ada = house.opt_in(ADA).await;
    let Admitted {
        permit, underway, ..
    } = admitted(&house, &ask(ADA, 1)).await;
    quiet::settle(&house.app, &[ada]).await.unwrap();
    assert!(!permit.is_live(Instant::now()));
    drop(underway);
    let second = admitted(&house, &ask(ADA, 2)).await;
    let began = Instant::now();
    let app = Arc::clone(&house.app);
    let waiting = tokio::spawn(async move { quiet::settle(&app, &[ada]).await });
    tokio::task::yield_now().await;
    drop(second);
    waiting.await.unwrap().unwrap();
    assert!(began.elapsed() < PERMIT_LIFE, "it was told that this ended");
}

#[tokio::test]
async fn an_opt_out_does_not_wait_for_metas_answer() {
    let house = Arc::new(House::open().await);
    let ada = house.opt_in(ADA).await;
    house.fault("hang", &json!({ "ms": 5_000 })).await;
    let send = {
        let house = Arc::clone(&house);
        tokio::spawn(async move { house.send(&template(ADA, "autumn_sale")).await })
    };
    while house.arrived().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let began = Instant::now();
    quiet::settle(&house.app, &[ada]).await.unwrap();
    assert!(began.elapsed() < PERMIT_LIFE && !send.is_finished());
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_group_of_reservations_one_loses_its_race_and_the_others_win() {
    let house = Arc::new(House::open().await);
    let people: Vec<String> = (0..8).map(|n| format!("4477009004{n:02}")).collect();
    for phone in &people {
        house.opt_in(phone).await;
    }
    // Nobody writes: the opt-out waits first in line, and behind it the sends that were allowed before it.
    let turn = house.app.store.hush().await.unwrap();
    let refused = people[5].clone();
    let stop = {
        let (house, refused) = (Arc::clone(&house), refused.clone());
        tokio::spawn(async move { house.opt_out(&refused).await })
    };
    tokio::time::sleep(Duration::from_millis(200)).await;
    let sends = people.iter().map(|phone| {
        let (house, phone) = (Arc::clone(&house), phone.clone());
        tokio::spawn(async move {
            let answer = gate::enter(&house.app, &ask(&phone, 1)).await.unwrap();
            (phone, answer)
        })
    });
    let sends: Vec<_> = sends.collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(turn);
    stop.await.unwrap();
    for send in sends {
        let (phone, answer) = send.await.unwrap();
        match answer {
            Answer::Admitted(_) => assert_ne!(phone, refused),
            Answer::Refused(no) => {
                assert_eq!(
                    (phone, no.denial.code.word()),
                    (refused.clone(), "opted_out_category")
                );
            }
            other => panic!("nothing was claimed or tried before: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_counts_every_send_of_a_group() {
    for house in [House::open().await, House::on_postgres().await] {
        let house = Arc::new(house);
        house.opt_in(ADA).await;
        let policy = Policy {
            version: 1,
            caps: vec![Cap {
                category: Category::Marketing,
                topic: None,
                max: 2,
                days: 1,
            }],
            ..Policy::default()
        };
        policy::replace(&house.app, policy, "test").await.unwrap();
        let sends = (0..6).map(|n| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { gate::enter(&house.app, &ask(ADA, n)).await.unwrap() })
        });
        let sends: Vec<_> = sends.collect();
        let mut admitted = 0;
        for send in sends {
            match send.await.unwrap() {
                Answer::Admitted(_) => admitted += 1,
                Answer::Refused(no) => assert_eq!(no.denial.code.word(), "frequency_capped"),
                other => panic!("nothing was claimed or tried before: {other:?}"),
            }
        }
        assert_eq!(admitted, 2);
    }
}
