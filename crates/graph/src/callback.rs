//! Callback data in a webhook that we hand on: the caller finds there what the caller gave.

use std::ops::Range;

use crate::message::CALLBACK;

/// Puts the caller's own `biz_opaque_callback_data` back into a webhook body. `theirs` is asked about
/// every value found: none when it is not one of ours, otherwise what the caller had given, if anything.
///
/// None when nothing carried a value of ours: hand the body on byte for byte. Otherwise every other
/// byte of it is as it was.
pub fn restore_callbacks(
    raw: &[u8],
    mut theirs: impl FnMut(&str) -> Option<Option<String>>,
) -> Option<Vec<u8>> {
    let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
    for found in members(raw) {
        let Some(ours) = text(raw, &found.value) else {
            continue;
        };
        match theirs(&ours) {
            None => {}
            Some(Some(value)) => {
                let value = serde_json::Value::String(value).to_string();
                edits.push((found.value, value.into_bytes()));
            }
            Some(None) => {
                let done = edits.last().map_or(0, |(range, _)| range.end);
                edits.push((without(raw, &found, done)?, Vec::new()));
            }
        }
    }
    if edits.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut done = 0;
    for (range, text) in edits {
        out.extend_from_slice(raw.get(done..range.start)?);
        out.extend_from_slice(&text);
        done = range.end;
    }
    out.extend_from_slice(raw.get(done..)?);
    Some(out)
}

/// A member of the name that we look for, by its places in the body.
struct Member {
    key: Range<usize>,
    value: Range<usize>,
}

/// Every member with a text value and the name, at any depth. In JSON only a key is followed by a colon.
fn members(raw: &[u8]) -> Vec<Member> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(key) = string(raw, at) {
        at = key.end;
        let colon = blank(raw, key.end);
        if raw.get(colon) != Some(&b':') || text(raw, &key).as_deref() != Some(CALLBACK) {
            continue;
        }
        let start = blank(raw, colon + 1);
        if raw.get(start) != Some(&b'"') {
            continue;
        }
        if let Some(value) = string(raw, start) {
            at = value.end;
            found.push(Member { key, value });
        }
    }
    found
}

/// The next string at or after `from`, with its quotes.
fn string(raw: &[u8], from: usize) -> Option<Range<usize>> {
    let start = from + raw.get(from..)?.iter().position(|byte| *byte == b'"')?;
    let mut at = start + 1;
    loop {
        match raw.get(at)? {
            b'"' => return Some(start..at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn text(raw: &[u8], place: &Range<usize>) -> Option<String> {
    serde_json::from_slice(raw.get(place.clone())?).ok()
}

/// The first place at or after `from` that is not white space.
fn blank(raw: &[u8], from: usize) -> usize {
    let rest = raw.get(from..).unwrap_or_default();
    let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
    from + blanks
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// What to cut so that a member is gone: with the comma before it, or else the one after it. What
/// stands before `done` has been cut already.
fn without(raw: &[u8], member: &Member, done: usize) -> Option<Range<usize>> {
    let before = raw.get(done..member.key.start)?;
    let blanks = before
        .iter()
        .rev()
        .take_while(|byte| is_blank(**byte))
        .count();
    let kept = before.len() - blanks;
    if before.get(..kept)?.ends_with(b",") {
        return Some(done + kept - 1..member.value.end);
    }
    let next = blank(raw, member.value.end);
    if raw.get(next) == Some(&b',') {
        return Some(member.key.start..blank(raw, next + 1));
    }
    Some(member.key.start..member.value.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restored(raw: &str) -> Option<String> {
        let theirs = |ours: &str| match ours {
            "ours-1" => Some(Some("send:\"1\"".to_owned())),
            "ours-0" => Some(None),
            _ => None,
        };
        let bytes = restore_callbacks(raw.as_bytes(), theirs)?;
        let text = String::from_utf8(bytes).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
        Some(text)
    }

    #[test]
    fn a_body_without_a_value_of_ours_is_left_alone() {
        for raw in [
            "",
            "{}",
            r#"{"biz_opaque_callback_data":"theirs"}"#,
            r#"{"biz_opaque_callback_data":null}"#,
            r#"{"biz_opaque_callback_data":7,"a":["biz_opaque_callback_data","ours-1"]}"#,
            r#"{"text":{"body":"\"biz_opaque_callback_data\":\"ours-1\""}}"#,
            r#"{"biz_opaque_callback_data":"#,
            r#"{"biz_opaque_callback_data":"ours-1"#,
        ] {
            assert_eq!(restored(raw), None, "{raw}");
        }
    }

    #[test]
    fn the_callers_value_comes_back_and_nothing_else_changes() {
        for (raw, want) in [
            (
                r#"{"s":[{"id":1, "biz_opaque_callback_data" : "ours-1" ,"é":"\u00e9"}]}"#,
                r#"{"s":[{"id":1, "biz_opaque_callback_data" : "send:\"1\"" ,"é":"\u00e9"}]}"#,
            ),
            (
                r#"{"biz\u005fopaque_callback_data":"ours\u002d1"}"#,
                r#"{"biz\u005fopaque_callback_data":"send:\"1\""}"#,
            ),
            (
                r#"{"a":1 , "biz_opaque_callback_data":"ours-0", "b":2}"#,
                r#"{"a":1 , "b":2}"#,
            ),
            (
                r#"{"biz_opaque_callback_data":"ours-0", "b":2}"#,
                r#"{"b":2}"#,
            ),
            (r#"{ "biz_opaque_callback_data":"ours-0" }"#, r#"{  }"#),
            (
                r#"{"a":1,"biz_opaque_callback_data":"ours-0"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"[{"biz_opaque_callback_data":"ours-0"},{"biz_opaque_callback_data":"ours-1"},{"biz_opaque_callback_data":"x"}]"#,
                r#"[{},{"biz_opaque_callback_data":"send:\"1\""},{"biz_opaque_callback_data":"x"}]"#,
            ),
        ] {
            assert_eq!(restored(raw).as_deref(), Some(want), "{raw}");
        }
    }

    #[test]
    fn two_of_them_side_by_side_leave_json_behind() {
        let name = "\"biz_opaque_callback_data\":\"ours-0\"";
        for raw in [
            format!("{{{name},{name}}}"),
            format!("{{{name},{name},\"a\":1}}"),
            format!("{{\"a\":1,{name},{name}}}"),
        ] {
            assert!(restored(&raw).is_some(), "{raw}");
        }
    }
}
