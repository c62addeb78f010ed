//! Settings: a file over the embedded defaults, and the environment over the file.

mod people;
mod secret;

use std::path::{Path, PathBuf};

use consent::{id::NumberId, phone::Country};
use figment::{
    Figment,
    error::Kind,
    providers::{Env, Format, Toml},
};
use serde::Deserialize;

pub use people::{
    Campaigns, Controller, Email, Journeys, Pages, SecondFactor, Sms, Staff, Webhook,
};
pub use secret::Secret;

/// Every setting with its default, as text.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// Secrets of the sandbox begin like this, and `serve` refuses them.
pub const SANDBOX_PREFIX: &str = "sandbox-";

/// Requests, workers and checks of health share the connections: with fewer they wait for each other.
const CONNECTIONS_MIN: u32 = 4;

/// The settings of one deployment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the gate listens.
    pub listen: String,
    /// Where only webhooks and public pages are served.
    pub public_listen: Option<String>,
    /// The database.
    pub database: String,
    /// Start even where the database may lose what was acknowledged.
    pub database_allow_lossy: bool,
    /// How many connections a node keeps to PostgreSQL at the most.
    pub database_connections: Option<u32>,
    /// The address under which the public reaches us.
    pub public_url: Option<String>,
    /// The country to assume for national numbers.
    pub default_region: Option<String>,
    /// Meta's side.
    pub whatsapp: Whatsapp,
    /// The door for apps.
    pub gateway: Gateway,
    /// The app behind us.
    pub relay: Relay,
    /// Our secrets.
    pub keys: Keys,
    /// How long things are kept.
    pub retention: Retention,
    /// What the pages for people say about the business.
    pub pages: Pages,
    /// Who works with the dashboard.
    pub staff: Staff,
    /// Campaigns.
    pub campaigns: Campaigns,
    /// Journeys.
    pub journeys: Journeys,
    /// Who answers for the data, as receipts say it.
    pub controller: Controller,
    /// Text messages.
    pub sms: Sms,
    /// E-mail.
    pub email: Email,
    /// What is written about what happens.
    pub log: Log,
}

/// Meta's side.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whatsapp {
    /// Where the Graph API is.
    pub graph_url: String,
    /// The version for our own calls.
    pub version: String,
    /// The secrets that sign webhooks.
    pub app_secrets: Vec<Secret>,
    /// The word that proves a subscription to be ours.
    pub verify_token: Option<Secret>,
    /// The token for our own sends.
    pub access_token: Option<Secret>,
    /// How long to wait for an answer, in milliseconds.
    pub send_timeout_ms: u64,
    /// How often templates are read again, in seconds.
    pub templates_refresh_seconds: u64,
    /// The accounts and their numbers.
    #[serde(default)]
    pub accounts: Vec<Account>,
}

/// An account and its numbers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The WhatsApp Business Account's id.
    pub id: String,
    /// The ids of its numbers.
    #[serde(default)]
    pub numbers: Vec<String>,
}

/// The door for apps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// What callers present.
    pub auth: Auth,
}

/// What callers of the gateway present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// A key of ours.
    Key,
    /// Their own Meta token.
    Passthrough,
}

/// The app behind us.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Where webhooks are handed on to.
    pub url: Option<String>,
    /// When to give up on one, in hours.
    pub give_up_hours: i64,
}

/// Our secrets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Wraps everything that is secret in the database.
    pub master: Option<Secret>,
}

/// How long things are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Raw bodies, in days.
    pub raw_days: i64,
}

/// What is written about what happens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For whom.
    pub format: LogFormat,
    /// How much.
    pub level: String,
}

/// For whom the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that does not exist.
    #[error("there is no setting `{key}`{}", .nearest.as_ref().map(|near| format!(": did you mean `{near}`?")).unwrap_or_default())]
    UnknownKey {
        /// The key.
        key: String,
        /// The nearest that exists.
        nearest: Option<String>,
    },
    /// The file cannot be read.
    #[error("cannot read the settings in `{path}`: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A value of the wrong kind.
    #[error("the settings make no sense: {0}")]
    Value(String),
    /// A secret that cannot be had.
    #[error("{0}")]
    Secret(String),
}

impl Config {
    /// Reads the settings: defaults, then the file, then the environment.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key and, where it was mistyped, the nearest one.
    pub fn load(file: Option<&Path>, data: Option<&Path>) -> Result<Self, ConfigError> {
        let mut layers = Figment::from(Toml::string(DEFAULTS));
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::File {
                path: path.to_owned(),
                cause,
            })?;
            layers = layers.merge(Toml::string(&text));
        }
        // The names that a value may point to with env: share our prefix; they are no settings.
        let settings = Env::prefixed("CONSENTRY_")
            .filter(|name| is_setting(name.as_str()))
            .split("__");
        let mut config: Self = layers
            .merge(settings)
            .extract()
            .map_err(|error| explain(&error))?;
        config.check()?;
        config.settle_database(data);
        Ok(config)
    }

    /// Which account a number belongs to; none when the number is not ours.
    #[must_use]
    pub fn account_of(&self, number: &NumberId) -> Option<&str> {
        let mut accounts = self.whatsapp.accounts.iter();
        let owner =
            accounts.find(|account| account.numbers.iter().any(|id| id == number.as_str()))?;
        Some(&owner.id)
    }

    /// Whether this is one of our accounts.
    #[must_use]
    pub fn has_account(&self, id: &str) -> bool {
        self.whatsapp
            .accounts
            .iter()
            .any(|account| account.id == id)
    }

    /// Every number.
    pub fn numbers(&self) -> impl Iterator<Item = NumberId> + '_ {
        self.whatsapp
            .accounts
            .iter()
            .flat_map(|account| account.numbers.iter())
            .filter_map(|id| id.parse().ok())
    }

    /// The country to assume for national numbers.
    #[must_use]
    pub fn home(&self) -> Option<Country> {
        self.default_region
            .as_deref()
            .and_then(|region| region.parse().ok())
    }

    /// Whether a secret of the sandbox is among the settings.
    #[must_use]
    pub fn has_sandbox_secrets(&self) -> bool {
        let whatsapp = &self.whatsapp;
        let optional = whatsapp
            .verify_token
            .iter()
            .chain(&whatsapp.access_token)
            .chain(&self.keys.master);
        whatsapp
            .app_secrets
            .iter()
            .chain(optional)
            .any(|secret| secret.expose().starts_with(SANDBOX_PREFIX))
    }

    fn check(&self) -> Result<(), ConfigError> {
        if let Some(region) = &self.default_region {
            region
                .parse::<Country>()
                .map_err(|error| ConfigError::Value(format!("default_region: {error}")))?;
        }
        if self
            .database_connections
            .is_some_and(|count| count < CONNECTIONS_MIN)
        {
            return Err(ConfigError::Value(format!(
                "database_connections: want {CONNECTIONS_MIN} or more"
            )));
        }
        for (name, url) in [
            ("public_url", &self.public_url),
            ("pages.privacy_url", &self.pages.privacy_url),
            ("sms.url", &self.sms.url),
        ] {
            if let Some(url) = url.as_deref().filter(|url| !is_address(url)) {
                return Err(ConfigError::Value(format!(
                    "{name}: `{url}` is no address: want one like https://gate.example.com"
                )));
            }
        }
        if self.pages.link_days == 0 {
            let said = "pages.link_days: a link of `0` days shows nothing: want 1 or more";
            return Err(ConfigError::Value(said.to_owned()));
        }
        for account in &self.whatsapp.accounts {
            for number in &account.numbers {
                number
                    .parse::<NumberId>()
                    .map_err(|error| ConfigError::Value(format!("numbers: {error}")))?;
            }
        }
        Ok(())
    }

    /// A relative SQLite file lies in the data folder.
    fn settle_database(&mut self, data: Option<&Path>) {
        let file = self
            .database
            .strip_prefix("sqlite:")
            .map(|rest| rest.trim_start_matches("//"));
        if let (Some(file), Some(data)) = (file, data)
            && Path::new(file).is_relative()
        {
            self.database = format!("sqlite:{}", data.join(file).display());
        }
    }
}

/// Whether a text is the address of a page, without what does not belong in one.
fn is_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"'\\`".contains(c);
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
        && text.chars().all(plain)
}

/// Whether a variable (without its prefix) names a setting: its first part is a key of the defaults.
fn is_setting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let first = name.split("__").next().unwrap_or_default();
    KEYS.contains(&first) && (name.contains("__") || !SECTIONS.contains(&first))
}

const SECTIONS: [&str; 11] = [
    "whatsapp",
    "gateway",
    "relay",
    "keys",
    "retention",
    "pages",
    "staff",
    "controller",
    "sms",
    "email",
    "log",
];
const KEYS: [&str; 18] = [
    "listen",
    "public_listen",
    "database",
    "database_allow_lossy",
    "database_connections",
    "public_url",
    "default_region",
    "whatsapp",
    "gateway",
    "relay",
    "keys",
    "retention",
    "pages",
    "staff",
    "controller",
    "sms",
    "email",
    "log",
];

fn explain(error: &figment::Error) -> ConfigError {
    let place = |key: &str| {
        let mut path = error.path.clone();
        if path.last().is_none_or(|last| last != key) {
            path.push(key.to_owned());
        }
        path.join(".")
    };
    match &error.kind {
        Kind::UnknownField(key, known) => {
            let close = known
                .iter()
                .map(|name| (strsim::damerau_levenshtein(name, key), *name))
                .min();
            let nearest = close
                .filter(|(distance, _)| *distance <= 4)
                .map(|(_, name)| place_of(error, key, name));
            ConfigError::UnknownKey {
                key: place(key),
                nearest,
            }
        }
        _ => ConfigError::Value(error.to_string()),
    }
}

fn place_of(error: &figment::Error, key: &str, name: &str) -> String {
    let mut path: Vec<&str> = error
        .path
        .iter()
        .map(String::as_str)
        .filter(|part| *part != key)
        .collect();
    path.push(name);
    path.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("consentry.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(Some(&file), None)
    }

    #[test]
    fn the_defaults_are_whole() {
        let config = Config::load(None, Some(Path::new("somewhere"))).unwrap();
        assert_eq!(config.database, "sqlite:somewhere/consentry.db");
        assert_eq!(config.gateway.auth, Auth::Key);
    }

    #[test]
    fn a_mistyped_key_is_refused_with_the_nearest() {
        let error = load("lisen = \"127.0.0.1:1\"").unwrap_err().to_string();
        assert_eq!(error, "there is no setting `lisen`: did you mean `listen`?");
        let error = load("[whatsapp]\nverify_tokn = \"x\"")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("verify_tokn") && error.contains("whatsapp.verify_token"),
            "{error}"
        );
        let error = load("[nonsense]\nx = 1").unwrap_err().to_string();
        assert!(error.contains("nonsense"), "{error}");
    }

    #[test]
    fn secrets_come_from_files_and_are_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "hush\n").unwrap();
        let config = load(&format!(
            "[whatsapp]\naccess_token = \"file:{}\"",
            file.display()
        ))
        .unwrap();
        let token = config.whatsapp.access_token.as_ref().unwrap();
        assert_eq!(token.expose(), "hush");
        assert!(!format!("{config:?}").contains("hush"));
        let error = load("[whatsapp]\naccess_token = \"env:CONSENTRY_NO_SUCH_NAME\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("CONSENTRY_NO_SUCH_NAME"), "{error}");
    }
}
