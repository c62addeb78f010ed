//! A line of the list of conversations.

use crate::{
    clock,
    services::{inbox::ConversationAnswer, staff::members::UserAnswer},
    ui::desk::Desk,
};

/// So much of what was last said stands in the list, in characters.
const SNIPPET_CHARS: usize = 90;

/// A line of the list.
pub(super) struct RowView {
    pub(super) path: String,
    pub(super) href: String,
    pub(super) name: String,
    pub(super) snippet: String,
    pub(super) time: String,
    pub(super) machine: String,
    pub(super) unread: i64,
    pub(super) unread_words: String,
    pub(super) is_here: bool,
    pub(super) window_open: bool,
    pub(super) out: bool,
    pub(super) assigned: Option<String>,
}

impl RowView {
    pub(super) fn of(
        desk: &Desk,
        line: ConversationAnswer,
        people: &[UserAnswer],
        query: &str,
    ) -> Self {
        let address = desk.number(line.address.as_deref().unwrap_or_default());
        let path = desk.to(&format!("/inbox/{}/{}", line.contact, line.number));
        let last = line.last.as_ref();
        let said = last.and_then(|last| last.text.clone().or_else(|| last.template.clone()));
        let ours = last.is_some_and(|last| last.direction == "out");
        let said = said.unwrap_or_else(|| desk.say("inbox-no-words"));
        let said: String = said.chars().take(SNIPPET_CHARS).collect();
        let assigned = line.assigned_to.as_deref();
        let keeper = people
            .iter()
            .find(|user| Some(user.id.to_string().as_str()) == assigned);
        let at = clock::read_rfc3339(&line.last_at);
        Self {
            href: format!("{path}{query}"),
            path,
            name: line.name.unwrap_or(address),
            snippet: if ours {
                desk.say_with("inbox-ours", &[("text", &said)])
            } else {
                said
            },
            time: at.map(|at| desk.time(at)).unwrap_or_default(),
            machine: line.last_at,
            unread_words: desk.count(
                "inbox-unread",
                usize::try_from(line.unread).unwrap_or_default(),
            ),
            unread: line.unread,
            is_here: false,
            window_open: line.window.open,
            out: line.consent == "opted_out" || line.platform == "stopped",
            assigned: keeper.map(|user| user.name.clone()),
        }
    }
}
