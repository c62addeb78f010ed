//! How the rules' values lie in columns. Strings from a table end here.

use consent::{
    event::{Clock, Fact, StaffAct},
    id::{EventId, NumberId, TopicId},
    register::{Heard, Hold, Mark, Marks, Platform, Register, Standing},
    scope::{Category, Channel, Scope, Subject, Topic},
    time::Timestamp,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::{StoreError, corrupt};

/// A scope in one line: `subject|channel|number`, with `*` for every one.
#[must_use]
pub fn scope_text(scope: &Scope) -> String {
    let subject = match scope.subject {
        Subject::All => "all".to_owned(),
        Subject::Category(category) => category.word().to_owned(),
        Subject::Topic(topic) => format!("{}/{}", topic.category.word(), topic.id),
    };
    let channel = scope.channel.map_or("*", Channel::word);
    let number = scope.number.as_ref().map_or("*", NumberId::as_str);
    format!("{subject}|{channel}|{number}")
}

/// Reads [`scope_text`].
///
/// # Errors
/// [`StoreError::Corrupt`] when the text is not a scope.
pub fn scope(text: &str) -> Result<Scope, StoreError> {
    let read = || {
        let mut parts = text.split('|');
        let (subject, channel, number) = (parts.next()?, parts.next()?, parts.next()?);
        let subject = match subject.split_once('/') {
            None if subject == "all" => Subject::All,
            None => Subject::Category(Category::read(subject)?),
            Some((category, id)) => Subject::Topic(Topic {
                id: id.parse::<TopicId>().ok()?,
                category: Category::read(category)?,
            }),
        };
        let channel = if channel == "*" {
            None
        } else {
            Some(Channel::read(channel)?)
        };
        let number = if number == "*" {
            None
        } else {
            Some(number.parse().ok()?)
        };
        parts.next().is_none().then_some(Scope {
            subject,
            channel,
            number,
        })
    };
    read().ok_or_else(|| corrupt("scope", text))
}

/// What a fact says beside its kind, without anything that names a person.
#[must_use]
pub fn argument(fact: &Fact) -> String {
    let value = match fact {
        Fact::OptIn(scope) | Fact::OptOut(scope) | Fact::OptInRequested(scope) => {
            json!({ "scope": scope_text(scope) })
        }
        Fact::Hold(scope, until) => {
            json!({ "scope": scope_text(scope), "until": until.map(Timestamp::millis) })
        }
        Fact::Retract(event) | Fact::Release(event) => json!({ "event": event.to_string() }),
        Fact::PlatformStop(number) | Fact::PlatformResume(number) => {
            json!({ "number": number.as_str() })
        }
        Fact::PolicyChanged(version) => json!({ "version": version }),
        Fact::Reservations(count) => json!({ "count": count }),
        Fact::AliasLinked(alias) | Fact::AliasEnded(alias) => json!({ "alias": alias.kind() }),
        Fact::PlatformBackoff
        | Fact::Blocked
        | Fact::IdentityChanged
        | Fact::Erasure
        | Fact::Referral
        | Fact::Staff(_) => json!({}),
    };
    value.to_string()
}

/// Reads a fact back; none for those whose substance is sealed (aliases), which no fold needs.
///
/// # Errors
/// [`StoreError::Corrupt`] when kind and argument do not fit.
pub fn fact(kind: &str, argument: &str) -> Result<Option<Fact>, StoreError> {
    let value: Value =
        serde_json::from_str(argument).map_err(|_| corrupt("event argument", argument))?;
    let bad = || corrupt("event argument", format!("{kind}: {argument}"));
    let text = |name: &str| value.get(name).and_then(Value::as_str).ok_or_else(bad);
    let number = |name: &str| value.get(name).and_then(Value::as_i64).ok_or_else(bad);
    let event = || text("event")?.parse::<EventId>().map_err(|_| bad());
    let sender = || text("number")?.parse::<NumberId>().map_err(|_| bad());
    Ok(Some(match kind {
        "opt_in" => Fact::OptIn(scope(text("scope")?)?),
        "opt_out" => Fact::OptOut(scope(text("scope")?)?),
        "opt_in_requested" => Fact::OptInRequested(scope(text("scope")?)?),
        "hold" => {
            let until = value
                .get("until")
                .and_then(Value::as_i64)
                .map(Timestamp::from_millis);
            Fact::Hold(scope(text("scope")?)?, until)
        }
        "retract" => Fact::Retract(event()?),
        "release" => Fact::Release(event()?),
        "platform_stop" => Fact::PlatformStop(sender()?),
        "platform_resume" => Fact::PlatformResume(sender()?),
        "platform_backoff" => Fact::PlatformBackoff,
        "blocked" => Fact::Blocked,
        "identity_changed" => Fact::IdentityChanged,
        "erasure" => Fact::Erasure,
        "referral" => Fact::Referral,
        "policy_changed" => Fact::PolicyChanged(number("version")?.unsigned_abs()),
        "reservations" => Fact::Reservations(number("count")?.unsigned_abs()),
        "alias_linked" | "alias_ended" => return Ok(None),
        other => Fact::Staff(
            StaffAct::ALL
                .into_iter()
                .find(|act| act.word() == other)
                .ok_or_else(bad)?,
        ),
    }))
}

/// A clock's word back into a clock.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is none.
pub fn clock(word: &str) -> Result<Clock, StoreError> {
    Clock::read(word).ok_or_else(|| corrupt("clock", word))
}

/// A standing as one JSON text.
#[must_use]
pub fn standing_text(standing: &Standing) -> String {
    let registers = standing.registers.iter().map(|(scope, register)| {
        let value = json!({
            "in": marks_value(&register.opt_in),
            "out": marks_value(&register.opt_out),
            "asked": marks_value(&register.requested),
        });
        (scope_text(scope), value)
    });
    let platform = standing.platform.iter().map(|(number, switch)| {
        (
            number.to_string(),
            json!({ "stop": mark_value(switch.stop), "resume": mark_value(switch.resume) }),
        )
    });
    let holds = standing.holds.iter().map(|(id, hold)| {
        (
            id.to_string(),
            json!({ "scope": scope_text(&hold.scope), "until": hold.until.map(Timestamp::millis) }),
        )
    });
    let heard = standing.heard.iter().map(|(number, heard)| {
        let times = [heard.last, heard.benign, heard.from_ad, heard.answered_ad];
        (
            number.to_string(),
            json!(times.map(|time| time.map(Timestamp::millis))),
        )
    });
    let ids = |ids: &std::collections::BTreeSet<EventId>| {
        ids.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let mut value = json!({
        "registers": registers.collect::<Map<_, _>>(),
        "platform": platform.collect::<Map<_, _>>(),
        "holds": holds.collect::<Map<_, _>>(),
        "released": ids(&standing.released),
        "retracted": ids(&standing.retracted),
        "blocked": mark_value(standing.blocked),
        "identity_changed": marks_value(&standing.identity_changed),
        "backoff": mark_value(standing.backoff),
        "heard": heard.collect::<Map<_, _>>(),
    });
    // Absent where there is none, as in all that was written before sources were kept.
    if let Some(members) = value
        .as_object_mut()
        .filter(|_| !standing.sources.is_empty())
    {
        let sources = standing.sources.iter();
        let sources = sources.map(|(id, source)| (id.to_string(), json!(source)));
        members.insert("sources".to_owned(), Value::Object(sources.collect()));
    }
    value.to_string()
}

/// Reads [`standing_text`].
///
/// # Errors
/// [`StoreError::Corrupt`] when the text is not a standing.
pub fn standing(text: &str) -> Result<Standing, StoreError> {
    let value: Value = serde_json::from_str(text).map_err(|_| corrupt("standing", text))?;
    read_standing(&value).ok_or_else(|| corrupt("standing", text))
}

fn read_standing(value: &Value) -> Option<Standing> {
    let entries = |name: &str| value.get(name)?.as_object().map(|map| map.iter());
    let ids = |name: &str| -> Option<std::collections::BTreeSet<EventId>> {
        value
            .get(name)?
            .as_array()?
            .iter()
            .map(|id| id.as_str()?.parse().ok())
            .collect()
    };
    let mut standing = Standing {
        released: ids("released")?,
        retracted: ids("retracted")?,
        blocked: read_mark(value.get("blocked")?)?,
        identity_changed: read_marks(value.get("identity_changed")?)?,
        backoff: read_mark(value.get("backoff")?)?,
        ..Standing::default()
    };
    for (key, value) in entries("registers")? {
        let register = Register {
            opt_in: read_marks(value.get("in")?)?,
            opt_out: read_marks(value.get("out")?)?,
            requested: read_marks(value.get("asked")?)?,
        };
        standing.registers.insert(scope(key).ok()?, register);
    }
    for (number, value) in entries("platform")? {
        let switch = Platform {
            stop: read_mark(value.get("stop")?)?,
            resume: read_mark(value.get("resume")?)?,
        };
        standing.platform.insert(number.parse().ok()?, switch);
    }
    for (id, value) in entries("holds")? {
        let until = value
            .get("until")
            .and_then(Value::as_i64)
            .map(Timestamp::from_millis);
        let hold = Hold {
            scope: scope(value.get("scope")?.as_str()?).ok()?,
            until,
        };
        standing.holds.insert(id.parse().ok()?, hold);
    }
    for (number, value) in entries("heard")? {
        let time = |at: usize| {
            value
                .get(at)
                .and_then(Value::as_i64)
                .map(Timestamp::from_millis)
        };
        let heard = Heard {
            last: time(0),
            benign: time(1),
            from_ad: time(2),
            answered_ad: time(3),
        };
        standing.heard.insert(number.parse().ok()?, heard);
    }
    for (id, source) in entries("sources").into_iter().flatten() {
        let source = source.as_str()?.to_owned();
        standing.sources.insert(id.parse().ok()?, source);
    }
    Some(standing)
}

fn mark_value(mark: Option<Mark>) -> Value {
    mark.map_or(Value::Null, |mark| {
        json!([mark.at.millis(), mark.event.to_string()])
    })
}

fn read_mark(value: &Value) -> Option<Option<Mark>> {
    if value.is_null() {
        return Some(None);
    }
    let at = Timestamp::from_millis(value.get(0)?.as_i64()?);
    Some(Some(Mark {
        at,
        event: value.get(1)?.as_str()?.parse().ok()?,
    }))
}

fn marks_value(marks: &Marks) -> Value {
    let each = marks
        .each()
        .map(|(clock, mark)| (clock.word().to_owned(), mark_value(Some(mark))));
    Value::Object(each.collect())
}

fn read_marks(value: &Value) -> Option<Marks> {
    let mut marks = Marks::default();
    for (clock, mark) in value.as_object()? {
        marks.raise(Clock::read(clock)?, read_mark(mark)??);
    }
    Some(marks)
}

/// The smallest id that is made at a time or later: ids begin with the milliseconds since the epoch (RFC 9562, section 5.7).
#[must_use]
pub fn first_id_of(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

/// The 16 bytes of an id, as columns hold it.
///
/// # Errors
/// [`StoreError::Corrupt`] when there are not 16.
pub fn uuid(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|_| corrupt("id", format!("{bytes:02x?}")))
}

/// SHA-256 as a column keeps it.
///
/// # Errors
/// [`StoreError::Corrupt`] when the bytes are not 32.
pub fn hash(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes
        .try_into()
        .map_err(|_| corrupt("hash", format!("{bytes:02x?}")))
}
