//! What a start is given: accounts, numbers, templates, people and the gateway.

use serde::{Deserialize, Serialize};

/// A WhatsApp Business Account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The WABA id.
    pub id: String,
    /// Its numbers.
    pub numbers: Vec<Number>,
}

/// A number of the business.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// The `phone_number_id`.
    pub id: String,
    /// The number itself, digits only.
    pub display: String,
}

/// A template to start with, in Meta's own words.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    /// Lower-case name.
    pub name: String,
    /// Language code such as `en_GB`.
    pub language: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    pub category: String,
    /// Meta's array of components.
    pub components: serde_json::Value,
    /// A fixed id; without one it is made from the name.
    #[serde(default)]
    pub id: Option<u64>,
    /// `POSITIONAL` (as without) or `NAMED`.
    #[serde(default)]
    pub parameter_format: Option<String>,
}

/// A person to start with, or to create over the control API.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// The profile name.
    pub name: String,
    /// Short id for routes; made from the name when absent.
    #[serde(default)]
    pub id: Option<String>,
    /// Phone number in any usual form; absent for a person known by BSUID only.
    #[serde(default)]
    pub phone: Option<String>,
    /// Username, which hides the phone from businesses that do not know it.
    #[serde(default)]
    pub username: Option<String>,
    /// Business-scoped user id; made when absent.
    #[serde(default)]
    pub bsuid: Option<String>,
    /// Parent BSUID, for linked portfolios.
    #[serde(default)]
    pub parent_bsuid: Option<String>,
    /// Language code such as `en_GB`.
    #[serde(default)]
    pub language: Option<String>,
    /// Never show the phone in webhooks.
    #[serde(default)]
    pub phone_hidden: bool,
    /// Whether webhooks carry `identity_key_hash`.
    #[serde(default)]
    pub identity_check: bool,
}

/// The gateway that stands before us.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// What a client would put in place of `https://graph.facebook.com`.
    pub base_url: String,
    /// Sent as bearer token.
    pub api_key: String,
}
