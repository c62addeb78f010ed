//! The POST to the callback with its retries, and the GET that proves the callback first.

use std::{sync::Arc, time::Duration};

use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use tokio::task::JoinSet;

use crate::{
    app::App,
    outgoing::job::Job,
    webhook::outbox::{Delivery, Parcel},
};

const AGENT: &str = "facebookexternalua";
const HANDSHAKE_MS: u64 = 10_000;

/// Posts what is ready, until the simulator stops.
pub async fn run(app: Arc<App>) {
    let mut gone = app.gone.clone();
    let mut under_way = JoinSet::new();
    loop {
        let next = app.world().next_parcel();
        if let Some((parcel, attempt, url)) = next {
            under_way.spawn(deliver(app.clone(), parcel, attempt, url));
            while under_way.try_join_next().is_some() {}
            continue;
        }
        tokio::select! {
            () = app.bells.post.notified() => {}
            _ = gone.changed() => return,
        }
    }
}

async fn deliver(app: Arc<App>, parcel: Arc<Parcel>, attempt: usize, url: String) {
    let at = app.clock.now();
    let (timeout_ms, seq) = {
        let mut world = app.world();
        let body = String::from_utf8_lossy(&parcel.body).into_owned();
        let signature = parcel.signature.clone();
        let note = Delivery {
            parcel: parcel.id,
            attempt,
            url: url.clone(),
            at,
            body,
            signature,
            status: None,
            error: None,
            took_ms: None,
        };
        (world.settings.webhooks.timeout_ms, world.outbox.note(note))
    };
    let request = app
        .client
        .post(&url)
        .timeout(Duration::from_millis(timeout_ms))
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, AGENT)
        .header("X-Hub-Signature-256", &parcel.signature)
        .body(parcel.body.clone());
    let answer = match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            // The connection is used again only once the answer has been read to its end.
            let _ = response.bytes().await;
            Ok(status)
        }
        Err(error) => Err(error.to_string()),
    };
    settle(&app, seq, (parcel, attempt), answer);
}

fn settle(
    app: &App,
    seq: u64,
    (parcel, attempt): (Arc<Parcel>, usize),
    answer: Result<u16, String>,
) {
    let mut world = app.world();
    let now_ns = app.clock.mono_ns();
    world.outbox.in_flight = world.outbox.in_flight.saturating_sub(1);
    if let Some(line) = world
        .outbox
        .log
        .get_mut(seq)
        .filter(|line| line.parcel == parcel.id)
    {
        line.took_ms = Some(now_ns.saturating_sub(line.at.mono_ns) / 1_000_000);
        line.status = answer.as_ref().ok().copied();
        line.error = answer.as_ref().err().cloned();
    }
    if answer != Ok(200) {
        match world.settings.webhooks.retry_gaps_ms.get(attempt).copied() {
            Some(gap_ms) => world.schedule(
                gap_ms,
                Job::Retry {
                    parcel,
                    attempt: attempt + 1,
                },
            ),
            None => world.counts.webhooks_lost += 1,
        }
    }
    app.bells.post.notify_one();
}

/// Asks a callback to prove that it knows the verify token, as Meta does when the address is saved.
pub async fn handshake(app: &App, url: &str, verify_token: &str) -> Result<(), String> {
    let challenge = crate::secret::digits_of(&format!("{url}{}", app.clock.mono_ns()), 10);
    let query = [
        ("hub.mode", "subscribe"),
        ("hub.challenge", &challenge),
        ("hub.verify_token", verify_token),
    ];
    let mut address =
        reqwest::Url::parse(url).map_err(|error| format!("`{url}` is not an address: {error}"))?;
    address.query_pairs_mut().extend_pairs(query);
    let request = app
        .client
        .get(address)
        .timeout(Duration::from_millis(HANDSHAKE_MS))
        .header(USER_AGENT, AGENT);
    let response = request
        .send()
        .await
        .map_err(|error| format!("the callback could not be asked: {error}"))?;
    let status = response.status().as_u16();
    let body = response
        .text()
        .await
        .map_err(|error| format!("the callback's answer broke off: {error}"))?;
    match (status, body == challenge) {
        (200, true) => Ok(()),
        (200, false) => Err("the callback answered 200, but not with the challenge".to_owned()),
        (status, _) => Err(format!(
            "the callback answered {status} to the verification"
        )),
    }
}
