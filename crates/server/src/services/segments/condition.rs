//! Conditions as people write them, in JSON: read at the door into what the store asks. Pure.

use std::fmt;

use consent::scope::Category;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use store::{
    house::TopicLine,
    segment::{Condition, Leaf, State, Test},
};
use utoipa::ToSchema;

use crate::{
    error::Error,
    services::{
        attributes::{self, Kind, Kinds},
        topics,
    },
};

/// The version of this language, kept with each segment.
pub const VERSION: u32 = 1;
/// How deep conditions may lie in each other.
pub const DEPTH_MAX: usize = 6;
/// How many there may be, with those that join others.
pub const CONDITIONS_MAX: usize = 50;
/// Longest text in a condition, in characters.
pub const TEXT_CHARS_MAX: usize = 256;
/// Most days that an activity may lie back.
pub const DAYS_MAX: u32 = 36_500;
/// The kinds of aliases that can be asked for.
pub const ALIASES: [&str; 5] = ["phone", "wa_id", "bsuid", "parent_bsuid", "email"];

/// A condition on a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(no_recursion)]
pub enum ConditionBody {
    /// Each of them.
    All(Vec<ConditionBody>),
    /// At least one of them.
    Any(Vec<ConditionBody>),
    /// Everybody else.
    Not(Box<ConditionBody>),
    /// What they told us.
    Consent(ConsentBody),
    /// WhatsApp's own switch: `open` or `stopped`.
    Whatsapp(String),
    /// They have this tag.
    Tag(String),
    /// Something about an attribute.
    Attribute(Box<AttributeBody>),
    /// When something last happened: exactly one of the three.
    Activity(ActivityBody),
    /// They have such an address now: `phone`, `wa_id`, `bsuid`, `parent_bsuid` or `email`.
    Address(String),
    /// They have a number that begins so: `+` and the digits, above all those of a country.
    PhonePrefix(String),
}

/// Reads a condition, so that a wrong member is said to be one: what is JSON but no condition is no broken JSON.
///
/// # Errors
/// What is no condition, and where.
pub fn told<'de, D: Deserializer<'de>>(reader: D) -> Result<ConditionBody, D::Error> {
    let value = Value::deserialize(reader)?;
    ConditionBody::deserialize(value)
        .map_err(|error| de::Error::custom(format!("no condition: {error}")))
}

/// What they told us: of marketing, unless `topic` or `category` says of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    /// `opted_in`, `opted_out`, `pending` or `none`.
    pub is: String,
    /// The id or the name of a topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// A category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// Something about an attribute: exactly one question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeBody {
    /// Which.
    pub key: String,
    /// Its value is this: a text, a number, or true or false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub is: Option<Value>,
    /// Its value is another one, or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub is_not: Option<Value>,
    /// Its value has this in it; letters from A to Z in either case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// It is a day before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// It is a day after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// It is a number less than this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less: Option<f64>,
    /// It is a number greater than this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greater: Option<f64>,
    /// Whether there is a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_set: Option<bool>,
}

/// When something last happened: exactly one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityBody {
    /// They wrote to us within so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrote_within_days: Option<u32>,
    /// Something went to them, through the gate, within so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_within_days: Option<u32>,
    /// We know them for so many days at the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_within_days: Option<u32>,
}

/// What conditions are read against.
pub struct Shelf {
    /// The topics of the business.
    pub topics: Vec<TopicLine>,
    /// The kinds of attributes.
    pub kinds: Kinds,
}

/// A condition that makes sense: as the store asks it, and as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// As the store asks it.
    pub condition: Condition,
    /// As it is kept: topics by their ids, values as their kinds have them.
    pub body: ConditionBody,
}

impl Shelf {
    /// Makes sense of a condition.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `condition`, with the place in it and what was wanted.
    pub fn read(&self, body: &ConditionBody) -> Result<Read, Error> {
        let mut left = CONDITIONS_MAX;
        let mut kept = body.clone();
        let condition = self.one(&mut kept, 1, &mut left)?;
        Ok(Read {
            condition,
            body: kept,
        })
    }

    fn one(
        &self,
        body: &mut ConditionBody,
        depth: usize,
        left: &mut usize,
    ) -> Result<Condition, Error> {
        if depth > DEPTH_MAX {
            return Err(wrong(format!(
                "conditions lie too deep in each other: want at most {DEPTH_MAX} levels"
            )));
        }
        *left = left.checked_sub(1).ok_or_else(|| {
            wrong(format!(
                "too many conditions: want at most {CONDITIONS_MAX}"
            ))
        })?;
        let mut each = |all: &mut Vec<ConditionBody>| {
            if all.is_empty() {
                return Err(wrong("`all` and `any` join conditions: want at least one"));
            }
            all.iter_mut()
                .map(|one| self.one(one, depth + 1, left))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match body {
            ConditionBody::All(all) => Condition::All(each(all)?),
            ConditionBody::Any(any) => Condition::Any(each(any)?),
            ConditionBody::Not(one) => Condition::Not(Box::new(self.one(one, depth + 1, left)?)),
            ConditionBody::Consent(consent) => Condition::Is(self.consent(consent)?),
            ConditionBody::Whatsapp(word) => Condition::Is(switch(word)?),
            ConditionBody::Tag(tag) => Condition::Is(Leaf::Tag(short("tag", tag)?)),
            ConditionBody::Attribute(attribute) => self.attribute(attribute)?,
            ConditionBody::Activity(activity) => Condition::Is(recent(activity)?),
            ConditionBody::Address(kind) => Condition::Is(address(kind)?),
            ConditionBody::PhonePrefix(prefix) => Condition::Is(beginning(prefix)?),
        })
    }

    fn consent(&self, body: &mut ConsentBody) -> Result<Leaf, Error> {
        let state = State::read(&body.is).ok_or_else(|| {
            let words = State::ALL.map(State::word).join(", ");
            wrong(format!("`{}` is not a state: want {words}", body.is))
        })?;
        match (&body.topic, &body.category) {
            (None, None) => Ok(Leaf::Consent(state)),
            (Some(topic), None) => {
                let topic = topics::resolve(&self.topics, FIELD, topic)?;
                body.topic = Some(topic.id.to_string());
                Ok(Leaf::Topic(topic.id, topic.category, state))
            }
            (None, Some(category)) => Ok(match topics::category(FIELD, category)? {
                Category::Marketing => Leaf::Consent(state),
                other => Leaf::Category(other, state),
            }),
            (Some(_), Some(_)) => Err(wrong("want `topic` or `category`, not both")),
        }
    }

    fn attribute(&self, body: &mut AttributeBody) -> Result<Condition, Error> {
        attributes::key_name(&body.key).map_err(|error| wrong(error.to_string()))?;
        let kind = self.kinds.get(&body.key).copied();
        let key = body.key.clone();
        let is = |test| Condition::Is(Leaf::Attribute(key.clone(), test));
        let not = |condition| Condition::Not(Box::new(condition));
        let given = [
            body.is.is_some(),
            body.is_not.is_some(),
            body.contains.is_some(),
            body.before.is_some(),
            body.after.is_some(),
            body.less.is_some(),
            body.greater.is_some(),
            body.is_set.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() != 1 {
            return Err(wrong(format!(
                "attribute `{key}`: want exactly one of is, is_not, contains, before, after, less, greater and is_set"
            )));
        }
        if let Some(value) = &mut body.is_not {
            return Ok(not(is(same(kind, &key, value)?)));
        }
        if body.is_set == Some(false) {
            return Ok(not(is(Test::IsSet)));
        }
        let test = if let Some(value) = &mut body.is {
            same(kind, &key, value)?
        } else if let Some(part) = &body.contains {
            Test::Contains(short("contains", part)?)
        } else if let Some(day) = &body.before {
            Test::Before(date(day)?)
        } else if let Some(day) = &body.after {
            Test::After(date(day)?)
        } else if let Some(number) = body.less {
            Test::Less(number)
        } else if let Some(number) = body.greater {
            Test::Greater(number)
        } else {
            Test::IsSet
        };
        Ok(is(test))
    }
}

const FIELD: &str = "condition";

fn wrong(message: impl Into<String>) -> Error {
    Error::field(FIELD, message)
}

fn short(what: &str, text: &str) -> Result<String, Error> {
    let length = text.chars().count();
    if (1..=TEXT_CHARS_MAX).contains(&length) {
        return Ok(text.to_owned());
    }
    Err(wrong(format!(
        "`{what}` has {length} characters: want 1 to {TEXT_CHARS_MAX}"
    )))
}

fn switch(word: &str) -> Result<Leaf, Error> {
    match word {
        "stopped" => Ok(Leaf::Stopped(true)),
        "open" => Ok(Leaf::Stopped(false)),
        other => Err(wrong(format!(
            "`{other}` is no state of WhatsApp's switch: want open or stopped"
        ))),
    }
}

fn same(kind: Option<Kind>, key: &str, value: &mut Value) -> Result<Test, Error> {
    let misfit = |value: &dyn fmt::Display, wanted: &str| {
        wrong(format!("attribute `{key}`: `{value}` is no {wanted}"))
    };
    // A number in a text is meant as one where the attribute holds numbers.
    if let (Some(Kind::Number), Value::String(text)) = (kind, &*value) {
        let number = attributes::number(text.trim()).ok_or_else(|| misfit(text, "number"))?;
        *value = Value::from(number);
    }
    let text = match &*value {
        Value::Number(number) if matches!(kind, None | Some(Kind::Number)) => {
            let number = number.as_f64().filter(|number| number.is_finite());
            return number
                .map(Test::Equals)
                .ok_or_else(|| misfit(value, "number"));
        }
        Value::Bool(is) => is.to_string(),
        Value::String(text) => short("is", text)?,
        other => return Err(misfit(other, "value: want a text, a number, true or false")),
    };
    match kind {
        None => Ok(Test::Is(text)),
        Some(kind) => {
            let kept = kind.value(&text);
            kept.map(Test::Is).ok_or_else(|| misfit(&text, kind.word()))
        }
    }
}

fn date(text: &str) -> Result<String, Error> {
    Kind::Date
        .value(text)
        .ok_or_else(|| wrong(format!("`{text}` is no day: want one like 2026-11-22")))
}

fn recent(body: &ActivityBody) -> Result<Leaf, Error> {
    let given = [
        body.wrote_within_days.map(|days| (Leaf::Wrote(days), days)),
        body.sent_within_days.map(|days| (Leaf::Sent(days), days)),
        body.created_within_days
            .map(|days| (Leaf::Created(days), days)),
    ];
    let mut given = given.into_iter().flatten();
    let (Some((leaf, days)), None) = (given.next(), given.next()) else {
        return Err(wrong(
            "activity: want exactly one of wrote_within_days, sent_within_days and created_within_days",
        ));
    };
    if (1..=DAYS_MAX).contains(&days) {
        return Ok(leaf);
    }
    Err(wrong(format!("`{days}` days: want 1 to {DAYS_MAX}")))
}

fn address(kind: &str) -> Result<Leaf, Error> {
    if ALIASES.contains(&kind) {
        return Ok(Leaf::Alias(kind.to_owned()));
    }
    Err(wrong(format!(
        "`{kind}` is no kind of address: want {}",
        ALIASES.join(", ")
    )))
}

fn beginning(prefix: &str) -> Result<Leaf, Error> {
    let digits = prefix.strip_prefix('+').unwrap_or_default();
    if (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Leaf::Prefix(digits.to_owned()));
    }
    Err(wrong(format!(
        "`{prefix}` begins no number: want + and digits, like +44"
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shelf() -> Shelf {
        let kinds = [
            ("age", Kind::Number),
            ("born", Kind::Date),
            ("vip", Kind::Boolean),
        ];
        Shelf {
            topics: Vec::new(),
            kinds: kinds.map(|(key, kind)| (key.to_owned(), kind)).into(),
        }
    }

    fn read(body: Value) -> Result<Read, String> {
        let body: ConditionBody =
            serde_json::from_value(body).map_err(|error| error.to_string())?;
        shelf().read(&body).map_err(|error| error.to_string())
    }

    fn test(question: Value) -> Result<Test, String> {
        match read(json!({ "attribute": question }))?.condition {
            Condition::Is(Leaf::Attribute(_, test)) => Ok(test),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn values_are_read_by_the_kind_of_their_attribute() {
        assert_eq!(
            test(json!({"key": "age", "is": "42"})),
            Ok(Test::Equals(42.0))
        );
        assert_eq!(
            test(json!({"key": "age", "is": 42})),
            Ok(Test::Equals(42.0))
        );
        assert_eq!(
            test(json!({"key": "vip", "is": true})),
            Ok(Test::Is("true".to_owned()))
        );
        assert_eq!(
            test(json!({"key": "plan", "is": "gold"})),
            Ok(Test::Is("gold".to_owned()))
        );
        assert_eq!(
            test(json!({"key": "born", "before": "2026-11-22"})),
            Ok(Test::Before("2026-11-22".to_owned()))
        );
        for bad in [
            json!({"key": "age", "is": "old"}),
            json!({"key": "vip", "is": "maybe"}),
            json!({"key": "born", "after": "22/11/2026"}),
            json!({"key": "plan"}),
            json!({"key": "plan", "is": "a", "contains": "b"}),
            json!({"key": "plan", "is": [1]}),
            json!({"key": "a:b", "is_set": true}),
            json!({"key": "plan", "contains": ""}),
        ] {
            assert!(test(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_too_deep_too_many_or_unknown_is_refused() {
        let mut deep = json!({"tag": "x"});
        for _ in 0..DEPTH_MAX {
            deep = json!({ "not": deep });
        }
        assert!(read(deep.clone()).is_err());
        assert!(read(deep["not"].clone()).is_ok());
        let many = vec![json!({"tag": "x"}); CONDITIONS_MAX];
        assert!(read(json!({ "any": many })).is_err());
        assert!(read(json!({ "any": &many[1..] })).is_ok());
        for bad in [
            json!({"all": []}),
            json!({"sql": "1=1"}),
            json!({"tag": "x", "not": {"tag": "y"}}),
            json!({"consent": {"is": "maybe"}}),
            json!({"consent": {"is": "opted_in", "topic": "no such"}}),
            json!({"consent": {"is": "opted_in", "topic": "a", "category": "utility"}}),
            json!({"whatsapp": "off"}),
            json!({"address": "fax"}),
            json!({"phone_prefix": "44"}),
            json!({"phone_prefix": "+%"}),
            json!({"activity": {}}),
            json!({"activity": {"wrote_within_days": 0}}),
            json!({"activity": {"wrote_within_days": 1, "sent_within_days": 1}}),
            json!({"activity": {"seen": 1}}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_kept_reads_as_the_same() {
        let body = json!({"any": [{"not": {"attribute": {"key": "age", "is_not": "7"}}}, {"phone_prefix": "+44"}]});
        let first = read(body).unwrap();
        let again = shelf().read(&first.body).unwrap();
        assert_eq!(first, again);
    }
}
