//! Journeys with hostile strings in them: in the name, in what lets people in, in texts and in conditions; and their pages.

use serde_json::{Value, json};

/// The pages of a journey, below its own.
pub const BELOW: [&str; 12] = [
    "/head",
    "/add?at=start",
    "/add?at=after:s1&kind=branch",
    "/steps/s1",
    "/steps/s3",
    "/steps/s4",
    "/steps/s5",
    "/steps/s2/ways/0",
    "/try",
    "/versions/1",
    "/runs",
    "/runs/00000000-0000-7000-8000-000000000001",
];

/// A journey with a string in one of four places.
pub fn definition(place: usize, word: &str) -> Value {
    let at = |own: usize, plain: &str| if own == place { word } else { plain }.to_owned();
    let when = json!({"any": [{"tag": at(2, "vip")}, {"attribute": {"key": "plan", "contains": at(2, "gold")}},
        {"answer": {"step": "s1", "is": at(2, "yes")}}]});
    json!({
        "format": 1,
        "name": at(0, "Plain"),
        "trigger": {"kind": "keyword", "words": [at(3, "hello")]},
        "steps": [
            {"id": "s1", "kind": "ask", "text": at(1, "Which?"), "if_not_sent": "continue"},
            {"id": "s2", "kind": "branch", "ways": [{"when": when, "steps": [
                {"id": "s3", "kind": "set_attribute", "attribute": "plan", "value": at(1, "gold")}]}]},
            {"id": "s4", "kind": "send_template", "template": "hello", "language": "en", "variables": {"1": at(1, "x")}},
            {"id": "s5", "kind": "hand_to_agent", "note": at(1, "Look")},
        ],
    })
}
