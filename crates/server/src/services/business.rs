//! What the business is called and where it is reached in WhatsApp: as the settings say, else as Meta shows it.

use std::{sync::PoisonError, time::Duration};

use consent::{id::NumberId, phone::Phone};

use crate::app::{Card, House};

/// How long what Meta said is good.
const FRESH: Duration = Duration::from_secs(3_600);
/// How long we do not ask again when Meta did not say.
const SILENT: Duration = Duration::from_secs(60);
/// How long a page waits for Meta.
const PATIENCE: Duration = Duration::from_secs(2);

/// The card of the business. Never fails: a page without a name is still a page.
pub async fn card(app: &House) -> Card {
    let pages = &app.config.pages;
    let set = Card {
        name: pages.name.clone(),
        digits: pages.whatsapp.as_deref().and_then(digits),
    };
    if set.name.is_some() && set.digits.is_some() {
        return set;
    }
    let shown = shown(app).await;
    Card {
        name: set.name.or(shown.name),
        digits: set.digits.or(shown.digits),
    }
}

/// The digits of one of our numbers, as links name it.
pub async fn digits_of(app: &House, number: &NumberId) -> Option<String> {
    let token = app.token.as_ref()?;
    let asked = tokio::time::timeout(PATIENCE, app.graph.number(number, token)).await;
    let info = asked.ok()?.ok()?;
    info.display.as_deref().and_then(digits)
}

/// What Meta shows to everybody about our first number.
async fn shown(app: &House) -> Card {
    if let Some(card) = remembered(app) {
        return card;
    }
    let (Some(number), Some(token)) = (app.config.numbers().next(), &app.token) else {
        return Card::default();
    };
    let asked = tokio::time::timeout(PATIENCE, app.graph.number(&number, token)).await;
    let card = match asked {
        Ok(Ok(info)) => Card {
            name: info.name.filter(|name| !name.trim().is_empty()),
            digits: info.display.as_deref().and_then(digits),
        },
        Ok(Err(_)) | Err(_) => Card::default(),
    };
    let mut kept = app.card.lock().unwrap_or_else(PoisonError::into_inner);
    *kept = Some((app.clock.instant(), card.clone()));
    card
}

fn remembered(app: &House) -> Option<Card> {
    let kept = app.card.lock().unwrap_or_else(PoisonError::into_inner);
    let (since, card) = kept.as_ref()?;
    let good = if *card == Card::default() {
        SILENT
    } else {
        FRESH
    };
    (since.elapsed() < good).then(|| card.clone())
}

fn digits(text: &str) -> Option<String> {
    let phone = Phone::read(text, None).ok()?;
    Some(phone.e164().trim_start_matches('+').to_owned())
}
