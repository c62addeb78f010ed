//! A condition as the text of a statement: fixed pieces, and everything that somebody wrote bound beside them.

use consent::{
    scope::Category,
    time::{DAY_MS, Timestamp},
};

use super::{Condition, Leaf, Test};
use crate::{later::Arg, list::clean};

/// A text with places for what is bound to it.
pub(crate) struct Text {
    pub(crate) sql: String,
    pub(crate) args: Vec<Arg>,
    now: Timestamp,
}

/// A plain number and nothing else: what both databases read alike.
const NUMBER: &str = "exists (select 1 from attribute a where a.contact_id = c.id and a.key = ? and \
    case when length(a.value) <= 40 and a.value not like '%e%' and json_valid(a.value) = 1 \
    and json_type(a.value) in ('integer', 'real') then cast(a.value as double precision) end";

/// The two states in words. Half of everybody may be in one: an index that leads to whole rows is slower than reading the narrow
/// one through, so none is offered.
const OURS: &str = "coalesce(c.consent, '') = ?";
const THEIRS: &str = "coalesce(c.platform, '') = ?";

/// Ten characters, of which the fifth and the eighth are hyphens, and that begin with a digit.
const DATE: &str = "exists (select 1 from attribute a where a.contact_id = c.id and a.key = ? \
    and a.value like '____-__-__' and a.value collate nocase between '0' and '9~' and a.value collate nocase";

/// Binds what a text has places for, whatever the database.
macro_rules! bound {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match arg {
                $crate::later::Arg::Text(text) => query.bind(text),
                $crate::later::Arg::Number(number) => query.bind(number),
            };
        }
        query
    }};
}

pub(crate) use bound;

impl Text {
    /// A text that begins like this; each `?` in it and in what follows is the place of one argument.
    pub(crate) fn of(begin: &str, args: Vec<Arg>, now: Timestamp) -> Self {
        let mut text = Self {
            sql: String::new(),
            args: Vec::new(),
            now,
        };
        text.say(begin, args);
        text
    }

    pub(crate) fn say(&mut self, piece: &str, args: Vec<Arg>) {
        let mut parts = piece.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, arg) in parts.zip(args) {
            self.args.push(arg);
            self.sql.push('$');
            self.sql.push_str(&self.args.len().to_string());
            self.sql.push_str(part);
        }
    }

    /// The condition, in brackets. INVARIANT: the depth was limited where the condition was read.
    pub(crate) fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(all) => self.joined(all, " and ", "1 = 1"),
            Condition::Any(any) => self.joined(any, " or ", "1 = 0"),
            Condition::Not(one) => {
                self.sql.push_str("(not ");
                self.condition(one);
                self.sql.push(')');
            }
            Condition::Is(leaf) => {
                self.sql.push('(');
                self.leaf(leaf);
                self.sql.push(')');
            }
        }
    }

    fn joined(&mut self, parts: &[Condition], joint: &'static str, of_none: &'static str) {
        self.sql.push('(');
        if parts.is_empty() {
            self.sql.push_str(of_none);
        }
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.sql.push_str(joint);
            }
            self.condition(part);
        }
        self.sql.push(')');
    }

    fn leaf(&mut self, leaf: &Leaf) {
        match leaf {
            Leaf::Consent(state) => self.say(OURS, vec![text(state.word())]),
            Leaf::Category(Category::Marketing, state) => {
                self.say(OURS, vec![text(state.word())]);
            }
            Leaf::Category(category, state) => self.said(&[category.word()], state.word()),
            Leaf::Topic(topic, Category::Marketing, state) => self.say(
                "coalesce((select w.state from stance w where w.contact_id = c.id and w.subject = ?), c.consent) = ?",
                vec![text(&topic.to_string()), text(state.word())],
            ),
            Leaf::Topic(topic, category, state) => {
                self.said(&[&topic.to_string(), category.word()], state.word());
            }
            Leaf::Stopped(is) => {
                let word = if *is { "stopped" } else { "open" };
                self.say(THEIRS, vec![text(word)]);
            }
            Leaf::Tag(tag) => self.say(
                "exists (select 1 from tag t where t.contact_id = c.id and t.tag = ?)",
                vec![text(tag)],
            ),
            Leaf::Attribute(key, test) => self.attribute(key, test),
            Leaf::Wrote(days) => self.say(
                "exists (select 1 from message m where m.contact_id = c.id and m.direction = 'in' and m.at_ms >= ?)",
                vec![self.days_ago(*days)],
            ),
            Leaf::Sent(days) => self.say(
                "exists (select 1 from message m where m.contact_id = c.id and m.direction = 'out' \
                 and m.basis is not null and m.at_ms >= ?)",
                vec![self.days_ago(*days)],
            ),
            Leaf::Created(days) => self.say("c.created_ms >= ?", vec![self.days_ago(*days)]),
            Leaf::Alias(kind) => self.say(
                "exists (select 1 from alias n where n.contact_id = c.id and n.until_ms is null and n.kind = ?)",
                vec![text(kind)],
            ),
            Leaf::Prefix(digits) => self.say(
                "exists (select 1 from alias n where n.contact_id = c.id and n.until_ms is null \
                 and n.kind in ('phone', 'wa_id') and n.value like ?)",
                vec![text(&format!("+{digits}%"))],
            ),
        }
    }

    /// The state of the first of these subjects of which anything was said; nothing, of none.
    fn said(&mut self, subjects: &[&str], state: &str) {
        self.sql.push_str("coalesce(");
        for subject in subjects {
            self.say(
                "(select w.state from stance w where w.contact_id = c.id and w.subject = ?), ",
                vec![text(subject)],
            );
        }
        self.say("'none') = ?", vec![text(state)]);
    }

    fn attribute(&mut self, key: &str, test: &Test) {
        let key = text(key);
        match test {
            Test::IsSet => self.say(
                "exists (select 1 from attribute a where a.contact_id = c.id and a.key = ?)",
                vec![key],
            ),
            Test::Is(value) => self.say(
                "exists (select 1 from attribute a where a.contact_id = c.id and a.key = ? and a.value = ?)",
                vec![key, text(value)],
            ),
            Test::Contains(part) => self.say(
                "exists (select 1 from attribute a where a.contact_id = c.id and a.key = ? \
                 and lower(a.value collate nocase) like ? escape '!')",
                vec![key, text(&inside(part))],
            ),
            Test::Before(date) => self.compare(DATE, " < ?)", vec![key, text(date)]),
            Test::After(date) => self.compare(DATE, " > ?)", vec![key, text(date)]),
            Test::Equals(number) => self.number(key, " = cast(? as double precision))", *number),
            Test::Less(number) => self.number(key, " < cast(? as double precision))", *number),
            Test::Greater(number) => self.number(key, " > cast(? as double precision))", *number),
        }
    }

    fn number(&mut self, key: Arg, end: &'static str, number: f64) {
        self.compare(NUMBER, end, vec![key, text(&format!("{number}"))]);
    }

    fn compare(&mut self, begin: &'static str, end: &'static str, args: Vec<Arg>) {
        let mut args = args.into_iter();
        self.say(begin, args.next().into_iter().collect());
        self.say(end, args.collect());
    }

    fn days_ago(&self, days: u32) -> Arg {
        let ms = DAY_MS.saturating_mul(i64::from(days));
        Arg::Number(self.now.plus_millis(-ms).millis())
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(clean(text).into_owned())
}

/// A pattern that finds this text anywhere, in small letters from A to Z.
fn inside(part: &str) -> String {
    let part = part.to_ascii_lowercase();
    let part = part.replace('!', "!!").replace('%', "!%");
    format!("%{}%", part.replace('_', "!_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_is_never_in_the_text() {
        let evil = "x' or 1=1 --?$1";
        let condition = Condition::Any(vec![
            Condition::Is(Leaf::Tag(evil.to_owned())),
            Condition::Not(Box::new(Condition::Is(Leaf::Attribute(
                evil.to_owned(),
                Test::Contains(evil.to_owned()),
            )))),
        ]);
        let mut text = Text::of("c.id > ? and ", vec![Arg::Number(1)], Timestamp::MIN);
        text.condition(&condition);
        assert!(!text.sql.contains("1=1"), "{}", text.sql);
        assert!(!text.sql.contains('?'), "{}", text.sql);
        assert_eq!(text.args.len(), 4);
        assert!(text.sql.contains("$4") && !text.sql.contains("$5"));
    }
}
