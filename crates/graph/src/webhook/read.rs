//! The walk through a webhook body: entry by entry, change by change, item by item.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Value, value::RawValue};

use super::{
    Bad, Delivery, Item, Notice, Origin, Place, Unreadable,
    account::AccountNews,
    business::{Call, Echo, Handover, UserAction},
    change::{Change, Changed},
    content::Content,
    inbound::{self, Message},
    issue::Issue,
    news::TemplateNews,
    person::Person,
    preference::{self, Preference},
    status::{self, Status},
};
use crate::loose::{self, Members, Object};

/// How many different unknown names are counted apart; the rest are counted together.
const UNKNOWN_MAX: usize = 100;

/// The lists that a value may hold, whatever its field says.
const LISTS: [&str; 9] = [
    "messages",
    "statuses",
    "errors",
    "user_preferences",
    "user_actions",
    "message_echoes",
    "user_id_update",
    "calls",
    "messaging_handovers",
];

/// Members of a value that say nothing by themselves.
const FRAME: [&str; 6] = [
    "messaging_product",
    "metadata",
    "contacts",
    "field",
    "object",
    "phone_number_id",
];

/// Reads the bytes of a webhook. What cannot be understood is in [`Delivery::bad`], and costs nothing else.
///
/// # Errors
/// [`Unreadable`] when there is no JSON object with a list of entries.
pub fn read(bytes: &[u8]) -> Result<Delivery, Unreadable> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let body: Members<'_> =
        serde_json::from_str(text).map_err(|error| Unreadable::NotJson(error.to_string()))?;
    let entries = body
        .get("entry")
        .and_then(loose::items)
        .ok_or(Unreadable::NoEntry)?;
    let mut walk = Walk::default();
    for (index, raw) in entries.into_iter().enumerate() {
        let place = Place {
            entry: index,
            ..Place::default()
        };
        walk.entry(place, raw);
    }
    Ok(walk.0)
}

#[derive(Default)]
struct Walk(Delivery);

/// One value, and what it needs to be read.
struct Around<'a> {
    place: Place,
    origin: Arc<Origin>,
    contacts: &'a [Person],
    /// One item beside the contacts: a lone contact is then surely its person.
    alone: bool,
}

impl Walk {
    fn entry(&mut self, place: Place, raw: &RawValue) {
        let Some(entry) = Members::read(raw) else {
            return self.bad(place, "", "the entry is not an object", raw);
        };
        let origin = Origin {
            account: entry.text("id"),
            field: entry.text("field").unwrap_or_default(),
            time: entry
                .get("time")
                .and_then(|time| loose::value(time).ok())
                .and_then(|time| loose::as_time(&time)),
            ..Origin::default()
        };
        match entry.get("changes").map(loose::items) {
            Some(Some(changes)) => {
                for (index, raw) in changes.into_iter().enumerate() {
                    let place = Place {
                        change: Some(index),
                        ..place
                    };
                    self.change(place, &origin, raw);
                }
            }
            Some(None) => self.bad(place, &origin.field, "`changes` is not a list", raw),
            None if entry.get("value").is_some() => self.change(place, &origin, raw),
            None => self.bad(place, &origin.field, "the entry has no `changes`", raw),
        }
    }

    fn change(&mut self, place: Place, entry: &Origin, raw: &RawValue) {
        let Some(change) = Members::read(raw) else {
            return self.bad(place, &entry.field, "the change is not an object", raw);
        };
        let inner = change.get("value");
        let value = match inner.map(Members::read) {
            Some(Some(value)) => value,
            None if LISTS.iter().any(|list| change.get(list).is_some()) => {
                Members(change.0.clone())
            }
            Some(None) | None => {
                let field = change.text("field").unwrap_or_else(|| entry.field.clone());
                return self.bad(place, &field, "the change has no object `value`", raw);
            }
        };
        let field = change
            .text("field")
            .or_else(|| value.text("field"))
            .unwrap_or_else(|| entry.field.clone());
        let origin = origin(entry, field, &value);
        self.value(place, Arc::new(origin), &value, inner.unwrap_or(raw));
    }

    fn value(&mut self, place: Place, origin: Arc<Origin>, value: &Members<'_>, raw: &RawValue) {
        let contacts = contacts(value);
        let mut around = Around {
            place,
            origin,
            contacts: &contacts,
            alone: false,
        };
        let mut found = false;
        let mut rest: Vec<(&Cow<'_, str>, &RawValue)> = Vec::new();
        for (key, raw) in &value.0 {
            match LISTS.into_iter().find(|list| list == key) {
                Some(list) => {
                    found |= raw.get() != "null";
                    self.list(&mut around, list, raw);
                }
                None if FRAME.contains(&key.as_ref()) => {}
                None => rest.push((key, raw)),
            }
        }
        around.place = place;
        if !found {
            return self.whole(&around, raw);
        }
        for (key, raw) in rest {
            self.count(format!("value.{key}"));
            let name = format!("{}.{key}", around.origin.field);
            self.push(&around, other(name, raw.get()));
        }
    }

    fn list(&mut self, around: &mut Around<'_>, list: &'static str, raw: &RawValue) {
        around.place.list = Some(list);
        around.place.item = None;
        let Some(items) = loose::items(raw) else {
            if raw.get() != "null" {
                let reason = format!("`{list}` is not a list");
                self.bad(around.place, &around.origin.field, &reason, raw);
            }
            return;
        };
        around.alone = items.len() == 1;
        for (index, raw) in items.into_iter().enumerate() {
            around.place.item = Some(index);
            let value = loose::value(raw);
            let read = match value.as_ref().map(Value::as_object) {
                Ok(Some(item)) => self.item(around, list, item, raw.get()),
                Ok(None) => Err("it is not an object".to_owned()),
                Err(error) => Err(format!("it cannot be read: {error}")),
            };
            match read {
                Ok(notice) => self.push(around, notice),
                Err(reason) => self.bad(around.place, &around.origin.field, &reason, raw),
            }
        }
    }

    fn item(
        &mut self,
        around: &Around<'_>,
        list: &str,
        item: &Object,
        raw: &str,
    ) -> Result<Notice, String> {
        let (contacts, alone) = (around.contacts, around.alone);
        match list {
            "messages" => self.message(around, item, raw),
            "statuses" if around.origin.field == "calls" => {
                Ok(other("calls.statuses".to_owned(), raw))
            }
            "statuses" => {
                self.tally(item, &status::KNOWN, "status", "");
                Status::of(item, contacts, alone).map(|it| Notice::Status(Box::new(it)))
            }
            "user_preferences" => {
                self.tally(item, &preference::KNOWN, "preference", "");
                Preference::of(item, contacts, alone).map(|it| Notice::Preference(Box::new(it)))
            }
            "message_echoes" => {
                Echo::of(item, contacts, alone).map(|it| Notice::Echo(Box::new(it)))
            }
            "user_id_update" => {
                Change::of_update(item, contacts).map(|it| Notice::Change(Box::new(it)))
            }
            "calls" => {
                let ours = around.origin.display.as_deref();
                Call::of(item, ours, contacts, alone).map(|it| Notice::Call(Box::new(it)))
            }
            "messaging_handovers" => {
                let handover = Handover::of(item, contacts, raw);
                Ok(Notice::Handover(Box::new(handover)))
            }
            "user_actions" => UserAction::of(item).map(Notice::UserAction),
            _ => Issue::of(&Value::Object(item.clone()))
                .map(Notice::AccountError)
                .ok_or_else(|| "an error without `code`".to_owned()),
        }
    }

    fn message(&mut self, around: &Around<'_>, item: &Object, raw: &str) -> Result<Notice, String> {
        let kind = Message::kind(item);
        self.tally(item, &inbound::KNOWN, "message", &kind);
        if kind == "system" {
            return self.system(around, item, raw);
        }
        let message = Message::of(item, &kind, around.contacts, around.alone)?;
        if let Content::Other { kind, .. } = &message.content {
            self.count(format!("type.{kind}"));
        }
        Ok(Notice::Message(Box::new(message)))
    }

    fn system(&mut self, around: &Around<'_>, item: &Object, raw: &str) -> Result<Notice, String> {
        let system = loose::object(item, "system").ok_or("no object `system`")?;
        let kind = loose::text(system, "type").ok_or("a system message without `type`")?;
        if let Some(what) = Changed::of(&kind) {
            let change = Change::of_system(item, what, around.contacts)?;
            return Ok(Notice::Change(Box::new(change)));
        }
        if kind == "user_preference_changed" {
            let preference = Preference::of_system(item, around.contacts)?;
            return Ok(Notice::Preference(Box::new(preference)));
        }
        self.count(format!("type.system.{kind}"));
        Ok(other(format!("messages.system.{kind}"), raw))
    }

    /// A value that holds none of the lists is one notice by itself.
    fn whole(&mut self, around: &Around<'_>, raw: &RawValue) {
        let field = &around.origin.field;
        let value = match loose::value(raw) {
            Ok(Value::Object(value)) => value,
            Ok(_) => return self.bad(around.place, field, "`value` is not an object", raw),
            Err(error) => {
                let reason = format!("`value` cannot be read: {error}");
                return self.bad(around.place, field, &reason, raw);
            }
        };
        let read = if TemplateNews::fits(field, &value) {
            TemplateNews::of(field, &value).map(Notice::Template)
        } else if let Some(news) = AccountNews::of(field, &value) {
            news.map(Notice::Account)
        } else if field == "messaging_handovers" {
            let handover = Handover::of(&value, around.contacts, raw.get());
            Ok(Notice::Handover(Box::new(handover)))
        } else if CONSENT_FIELDS.contains(&field.as_str()) {
            Err(format!("`{field}` without any list that belongs there"))
        } else {
            self.count(format!("field.{field}"));
            Ok(other(field.clone(), raw.get()))
        };
        match read {
            Ok(notice) => self.push(around, notice),
            Err(reason) => self.bad(around.place, field, &reason, raw),
        }
    }

    fn push(&mut self, around: &Around<'_>, notice: Notice) {
        self.0.items.push(Item {
            place: around.place,
            origin: Arc::clone(&around.origin),
            notice,
        });
    }

    fn bad(&mut self, place: Place, field: &str, reason: &str, raw: &RawValue) {
        self.0.bad.push(Bad {
            place,
            field: field.to_owned(),
            reason: reason.to_owned(),
            raw: raw.get().to_owned(),
        });
    }

    /// Counts the members that are neither known nor named by the type.
    fn tally(&mut self, item: &Object, known: &[&str], noun: &str, kind: &str) {
        for key in item.keys() {
            if key != kind && !known.contains(&key.as_str()) {
                self.count(format!("{noun}.{key}"));
            }
        }
    }

    fn count(&mut self, name: String) {
        let unknown = &mut self.0.unknown;
        let full = unknown.len() >= UNKNOWN_MAX && !unknown.contains_key(&name);
        let name = if full { "…".to_owned() } else { name };
        let count = unknown.entry(name).or_default();
        *count = count.saturating_add(1);
    }
}

/// Fields that carry wishes of people: a value there without its list is an alarm, not a curiosity.
const CONSENT_FIELDS: [&str; 5] = [
    "messages",
    "standby",
    "user_preferences",
    "user_id_update",
    "smb_message_echoes",
];

fn origin(entry: &Origin, field: String, value: &Members<'_>) -> Origin {
    let metadata = value.get("metadata").and_then(Members::read);
    let within = |name: &str| metadata.as_ref().and_then(|metadata| metadata.text(name));
    let waba = value
        .get("waba_info")
        .and_then(Members::read)
        .and_then(|info| info.text("waba_id"));
    Origin {
        account: waba.or_else(|| entry.account.clone()),
        number: within("phone_number_id")
            .or_else(|| value.text("phone_number_id"))
            .and_then(|id| id.parse().ok()),
        display: within("display_phone_number").or_else(|| value.text("display_phone_number")),
        standby: field == "standby",
        field,
        time: entry.time,
    }
}

fn contacts(value: &Members<'_>) -> Vec<Person> {
    let raw = value.get("contacts").and_then(loose::items);
    raw.unwrap_or_default()
        .into_iter()
        .filter_map(|raw| Person::of_contact(&loose::value(raw).ok()?))
        .collect()
}

fn other(name: String, raw: &str) -> Notice {
    Notice::Other {
        name,
        raw: raw.to_owned(),
    }
}
