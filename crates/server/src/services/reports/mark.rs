//! What a report needs of an event: read from its evidence once, and free of anything that is a person's.

use consent::{
    event::{Clock, Event, Evidence, Fact, source},
    id::EventId,
    scope::{Scope, Subject},
};
use serde_json::Value;
use store::{
    codec,
    report::{LoggedLine, Mark, slot_of},
};

use crate::error::Error;

/// What an event is recorded by that only repeats one of a contact who was found to be this one.
const INHERITED: &str = "inherited";
/// What is shown where a word is none of ours.
pub const OTHER: &str = "other";
/// The longest word that is taken for a source, in bytes.
const SOURCE_BYTES_MAX: usize = 40;
/// The longest word or rule that is taken for one of ours, in bytes.
const RULE_BYTES_MAX: usize = 80;
/// So many digits may stand in a word of ours: more may be somebody's number.
const DIGITS_MAX: usize = 5;

/// The sources by which a word or a rule was recognised.
const RECOGNISED: [&str; 6] = [
    source::KEYWORD,
    source::WORDING,
    source::BUTTON,
    source::REVIEW,
    source::SMS,
    source::SMS_WORDING,
];

/// What is read from an event, and what else must be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The mark, so far.
    pub mark: Mark,
    /// Meta's id of the message that said so, when the number is not known otherwise.
    pub message: Option<String>,
    /// Whether the template that they last had from us is of interest.
    pub wants_template: bool,
}

/// Reads an event. None when it is nothing that is counted: an act of staff, an alias, a copy of what was counted before.
///
/// # Errors
/// When the row makes no sense.
pub fn draft(line: &LoggedLine, facts: Option<&Value>) -> Result<Option<Draft>, Error> {
    let Some(fact) = codec::fact(&line.kind, &line.argument)? else {
        return Ok(None);
    };
    let text = |name: &str| facts?.get(name)?.as_str();
    let rule = text("rule");
    if !is_counted(&fact) || rule == Some(INHERITED) {
        return Ok(None);
    }
    let event = Event {
        id: EventId::new(uuid::Uuid::nil()),
        contact: line.contact,
        fact,
        clock: Clock::Ours,
        at: line.received,
        received: line.received,
        evidence: Evidence {
            source: line.source.clone(),
            ..Evidence::default()
        },
    };
    let is_own = event.is_by_own_message();
    let number = match &event.fact {
        Fact::PlatformStop(number) | Fact::PlatformResume(number) => Some(number.to_string()),
        other => other
            .scope()
            .and_then(|scope| scope.number.as_ref())
            .map(ToString::to_string),
    };
    let is_no = matches!(event.fact, Fact::OptOut(_) | Fact::PlatformStop(_));
    Ok(Some(Draft {
        message: text("message_id")
            .filter(|_| number.is_none())
            .map(str::to_owned),
        wants_template: is_no,
        mark: Mark {
            index: line.index,
            slot: slot_of(line.received),
            what: line.kind.clone(),
            is_first: line.is_first,
            is_own,
            source: plain(&line.source),
            topic: event.fact.scope().map(topic).unwrap_or_default(),
            number: number.unwrap_or_default(),
            keyword: rule
                .filter(|_| RECOGNISED.contains(&line.source.as_str()))
                .map(keyword)
                .unwrap_or_default(),
            template: String::new(),
        },
    }))
}

const fn is_counted(fact: &Fact) -> bool {
    match fact {
        Fact::OptIn(_)
        | Fact::OptOut(_)
        | Fact::OptInRequested(_)
        | Fact::Retract(_)
        | Fact::PlatformStop(_)
        | Fact::PlatformResume(_)
        | Fact::PlatformBackoff
        | Fact::Blocked
        | Fact::IdentityChanged
        | Fact::Hold(..)
        | Fact::Release(_)
        | Fact::Erasure
        | Fact::Referral => true,
        Fact::AliasLinked(_)
        | Fact::AliasEnded(_)
        | Fact::PolicyChanged(_)
        | Fact::Staff(_)
        | Fact::Reservations(_) => false,
    }
}

fn topic(scope: &Scope) -> String {
    match scope.subject {
        Subject::All => "all".to_owned(),
        Subject::Category(category) => category.word().to_owned(),
        Subject::Topic(topic) => topic.id.to_string(),
    }
}

/// A source as it may be counted: callers choose the word, and might put anything there.
fn plain(source: &str) -> String {
    let is_word = !source.is_empty()
        && source.len() <= SOURCE_BYTES_MAX
        && source.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte)
        })
        && digits(source) <= DIGITS_MAX;
    if is_word {
        source.to_owned()
    } else {
        OTHER.to_owned()
    }
}

/// The word of ours that was recognised, or the rule where it was no single word.
fn keyword(rule: &str) -> String {
    let (list, word) = rule.split_once(':').unwrap_or(("", rule));
    if list == "button" {
        // What stands behind it is what a template's author wrote.
        return list.to_owned();
    }
    if word.is_empty() || word.len() > RULE_BYTES_MAX || digits(word) > DIGITS_MAX {
        return OTHER.to_owned();
    }
    match list {
        "stop" | "stop_all" | "start" => word.to_owned(),
        _ => rule.to_owned(),
    }
}

fn digits(text: &str) -> usize {
    text.chars().filter(|char| char.is_numeric()).count()
}

#[cfg(test)]
mod tests {
    use consent::{id::ContactId, time::Timestamp};
    use serde_json::json;

    use super::*;

    fn line(kind: &str, argument: &str, source: &str) -> LoggedLine {
        LoggedLine {
            index: 7,
            contact: ContactId::new(uuid::Uuid::from_u128(1)),
            kind: kind.to_owned(),
            argument: argument.to_owned(),
            received: Timestamp::from_millis(1_795_341_600_000 + 17 * 60_000),
            source: source.to_owned(),
            is_first: true,
            sealed: None,
            sealing_key: None,
        }
    }

    const MARKETING: &str = r#"{"scope":"marketing|*|*"}"#;

    #[test]
    fn a_stop_is_marked_by_its_word_and_by_nothing_that_is_the_persons() {
        let facts = json!({"rule": "stop:BAJA", "span": "baja por favor, soy Ana", "message_id": "wamid.1"});
        let found = draft(&line("opt_out", MARKETING, "keyword"), Some(&facts));
        let found = found.unwrap().unwrap();
        assert_eq!(found.message.as_deref(), Some("wamid.1"));
        assert!(found.wants_template && found.mark.is_own);
        let mark = found.mark;
        assert_eq!(mark.slot, 1_795_341_600_000 + 15 * 60_000);
        assert_eq!(
            [&mark.what, &mark.source, &mark.topic, &mark.keyword],
            ["opt_out", "keyword", "marketing", "BAJA"]
        );
    }

    #[test]
    fn what_a_caller_wrote_is_counted_as_other_where_it_is_no_plain_word() {
        for (source, want) in [
            ("web_form", "web_form"),
            ("", OTHER),
            ("Ana Souza +5511987654321", OTHER),
            ("shop5511987654321", OTHER),
            ("crm-2.0", "crm-2.0"),
        ] {
            let found = draft(&line("opt_in", MARKETING, source), None)
                .unwrap()
                .unwrap();
            assert_eq!(found.mark.source, want);
            assert_eq!(found.mark.keyword, "", "an app recognises no words of ours");
        }
        for (rule, want) in [
            ("stop_all:STOP ALL", "STOP ALL"),
            ("pt:not+want+receive", "pt:not+want+receive"),
            ("button:consent:v1:optout:all", "button"),
            ("stop:+5511987654321", OTHER),
        ] {
            assert_eq!(keyword(rule), want);
        }
    }

    #[test]
    fn a_copy_and_an_act_of_staff_are_not_counted() {
        let inherited = json!({"rule": "inherited"});
        let line = line("opt_out", MARKETING, "keyword");
        assert_eq!(draft(&line, Some(&inherited)).unwrap(), None);
        for kind in ["key_created", "policy_changed"] {
            let line = LoggedLine {
                kind: kind.to_owned(),
                argument: r#"{"version":1}"#.to_owned(),
                ..line.clone()
            };
            assert_eq!(draft(&line, None).unwrap(), None);
        }
    }
}
