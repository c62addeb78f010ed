//! What may be sent: an own text while the window is open, and templates; with what the gate would say.

use consent::scope::Category;

use super::OFFERS;
use crate::{
    app::App,
    services::inbox::offers::{Offers, TemplateOffer, VerdictAnswer},
    ui::desk::Desk,
};

/// What may be sent.
pub(super) struct OfferView {
    pub(super) text: VerdictView,
    pub(super) templates: Vec<TemplateView>,
    pub(super) search: String,
    pub(super) more: bool,
}

/// What the gate would say.
pub(super) struct VerdictView {
    pub(super) allow: bool,
    pub(super) words: String,
    pub(super) reason: String,
    pub(super) lifted_by: Option<String>,
}

/// A template that could be sent.
pub(super) struct TemplateView {
    pub(super) token: String,
    pub(super) category: String,
    pub(super) gaps: Vec<(String, String)>,
    pub(super) verdict: VerdictView,
    pub(super) offer: TemplateOffer,
}

impl OfferView {
    pub(super) fn of(desk: &Desk, offers: Offers, app: &App, search: Option<&str>) -> Self {
        let more = offers.more || offers.templates.len() > OFFERS;
        let mut templates = offers.templates;
        // Those that would go come first, and among them what is no offer: an agent looks for one that helps.
        let is_marketing = |offer: &TemplateOffer| offer.category == Category::Marketing.word();
        templates.sort_by_key(|offer| (!offer.verdict.allow, is_marketing(offer)));
        let templates = templates.into_iter().take(OFFERS);
        Self {
            text: VerdictView::of(desk, &offers.text),
            templates: templates
                .map(|offer| TemplateView::of(desk, offer, app))
                .collect(),
            search: search.unwrap_or_default().to_owned(),
            more,
        }
    }
}

impl VerdictView {
    fn of(desk: &Desk, verdict: &VerdictAnswer) -> Self {
        let words = if verdict.allow {
            "inbox-would-go"
        } else {
            "inbox-would-not"
        };
        Self {
            allow: verdict.allow,
            words: desk.say(words),
            reason: verdict.code.map(|code| desk.why(code)).unwrap_or_default(),
            lifted_by: verdict.code.and_then(|code| desk.lifter(code)),
        }
    }
}

impl TemplateView {
    fn of(desk: &Desk, offer: TemplateOffer, app: &App) -> Self {
        let category = match offer.category {
            "marketing" => "inbox-scope-marketing",
            "utility" => "inbox-scope-utility",
            _ => "inbox-scope-authentication",
        };
        let gap = |part: &str, name: &String| {
            let label = desk.say_with("inbox-gap", &[("name", name)]);
            (part.to_owned(), label)
        };
        let header = offer.header_gaps.iter().map(|name| gap("header", name));
        let body = offer.body_gaps.iter().map(|name| gap("body", name));
        Self {
            token: app.clock.id().to_string(),
            category: desk.say(category),
            gaps: header.chain(body).collect(),
            verdict: VerdictView::of(desk, &offer.verdict),
            offer,
        }
    }
}
