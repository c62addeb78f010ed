//! What stands around every page: the name of the business, the language, and where things are.

use axum::http::{HeaderMap, header};

use super::{assets, language::Language, voice::Voice};
use crate::{
    app::{App, Card},
    services::{business, policy},
};

/// What stands around a page.
#[derive(Clone)]
pub struct Frame {
    /// Who speaks.
    pub voice: Voice,
    /// The business, as far as it is known.
    pub card: Card,
    /// What comes before the path where a proxy hands us only a part of a site.
    pub root: String,
    /// The address of this page, for links to itself.
    pub path: String,
    /// Where the business says what it does with personal data.
    pub privacy: Option<String>,
    /// The languages that the page is there in.
    pub languages: Vec<Language>,
    /// Whether the page is shown inside somebody else's: without what stands around it.
    pub is_inside: bool,
}

impl Frame {
    /// The frame of a page at `path`, in the language that was asked for or that the browser likes best.
    pub async fn of(app: &App, path: &str, asked: Option<&str>, headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok());
        Self::speaking(app, path, Language::choose(asked, accepted)).await
    }

    /// The frame of a page at `path` in a language.
    pub async fn speaking(app: &App, path: &str, language: Language) -> Self {
        let card = business::card(app).await;
        // Without a database a page can still say that there is none.
        let rules = policy::current(app).await.ok();
        let zone = rules.as_ref().and_then(|policy| policy.zone.as_deref());
        let root = root(app.config.public_url.as_deref());
        Self {
            voice: Voice::new(language, card.name.as_deref(), zone),
            card,
            path: format!("{root}{path}"),
            root,
            privacy: app.config.pages.privacy_url.clone(),
            languages: Language::ALL.to_vec(),
            is_inside: false,
        }
    }

    /// Where the style is.
    #[must_use]
    pub fn style(&self) -> &'static str {
        assets::style()
    }

    /// Where the script is.
    #[must_use]
    pub fn script(&self) -> &'static str {
        assets::script()
    }

    /// Where the style of the dashboard is.
    #[must_use]
    pub fn desk_style(&self) -> &'static str {
        assets::desk_style()
    }

    /// Where the script of the dashboard is.
    #[must_use]
    pub fn desk_script(&self) -> &'static str {
        assets::desk_script()
    }

    /// Where the icon is.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        assets::icon()
    }

    /// The address of this page in a language.
    #[must_use]
    pub fn here(&self, language: &Language) -> String {
        let inside = if self.is_inside { "&embed=1" } else { "" };
        format!("{}?lang={}{inside}", self.path, language.tag())
    }

    /// The name of the business; empty where nobody knows it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.card.name.as_deref().unwrap_or_default()
    }

    /// The first letter of the name, for the mark beside it.
    #[must_use]
    pub fn initial(&self) -> String {
        let first = self.name().chars().find(|c| c.is_alphanumeric());
        first.map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect())
    }

    /// Where to write to the business in WhatsApp, with a first word.
    #[must_use]
    pub fn chat(&self, word: &str) -> Option<String> {
        let digits = self.card.digits.as_ref()?;
        Some(if word.is_empty() {
            format!("https://wa.me/{digits}")
        } else {
            format!("https://wa.me/{digits}?text={word}")
        })
    }
}

/// The path of the public address, without a slash at its end.
#[must_use]
pub fn root(public_url: Option<&str>) -> String {
    let rest = public_url.and_then(|url| url.split_once("://"));
    let path = rest.and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    path.unwrap_or_default().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_site_is_put_before_every_path() {
        for (url, want) in [
            (None, ""),
            (Some("https://gate.example.com"), ""),
            (Some("https://gate.example.com/"), ""),
            (Some("https://example.com/whatsapp/"), "/whatsapp"),
        ] {
            assert_eq!(root(url), want);
        }
    }
}
