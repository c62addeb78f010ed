//! Who may use the gateway, and with which token Meta is asked in turn.

use std::{sync::PoisonError, time::Duration};

use consent::id::NumberId;
use graph::{bearer::Bearer, client::CallError};

use crate::{
    app::App,
    config::Auth,
    error::Error,
    services::keys::{self, KEY_PREFIX, Role},
};

/// How long Meta's word for a token is believed.
const PROVED_FOR: Duration = Duration::from_secs(300);

/// How many tokens are remembered.
const PROVED_MAX: usize = 10_000;

/// What somebody wants at the gateway.
#[derive(Debug, Clone, Copy)]
pub enum Wants<'a> {
    /// To send from a number.
    Send(&'a NumberId),
    /// Something that reaches nobody.
    Pass,
}

/// Admits a caller: a key of ours is exchanged for our token; in passthrough mode the caller's own Meta token stays,
/// once Meta has shown that it is good for our number.
///
/// # Errors
/// [`Error::Unauthorized`] or [`Error::Forbidden`] when the key or token is not good; [`Error::Conflict`] when we have
/// no token of our own to send with.
pub async fn admit(app: &App, presented: &str, wants: Wants<'_>) -> Result<Bearer, Error> {
    if presented.starts_with(KEY_PREFIX) {
        let caller = keys::authenticate(app, presented).await?;
        if caller.role < Role::App {
            return Err(Error::Forbidden(Role::App.word()));
        }
        let missing = || {
            Error::Conflict(
                "whatsapp.access_token is not configured: there is nothing to send with".to_owned(),
            )
        };
        return app.token.clone().ok_or_else(missing);
    }
    match app.config.gateway.auth {
        Auth::Key => Err(Error::Unauthorized),
        Auth::Passthrough => prove(app, presented, wants).await,
    }
}

async fn prove(app: &App, presented: &str, wants: Wants<'_>) -> Result<Bearer, Error> {
    let bearer = Bearer::from_token(presented).map_err(|_| Error::Unauthorized)?;
    let number = match wants {
        Wants::Send(number) => number.clone(),
        Wants::Pass => app.config.numbers().next().ok_or(Error::Unauthorized)?,
    };
    // A token is good for a number, not for every number.
    let mut remembered = bearer.digest();
    for (byte, other) in remembered
        .iter_mut()
        .zip(crate::vault::sha256(number.as_str().as_bytes()))
    {
        *byte ^= other;
    }
    let now = app.clock.instant();
    {
        let mut proved = app.proved.lock().unwrap_or_else(PoisonError::into_inner);
        proved.retain(|_, since| now.duration_since(*since) < PROVED_FOR);
        if proved.contains_key(&remembered) {
            return Ok(bearer);
        }
    }
    match app.graph.number(&number, &bearer).await {
        Ok(_) => {}
        Err(CallError::Unreachable(why)) => {
            return Err(Error::Conflict(format!(
                "Meta cannot be asked about the token: {why}"
            )));
        }
        Err(CallError::Refused { .. } | CallError::Unreadable(_)) => {
            return Err(Error::Unauthorized);
        }
    }
    let mut proved = app.proved.lock().unwrap_or_else(PoisonError::into_inner);
    if proved.len() < PROVED_MAX {
        proved.insert(remembered, now);
    }
    Ok(bearer)
}
