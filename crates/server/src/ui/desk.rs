//! The dashboard: whoever opens one of its pages is signed in, and every form of it carries the token of their session.

pub mod account;
pub mod attributes;
pub mod campaigns;
pub mod confirmations;
pub mod customer;
pub mod denial;
pub mod door;
mod fault;
pub mod forms;
pub mod home;
pub mod import;
pub mod inbox;
pub mod journeys;
pub mod keys;
pub mod ledger;
pub mod nav;
pub mod posted;
pub mod quarantine;
pub mod refusal;
pub mod reports;
pub mod reviews;
pub mod rules;
pub mod segments;
pub mod settings;
pub mod table;
mod telling;
pub mod templates;
pub mod topics;
pub mod uploaded;
pub mod users;

use axum::{
    Router,
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    middleware::{from_fn, from_fn_with_state},
};
use consent::time::Timestamp;
use store::waiting::Waiting;

use self::{nav::Item, refusal::Refusal};
use super::{
    assets, form::Form, frame::Frame, guard, language::Language, objection, origin, voice::Voice,
};
use crate::{
    app::App,
    config::SecondFactor,
    error::Error,
    services::staff::{
        Member, Power,
        sessions::{self, Session},
    },
};

/// The cookie of a session, over https and in the clear.
const COOKIES: [&str; 2] = ["__Host-consentry", "consentry"];
/// The cookie in which a script leaves the zone of the browser's clock.
const ZONE_COOKIE: &str = "consentry-zone";
/// Digits of a number that stay in sight where it is masked: at its end.
const SHOWN_DIGITS: usize = 2;

/// Where somebody may go who has yet to add the authenticator that is required.
const BEFORE_FACTOR: [&str; 2] = ["/account/authenticator", "/logout"];

/// The languages of the dashboard.
pub const LANGUAGES: [Language; 3] = [Language::English, Language::Spanish, Language::Portuguese];

/// A signed-in member before a page of the dashboard.
#[derive(Clone)]
pub struct Desk {
    /// Who.
    pub member: Member,
    /// What stands around the page.
    pub frame: Frame,
    /// What stands in every form, in the field `csrf`.
    pub csrf: String,
    /// The path that was asked for, without what comes before it at a proxy.
    pub path: String,
    /// What waits for the member, as the menu says it.
    pub waiting: Waiting,
}

/// The pages of the dashboard, at the main address only.
pub fn routes(app: &App) -> Router<App> {
    let pages = Router::new()
        .merge(door::routes())
        .merge(home::routes())
        .merge(reports::routes())
        .merge(inbox::routes())
        .merge(reviews::routes())
        .merge(settings::routes())
        .merge(account::routes())
        .merge(ledger::routes())
        .merge(segments::routes())
        .merge(campaigns::routes())
        .merge(journeys::routes())
        .merge(import::routes())
        .merge(attributes::routes())
        .merge(users::routes())
        .merge(table::routes())
        .merge(customer::routes())
        .merge(rules::routes())
        .merge(templates::routes())
        .merge(topics::routes())
        .merge(keys::routes())
        .merge(quarantine::routes())
        .merge(forms::routes())
        .merge(confirmations::routes());
    pages
        .layer(from_fn_with_state(App::clone(app), refusal::dress))
        .layer(from_fn(guard::protect_desk))
}

impl Desk {
    /// Whoever is signed in with this browser.
    ///
    /// # Errors
    /// [`Refusal::SignIn`] when nobody is; when the database does not answer.
    pub async fn of(app: &App, parts: &Parts) -> Result<Self, Refusal> {
        let token = cookie(&parts.headers, &COOKIES);
        let session = match token {
            Some(token) => sessions::find(app, token).await?,
            None => None,
        };
        let Some(Session { member, csrf, .. }) = session else {
            return Err(Refusal::SignIn(origin::place(app, parts)));
        };
        if app.config.staff.second_factor == SecondFactor::Required
            && !member.has_factor
            && !BEFORE_FACTOR.contains(&parts.uri.path())
        {
            return Err(Refusal::Factor);
        }
        let frame = frame(app, parts, Some(&member)).await;
        let waiting = app.store.waiting(member.id, nav::COUNT_MAX).await;
        Ok(Self {
            waiting: waiting.map_err(Error::from)?,
            member,
            frame,
            csrf,
            path: parts.uri.path().to_owned(),
        })
    }

    /// Nothing, when the member may do this.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] when they may not.
    pub const fn need(&self, power: Power) -> Result<(), Refusal> {
        if self.may(power) {
            Ok(())
        } else {
            Err(Refusal::Forbidden)
        }
    }

    /// Whether the member may do this.
    #[must_use]
    pub const fn may(&self, power: Power) -> bool {
        self.member.role.may(power)
    }

    /// Who acts, as evidence and the log write it.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.member.email
    }

    /// A text.
    #[must_use]
    pub fn say(&self, id: &str) -> String {
        self.frame.voice.say(id)
    }

    /// A text with things put in.
    #[must_use]
    pub fn say_with(&self, id: &str, what: &[(&'static str, &str)]) -> String {
        self.frame.voice.say_with(id, what)
    }

    /// A text about so many of something, which it calls `$count`.
    #[must_use]
    pub fn count(&self, id: &str, count: usize) -> String {
        self.frame.voice.count(id, count)
    }

    /// A moment, on the reader's clock.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        format!(
            "{}, {}",
            self.frame.voice.short_date(at),
            self.frame.voice.time(at)
        )
    }

    /// The same moment as machines read it.
    #[must_use]
    pub fn machine_time(&self, at: Timestamp) -> String {
        crate::clock::rfc3339(at)
    }

    /// A telephone number or another address, masked for those who may not know it.
    #[must_use]
    pub fn number(&self, value: &str) -> String {
        if self.may(Power::Know) {
            return value.to_owned();
        }
        masked(value)
    }

    /// An address of the dashboard, behind whatever a proxy puts before it.
    #[must_use]
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.frame.root)
    }

    /// The pages that the member may open.
    #[must_use]
    pub fn nav(&self) -> Vec<Item> {
        nav::items(self)
    }

    /// What a service said against something, in the reader's language.
    #[must_use]
    pub fn objection(&self, message: &str) -> String {
        objection::told(&self.frame.voice, message)
    }

    /// Where the style of the dashboard is.
    #[must_use]
    pub fn style(&self) -> &'static str {
        assets::desk_style()
    }

    /// Where the script of the dashboard is.
    #[must_use]
    pub fn script(&self) -> &'static str {
        assets::desk_script()
    }

    /// What the member's role is called.
    #[must_use]
    pub fn role_name(&self) -> String {
        self.say(&format!("role-{}", self.member.role.word()))
    }

    /// The first letter of the member's name.
    #[must_use]
    pub fn initial(&self) -> String {
        let first = self.member.name.chars().next();
        first.map_or_else(String::new, |c| c.to_uppercase().collect())
    }
}

impl FromRequestParts<App> for Desk {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Self::of(app, parts).await
    }
}

/// What stands around a page, for a member or for somebody who is not signed in.
pub async fn frame(app: &App, parts: &Parts, member: Option<&Member>) -> Frame {
    let query = Form::of(parts.uri.query().unwrap_or_default().as_bytes());
    let accepted = parts.headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let chosen = member.and_then(|member| member.language.as_deref());
    let asked = query.get("lang").or(chosen);
    let language = Language::choose_from(&LANGUAGES, asked, accepted);
    let frame = Frame::speaking(app, parts.uri.path(), language).await;
    let zone = member.and_then(|member| member.zone.clone());
    let zone = zone.or_else(|| browser_zone(&parts.headers));
    let voice = match zone {
        Some(zone) => Voice::new(language, frame.card.name.as_deref(), Some(&zone)),
        None => frame.voice.clone(),
    };
    Frame {
        voice,
        languages: LANGUAGES.to_vec(),
        ..frame
    }
}

/// The value of the first of some cookies.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let text: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let pairs = text.into_iter().flat_map(|line| line.split(';'));
    let pairs: Vec<(&str, &str)> = pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .collect();
    names.iter().find_map(|name| {
        let found = pairs.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| *value)
    })
}

fn browser_zone(headers: &HeaderMap) -> Option<String> {
    let zone = cookie(headers, &[ZONE_COOKIE])?;
    let zone = zone.replace("%2F", "/");
    // A cookie is anybody's to write.
    jiff::tz::TimeZone::get(&zone).ok().map(|_| zone)
}

/// A number with all but its last digits hidden; an address with all but its domain hidden.
fn masked(value: &str) -> String {
    if let Some((_, domain)) = value.rsplit_once('@') {
        return format!("…@{domain}");
    }
    let end: String = {
        let mut end: Vec<char> = value.chars().rev().take(SHOWN_DIGITS).collect();
        end.reverse();
        end.into_iter().collect()
    };
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_static("a=1; consentry=plain; __Host-consentry=safe");
        headers.insert(header::COOKIE, line);
        assert_eq!(cookie(&headers, &COOKIES), Some("safe"));
        assert_eq!(cookie(&headers, &["a"]), Some("1"));
        assert_eq!(cookie(&headers, &["b"]), None);
    }

    #[test]
    fn what_is_masked_names_nobody() {
        for (value, want) in [
            ("+447700900123", "…23"),
            ("ana@shop.example", "…@shop.example"),
            ("GB.70012345678901234567", "…67"),
            ("", "…"),
        ] {
            assert_eq!(masked(value), want);
        }
    }
}
