//! What stands beside a conversation: the window, and both layers of consent.

use consent::time::{HOUR_MS, MINUTE_MS, Timestamp};

use crate::{
    clock,
    services::inbox::{
        WindowAnswer,
        layers::{Layer, Layers},
    },
    ui::desk::Desk,
};

/// The customer service window.
pub(super) struct WindowView {
    pub(super) open: bool,
    pub(super) words: String,
    pub(super) until: String,
    pub(super) machine: String,
    /// The sentence with places for hours and minutes, for the script that counts down.
    pub(super) pattern: String,
    pub(super) over: String,
}

impl WindowView {
    pub(super) fn of(desk: &Desk, window: &WindowAnswer, now: Timestamp) -> Self {
        let until = window.until.as_deref().and_then(clock::read_rfc3339);
        let left = until.map_or(0, |until| until.millis_since(now).max(0));
        let hours = (left / HOUR_MS).to_string();
        let minutes = (left % HOUR_MS / MINUTE_MS).to_string();
        let over = desk.say("inbox-window-over");
        Self {
            open: window.open,
            words: match (window.open, until) {
                (true, _) => desk.say_with(
                    "inbox-window-left",
                    &[("hours", &hours), ("minutes", &minutes)],
                ),
                (false, Some(_)) => over.clone(),
                (false, None) => desk.say("inbox-window-never"),
            },
            until: until.map(|until| desk.time(until)).unwrap_or_default(),
            machine: window.until.clone().unwrap_or_default(),
            pattern: desk.say_with("inbox-window-left", &[("hours", "%h"), ("minutes", "%m")]),
            over,
        }
    }
}

/// Both layers of consent.
pub(super) struct ConsentView {
    pub(super) opted_in: bool,
    pub(super) headline: String,
    /// What we have on record: `opted_in`, `opted_out`, `pending`, `unknown`.
    pub(super) ours: &'static str,
    pub(super) with_us: LayerView,
    pub(super) at_whatsapp: LayerView,
    pub(super) stopped: bool,
}

/// One layer.
pub(super) struct LayerView {
    pub(super) words: String,
    pub(super) tone: &'static str,
    pub(super) since: Option<String>,
    pub(super) machine: String,
    pub(super) how: Option<String>,
}

impl ConsentView {
    pub(super) fn of(desk: &Desk, layers: &Layers) -> Self {
        let (words, tone) = match layers.with_us.state {
            "opted_in" => ("inbox-opted-in", "good"),
            "opted_out" => ("inbox-opted-out", "bad"),
            "pending" => ("inbox-pending", "warn"),
            _ => ("inbox-never-asked", ""),
        };
        let stopped = layers.at_whatsapp.state == "stopped";
        let (theirs, their_tone) = if stopped {
            ("inbox-stopped", "bad")
        } else {
            ("inbox-not-stopped", "good")
        };
        let headline = if layers.opted_in {
            "inbox-may-market"
        } else {
            "inbox-may-not-market"
        };
        Self {
            opted_in: layers.opted_in,
            headline: desk.say(headline),
            ours: layers.with_us.state,
            with_us: LayerView::of(desk, &layers.with_us, (words, tone)),
            at_whatsapp: LayerView::of(desk, &layers.at_whatsapp, (theirs, their_tone)),
            stopped,
        }
    }
}

impl LayerView {
    fn of(desk: &Desk, layer: &Layer, (words, tone): (&str, &'static str)) -> Self {
        let since = layer.since.as_deref().and_then(clock::read_rfc3339);
        Self {
            words: desk.say(words),
            tone,
            since: since.map(|at| desk.say_with("inbox-since", &[("when", &desk.time(at))])),
            machine: layer.since.clone().unwrap_or_default(),
            how: layer
                .source
                .as_deref()
                .map(|source| desk.frame.voice.how(source)),
        }
    }
}
