//! What the pages of campaigns say: states, audiences, codes and numbers in the reader's words; and bars.

use std::fmt::Write as _;

use consent::reason::Code;

use crate::{
    services::{
        campaigns::body::{AudienceAnswer, Counts},
        reports::failure_word,
        segments::BUILT_IN,
    },
    ui::desk::{Desk, reports::grouped},
};

/// Lawful bases that have a name of their own; any other is shown as it was written.
pub(super) const BASES: [&str; 5] = [
    "consent",
    "contract",
    "legitimate_interest",
    "legal_obligation",
    "existing_customer",
];
/// Why somebody was left out, in words of ours.
const LEFT_OUT: [&str; 6] = [
    "cancelled",
    "no_address",
    "variable_missing",
    "unknown",
    "erased",
    "merged",
];
/// What the gate's yes to a campaign may rest on.
pub(super) const RESTS: [&str; 3] = ["opt_in", "no_opt_in_needed", "open_window"];

/// What a state of a campaign is called.
pub(super) fn state(desk: &Desk, state: &str) -> String {
    desk.say(&format!("campaigns-state-{state}"))
}

/// How the sign of a state looks.
pub(super) fn tone(state: &str) -> &'static str {
    match state {
        "running" => "info",
        "done" => "good",
        "paused" | "scheduled" => "warn",
        "failed" => "bad",
        _ => "",
    }
}

/// Where somebody of a campaign stands.
pub(super) fn stand(desk: &Desk, stand: &str) -> String {
    desk.say(&format!("campaigns-stand-{stand}"))
}

/// How the sign of that looks.
pub(super) fn stand_tone(stand: &str) -> &'static str {
    match stand {
        "read" | "delivered" => "good",
        "failed" => "bad",
        "denied" | "unknown" => "warn",
        "accepted" | "sent" | "sending" => "info",
        _ => "",
    }
}

/// Whom a campaign is for.
pub(super) fn audience(desk: &Desk, audience: &AudienceAnswer) -> String {
    let name = audience.name.clone().unwrap_or_default();
    let listed = audience.listed.unwrap_or(0);
    match audience.kind.as_str() {
        "segment" => {
            // Those that are always there are kept by their English names.
            let built_in = BUILT_IN.iter().find(|(_, own, _)| *own == name);
            let name = built_in.map_or(name, |(id, ..)| desk.say(&format!("segments-{id}")));
            desk.say_with("campaigns-to-segment", &[("name", &name)])
        }
        "tag" => desk.say_with("campaigns-to-tag", &[("name", &name)]),
        "csv" => people(desk, "csv", listed),
        _ => people(desk, "listed", listed),
    }
}

/// What a lawful basis is called.
pub(super) fn basis(desk: &Desk, basis: &str) -> String {
    if BASES.contains(&basis) {
        let word = basis.replace('_', "-");
        desk.say(&format!("campaigns-basis-{word}"))
    } else {
        basis.to_owned()
    }
}

/// What a code means: of a refusal, of a failure at Meta, or of somebody who was left out.
pub(super) fn code(desk: &Desk, code: &str) -> String {
    if Code::read(code).is_some() {
        return desk.why(code);
    }
    if let Some(word) = failure_word(code) {
        return desk.say(&format!("failure-{word}"));
    }
    if LEFT_OUT.contains(&code) {
        let word = code.replace('_', "-");
        return desk.say(&format!("campaigns-left-{word}"));
    }
    desk.say_with("campaigns-code-other", &[("code", code)])
}

/// What the gate's yes rests on.
pub(super) fn rests(desk: &Desk, basis: &str) -> String {
    if RESTS.contains(&basis) {
        return desk.say(&format!("campaigns-rests-{}", basis.replace('_', "-")));
    }
    basis.to_owned()
}

/// A number as people of the reader's language write it.
pub(super) fn whole(desk: &Desk, count: u64) -> String {
    grouped(desk, &count.to_string())
}

/// A sentence about so many people.
pub(super) fn people(desk: &Desk, what: &str, count: u64) -> String {
    let id = if count == 1 {
        format!("people-{what}-one")
    } else {
        format!("people-{what}")
    };
    desk.say_with(&id, &[("count", &whole(desk, count))])
}

/// A share in per cent, rounded: with one place where it is small or nearly all; a dash of nothing.
pub(super) fn percent(desk: &Desk, part: u64, all: u64) -> String {
    if all == 0 {
        return "–".to_owned();
    }
    let (part, all) = (u128::from(part), u128::from(all));
    let rounded = (part * 2_000 + all) / (all * 2);
    // All but a few are not all, and a few are not none: only what is in between goes to whole ones.
    let tenths = match rounded {
        100..990 => (part * 200 + all) / (all * 2) * 10,
        1_000.. if part < all => 999,
        0 if part > 0 => 1,
        rounded => rounded,
    };
    let (ones, rest) = (tenths / 10, tenths % 10);
    let plain = if rest == 0 {
        ones.to_string()
    } else {
        format!("{ones}.{rest}")
    };
    format!("{} %", grouped(desk, &plain))
}

/// How long something takes, in the largest unit that says enough.
pub(super) fn duration(desk: &Desk, seconds: u64) -> String {
    let (id, count) = match seconds {
        0..=90 => ("campaigns-seconds", seconds.max(1)),
        91..=5_400 => ("campaigns-minutes", seconds.div_ceil(60)),
        5_401..=172_800 => ("campaigns-hours", seconds.div_ceil(3_600)),
        _ => ("campaigns-days", seconds.div_ceil(86_400)),
    };
    desk.count(id, usize::try_from(count).unwrap_or(usize::MAX))
}

/// A bar of parts that lie one behind another: what each is drawn as, and how large it is.
pub(super) fn bar(parts: &[(&'static str, u64)], all: u64) -> String {
    let mut out = String::from(
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">\
         <rect class=\"bar-back\" width=\"1000\" height=\"10\"/>",
    );
    let mut left: u128 = 0;
    for (class, size) in parts.iter().filter(|(_, size)| *size > 0) {
        let width = (u128::from(*size) * 1_000 / u128::from(all.max(1))).clamp(4, 1_000);
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<rect class=\"bar-{class}\" x=\"{}\" width=\"{width}\" height=\"10\"/>",
            left.min(996)
        );
        left += width;
    }
    out.push_str("</svg>");
    out
}

/// A moment on the reader's clock, with the zone of that clock.
pub(super) fn moment(desk: &Desk, at: &str) -> String {
    format!("{} {}", desk.told(at), desk.frame.voice.zone_name())
}

/// How far a campaign came: how many are done, and of one that was cancelled, how many got it.
pub(super) fn done(desk: &Desk, state: &str, counts: &Counts) -> String {
    let all = whole(desk, counts.total);
    if state == "cancelled" {
        let (got, left) = (whole(desk, counts.accepted), whole(desk, counts.skipped));
        let what = [("got", got.as_str()), ("left", &left), ("all", &all)];
        return desk.say_with("campaigns-got-of", &what);
    }
    let done = whole(desk, counts.total - counts.waiting - counts.sending);
    desk.say_with("campaigns-done-of", &[("done", &done), ("all", &all)])
}

/// A query of an address.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}
