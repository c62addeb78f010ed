//! Calls webhooks of the business: signed, with a key that never comes twice, and again until they answer or it is hopeless.

use std::time::Duration;

use bytes::Bytes;
use consent::time::{HOUR_MS, MINUTE_MS};
use graph::signature::{self, AppSecret};
use journey::{effect::Effect, happening::What as Outcome};
use reqwest::header::CONTENT_TYPE;

use super::errand::{Counted, Errand, Fate, finish};
use crate::{app::App, clock, config::Webhook, error::Error};

/// How long a webhook may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long is waited after each failure; after the last it is over.
const GAPS_MS: [i64; 5] = [
    10_000,
    MINUTE_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
];
/// The header that carries the signature of the body: `sha256=` and HMAC-SHA-256 under the webhook's secret, in hex.
const SIGNATURE: &str = "X-Consentry-Signature";
/// The header that carries the key of the call: whoever got it twice did nothing twice.
const KEY: &str = "X-Consentry-Key";

/// Calls a webhook, beside everything else. When too many are being called, it waits its turn.
pub(super) fn begin(app: &App, errand: Errand) {
    let app = App::clone(app);
    let permit = app.calls.clone().try_acquire_owned();
    tokio::spawn(async move {
        let fate = match permit {
            Ok(_held) => call(&app, &errand).await,
            Err(_) => Ok(Fate::Later(app.clock.now().plus_millis(1_000), Counted::No)),
        };
        let done = match fate {
            Ok(fate) => finish(&app, &errand, fate).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            // It stands in the table as it was, and is looked at anew.
            tracing::error!(%error, key = errand.line.key, "what became of a webhook could not be written down");
        }
    });
}

async fn call(app: &App, errand: &Errand) -> Result<Fate, Error> {
    let Effect::CallWebhook {
        webhook,
        answers,
        given,
        ..
    } = &errand.effect
    else {
        return Err(Error::internal("what is no webhook was to be called"));
    };
    let Some(webhook) = find(app, webhook) else {
        let words = format!("There is no webhook {webhook} in the settings any more.");
        return Ok(failed("webhook_missing", words));
    };
    if !is_safe(&webhook.url) {
        let words = format!(
            "The address of {} is neither https nor on this machine.",
            webhook.name
        );
        return Ok(failed("webhook_unsafe", words));
    }
    let body = serde_json::json!({
        "key": errand.line.key, "journey": errand.run.journey, "name": errand.name, "version": errand.run.version,
        "run": errand.run.id, "contact": errand.run.contact.to_string(), "answers": answers, "data": given,
        "at": clock::rfc3339(app.clock.now()),
    });
    let body = Bytes::from(body.to_string());
    let secret = AppSecret::new(webhook.secret.expose()).map_err(Error::internal)?;
    let request = app
        .relay
        .post(&webhook.url)
        .timeout(TIMEOUT)
        .header(CONTENT_TYPE, "application/json")
        .header(SIGNATURE, signature::sign(&secret, &body))
        .header(KEY, &errand.line.key)
        .body(body);
    let (code, words, is_final) = match request.send().await {
        Ok(answer) if answer.status().is_success() => {
            return Ok(Fate::Over(Outcome::Accepted, None));
        }
        Ok(answer) => {
            let status = answer.status();
            let later = [408, 425, 429].contains(&status.as_u16());
            let is_final = status.is_client_error() && !later;
            let words = format!("It answered {}.", status.as_u16());
            (format!("http_{}", status.as_u16()), words, is_final)
        }
        Err(error) => {
            let code = if error.is_timeout() {
                "timeout"
            } else {
                "unreachable"
            };
            (code.to_owned(), error.without_url().to_string(), false)
        }
    };
    let tried = usize::try_from(errand.line.tries).unwrap_or(usize::MAX);
    Ok(match GAPS_MS.get(tried).filter(|_| !is_final) {
        Some(gap) => Fate::Later(app.clock.now().plus_millis(*gap), Counted::Yes),
        None => failed(&code, words),
    })
}

fn failed(code: &str, words: String) -> Fate {
    let code = code.to_owned();
    Fate::Over(Outcome::Failed { code, words }, None)
}

/// A webhook by its name.
pub(super) fn find<'a>(app: &'a App, name: &str) -> Option<&'a Webhook> {
    let mut all = app.config.journeys.webhooks.iter();
    all.find(|webhook| webhook.name == name)
}

/// Whether an address may be called: https, or this very machine.
pub(super) fn is_safe(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let is_here = match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}
