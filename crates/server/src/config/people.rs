//! Settings for the doors that people see: pages, receipts, text messages, e-mail.

use serde::Deserialize;

use super::Secret;

/// What the pages for people say about the business.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// What people call it.
    pub name: Option<String>,
    /// The telephone number under which it is reached in WhatsApp.
    pub whatsapp: Option<String>,
    /// Where it says what it does with personal data.
    pub privacy_url: Option<String>,
    /// How long a preference link shows something, in days.
    pub link_days: u32,
    /// How many proxies of ours stand before the public pages: so many addresses at the end of `X-Forwarded-For` are
    /// theirs to say. With none the header is not looked at.
    pub proxies: usize,
    /// How often a form may be sent from one address in an hour.
    pub joins_per_address: u32,
    /// How often a form may be sent for one number or e-mail address in a day.
    pub joins_per_person: u32,
}

/// Who works with the dashboard.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// Whether an authenticator has to stand beside the password.
    pub second_factor: SecondFactor,
}

/// Whether members need an authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// Whoever wants one adds one.
    Optional,
    /// Whoever has none adds one before anything else.
    Required,
}

/// Campaigns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaigns {
    /// Above so many people a second person has to agree.
    pub approval_above: u64,
}

/// Journeys.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journeys {
    /// What steps of journeys may call.
    #[serde(default)]
    pub webhooks: Vec<Webhook>,
}

/// A webhook of the business.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// How journeys name it.
    pub name: String,
    /// Its address.
    pub url: String,
    /// What signs the calls.
    pub secret: Secret,
}

/// Who answers for the data, as a receipt says it (ISO/IEC TS 27560).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// The name in law; by default the name on the pages.
    pub name: Option<String>,
    /// The postal address.
    pub address: Option<String>,
    /// Where people reach whoever is responsible: an e-mail address or the address of a page.
    pub contact: Option<String>,
    /// Whose law applies, as two letters; by default `default_region`.
    pub jurisdiction: Option<String>,
    /// Where the data lies: countries, as two letters.
    pub storage: Vec<String>,
    /// Who else gets the data.
    pub recipients: Vec<String>,
    /// How long it is kept, in words.
    pub retention: Option<String>,
}

/// Text messages, as Twilio hands them on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// The tokens that sign requests. Several while one is being exchanged; without one there is no such door.
    pub auth_tokens: Vec<Secret>,
    /// The address that Twilio was told, which its signature covers; by default `public_url` and `/webhooks/sms`.
    pub url: Option<String>,
}

/// E-mail of ours.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The mail server; without one no e-mail is sent.
    pub smtp: Option<Secret>,
    /// Who it comes from.
    pub from: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
}
