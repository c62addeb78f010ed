//! What the templates show, made from the simulated world.

use askama::Template;

use crate::{
    chat::{Bubble, ButtonKind, Side, State},
    clock::hour_and_minute,
    cloud::fault,
    customer::Customer,
    page::panel::{Attempt, Notice, Outcome},
    world::World,
};

const QUOTE_CHARS: usize = 60;
const COLOURS: usize = 6;

#[derive(Template)]
#[template(path = "page/phones.html")]
pub struct PhonesPage {
    business: String,
    digits: String,
    callback: Option<String>,
    notice: Option<Notice>,
    people: Vec<Phone>,
    panel: PanelView,
}

#[derive(Template)]
#[template(path = "page/chat.html")]
pub struct ChatPart {
    pub business: String,
    pub phone: Phone,
}

#[derive(Template)]
#[template(path = "page/attempts.html")]
pub struct AttemptsPart {
    pub panel: PanelView,
}

pub struct PanelView {
    gateway: Option<String>,
    marketing: Vec<String>,
    utility: Vec<String>,
    attempts: Vec<AttemptView>,
}

struct AttemptView {
    time: String,
    to: String,
    what: String,
    accepted: bool,
    title: String,
    sentence: String,
    verdict: Option<String>,
}

pub struct Phone {
    id: String,
    name: String,
    initials: String,
    colour: usize,
    contact: String,
    bsuid: String,
    language: String,
    offers_on: bool,
    blocked: bool,
    online: bool,
    reads: bool,
    waiting: usize,
    bubbles: Vec<BubbleView>,
}

struct BubbleView {
    mine: bool,
    body: Vec<Piece>,
    header: Option<String>,
    footer: Option<String>,
    quote: Option<String>,
    reaction: Option<String>,
    badge: Option<(String, &'static str)>,
    template: Option<String>,
    replies: Vec<Reply>,
    links: Vec<String>,
    time: String,
    ticks: &'static str,
    ticks_word: &'static str,
}

/// A piece of a text: words, or an address that a phone opens when it is tapped.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    is_link: bool,
}

struct Reply {
    message: String,
    action: &'static str,
    /// The form field that names the button to the action.
    field: &'static str,
    text: String,
    description: Option<String>,
}

pub fn page(world: &World) -> PhonesPage {
    let number = world.first_number().unwrap_or_default();
    let display = world
        .account_of(number)
        .map_or("", |(_, number)| number.display.as_str());
    PhonesPage {
        business: world.options.business.clone(),
        digits: display.to_owned(),
        callback: world.callback.clone(),
        notice: world.panel.notice.clone(),
        people: world
            .customers
            .iter()
            .enumerate()
            .map(|(at, customer)| phone(customer, number, at))
            .collect(),
        panel: panel(world),
    }
}

pub fn chat(world: &World, id: &str) -> Option<ChatPart> {
    let at = world
        .customers
        .iter()
        .position(|customer| customer.id == id)?;
    let number = world.first_number().unwrap_or_default();
    let phone = phone(world.customers.get(at)?, number, at);
    Some(ChatPart {
        business: world.options.business.clone(),
        phone,
    })
}

pub fn panel(world: &World) -> PanelView {
    let names = |category: &str| {
        let mut names: Vec<String> = Vec::new();
        for template in world
            .templates
            .iter()
            .filter(|t| t.category == category && t.source.is_none())
        {
            if !names.contains(&template.name) {
                names.push(template.name.clone());
            }
        }
        names
    };
    PanelView {
        gateway: world
            .gateway
            .as_ref()
            .map(|gateway| gateway.base_url.clone()),
        marketing: names("MARKETING"),
        utility: names("UTILITY"),
        attempts: world
            .panel
            .attempts
            .iter()
            .map(|line| attempt(world, line))
            .collect(),
    }
}

fn attempt(world: &World, attempt: &Attempt) -> AttemptView {
    let (accepted, title, sentence, verdict) = match &attempt.outcome {
        Outcome::Accepted { wamid } => match world.panel.failure_of(wamid) {
            None => (true, "Accepted".to_owned(), wamid.clone(), None),
            Some(code) => {
                let title = format!("Accepted, then failed · {code}");
                (false, title, fault::details_of(code).to_owned(), None)
            }
        },
        Outcome::Refused {
            status,
            code,
            sentence,
            verdict,
        } => (
            false,
            format!("Refused · {code} · HTTP {status}"),
            sentence.clone(),
            verdict.clone(),
        ),
        Outcome::NoAnswer { why } => (false, "No answer".to_owned(), why.clone(), None),
    };
    let time = hour_and_minute(attempt.at_ms);
    AttemptView {
        time,
        to: attempt.to.clone(),
        what: attempt.what.clone(),
        accepted,
        title,
        sentence,
        verdict,
    }
}

fn phone(customer: &Customer, number: &str, at: usize) -> Phone {
    let initials = customer
        .name
        .split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(2)
        .collect();
    let contact = match (&customer.phone, &customer.username) {
        (Some(phone), _) => format!("+{phone}"),
        (None, Some(username)) => format!("@{username}"),
        (None, None) => "no number any more".to_owned(),
    };
    Phone {
        id: customer.id.clone(),
        name: customer.name.clone(),
        initials,
        colour: at % COLOURS,
        contact,
        bsuid: customer.bsuid.clone(),
        language: customer.language.clone(),
        offers_on: !customer.offers_off.contains(number),
        blocked: customer.blocked.contains(number),
        online: customer.online,
        reads: customer.reads,
        waiting: customer.waiting.len(),
        bubbles: customer
            .chat
            .iter()
            .map(|bubble| bubble_view(customer, bubble))
            .collect(),
    }
}

fn bubble_view(customer: &Customer, bubble: &Bubble) -> BubbleView {
    let quoted = bubble
        .reply_to
        .as_ref()
        .and_then(|id| customer.chat.iter().find(|other| other.id == *id));
    let quote = quoted.map(|other| shortened(&other.body));
    let badge = bubble.category.as_ref().map(|category| {
        let class = match category.as_str() {
            "marketing" => "marketing",
            "utility" => "utility",
            "authentication" => "authentication",
            _ => "service",
        };
        (category.clone(), class)
    });
    let (ticks, ticks_word) = match bubble.state {
        State::Sent => ("✓", "sent"),
        State::Delivered => ("✓✓", "delivered"),
        State::Read => ("✓✓", "read"),
    };
    let (links, replies): (Vec<_>, Vec<_>) = bubble
        .buttons
        .iter()
        .partition(|button| button.kind == ButtonKind::Link);
    let replies = replies.into_iter().map(|button| {
        let (action, field) = if button.kind == ButtonKind::Row {
            ("pick", "row")
        } else {
            ("tap", "button")
        };
        Reply {
            message: bubble.id.clone(),
            action,
            field,
            text: button.text.clone(),
            description: button.description.clone(),
        }
    });
    BubbleView {
        mine: bubble.from == Side::Customer,
        body: pieces(&bubble.body),
        header: bubble.header.clone(),
        footer: bubble.footer.clone(),
        quote,
        reaction: bubble.reaction.clone(),
        badge,
        template: bubble.template.clone(),
        replies: replies.collect(),
        links: links
            .into_iter()
            .map(|button| button.text.clone())
            .collect(),
        time: hour_and_minute(bubble.at_ms),
        ticks,
        ticks_word,
    }
}

/// A text cut where its web addresses begin and end; the full stop after one is not part of it.
fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut words = String::new();
    for token in text.split_inclusive(char::is_whitespace) {
        let word = token.trim_end_matches(|c: char| c.is_whitespace() || ".,;:!?)»\"".contains(c));
        if word.starts_with("http://") || word.starts_with("https://") {
            found.push(Piece {
                text: std::mem::take(&mut words),
                is_link: false,
            });
            found.push(Piece {
                text: word.to_owned(),
                is_link: true,
            });
            words.push_str(token.get(word.len()..).unwrap_or_default());
        } else {
            words.push_str(token);
        }
    }
    found.push(Piece {
        text: words,
        is_link: false,
    });
    found.retain(|piece| !piece.text.is_empty());
    found
}

fn shortened(text: &str) -> String {
    let short: String = text.chars().take(QUOTE_CHARS).collect();
    if short.len() < text.len() {
        format!("{short}…")
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_a_text_can_be_tapped_and_nothing_else() {
        let found = pieces("See https://example.com/p/a. Or\nhttp://b");
        let told: Vec<_> = found
            .iter()
            .map(|piece| (piece.text.as_str(), piece.is_link))
            .collect();
        assert_eq!(
            told,
            [
                ("See ", false),
                ("https://example.com/p/a", true),
                (". Or\n", false),
                ("http://b", true)
            ]
        );
        assert_eq!(pieces("javascript:alert(1)").len(), 1);
        assert!(!pieces("javascript:alert(1)")[0].is_link);
    }
}
