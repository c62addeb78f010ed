//! Group commit: whatever waits goes into one transaction, and each body is answered once it is in force.

use std::collections::HashMap;

use super::{
    Arrival,
    apply::{Frame, Part},
    apply_all, count, is_of_an_item,
    load::{Load, Shared},
    open, ring, run,
};
use crate::{
    app::App,
    error::Error,
    intake::{Body, Desk, Ticket},
    services::quiet,
};
use consent::id::ContactId;

/// Sees to it that somebody works off what waits. Nobody has to be there beforehand, and a panic costs one group.
pub(super) fn attend(app: &App) {
    if let Some(desk) = app.intake.desk() {
        tokio::spawn(work_off(app.clone(), desk));
    }
}

async fn work_off(app: App, desk: Desk) {
    loop {
        let group = app.intake.next_group(&desk);
        if group.is_empty() {
            break;
        }
        take_group(&app, group).await;
    }
    drop(desk);
    // Somebody may have queued after the last look, and found every desk taken.
    attend(&app);
}

/// Takes a group in. Bodies that are the same are taken once and answered alike.
async fn take_group(app: &App, group: Vec<Ticket>) {
    metrics::histogram!("consentry_webhook_group_bodies").record(group.len() as f64);
    let mut places: HashMap<[u8; 32], usize> = HashMap::new();
    let (mut bodies, mut waiting) = (Vec::new(), Vec::<Vec<_>>::new());
    for ticket in group {
        let Ticket { body, waiter } = ticket;
        match places.get(&body.sha).and_then(|at| waiting.get_mut(*at)) {
            Some(others) => others.push(waiter),
            None => {
                places.insert(body.sha, bodies.len());
                bodies.push(body);
                waiting.push(vec![waiter]);
            }
        }
    }
    let loads = match read(app, bodies).await {
        Ok(loads) => loads,
        Err(error) => {
            for waiter in waiting.into_iter().flatten() {
                waiter.answer(Err(error.again()));
            }
            return;
        }
    };
    count(&loads);
    let done = in_force(app, &loads).await;
    ring(app, &loads).await;
    for ((restricted, waiters), load) in done.into_iter().zip(waiting).zip(&loads) {
        let app = app.clone();
        let says_no = load.urgent && restricted.as_ref().is_ok_and(|whom| !whom.is_empty());
        let answer = async move {
            let settled = match restricted {
                Ok(contacts) => quiet::settle(&app, &contacts).await,
                Err(error) => Err(error),
            };
            if let Some(first) = waiters.first().filter(|_| says_no && settled.is_ok()) {
                app.tempo.note(app.clock.now(), first.waited());
            }
            for waiter in waiters {
                waiter.answer(settled.as_ref().map_err(Error::again).copied());
            }
        };
        // Whoever waits for a permit to lapse must not keep the next group waiting.
        tokio::spawn(answer);
    }
}

async fn read(app: &App, bodies: Vec<Body>) -> Result<Vec<Load>, Error> {
    let shared = Shared::gather(app, &bodies).await?;
    let mut loads = Vec::with_capacity(bodies.len());
    for body in bodies {
        loads.push(open(app, body, &shared).await?);
    }
    Ok(loads)
}

/// Applies everything in one transaction. When that fails because of something in a body, each is tried by itself.
async fn in_force(app: &App, loads: &[Load]) -> Vec<Result<Vec<ContactId>, Error>> {
    if let [only] = loads {
        return vec![run(app, only, Arrival::New).await];
    }
    let good: Vec<Vec<usize>> = loads.iter().map(Load::good).collect();
    let parts = loads.iter().zip(&good).map(|(load, which)| Part {
        load,
        which,
        frame: Frame::Arrival(&load.problems),
    });
    let parts: Vec<Part<'_>> = parts.collect();
    match apply_all(app, &parts).await {
        Ok(restricted) => restricted.into_iter().map(Ok).collect(),
        Err(error) => apart(app, loads, &error).await,
    }
}

/// What stands in a body may be what is wrong with the group: then each is tried by itself, those that may say no first. These
/// are tried so as well where somebody else's work stood in the way: it may have been in the way of those that ride with them.
async fn apart(app: &App, loads: &[Load], error: &Error) -> Vec<Result<Vec<ContactId>, Error>> {
    let is_mixed = loads.iter().any(|load| !load.urgent);
    let in_the_way = matches!(error, Error::Unavailable(cause) if cause.is_conflict());
    let mut done: Vec<_> = loads.iter().map(|_| Err(error.again())).collect();
    for urgent in [true, false] {
        for (load, done) in loads.iter().zip(&mut done) {
            let again = is_of_an_item(error) || (urgent && is_mixed && in_the_way);
            if load.urgent == urgent && again {
                *done = run(app, load, Arrival::New).await;
            }
        }
    }
    done
}
