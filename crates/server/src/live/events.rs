//! Server-sent events for those who watch the inbox.

use std::{convert::Infallible, time::Duration};

use axum::response::{
    Sse,
    sse::{Event, KeepAlive},
};
use futures::{Stream, stream};
use serde_json::json;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};

use super::{Live, Told};
use crate::error::Error;

/// How long one may watch before asking anew, and so showing that one still may.
const WATCH_MAX: Duration = Duration::from_secs(15 * 60);
/// How often a line is sent that says nothing, so that nobody on the way thinks that the connection is dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a browser waits before it asks anew.
const RETRY: Duration = Duration::from_secs(2);

/// The events for one who watches: `changed` names conversations, `reload` asks to read everything again. It ends when the
/// house closes, and after a quarter of an hour, when whoever watches has to ask anew.
///
/// # Errors
/// [`Error::Busy`] when too many watch already.
pub fn events(
    live: &Live,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>, Error> {
    let watch = Watch {
        told: live.watch()?,
        until: Instant::now() + WATCH_MAX,
        greeted: false,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Watch {
    told: Receiver<Told>,
    until: Instant,
    greeted: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(Event::default().event("hello").data("{}").retry(RETRY));
        }
        let told = tokio::time::timeout_at(self.until, self.told.recv());
        match told.await.ok()? {
            Ok(Told::Changed(named)) => {
                let named = named
                    .iter()
                    .map(|(contact, number)| json!({ "contact": contact, "number": number }));
                let data = json!({ "conversations": named.collect::<Vec<_>>() });
                Some(Event::default().event("changed").data(data.to_string()))
            }
            Ok(Told::Reload) | Err(RecvError::Lagged(_)) => {
                Some(Event::default().event("reload").data("{}"))
            }
            Ok(Told::End) | Err(RecvError::Closed) => None,
        }
    }
}
