//! What customers do: write, tap, react, switch offers off, change their number, go offline.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    chat::{Bubble, Side, State},
    customer::{self, Customer},
    json,
    options::NewCustomer,
    outgoing::job::{Job, Step},
    refusal::Refusal,
    said::{Inbound, inbound, read, switch, words},
    webhook::shape::{self, Change, Fields},
    world::World,
};

/// One grey pixel, so that a picture can be fetched.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x80\x80\x80\x00\x00\x00!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

type Done = Result<Value, Refusal>;

impl World {
    /// Lets a customer act; `args.number` is the business number meant, the first one when absent.
    pub fn act(&mut self, who: &str, action: &str, args: &Value) -> Done {
        // Which number is meant stands in the link.
        match action {
            "open" => return self.open(who, args),
            "scan" => return self.scan(who, args),
            _ => {}
        }
        let number = json::text(args, "number")
            .or_else(|| self.first_number())
            .unwrap_or_default()
            .to_owned();
        if self.account_of(&number).is_none() {
            return Err(Refusal::Unknown(format!(
                "there is no business number `{number}`"
            )));
        }
        if let Some(said) = read(self.known(who)?, action, args)? {
            return self.receive(who, &number, said);
        }
        match action {
            "image" => self.send_image(who, &number, args),
            "offers" => self.set_offers(who, &number, switch(args)?),
            "block" => self.set_block(who, &number, Some(true)),
            "unblock" => self.set_block(who, &number, Some(false)),
            "reads" => self.set_reads(who, switch(args)?),
            "read" => Ok(self.read_all(who)),
            "online" => self.set_online(who, switch(args)?),
            "undeliverable" => self.set(who, switch(args)?, |c, on| c.undeliverable = on),
            "capped" => self.set(who, switch(args)?, |c, on| c.capped = on),
            "phone_hidden" => self.set(who, switch(args)?, |c, on| c.phone_hidden = on),
            "identity_check" => self.set(who, switch(args)?, |c, on| c.identity_check = on),
            "change_number" => self.change_number(who, &number, args),
            "change_user_id" => self.change_user_id(who, &number),
            "recycle" => self.recycle(who, args),
            "echo" => self.echo(who, &number, args),
            other => Err(Refusal::Unknown(format!("a customer cannot `{other}`"))),
        }
    }

    /// The message as the business hears it, if it does, and as the phone shows it.
    pub fn receive(&mut self, who: &str, number: &str, said: Inbound) -> Done {
        let now_ms = self.clock.simulated_ms();
        let id = self.new_wamid();
        let display = self
            .account_of(number)
            .map_or_else(String::new, |(_, n)| n.display.clone());
        let opening = shape::opening(self, number);
        let customer = self
            .customer_mut(who)
            .ok_or_else(|| Refusal::Unknown(who.to_owned()))?;
        if !customer.online {
            return Err(Refusal::Conflict(format!("`{who}` is offline")));
        }
        if customer.blocked.contains(number) {
            return Err(Refusal::Conflict(format!(
                "`{who}` has blocked the business: unblock first"
            )));
        }
        let phone = customer.shown_phone(number, now_ms).map(str::to_owned);
        let context = said
            .reply_to
            .as_ref()
            .map(|to| json!({"from": display, "id": to}));
        let mut message = Fields::default()
            .put_some("context", context)
            .put_some("from", phone.as_deref())
            .put("from_user_id", customer.bsuid.as_str())
            .put_some("from_parent_user_id", customer.parent_bsuid.as_deref())
            .put("id", id.as_str())
            .put("timestamp", (now_ms / 1_000).to_string())
            .put("type", said.kind)
            .put(said.kind, said.content.clone());
        for (key, value) in &said.extra {
            message = message.put(key, value.clone());
        }
        let contacts = json!([shape::contact(customer, phone.as_deref(), true)]);
        let unheard = customer.blocked_by_business.contains(number);
        leave_trace(customer, number, (&id, now_ms), said);
        if !unheard {
            customer.wrote_ms.insert(number.to_owned(), now_ms);
            let value = opening
                .put("contacts", contacts)
                .put("messages", json!([message.done()]))
                .done();
            if let Some(update) = shape::update(self, number, "messages", value) {
                self.publish(update);
            }
        }
        self.pulse(Some(who));
        Ok(json!({"id": id, "heard": !unheard}))
    }

    fn send_image(&mut self, who: &str, number: &str, args: &Value) -> Done {
        let mime = json::text(args, "mime_type").unwrap_or("image/gif");
        let id = self.media.add(mime, Bytes::from_static(PIXEL));
        let base = json::text(args, "base_url").unwrap_or_default();
        let Some(item) = self.media.get(&id) else {
            return Err(Refusal::Conflict("the shelf for media is full".to_owned()));
        };
        let caption = json::text(args, "caption");
        let content = Fields::default()
            .put_some("caption", caption)
            .put("mime_type", mime)
            .put("sha256", item.sha256_base64())
            .put("id", id.as_str())
            .put("url", item.url(base))
            .done();
        let shown = caption.unwrap_or_default().to_owned();
        self.receive(who, number, inbound("image", content, shown))
    }

    fn set(&mut self, who: &str, on: bool, change: impl FnOnce(&mut Customer, bool)) -> Done {
        let customer = self
            .customer_mut(who)
            .ok_or_else(|| Refusal::Unknown(who.to_owned()))?;
        change(customer, on);
        let now = customer.summary();
        self.pulse(Some(who));
        Ok(now)
    }

    fn set_block(&mut self, who: &str, number: &str, on: Option<bool>) -> Done {
        self.set(who, on == Some(true), |customer, on| {
            if on {
                customer.blocked.insert(number.to_owned())
            } else {
                customer.blocked.remove(number)
            };
        })
    }

    /// The switch in the chat's info. A flick that changes nothing is told all the same: Meta has been seen to repeat itself.
    fn set_offers(&mut self, who: &str, number: &str, on: bool) -> Done {
        let now = self.set(who, on, |customer, on| {
            if on {
                customer.offers_off.remove(number)
            } else {
                customer.offers_off.insert(number.to_owned())
            };
        })?;
        let update = self
            .customer(who)
            .and_then(|customer| shape::preference(self, customer, number, on));
        if let Some(update) = update {
            self.publish(update);
        }
        Ok(now)
    }

    fn set_reads(&mut self, who: &str, on: bool) -> Done {
        let now = self.set(who, on, |customer, on| customer.reads = on)?;
        if on {
            self.read_all(who);
        }
        Ok(now)
    }

    fn read_all(&mut self, who: &str) -> Value {
        let unread = |b: &&Bubble| b.from == Side::Business && b.state != State::Read;
        let chat = self.customer(who).map(|customer| &customer.chat);
        let outs: Vec<_> = chat
            .into_iter()
            .flatten()
            .filter(unread)
            .filter_map(|b| b.out.clone())
            .collect();
        let count = outs.len();
        for out in outs {
            self.schedule(
                0,
                Job::Step {
                    out,
                    step: Step::Read,
                },
            );
        }
        json!({"read": count})
    }

    fn set_online(&mut self, who: &str, on: bool) -> Done {
        let now = self.set(who, on, |customer, on| customer.online = on)?;
        let waiting: VecDeque<_> = if on {
            self.customer_mut(who)
                .map(|c| std::mem::take(&mut c.waiting))
                .unwrap_or_default()
        } else {
            VecDeque::new()
        };
        waiting
            .into_iter()
            .for_each(|out| self.arrive_later(out, 0));
        Ok(now)
    }

    fn change_number(&mut self, who: &str, number: &str, args: &Value) -> Done {
        let asked = json::text(args, "phone")
            .ok_or_else(|| Refusal::Wrong("`phone` is missing: want the new number".to_owned()))?;
        let phone = customer::digits(asked).map_err(Refusal::Wrong)?;
        let wa_id = customer::wa_id(&phone);
        if self
            .customers
            .iter()
            .any(|other| other.wa_id.as_ref() == Some(&wa_id))
        {
            return Err(Refusal::Conflict(format!(
                "`{asked}` belongs to somebody already"
            )));
        }
        let new_user = self.fresh_user_id(customer::country_of(&phone), &phone);
        let customer = self
            .customer_mut(who)
            .ok_or_else(|| Refusal::Unknown(who.to_owned()))?;
        let old_phone = customer.wa_id.replace(wa_id.clone());
        customer.phone = Some(phone);
        customer.identity_hash = customer::identity_hash(&new_user);
        let old_user = std::mem::replace(&mut customer.bsuid, new_user.clone());
        let shown = old_phone.as_deref().unwrap_or(&old_user);
        let body = format!("User {} changed from {shown} to {wa_id}", customer.name);
        let id = self.new_wamid();
        let told = Change {
            kind: "user_changed_number",
            body,
            old_phone: old_phone.as_deref(),
            new_phone: Some(&wa_id),
            old_user: &old_user,
            new_user: &new_user,
        };
        self.tell_change(who, number, &id, &told)
    }

    fn change_user_id(&mut self, who: &str, number: &str) -> Done {
        let country = self
            .customer(who)
            .and_then(|c| c.bsuid.get(..2))
            .unwrap_or("US")
            .to_owned();
        let new_user = self.fresh_user_id(&country, who);
        let customer = self
            .customer_mut(who)
            .ok_or_else(|| Refusal::Unknown(who.to_owned()))?;
        let old_user = std::mem::replace(&mut customer.bsuid, new_user.clone());
        let body = format!("User changed from {old_user} to {new_user}");
        let id = self.new_wamid();
        let told = Change {
            kind: "user_changed_user_id",
            body,
            old_phone: None,
            new_phone: None,
            old_user: &old_user,
            new_user: &new_user,
        };
        self.tell_change(who, number, &id, &told)
    }

    fn tell_change(&mut self, who: &str, number: &str, id: &str, told: &Change<'_>) -> Done {
        if let Some(update) = shape::system(self, number, id, told) {
            self.publish(update);
        }
        self.pulse(Some(who));
        Ok(json!({"id": id, "bsuid": told.new_user, "previous_bsuid": told.old_user}))
    }

    fn fresh_user_id(&mut self, country: &str, seed: &str) -> String {
        self.made += 1;
        customer::bsuid(country, &format!("{seed}/{}", self.made))
    }

    /// The operator gives the number to somebody new, and tells nobody.
    fn recycle(&mut self, who: &str, args: &Value) -> Done {
        let owner = self
            .customer_mut(who)
            .ok_or_else(|| Refusal::Unknown(who.to_owned()))?;
        let phone = owner
            .phone
            .take()
            .ok_or_else(|| Refusal::Conflict(format!("`{who}` has no phone number")))?;
        let (old_wa_id, language) = (owner.wa_id.take(), owner.language.clone());
        owner.undeliverable = true;
        let name = json::text(args, "name").unwrap_or("New Owner").to_owned();
        let bsuid = Some(self.fresh_user_id(customer::country_of(&phone), &phone));
        let new = NewCustomer {
            name,
            phone: Some(phone.clone()),
            bsuid,
            language: Some(language),
            ..NewCustomer::default()
        };
        match self.add_customer(&new).map(Customer::summary) {
            Ok(summary) => Ok(summary),
            Err(why) => {
                if let Some(owner) = self.customer_mut(who) {
                    (owner.phone, owner.wa_id, owner.undeliverable) =
                        (Some(phone), old_wa_id, false);
                }
                Err(Refusal::Conflict(why))
            }
        }
    }

    /// Staff write by hand from the phone app of a coexistence number: no send passed any gateway.
    fn echo(&mut self, who: &str, number: &str, args: &Value) -> Done {
        let text = words(args, "text")?;
        let now_ms = self.clock.simulated_ms();
        let id = self.new_wamid();
        let display = self
            .account_of(number)
            .map_or_else(String::new, |(_, n)| n.display.clone());
        let opening = shape::opening(self, number);
        let customer = self
            .customer_mut(who)
            .ok_or_else(|| Refusal::Unknown(who.to_owned()))?;
        let echo = Fields::default()
            .put("from", display)
            .put_some("to", customer.shown_phone(number, now_ms))
            .put("to_user_id", customer.bsuid.as_str())
            .put("id", id.as_str())
            .put("timestamp", (now_ms / 1_000).to_string())
            .put("type", "text")
            .put("text", json!({"body": text}))
            .done();
        let mut shown = bubble(&id, number, "text", (text, None), now_ms);
        (shown.from, shown.category) = (Side::Business, Some("by hand".to_owned()));
        customer.add(shown);
        let value = opening.put("message_echoes", json!([echo])).done();
        if let Some(update) = shape::update(self, number, "smb_message_echoes", value) {
            self.publish(update);
        }
        self.pulse(Some(who));
        Ok(json!({"id": id}))
    }
}

fn bubble(
    id: &str,
    number: &str,
    kind: &str,
    (body, reply_to): (String, Option<String>),
    at_ms: i64,
) -> Bubble {
    Bubble {
        id: id.to_owned(),
        from: Side::Customer,
        number: number.to_owned(),
        kind: kind.to_owned(),
        category: None,
        template: None,
        header: (kind != "text" && kind != "button" && kind != "interactive")
            .then(|| format!("[{kind}]")),
        body,
        footer: None,
        buttons: Vec::new(),
        at_ms,
        state: State::Sent,
        reply_to,
        reaction: None,
        out: None,
    }
}

/// What the person's own screen shows: a new bubble, or a change to an older one.
fn leave_trace(customer: &mut Customer, number: &str, (id, at_ms): (&str, i64), said: Inbound) {
    let target = |key: &str| {
        json::text(&said.content, key)
            .unwrap_or_default()
            .to_owned()
    };
    match said.kind {
        "reaction" => {
            let emoji = json::text(&said.content, "emoji").map(str::to_owned);
            if let Some(bubble) = customer.bubble(&target("message_id")) {
                bubble.reaction = emoji;
            }
        }
        "edit" | "revoke" => {
            let gone = said.kind == "revoke";
            if let Some(bubble) = customer.bubble(&target("original_message_id")) {
                bubble.body = if gone {
                    "(deleted)".to_owned()
                } else {
                    said.shown
                };
            }
        }
        kind => {
            customer.add(bubble(id, number, kind, (said.shown, said.reply_to), at_ms));
        }
    }
}
