//! Everything simulated, under one lock: accounts, people, templates, what is on its way, and the logs.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    sync::Arc,
};

use tokio::sync::{Notify, broadcast};

use crate::{
    arrival::Arrival,
    chat::Target,
    clock::Clock,
    customer::Customer,
    options::{Account, Error, Gateway, NewCustomer, Number, Options},
    outgoing::{
        job::{Due, Job},
        limits::Limits,
        trick::Tricks,
    },
    page::panel::Panel,
    refusal::Refusal,
    ring::Ring,
    secret::{self, Dice},
    settings::Settings,
    shelf::MediaShelf,
    template::Template,
    webhook::outbox::{Outbox, Subscription},
};

pub const CUSTOMERS_MAX: usize = 1_000;
pub const TEMPLATES_MAX: usize = 6_000;
const JOBS_MAX: usize = 500_000;
const PULSES_MAX: usize = 256;

pub struct World {
    pub clock: Arc<Clock>,
    pub live: broadcast::Sender<Pulse>,
    pub bells: Arc<Bells>,
    pub options: Arc<Options>,
    pub settings: Settings,
    pub accounts: Vec<Account>,
    pub customers: Vec<Customer>,
    pub templates: Vec<Template>,
    pub media: MediaShelf,
    pub subscriptions: BTreeMap<String, Subscription>,
    pub sent: Ring<Arrival>,
    pub outbox: Outbox,
    pub tricks: Tricks,
    pub limits: Limits,
    pub callback: Option<String>,
    pub gateway: Option<Gateway>,
    pub panel: Panel,
    pub dice: Dice,
    pub jobs: BinaryHeap<Reverse<Due>>,
    pub counts: Counts,
    pub made: u64,
    salt: u64,
}

/// Wakes the two workers.
#[derive(Default)]
pub struct Bells {
    pub timer: Notify,
    pub post: Notify,
}

/// Tells the open pages that something is worth reading again.
#[derive(Clone, Debug)]
pub struct Pulse {
    /// The customer whose chat changed; the panel when absent.
    pub customer: Option<String>,
}

#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Counts {
    pub accepted: u64,
    pub refused: u64,
    pub failed: u64,
    pub statuses: u64,
    pub webhooks_dropped: u64,
    pub webhooks_lost: u64,
    pub jobs_shed: u64,
}

impl World {
    pub fn new(options: Arc<Options>, clock: Arc<Clock>, bells: Arc<Bells>) -> Result<Self, Error> {
        let mut salt = [0_u8; 8];
        getrandom::fill(&mut salt)?;
        let mut world = Self {
            live: broadcast::channel(PULSES_MAX).0,
            settings: options.settings.clone(),
            accounts: options.accounts.clone(),
            customers: Vec::new(),
            templates: Vec::new(),
            media: MediaShelf::default(),
            subscriptions: BTreeMap::new(),
            sent: Ring::new(options.sent_log_max.max(1)),
            outbox: Outbox::default(),
            tricks: Tricks::default(),
            limits: Limits::default(),
            callback: options.callback.clone(),
            gateway: options.gateway.clone(),
            panel: Panel::default(),
            dice: Dice::new(options.settings.webhooks.seed),
            jobs: BinaryHeap::new(),
            counts: Counts::default(),
            made: 0,
            salt: u64::from_be_bytes(salt),
            options,
            clock,
            bells,
        };
        world.seed().map_err(Error::Options)?;
        Ok(world)
    }

    /// Back to the seeds; what is being posted this moment goes on, callback and gateway stay.
    pub fn reset(&mut self) -> Result<(), String> {
        let under_way = self.outbox.in_flight;
        self.settings = self.options.settings.clone();
        self.customers.clear();
        self.templates.clear();
        self.media = MediaShelf::default();
        self.sent = Ring::new(self.options.sent_log_max.max(1));
        self.outbox = Outbox::default();
        self.outbox.in_flight = under_way;
        self.tricks.clear();
        self.limits = Limits::default();
        self.panel = Panel::default();
        self.dice = Dice::new(self.settings.webhooks.seed);
        self.jobs.clear();
        self.counts = Counts::default();
        self.clock.rewind();
        self.pulse(None);
        self.seed()
    }

    fn seed(&mut self) -> Result<(), String> {
        let options = self.options.clone();
        let now_s = self.clock.simulated_ms() / 1_000;
        for account in &options.accounts {
            self.subscriptions
                .insert(account.id.clone(), Subscription::default());
            self.templates.extend(options.templates.iter().map(|new| {
                let mut template = Template::new(&account.id, new);
                template.quality_at_s = now_s;
                // A fixed id belongs to the first account alone: ids are unique across accounts.
                if self
                    .accounts
                    .first()
                    .is_some_and(|first| first.id != account.id)
                    && new.id.is_some()
                {
                    template.id = Template::new(
                        &account.id,
                        &crate::options::NewTemplate {
                            id: None,
                            ..new.clone()
                        },
                    )
                    .id;
                }
                template
            }));
        }
        options
            .customers
            .iter()
            .try_for_each(|new| self.add_customer(new).map(|_| ()))
    }

    pub fn add_customer(&mut self, new: &NewCustomer) -> Result<&Customer, String> {
        if self.customers.len() >= CUSTOMERS_MAX {
            return Err(format!("{CUSTOMERS_MAX} customers is the most"));
        }
        let id = match &new.id {
            Some(id) => id.clone(),
            None => self.free_id(&new.name),
        };
        let customer = Customer::new(new, id)?;
        if customer.id.is_empty()
            || !customer
                .id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            return Err(format!(
                "`{}` is not a customer id: want letters, digits, - and _",
                customer.id
            ));
        }
        let taken = self.customers.iter().find(|other| {
            other.id == customer.id
                || other.bsuid == customer.bsuid
                || (other.wa_id.is_some() && other.wa_id == customer.wa_id)
        });
        if let Some(other) = taken {
            return Err(format!(
                "`{}` has that id, phone or bsuid already",
                other.id
            ));
        }
        self.customers.push(customer);
        self.pulse(None);
        self.customers
            .last()
            .ok_or_else(|| "the customer is gone".to_owned())
    }

    fn free_id(&self, name: &str) -> String {
        let first = name.split_whitespace().next().unwrap_or_default();
        let plain: String = first
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let base = if plain.is_empty() {
            "person".to_owned()
        } else {
            plain
        };
        let free = |id: &String| self.customers.iter().all(|other| other.id != *id);
        let numbered = (2..).map(|n| format!("{base}{n}"));
        std::iter::once(base.clone())
            .chain(numbered)
            .find(free)
            .unwrap_or(base)
    }

    pub fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    /// The customer, or the sentence that there is none.
    pub fn known(&self, id: &str) -> Result<&Customer, Refusal> {
        self.customer(id)
            .ok_or_else(|| Refusal::Unknown(format!("there is no customer `{id}`")))
    }

    pub fn customer_mut(&mut self, id: &str) -> Option<&mut Customer> {
        self.customers.iter_mut().find(|customer| customer.id == id)
    }

    pub fn addressed(&mut self, to: &Target) -> Option<&mut Customer> {
        self.customers.iter_mut().find(|customer| match to {
            Target::Phone(wa_id) => customer.wa_id.as_ref() == Some(wa_id),
            Target::User(user) => {
                customer.bsuid == *user || customer.parent_bsuid.as_ref() == Some(user)
            }
            Target::Group(_) => false,
        })
    }

    pub fn account_of(&self, number: &str) -> Option<(&Account, &Number)> {
        let pairs = self
            .accounts
            .iter()
            .flat_map(|account| account.numbers.iter().map(move |n| (account, n)));
        pairs.into_iter().find(|(_, n)| n.id == number)
    }

    /// The number a customer means who does not say which: the first.
    pub fn first_number(&self) -> Option<&str> {
        self.accounts
            .iter()
            .flat_map(|account| &account.numbers)
            .map(|number| number.id.as_str())
            .next()
    }

    pub fn template(&self, account: &str, name: &str, language: &str) -> Option<&Template> {
        let plain = |text: &str| text.replace('-', "_").to_ascii_lowercase();
        let wanted = plain(language);
        self.templates
            .iter()
            .find(|t| t.account == account && t.name == name && plain(&t.language) == wanted)
    }

    pub fn new_wamid(&mut self) -> String {
        self.made += 1;
        secret::wamid(self.salt, self.made)
    }

    pub fn schedule(&mut self, delay_ms: u64, job: Job) {
        if self.jobs.len() >= JOBS_MAX {
            self.counts.jobs_shed += 1;
            return;
        }
        self.made += 1;
        let at_ns = self
            .clock
            .mono_ns()
            .saturating_add(delay_ms.saturating_mul(1_000_000));
        self.jobs.push(Reverse(Due {
            at_ns,
            seq: self.made,
            job,
        }));
        self.bells.timer.notify_one();
    }

    pub fn pulse(&self, customer: Option<&str>) {
        // Nobody listening is the usual case.
        let _ = self.live.send(Pulse {
            customer: customer.map(str::to_owned),
        });
    }

    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
            && self
                .outbox
                .is_idle(self.callback.is_some() && !self.settings.webhooks.paused)
    }
}
