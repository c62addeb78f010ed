//! A send comes in: is it right, may it go, and what will become of it?

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    chat::{Bubble, Out, Side, State, Target},
    cloud::fault::{self, Fault},
    customer::Customer,
    json,
    options::NewTemplate,
    outgoing::{
        content,
        job::{Job, Step},
        message::{self, Ask, Door, Draft},
    },
    secret,
    settings::{Refusals, Unknown},
    template::Template,
    world::{TEMPLATES_MAX, World},
};

pub struct Taken {
    pub answer: Value,
    pub wamid: Option<String>,
}

/// The template or category side of a message, once looked up.
struct Dressed {
    bubble: Bubble,
    category: &'static str,
    template_id: Option<u64>,
    needs_window: bool,
}

impl World {
    /// Reads one send and, if it is right, sets it on its way; `failing` is a code that a test wants it to fail with.
    pub fn take(
        &mut self,
        number: &str,
        door: Door,
        body: &Value,
        failing: Option<u32>,
    ) -> Result<Taken, Fault> {
        match message::read(body, door)? {
            Ask::Receipt { message } => self.receipt(number, &message),
            Ask::Send(draft) => self.send(number, door, *draft, failing),
        }
    }

    fn receipt(&mut self, number: &str, message: &str) -> Result<Taken, Fault> {
        let holder = self.customers.iter_mut().find(|c| {
            c.chat
                .iter()
                .any(|b| b.id == message && b.from == Side::Customer)
        });
        let holder = holder
            .ok_or_else(|| Fault::value(format!("message_id: no message `{message}` came in")))?;
        for bubble in &mut holder.chat {
            if bubble.from == Side::Customer && bubble.number == number {
                bubble.state = State::Read;
            }
            if bubble.id == message {
                break;
            }
        }
        let id = holder.id.clone();
        self.pulse(Some(&id));
        Ok(Taken {
            answer: json!({"success": true}),
            wamid: None,
        })
    }

    fn send(
        &mut self,
        number: &str,
        door: Door,
        draft: Draft,
        failing: Option<u32>,
    ) -> Result<Taken, Fault> {
        let owner = self
            .account_of(number)
            .map(|(account, number)| (account.id.clone(), number.display.clone()));
        let (account, display) = owner.ok_or_else(|| Fault::no_such_object(number))?;
        if draft.to == Target::Phone(crate::customer::wa_id(&display)) {
            return Err(Fault::new(
                131_021,
                fault::title_of(131_021),
                "the recipient is the sender's own number",
            ));
        }
        let dressed = self.dress(&account, number, door, &draft)?;
        self.check_pace(number, &draft)?;
        let now_ms = self.clock.simulated_ms();
        let fate = failing.or_else(|| self.fate(number, &draft, &dressed, now_ms));
        if let Some(code) =
            fate.filter(|_| failing.is_none() && self.settings.refusals == Refusals::Sync)
        {
            return Err(Fault::new(
                code,
                fault::title_of(code),
                fault::details_of(code),
            ));
        }
        let pricing = if matches!(door, Door::Marketing { .. }) {
            "marketing_lite"
        } else {
            dressed.category
        };
        let wamid = self.new_wamid();
        let answer = answer(&draft, &wamid);
        let known = self.addressed(&draft.to).map(|customer| {
            if matches!(draft.to, Target::Phone(_)) {
                customer.phone_used_ms.insert(number.to_owned(), now_ms);
            }
            customer.id.clone()
        });
        let out = Out {
            number: number.to_owned(),
            customer: known,
            to: draft.to,
            callback: draft.callback,
            identity_hash: draft.identity_hash,
            pricing,
            template_id: dressed.template_id,
            failing: fate,
            bubble: Bubble {
                id: wamid.clone(),
                at_ms: now_ms,
                ..dressed.bubble
            },
            wamid: wamid.clone(),
        };
        self.schedule(
            self.settings.sent_ms,
            Job::Step {
                out: Arc::new(out),
                step: Step::Sent,
            },
        );
        Ok(Taken {
            answer,
            wamid: Some(wamid),
        })
    }

    fn dress(
        &mut self,
        account: &str,
        number: &str,
        door: Door,
        draft: &Draft,
    ) -> Result<Dressed, Fault> {
        if draft.kind == "template" {
            return self.dress_template(account, number, door, draft);
        }
        if let Door::Marketing { .. } = door {
            return Err(Fault::invalid(
                "type: want `template`, nothing else can be sent here",
            ));
        }
        let filled = content::read(draft, |id| self.media.get(id).is_some())?;
        let mut bubble = content::bubble(draft, number, filled);
        let template_id = draft
            .direct
            .as_ref()
            .and_then(|category| self.behind_direct_send(account, category, &bubble));
        let category = draft.direct.as_deref().map_or("service", pricing_of);
        bubble.category = Some(category.to_owned());
        Ok(Dressed {
            bubble,
            category,
            template_id,
            needs_window: draft.direct.is_none() && draft.kind != "reaction",
        })
    }

    fn dress_template(
        &self,
        account: &str,
        number: &str,
        door: Door,
        draft: &Draft,
    ) -> Result<Dressed, Fault> {
        let name = json::text(&draft.content, "name")
            .ok_or_else(|| Fault::missing("template.name is missing"))?;
        let language =
            json::field(&draft.content, "language").and_then(|found| json::text(found, "code"));
        let language =
            language.ok_or_else(|| Fault::missing("template.language.code is missing"))?;
        let found = self
            .template(account, name, language)
            .filter(|t| !matches!(t.status.as_str(), "PENDING" | "REJECTED"));
        let template = found.ok_or_else(|| {
            Fault::new(
                132_001,
                fault::title_of(132_001),
                format!("template name `{name}` does not exist in `{language}`"),
            )
        })?;
        match template.status.as_str() {
            "PAUSED" => {
                return Err(Fault::new(
                    132_015,
                    fault::title_of(132_015),
                    format!("template `{name}` is paused"),
                ));
            }
            "DISABLED" => {
                return Err(Fault::new(
                    132_016,
                    fault::title_of(132_016),
                    format!("template `{name}` is disabled"),
                ));
            }
            _ => {}
        }
        if let Door::Marketing { graph_major } = door
            && template.category != "MARKETING"
        {
            let code = if graph_major >= 23 { 134_100 } else { 131_055 };
            return Err(Fault::new(
                code,
                fault::title_of(134_100),
                format!("template `{name}` is {}", template.category),
            ));
        }
        if template.category == "AUTHENTICATION" && matches!(draft.to, Target::User(_)) {
            return Err(Fault::new(
                131_062,
                fault::title_of(131_062),
                "authentication templates go to a phone number",
            ));
        }
        let filled = template.fill(json::list(&draft.content, "components"))?;
        let category = pricing_of(&template.category.to_ascii_lowercase());
        let bubble = Bubble {
            category: Some(category.to_owned()),
            template: Some(format!("{name} ({})", template.language)),
            ..content::bubble(draft, number, filled)
        };
        Ok(Dressed {
            bubble,
            category,
            template_id: None,
            needs_window: false,
        })
    }

    /// Meta keeps a template of its own making behind each message sent so.
    fn behind_direct_send(
        &mut self,
        account: &str,
        category: &str,
        bubble: &Bubble,
    ) -> Option<u64> {
        let name = format!(
            "auto_{}",
            secret::digits_of(&format!("{account}/{category}/{}", bubble.body), 12)
        );
        let known = self
            .template(account, &name, "en")
            .map(|template| template.id);
        if known.is_some() || self.templates.len() >= TEMPLATES_MAX {
            return known;
        }
        let components = json!([{"type": "BODY", "text": bubble.body}]);
        let new = NewTemplate {
            name,
            language: "en".to_owned(),
            category: category.to_owned(),
            components,
            id: None,
            parameter_format: None,
        };
        let template = Template {
            source: Some("AUTO_GENERATED".to_owned()),
            quality_at_s: self.clock.simulated_ms() / 1_000,
            ..Template::new(account, &new)
        };
        let id = template.id;
        self.templates.push(template);
        Some(id)
    }

    fn check_pace(&mut self, number: &str, draft: &Draft) -> Result<(), Fault> {
        let now_ms = self.clock.simulated_ms();
        let per_s = self.settings.throughput_per_s;
        if per_s > 0 && !self.limits.throughput_allows(number, per_s, now_ms) {
            return Err(Fault::new(
                130_429,
                fault::title_of(130_429),
                format!("more than {per_s} messages a second"),
            ));
        }
        let to = match &draft.to {
            Target::Phone(id) | Target::User(id) | Target::Group(id) => id,
        };
        if self.settings.pair_rate && !self.limits.pair_allows(number, to, now_ms) {
            return Err(Fault::new(
                131_056,
                fault::title_of(131_056),
                "too many messages to this user in a short time",
            ));
        }
        Ok(())
    }

    /// The code that this message fails with, if it does.
    fn fate(&mut self, number: &str, draft: &Draft, dressed: &Dressed, now_ms: i64) -> Option<u32> {
        let marketing = dressed.category == "marketing";
        let held_in_us = self.settings.us_marketing_held && marketing;
        let strangers = self.settings.unknown_recipients;
        if let Target::Group(_) = draft.to {
            return None;
        }
        let Some(customer) = self.addressed(&draft.to) else {
            return match strangers {
                Unknown::Undeliverable => Some(131_026),
                Unknown::Deliver if dressed.needs_window => Some(131_047),
                Unknown::Deliver => {
                    matches!(&draft.to, Target::Phone(d) if held_in_us && d.starts_with('1'))
                        .then_some(131_049)
                }
            };
        };
        let american = customer
            .wa_id
            .as_ref()
            .is_some_and(|digits| digits.starts_with('1'));
        fate_of_known(customer, number, draft, dressed, now_ms)
            .or((held_in_us && american).then_some(131_049))
    }
}

fn fate_of_known(
    customer: &Customer,
    number: &str,
    draft: &Draft,
    dressed: &Dressed,
    now_ms: i64,
) -> Option<u32> {
    let marketing = dressed.category == "marketing";
    let someone_else = draft
        .identity_hash
        .as_ref()
        .is_some_and(|hash| *hash != customer.identity_hash);
    let checks = [
        (customer.undeliverable, 131_026),
        (customer.blocked.contains(number), 130_403),
        (someone_else, 137_000),
        (marketing && customer.offers_off.contains(number), 131_050),
        (marketing && customer.capped, 131_049),
        (
            dressed.needs_window && !customer.window_open(number, now_ms),
            131_047,
        ),
    ];
    checks
        .iter()
        .find(|(fails, _)| *fails)
        .map(|(_, code)| *code)
}

fn answer(draft: &Draft, wamid: &str) -> Value {
    let mut message = json!({"id": wamid});
    let contact = match &draft.to {
        Target::Phone(wa_id) => json!({"input": draft.input, "wa_id": wa_id}),
        Target::User(user) => json!({"input": draft.input, "user_id": user}),
        Target::Group(_) => json!({"input": draft.input}),
    };
    if let Some(fields) = message.as_object_mut() {
        if draft.kind == "template" {
            fields.insert("message_status".to_owned(), json!("accepted"));
        }
        if let Target::Group(group) = &draft.to {
            fields.insert("group_id".to_owned(), json!(group));
        }
    }
    json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]})
}

fn pricing_of(category: &str) -> &'static str {
    match category {
        "marketing" => "marketing",
        "utility" => "utility",
        "authentication" => "authentication",
        _ => "service",
    }
}
