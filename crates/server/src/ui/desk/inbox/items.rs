//! Things in a conversation, in words.

use store::house::TopicLine;

use crate::{
    clock,
    services::{
        contacts::ScopeAnswer,
        inbox::chat::{ChatEvent, ChatItem, ChatMessage},
        notes::NoteAnswer,
        reviews::{self, ReviewAnswer},
    },
    ui::desk::Desk,
};

/// One thing in a conversation.
#[derive(Default)]
pub(super) struct ItemView {
    /// `in`, `out`, `refused`, `event` or `note`.
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) text: String,
    pub(super) time: String,
    pub(super) machine: String,
    /// Who wrote it, or where it came from.
    pub(super) by: Option<String>,
    /// What became of it.
    pub(super) state: Option<String>,
    pub(super) tone: &'static str,
    pub(super) why: Option<String>,
    pub(super) lifted_by: Option<String>,
    pub(super) review: Option<ReviewView>,
    /// The address that a decision, or the end of a note, is sent to.
    pub(super) act: String,
}

/// What a person has to decide about a message, or has decided.
pub(super) struct ReviewView {
    pub(super) open: bool,
    pub(super) heading: String,
    pub(super) note: Option<String>,
}

impl ItemView {
    pub(super) fn of(desk: &Desk, item: ChatItem, topics: &[TopicLine], here: &str) -> Self {
        match item {
            ChatItem::Message(message) => Self::message(desk, *message, here),
            ChatItem::Event(event) => Self::event(desk, *event, topics),
            ChatItem::Note(note) => Self::note(desk, note, here),
        }
    }

    fn message(desk: &Desk, message: ChatMessage, here: &str) -> Self {
        let refused = message.state == "denied";
        let code = message.code.as_deref().filter(|_| refused);
        let named = message.template.as_ref().map(|template| &template.name);
        let (state, tone) = fate(&message);
        let text = message.text.clone();
        let text = text.unwrap_or_else(|| match named {
            Some(name) => desk.say_with("inbox-template-sent", &[("name", name)]),
            None => desk.say_with("inbox-no-words-of", &[("kind", &message.category)]),
        });
        let by = match (message.direction, &message.by) {
            ("in", _) => None,
            (_, Some(by)) => Some(by.clone()),
            (_, None) => named.cloned(),
        };
        let review = message.review.as_ref();
        Self {
            kind: match (refused, message.direction) {
                (true, _) => "refused",
                (false, "in") => "in",
                _ => "out",
            },
            text,
            by,
            state: state.map(|state| desk.say(state)),
            tone,
            why: refused
                .then(|| desk.say("inbox-refused"))
                .or(message.reason.clone().filter(|_| tone == "bad"))
                .map(|why| with_code(why, message.error_code)),
            lifted_by: code.and_then(|code| desk.lifter(code)),
            act: review.map_or_else(String::new, |review| format!("{here}/review/{}", review.id)),
            review: review.map(|review| ReviewView::of(desk, review)),
            ..Self::at(desk, message.id, &message.at)
        }
        .because(code.map(|code| desk.why(code)))
    }

    /// A refusal says its reason in place of its words.
    fn because(mut self, reason: Option<String>) -> Self {
        if let Some(reason) = reason {
            self.why = Some(reason);
        }
        self
    }

    fn event(desk: &Desk, event: ChatEvent, topics: &[TopicLine]) -> Self {
        let scope = event.scope.as_ref();
        let scope = scope.map_or_else(String::new, |scope| what(desk, scope, topics));
        let (id, tone) = match event.event.as_str() {
            "opt_in" => ("inbox-event-opt-in", "good"),
            "opt_out" => ("inbox-event-opt-out", "bad"),
            "opt_in_requested" => ("inbox-event-requested", "warn"),
            "platform_stop" => ("inbox-event-stop", "bad"),
            "platform_resume" => ("inbox-event-resume", "good"),
            "platform_backoff" => ("inbox-event-backoff", "warn"),
            "blocked" => ("inbox-event-blocked", "bad"),
            "identity_changed" => ("inbox-event-identity", "bad"),
            "hold" => ("inbox-event-hold", "warn"),
            "release" => ("inbox-event-release", ""),
            _ => ("inbox-event-retract", ""),
        };
        Self {
            kind: "event",
            text: desk.say_with(id, &[("scope", &scope)]),
            by: event
                .actor
                .or_else(|| Some(desk.frame.voice.how(&event.source))),
            tone,
            state: event.retracted.then(|| desk.say("inbox-taken-back")),
            ..Self::at(desk, event.id, &event.at)
        }
    }

    fn note(desk: &Desk, note: NoteAnswer, here: &str) -> Self {
        Self {
            kind: "note",
            text: note.text,
            by: Some(note.author),
            act: format!("{here}/note/{}/remove", note.id),
            ..Self::at(desk, note.id, &note.at)
        }
    }

    fn at(desk: &Desk, id: String, at: &str) -> Self {
        let when = clock::read_rfc3339(at);
        Self {
            id,
            time: when.map(|when| desk.time(when)).unwrap_or_default(),
            machine: at.to_owned(),
            ..Self::default()
        }
    }
}

impl ReviewView {
    fn of(desk: &Desk, review: &ReviewAnswer) -> Self {
        let open = review.state == reviews::OPEN;
        let heading = match (review.state.as_str(), review.verdict.as_deref()) {
            (reviews::OPEN, _) => "inbox-review-open",
            (reviews::ACTED, _) => "inbox-review-acted",
            (_, Some("stop")) => "inbox-review-was-stop",
            (_, Some("stop_all")) => "inbox-review-was-all",
            (_, Some("wrong_number")) => "inbox-review-was-wrong",
            _ => "inbox-review-was-none",
        };
        let decided = review.decided_by.as_deref();
        Self {
            open,
            heading: desk.say(heading),
            note: match (decided, review.reason.as_deref()) {
                (Some(who), Some(why)) => Some(format!("{who}: {why}")),
                (Some(who), None) => Some(who.to_owned()),
                (None, _) => None,
            },
        }
    }
}

/// What became of a message, and how it looks.
fn fate(message: &ChatMessage) -> (Option<&'static str>, &'static str) {
    if message.direction == "in" {
        return (None, "");
    }
    match message.state {
        "denied" => (Some("inbox-denied"), "bad"),
        "reserved" => (Some("inbox-reserved"), ""),
        "unknown" => (Some("inbox-unknown"), "warn"),
        "rejected" => (Some("inbox-rejected"), "bad"),
        "accepted" => (Some("inbox-accepted"), ""),
        "sent" => (Some("inbox-sent"), ""),
        "failed" => (Some("inbox-failed"), "bad"),
        "delivered" => (Some("inbox-delivered"), "good"),
        "read" => (Some("inbox-read"), "good"),
        _ => (Some("inbox-by-phone"), ""),
    }
}

fn with_code(why: String, code: Option<i64>) -> String {
    match code {
        Some(code) => format!("{why} ({code})"),
        None => why,
    }
}

/// What a wish covers, in words.
fn what(desk: &Desk, scope: &ScopeAnswer, topics: &[TopicLine]) -> String {
    if let Some(id) = &scope.topic {
        let topic = topics.iter().find(|line| line.topic.id.to_string() == *id);
        return topic.map_or_else(|| desk.say("inbox-scope-topic"), |line| line.name.clone());
    }
    desk.say(match scope.category {
        Some("marketing") => "inbox-scope-marketing",
        Some("utility") => "inbox-scope-utility",
        Some("authentication") => "inbox-scope-authentication",
        Some(_) => "inbox-scope-service",
        None => "inbox-scope-all",
    })
}
