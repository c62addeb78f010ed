//! The JSON of webhooks, field by field as Meta documents it.

use serde_json::{Map, Value, json};

use crate::{
    chat::{Out, Target},
    cloud::fault,
    customer::{self, Customer},
    template::Template,
    webhook::outbox::Update,
    world::World,
};

const HREF: &str = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Sent,
    Delivered,
    Read,
    Failed(u32),
}

/// An object that is filled in order and leaves out what is absent.
#[derive(Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn put(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    pub fn put_some(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    pub fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// `messaging_product` and `metadata`, with which every value about a number begins.
pub fn opening(world: &World, number: &str) -> Fields {
    let display = world
        .account_of(number)
        .map_or("", |(_, number)| number.display.as_str());
    Fields::default().put("messaging_product", "whatsapp").put(
        "metadata",
        json!({"display_phone_number": display, "phone_number_id": number}),
    )
}

pub fn update(world: &World, number: &str, field: &str, value: Value) -> Option<Update> {
    let (account, _) = world.account_of(number)?;
    Some(Update {
        account: account.id.clone(),
        field: field.to_owned(),
        value,
        time: None,
    })
}

pub fn contact(customer: &Customer, phone: Option<&str>, username: bool) -> Value {
    let shown = customer.username.as_deref().filter(|_| username);
    Fields::default()
        .put(
            "profile",
            Fields::default()
                .put("name", customer.name.as_str())
                .put_some("username", shown)
                .done(),
        )
        .put_some("wa_id", phone)
        .put("user_id", customer.bsuid.as_str())
        .put_some("parent_user_id", customer.parent_bsuid.as_deref())
        .put_some(
            "identity_key_hash",
            customer
                .identity_check
                .then_some(customer.identity_hash.as_str()),
        )
        .done()
}

pub fn error(code: u32) -> Value {
    let title = fault::title_of(code);
    json!({"code": code, "title": title, "message": title, "error_data": {"details": fault::details_of(code)}, "href": HREF})
}

pub fn status(world: &World, out: &Out, progress: Progress) -> Option<Update> {
    let (name, failed) = match progress {
        Progress::Sent => ("sent", None),
        Progress::Delivered => ("delivered", None),
        Progress::Read => ("read", None),
        Progress::Failed(code) => ("failed", Some(code)),
    };
    let now_ms = world.clock.simulated_ms();
    let customer = out.customer.as_deref().and_then(|id| world.customer(id));
    let to_phone = match &out.to {
        Target::Phone(wa_id) => Some(wa_id.clone()),
        Target::Group(group) => Some(group.clone()),
        Target::User(_) => None,
    };
    let shown = customer
        .and_then(|customer| customer.shown_phone(&out.number, now_ms))
        .map(str::to_owned);
    let phone = to_phone.clone().or(shown.filter(|_| failed.is_none()));
    let user = match (&out.to, failed) {
        // A failed status to a phone does not say who it was.
        (Target::Phone(_), Some(_)) | (Target::Group(_), _) => None,
        (Target::User(user), _) => {
            Some(customer.map_or_else(|| user.clone(), |customer| customer.bsuid.clone()))
        }
        (Target::Phone(wa_id), None) => {
            Some(customer.map_or_else(|| stranger_id(wa_id), |known| known.bsuid.clone()))
        }
    };
    let opening = opening(world, &out.number);
    let username = matches!(progress, Progress::Delivered | Progress::Read);
    let contacts = match (customer, failed) {
        (_, Some(_)) => None,
        (Some(customer), None) => Some(json!([contact(customer, phone.as_deref(), username)])),
        (None, None) => stranger(out, phone.as_deref(), user.as_deref()),
    };
    let priced = matches!(progress, Progress::Sent | Progress::Delivered);
    let pricing = json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": out.pricing});
    let parent = customer
        .and_then(|customer| customer.parent_bsuid.clone())
        .filter(|_| user.is_some());
    let status = Fields::default()
        .put("id", out.wamid.as_str())
        .put("status", name)
        .put("timestamp", (now_ms / 1_000).to_string())
        .put_some("recipient_id", phone)
        .put_some(
            "recipient_type",
            matches!(out.to, Target::Group(_)).then_some("group"),
        )
        .put_some("recipient_identity_key_hash", out.identity_hash.as_deref())
        .put_some("recipient_user_id", user)
        .put_some("recipient_parent_user_id", parent)
        .put_some("biz_opaque_callback_data", out.callback.as_deref())
        .put_some("template_id", out.template_id.map(|id| id.to_string()))
        .put_some("pricing", priced.then_some(pricing))
        .put_some("errors", failed.map(|code| json!([error(code)])))
        .done();
    let value = opening
        .put_some("contacts", contacts)
        .put("statuses", json!([status]))
        .done();
    update(world, &out.number, "messages", value)
}

fn stranger(out: &Out, phone: Option<&str>, user: Option<&str>) -> Option<Value> {
    if let Target::Group(_) = out.to {
        return None;
    }
    let fields = Fields::default().put("profile", json!({"name": "Sandbox user"}));
    Some(json!([fields
        .put_some("wa_id", phone)
        .put_some("user_id", user)
        .done()]))
}

/// The BSUID of somebody we do not simulate: always the same for the same phone.
fn stranger_id(wa_id: &str) -> String {
    customer::bsuid(customer::country_of(wa_id), wa_id)
}

pub fn preference(world: &World, customer: &Customer, number: &str, on: bool) -> Option<Update> {
    let now_ms = world.clock.simulated_ms();
    let phone = customer.shown_phone(number, now_ms);
    let value = if on { "resume" } else { "stop" };
    let preference = Fields::default()
        .put_some("wa_id", phone)
        .put("user_id", customer.bsuid.as_str())
        .put_some("parent_user_id", customer.parent_bsuid.as_deref())
        .put(
            "detail",
            format!("User requested to {value} marketing messages"),
        )
        .put("category", "marketing_messages")
        .put("value", value)
        .put("timestamp", now_ms / 1_000)
        .done();
    let contacts = json!([contact(customer, phone, true)]);
    let value = opening(world, number)
        .put("contacts", contacts)
        .put("user_preferences", json!([preference]))
        .done();
    update(world, number, "user_preferences", value)
}

/// `user_changed_number` and `user_changed_user_id`: no contacts, and `from` only where the old phone may be told.
pub fn system(world: &World, number: &str, id: &str, told: &Change<'_>) -> Option<Update> {
    let system = Fields::default()
        .put("body", told.body.as_str())
        .put_some("wa_id", told.new_phone)
        .put("type", told.kind)
        .put("user_id", told.new_user)
        .put("previous_user_id", told.old_user)
        .done();
    let message = Fields::default()
        .put_some("from", told.old_phone)
        .put("id", id)
        .put(
            "timestamp",
            (world.clock.simulated_ms() / 1_000).to_string(),
        )
        .put("type", "system")
        .put("system", system)
        .done();
    update(
        world,
        number,
        "messages",
        opening(world, number)
            .put("messages", json!([message]))
            .done(),
    )
}

pub struct Change<'a> {
    pub kind: &'static str,
    pub body: String,
    pub old_phone: Option<&'a str>,
    pub new_phone: Option<&'a str>,
    pub old_user: &'a str,
    pub new_user: &'a str,
}

/// A webhook about a template, which carries the time on its entry.
pub fn template(world: &World, template: &Template, field: &str, rest: Value) -> Update {
    let mut value = json!({
        "message_template_id": template.id, "message_template_name": template.name,
        "message_template_language": template.language,
    });
    crate::json::overlay(&mut value, rest);
    let time = Some(world.clock.simulated_ms() / 1_000);
    Update {
        account: template.account.clone(),
        field: field.to_owned(),
        value,
        time,
    }
}
