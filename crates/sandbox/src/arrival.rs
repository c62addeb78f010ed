//! A write that reached the Graph side, as the log keeps it.

use serde::Serialize;

use crate::clock::Moment;

/// One POST or DELETE, as it came in.
#[derive(Clone, Debug, Serialize)]
pub struct Arrival {
    pub method: String,
    pub path: String,
    /// The last part of the path: `messages`, `marketing_messages`, `media`, ...
    pub edge: String,
    pub token: Option<String>,
    pub first_byte: Moment,
    /// When the last byte was read; null while it has not been, or never was.
    pub complete: Option<Moment>,
    pub answered: Option<Moment>,
    pub body: Option<String>,
    pub bytes: usize,
    pub status: Option<u16>,
    /// `accepted`, `refused`, `fault`, or null without an answer.
    pub verdict: Option<&'static str>,
    pub code: Option<u32>,
    pub wamid: Option<String>,
    pub fault: Option<&'static str>,
}

/// What a handler adds to the log, through the answer's extensions.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub code: Option<u32>,
    pub wamid: Option<String>,
    pub fault: Option<&'static str>,
}

/// The number of the line in the log, for handlers that write to it before they answer.
#[derive(Clone, Copy, Debug)]
pub struct Line(pub u64);
