//! Templates: what the listing of an account says about them.

pub mod draft;
mod shape;

use consent::scope::Category;
use serde_json::{Value, value::RawValue};

pub use self::shape::{Key, KeyKind, Link, Media, Shape};
use crate::loose::{self, Members, Object};

/// One page of the listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The templates that could be read.
    pub templates: Vec<Template>,
    /// Those that could not, as they came; the others are good all the same.
    pub bad: Vec<String>,
    /// Where the next page begins; none on the last.
    pub after: Option<String>,
}

/// A template in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Meta's id, with all its digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its language, as `en_US`.
    pub language: String,
    /// Its category; none is a word that we do not know, and counts as marketing.
    pub category: Option<Category>,
    /// The category that Meta holds to be right; another than [`Template::category`] is announced and does not count yet.
    pub correct: Option<Category>,
    /// Whether it may be used.
    pub status: Status,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality: Option<String>,
    /// Its parts, as JSON: [`quick_replies`] and [`footers`] read them.
    pub components: String,
}

/// A quick-reply button of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickReply {
    /// The card it is on, in a carousel.
    pub card: Option<usize>,
    /// Its place among all buttons there, from 0: the `index` of a send.
    pub index: usize,
    /// Its label.
    pub text: String,
}

/// Whether a template may be used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Status {
    /// It may.
    Approved,
    /// It may, but will be stopped if its quality stays low.
    Flagged,
    /// Not yet.
    Pending,
    /// No.
    Rejected,
    /// Not for some hours.
    Paused,
    /// No longer.
    Disabled,
    /// Not unless Meta changes its mind.
    InAppeal,
    /// It is being deleted.
    PendingDeletion,
    /// It is gone.
    Deleted,
    /// It was put away.
    Archived,
    /// It cannot be changed, and is not for use.
    Locked,
    /// A word that we do not know: Meta decides.
    Other(String),
}

const WORDS: [(&str, Status); 11] = [
    ("APPROVED", Status::Approved),
    ("FLAGGED", Status::Flagged),
    ("PENDING", Status::Pending),
    ("REJECTED", Status::Rejected),
    ("PAUSED", Status::Paused),
    ("DISABLED", Status::Disabled),
    ("IN_APPEAL", Status::InAppeal),
    ("PENDING_DELETION", Status::PendingDeletion),
    ("DELETED", Status::Deleted),
    ("ARCHIVED", Status::Archived),
    ("LOCKED", Status::Locked),
];

impl Status {
    /// Reads the word of a listing.
    #[must_use]
    pub fn read(word: &str) -> Self {
        let upper = word.to_ascii_uppercase();
        let known = WORDS.iter().find(|(known, _)| *known == upper);
        known.map_or(Self::Other(upper), |(_, status)| status.clone())
    }

    /// The status after an event of `message_template_status_update`.
    #[must_use]
    pub fn after(event: &str) -> Self {
        match event {
            "REINSTATED" | "UNARCHIVED" | "UNPAUSED" => Self::Approved,
            word => Self::read(word),
        }
    }

    /// Meta's word.
    #[must_use]
    pub fn word(&self) -> &str {
        let known = WORDS.iter().find(|(_, status)| status == self);
        match (self, known) {
            (Self::Other(word), _) => word,
            (_, Some((word, _))) => word,
            (_, None) => "",
        }
    }

    /// Whether a send may be tried: no status says clearly that it may not.
    #[must_use]
    pub const fn usable(&self) -> bool {
        match self {
            Self::Approved | Self::Flagged | Self::Other(_) => true,
            Self::Pending
            | Self::Rejected
            | Self::Paused
            | Self::Disabled
            | Self::InAppeal
            | Self::PendingDeletion
            | Self::Deleted
            | Self::Archived
            | Self::Locked => false,
        }
    }
}

/// A template's category from Meta's word; none when it is not one that templates have.
#[must_use]
pub fn category(word: &str) -> Option<Category> {
    Category::read(word).filter(|category| *category != Category::Service)
}

/// A language as Meta's API takes it: webhooks write `en-US` as well as `en_US`.
#[must_use]
pub fn language(code: &str) -> String {
    code.trim().replace('-', "_")
}

/// Reads a page of `GET /{account}/message_templates`.
///
/// # Errors
/// [`BadPage`] when it is not a JSON object with a list `data`.
pub fn read(bytes: &[u8]) -> Result<Page, BadPage> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadPage)?;
    let page = Members::of(text).ok_or(BadPage)?;
    let data = page.get("data").and_then(loose::items).ok_or(BadPage)?;
    let mut found = Page {
        templates: Vec::with_capacity(data.len()),
        bad: Vec::new(),
        after: page.get("paging").and_then(after),
    };
    for raw in data {
        match Template::of(raw) {
            Some(template) => found.templates.push(template),
            None => found.bad.push(raw.get().to_owned()),
        }
    }
    Ok(found)
}

/// A body that is no page of templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not a page of templates: want a JSON object with a list `data`")]
pub struct BadPage;

/// The cursor, when there is a next page. The last page has a cursor too, but no `next`.
fn after(paging: &RawValue) -> Option<String> {
    let paging = loose::value(paging).ok()?;
    let paging = paging.as_object()?;
    loose::id(paging, "next")?;
    loose::id(loose::object(paging, "cursors")?, "after")
}

impl Template {
    fn of(raw: &RawValue) -> Option<Self> {
        let members = Members::read(raw)?;
        let quality = members
            .get("quality_score")
            .and_then(|score| loose::value(score).ok());
        let components = members.get("components").map_or("[]", RawValue::get);
        Some(Self {
            id: members.text("id").filter(|id| !id.is_empty())?,
            name: members.text("name").filter(|name| !name.is_empty())?,
            language: language(&members.text("language")?),
            category: members.text("category").and_then(|word| category(&word)),
            correct: members
                .text("correct_category")
                .and_then(|word| self::category(&word)),
            status: Status::read(&members.text("status")?),
            quality: quality.as_ref().and_then(|score| match score {
                Value::Object(score) => loose::text(score, "score"),
                score => loose::as_text(score),
            }),
            components: components.to_owned(),
        })
    }
}

/// The quick replies that the parts of a template offer. Parts that make no sense offer none.
#[must_use]
pub fn quick_replies(components: &str) -> Vec<QuickReply> {
    let components: Value = serde_json::from_str(components).unwrap_or_default();
    let mut found = Vec::new();
    for component in objects(&components) {
        buttons(component, None, &mut found);
        let cards = component.get("cards").unwrap_or(&Value::Null);
        for (card, inner) in objects(cards).enumerate() {
            let parts = inner.get("components").unwrap_or(&Value::Null);
            objects(parts).for_each(|part| buttons(part, Some(card), &mut found));
        }
    }
    found
}

/// The small print under a template: facts, section 10.
#[must_use]
pub fn footers(components: &str) -> Vec<String> {
    let components: Value = serde_json::from_str(components).unwrap_or_default();
    let is_footer = |part: &&Object| {
        loose::text(part, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("FOOTER"))
    };
    objects(&components)
        .filter(is_footer)
        .filter_map(|part| loose::text(part, "text"))
        .collect()
}

/// A template that puts a question with a yes and a no, as the person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its words, the gaps filled.
    pub text: String,
    /// How many gaps there were: so many texts have to be sent along.
    pub gaps: usize,
    /// What stands on its two buttons.
    pub labels: [String; 2],
}

/// The question that the parts of a template put, with its gaps `{{1}}`, `{{2}}` … filled in their order. None when there are
/// not just two quick replies, or a gap that nothing is there for.
#[must_use]
pub fn question(components: &str, fill: &[&str]) -> Option<Question> {
    let labels: Vec<String> = quick_replies(components)
        .into_iter()
        .map(|reply| reply.text)
        .collect();
    let labels = labels.try_into().ok()?;
    let components: Value = serde_json::from_str(components).ok()?;
    let mut shown = Vec::new();
    let mut gaps = 0;
    for part in objects(&components) {
        let Some(mut text) = loose::text(part, "text") else {
            continue;
        };
        if loose::text(part, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("BODY")) {
            for (index, words) in fill.iter().enumerate() {
                let gap = format!("{{{{{}}}}}", index + 1);
                if text.contains(&gap) {
                    text = text.replace(&gap, words);
                    gaps = index + 1;
                }
            }
        }
        shown.push(text);
    }
    let text = shown.join("\n");
    (!text.is_empty() && !text.contains("{{")).then_some(Question { text, gaps, labels })
}

fn buttons(component: &Object, card: Option<usize>, found: &mut Vec<QuickReply>) {
    for (index, button) in loose::list(component, "buttons").iter().enumerate() {
        let Some(button) = button.as_object() else {
            continue;
        };
        let quick = loose::text(button, "type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("QUICK_REPLY"));
        if let (true, Some(text)) = (quick, loose::text(button, "text")) {
            found.push(QuickReply { card, index, text });
        }
    }
}

fn objects(value: &Value) -> impl Iterator<Item = &Object> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_with_its_gaps_filled_or_not_at_all() {
        let parts = |body: &str, buttons: &[&str]| {
            let buttons = buttons
                .iter()
                .map(|text| serde_json::json!({"type": "QUICK_REPLY", "text": text}));
            serde_json::json!([{"type": "BODY", "text": body}, {"type": "FOOTER", "text": "Shop"},
                {"type": "BUTTONS", "buttons": buttons.collect::<Vec<_>>()}])
            .to_string()
        };
        let asked = question(
            &parts("Want {{1}}, {{2}}?", &["Yes", "No"]),
            &["news", "daily"],
        );
        let asked = asked.unwrap();
        assert_eq!(asked.text, "Want news, daily?\nShop");
        assert_eq!(
            (asked.gaps, asked.labels),
            (2, ["Yes".to_owned(), "No".to_owned()])
        );
        assert_eq!(
            question(&parts("Want it?", &["Yes", "No"]), &["a"])
                .unwrap()
                .gaps,
            0
        );
        for (body, buttons) in [
            ("Want {{3}}?", vec!["Yes", "No"]),
            ("Want {{name}}?", vec!["Yes", "No"]),
            ("Want it?", vec!["Yes"]),
        ] {
            assert_eq!(
                question(&parts(body, &buttons), &["a", "b"]),
                None,
                "{body}"
            );
        }
        assert_eq!(question("nonsense", &[]), None);
    }

    #[test]
    fn a_page_gives_its_templates_their_quick_replies_and_the_cursor() {
        let page = read(br#"{"data":[
            {"id":"18014398509481985","name":"autumn_sale","language":"en-GB","status":"APPROVED","category":"MARKETING","correct_category":"UTILITY",
             "components":[{"type":"BODY","text":"Hi {{1}}"},{"type":"footer","text":"Tap Stop promotions to leave"},{"type":"BUTTONS","buttons":[
                {"type":"URL","text":"Shop","url":"https://example.com"},{"type":"QUICK_REPLY","text":"Stop promotions"}]}],
             "quality_score":{"score":"GREEN","date":1}},
            {"id":18014398509481987,"name":"cards","language":"en","status":"PAUSED","category":"NOVELTY",
             "components":[{"type":"CAROUSEL","cards":[{"components":[]},{"components":[{"type":"BUTTONS","buttons":[{"type":"quick_reply","text":"No more"}]}]}]}]},
            {"name":"no id"}, 7],
          "paging":{"cursors":{"before":"a","after":"b"},"next":"https://graph.example/next"}}"#).unwrap();
        assert_eq!((page.after.as_deref(), page.bad.len()), (Some("b"), 2));
        let [sale, cards] = page.templates.as_slice() else {
            panic!("{page:?}")
        };
        assert_eq!(
            (sale.id.as_str(), sale.language.as_str()),
            ("18014398509481985", "en_GB")
        );
        assert_eq!(
            (sale.category, sale.quality.as_deref()),
            (Some(Category::Marketing), Some("GREEN"))
        );
        assert_eq!(
            (sale.correct, cards.correct),
            (Some(Category::Utility), None)
        );
        assert!(sale.status.usable() && sale.components.starts_with(r#"[{"type":"BODY""#));
        assert_eq!(
            quick_replies(&sale.components),
            [QuickReply {
                card: None,
                index: 1,
                text: "Stop promotions".to_owned()
            }]
        );
        assert_eq!(footers(&sale.components), ["Tap Stop promotions to leave"]);
        assert_eq!(footers("no JSON"), [""; 0]);
        assert_eq!(
            (cards.id.as_str(), cards.category, cards.status.usable()),
            ("18014398509481987", None, false)
        );
        assert_eq!(
            quick_replies(&cards.components),
            [QuickReply {
                card: Some(1),
                index: 0,
                text: "No more".to_owned()
            }]
        );
    }

    #[test]
    fn the_last_page_has_a_cursor_but_no_next() {
        let page = read(br#"{"data":[],"paging":{"cursors":{"before":"a","after":"b"}}}"#).unwrap();
        assert_eq!((page.after, page.templates.len()), (None, 0));
        assert_eq!(read(b"[]"), Err(BadPage));
        assert_eq!(read(br#"{"error":{}}"#), Err(BadPage));
    }

    #[test]
    fn every_status_word_is_read_and_given_back() {
        for (word, status) in WORDS {
            assert_eq!((Status::read(word), status.word()), (status.clone(), word));
        }
        assert_eq!(Status::read("novel"), Status::Other("NOVEL".to_owned()));
        assert_eq!(Status::after("REINSTATED"), Status::Approved);
        assert_eq!(category("SERVICE"), None);
    }
}
