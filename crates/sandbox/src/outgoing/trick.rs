//! Faults on request: what goes wrong with the next sends, and whether they are taken all the same.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{cloud::fault::Fault, json};

const TRICKS_MAX: usize = 1_000;
const HANG_MS: u64 = 120_000;

/// One fault for the next `count` sends that it fits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trick {
    pub kind: TrickKind,
    #[serde(default = "once")]
    pub count: u64,
    /// HTTP status of `error` and `http`.
    #[serde(default)]
    pub status: Option<u16>,
    /// Graph code of `error` and `fail`.
    #[serde(default)]
    pub code: Option<u32>,
    /// How long `slow` waits before it answers, and `hang` before it gives up.
    #[serde(default)]
    pub ms: Option<u64>,
    /// Bytes of the answer that get out before `reset`.
    #[serde(default)]
    pub after_bytes: u32,
    /// The message is taken and travels on, although the caller does not learn it.
    #[serde(default)]
    pub accepted: bool,
    /// Only sends from this number.
    #[serde(default)]
    pub number: Option<String>,
    /// Only sends to this `to` or `recipient`, as written.
    #[serde(default)]
    pub to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrickKind {
    /// A Graph error.
    Error,
    /// A bare HTTP status with a page for people, as a proxy on the way would answer.
    Http,
    /// No answer.
    Hang,
    /// The connection is reset.
    Reset,
    /// The right answer, late.
    Slow,
    /// Accepted, and fails later by webhook.
    Fail,
}

#[derive(Default)]
pub struct Tricks(VecDeque<Trick>);

impl Trick {
    pub fn check(self) -> Result<Self, String> {
        let right = match self.kind {
            TrickKind::Error => self.code.is_some() || self.status.is_some(),
            TrickKind::Http => self
                .status
                .is_some_and(|status| (400..=599).contains(&status)),
            TrickKind::Fail => self.code.is_some(),
            TrickKind::Hang | TrickKind::Reset => true,
            TrickKind::Slow => self.ms.is_some(),
        };
        if right {
            Ok(self)
        } else {
            Err("`error` wants code or status, `http` a status of 400 to 599, `fail` a code, `slow` ms".to_owned())
        }
    }

    /// Whether the message is taken on its way into the trick.
    pub fn takes(&self) -> bool {
        self.accepted || matches!(self.kind, TrickKind::Slow | TrickKind::Fail)
    }

    pub fn fault(&self) -> Fault {
        let code = self.code.unwrap_or(match self.status {
            Some(429) => 130_429,
            Some(503) => 131_016,
            _ => 131_000,
        });
        let fault = Fault::of_code(code);
        Fault {
            status: self.status.unwrap_or(fault.status),
            ..fault
        }
    }

    pub fn hang_ms(&self) -> u64 {
        self.ms.unwrap_or(HANG_MS)
    }

    pub fn name(&self) -> &'static str {
        match self.kind {
            TrickKind::Error => "error",
            TrickKind::Http => "http",
            TrickKind::Hang => "hang",
            TrickKind::Reset => "reset",
            TrickKind::Slow => "slow",
            TrickKind::Fail => "fail",
        }
    }
}

impl Tricks {
    pub fn add(&mut self, trick: Trick) -> Result<(), String> {
        if self.0.len() >= TRICKS_MAX {
            return Err(format!("{TRICKS_MAX} faults are waiting already"));
        }
        self.0.push_back(trick);
        Ok(())
    }

    /// Uses up one count of the first trick that fits this send.
    pub fn draw(&mut self, number: &str, body: &Value) -> Option<Trick> {
        let to = json::loose(body, "to").or_else(|| json::loose(body, "recipient"));
        let fits = |trick: &Trick| {
            trick.number.as_ref().is_none_or(|wanted| wanted == number)
                && trick
                    .to
                    .as_ref()
                    .is_none_or(|wanted| Some(wanted) == to.as_ref())
        };
        let at = self.0.iter().position(fits)?;
        let trick = self.0.get_mut(at)?;
        let drawn = trick.clone();
        trick.count = trick.count.saturating_sub(1);
        if trick.count == 0 {
            self.0.remove(at);
        }
        Some(drawn)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn iter(&self) -> impl Iterator<Item = &Trick> {
        self.0.iter()
    }
}

fn once() -> u64 {
    1
}
