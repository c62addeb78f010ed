//! What every request shares: the ground floor, which imports nothing from higher up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicBool},
    time::Instant,
};

use consent::policy::Policy;
use graph::{
    bearer::Bearer,
    client::{Client, Settings},
    signature::{AppSecret, EmptySecret},
};
use ledger::key::Signer;
use sms::signature::{EmptyToken, Token};
use store::{
    campaign::recipient::Settled,
    durability::Durability,
    message::{MessageLine, News},
    pool::Store,
    postgres::Options,
    transfer::Stage,
};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use crate::{
    afoot::Afoot,
    claim::{Claim, Claimed},
    clock::Clock,
    config::Config,
    drives::Drives,
    error::Error,
    flows::Flows,
    intake::Intake,
    live::Live,
    memory::Memory,
    post::Post,
    proving::Proving,
    tempo::Tempo,
    together::Together,
    vault::{Vault, VaultError},
};

/// Webhooks that journeys call at one time.
const CALLS_MAX: usize = 32;

/// The name under which our log signs its checkpoints, when no public address is configured.
const ORIGIN: &str = "consentry.local/log";

/// What every request shares.
pub type App = Arc<House>;

/// The open house.
pub struct House {
    /// The settings.
    pub config: Config,
    /// The clock.
    pub clock: Clock,
    /// The rows.
    pub store: Store,
    /// The secrets.
    pub vault: Vault,
    /// The way to Meta.
    pub graph: Client,
    /// The way to the app behind us.
    pub relay: reqwest::Client,
    /// The way to our mail server, where there is one.
    pub post: Option<Post>,
    /// The token for our own calls.
    pub token: Option<Bearer>,
    /// The secrets that sign webhooks.
    pub app_secrets: Vec<AppSecret>,
    /// The tokens that sign text messages.
    pub sms_tokens: Vec<Token>,
    /// Signs checkpoints.
    pub signer: Signer,
    /// This process, among the nodes of a database.
    pub node: Uuid,
    /// Webhooks that wait to be taken in.
    pub intake: Intake,
    /// Sends of this process that may still start.
    pub afoot: Afoot,
    /// Sends that wait to be reserved.
    pub claims: Together<Claim, Option<Claimed>>,
    /// Refusals that wait to be written down.
    pub refusals: Together<MessageLine>,
    /// Outcomes of sends that wait to be written down.
    pub outcomes: Together<News>,
    /// Turns of campaigns that ended and wait to be written down.
    pub turns: Together<Settled>,
    /// Campaigns that run.
    pub drives: Drives,
    /// Webhooks that journeys may call at one time.
    pub calls: Arc<Semaphore>,
    /// How long a no took to be in force.
    pub tempo: Tempo,
    /// Wakes the workers.
    pub bell: Bell,
    /// Those who watch the inbox.
    pub live: Live,
    /// Whether the templates were read at Meta since the start, or could not be.
    pub templates_tried: AtomicBool,
    /// Whether the database is an older copy that nobody has acknowledged yet: marketing waits.
    pub restored: AtomicBool,
    /// What the database promised when it was last asked.
    pub(crate) guarantees: Mutex<Option<Durability>>,
    /// Where we are reached when no `public_url` is set: the address that we listen on, if it is a loopback one.
    pub address: OnceLock<String>,
    /// Where the main address listens, once it does: what leads to the dashboard.
    pub desk_address: OnceLock<String>,
    /// The proof of everything that was asked for last.
    pub proving: Proving,
    /// What Meta says about the business, as last read.
    pub(crate) card: Mutex<Option<(Instant, Card)>>,
    /// Tokens of callers that Meta vouched for, by hash, and since when.
    pub(crate) proved: Mutex<HashMap<[u8; 32], Instant>>,
    /// Templates that Meta did not know, and since when: not asked for again at once.
    pub(crate) missing_templates: Mutex<HashMap<String, Instant>>,
    /// The footers of our templates, which people quote: their words are ours, not theirs.
    pub(crate) footers: Mutex<Arc<[String]>>,
    /// Everybody's state in memory, while it is ready.
    pub memory: Arc<Memory>,
    /// The policy as last read, with its version.
    pub(crate) policy: Mutex<Arc<Policy>>,
    /// The settings of the flows as last read, with their version.
    pub(crate) flows: Mutex<Option<Arc<Flows>>>,
}

/// What the business is called, and where it is reached in WhatsApp.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// Its name.
    pub name: Option<String>,
    /// Its number in WhatsApp, as digits.
    pub digits: Option<String>,
}

/// Tells the workers that there is something to do. They look by themselves as well.
#[derive(Debug, Default)]
pub struct Bell {
    /// There are leaves to number or a checkpoint to sign.
    pub log: Notify,
    /// There are webhooks to hand on.
    pub relay: Notify,
    /// There are templates to read again.
    pub templates: Notify,
    /// There are answers to send.
    pub replies: Notify,
    /// There are e-mails to send.
    pub letters: Notify,
    /// There are campaigns to go on with.
    pub campaigns: Notify,
    /// Something happened that may move somebody in a journey.
    pub journeys: Notify,
    /// There are tallies to make anew.
    pub reports: Notify,
    /// Meta has news of our numbers.
    pub numbers: Notify,
}

/// A house that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum CannotOpen {
    /// A copy that is not whole.
    #[error(
        "the database is a copy that is not whole yet: run `consentry migrate --from … --to …` again to finish it"
    )]
    HalfCopied,
    /// The settings.
    #[error("{0}")]
    Setting(String),
    /// The secrets.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The policy or the database.
    #[error(transparent)]
    Service(#[from] Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::error::StoreError),
}

impl House {
    /// Opens the database and everything around it.
    ///
    /// # Errors
    /// When a setting makes no sense, the database does not open, or the master key is not its own.
    pub async fn open(config: Config, clock: Clock) -> Result<App, CannotOpen> {
        let store = Store::open_with(&config.database, &Self::options(&config)).await?;
        if store
            .mark()
            .await?
            .is_some_and(|mark| mark.stage == Stage::Copying)
        {
            return Err(CannotOpen::HalfCopied);
        }
        Self::with_store(config, clock, store).await
    }

    /// How the settings want the database opened.
    #[must_use]
    pub fn options(config: &Config) -> Options {
        Options {
            connections: config.database_connections,
            allow_lossy: config.database_allow_lossy,
            ..Options::default()
        }
    }

    /// The same over a database that is already open.
    ///
    /// # Errors
    /// As for [`House::open`].
    pub async fn with_store(config: Config, clock: Clock, store: Store) -> Result<App, CannotOpen> {
        let setting = |name: &str, cause: &dyn std::fmt::Display| {
            CannotOpen::Setting(format!("{name}: {cause}"))
        };
        let vault = Vault::open(&store, config.keys.master.as_ref()).await?;
        let whatsapp = &config.whatsapp;
        let app_secrets = app_secrets(&config);
        let app_secrets = app_secrets.map_err(|cause| setting("whatsapp.app_secrets", &cause))?;
        let sms_tokens = sms_tokens(&config).map_err(|cause| setting("sms.auth_tokens", &cause))?;
        let version = whatsapp
            .version
            .parse()
            .map_err(|cause| setting("whatsapp.version", &cause))?;
        let settings = Settings {
            version,
            send_timeout: std::time::Duration::from_millis(whatsapp.send_timeout_ms),
            ..Settings::new(&whatsapp.graph_url)
        };
        let graph = Client::new(settings).map_err(|cause| setting("whatsapp.graph_url", &cause))?;
        let token = whatsapp.access_token.as_ref();
        let token = token.map(|token| Bearer::from_token(token.expose()));
        let token = token
            .transpose()
            .map_err(|cause| setting("whatsapp.access_token", &cause))?;
        let post = Post::of(&config.email).map_err(|(name, why)| setting(name, &why))?;
        let origin = log_name(&store, &config).await?;
        let signer = Signer::from_seed(&origin, vault.log_seed());
        let signer = signer.map_err(|cause| setting("public_url", &cause))?;
        Ok(Arc::new(Self {
            intake: Intake::new(desks(&store)),
            clock,
            store,
            vault,
            graph,
            relay: relay_client().map_err(|cause| setting("relay", &cause))?,
            post,
            token,
            app_secrets,
            sms_tokens,
            signer,
            node: Uuid::now_v7(),
            afoot: Afoot::default(),
            claims: Together::default(),
            refusals: Together::default(),
            outcomes: Together::default(),
            turns: Together::default(),
            drives: Drives::default(),
            calls: Arc::new(Semaphore::new(CALLS_MAX)),
            tempo: Tempo::default(),
            bell: Bell::default(),
            live: Live::default(),
            templates_tried: AtomicBool::new(false),
            restored: AtomicBool::new(false),
            flows: Mutex::default(),
            guarantees: Mutex::default(),
            footers: Mutex::new(Arc::new([])),
            address: OnceLock::new(),
            desk_address: OnceLock::new(),
            proving: Proving::default(),
            card: Mutex::default(),
            proved: Mutex::default(),
            missing_templates: Mutex::default(),
            memory: Arc::default(),
            policy: Mutex::new(Arc::new(Policy {
                version: 0,
                ..Policy::default()
            })),
            config,
        }))
    }
}

impl House {
    /// The footers of our templates, as last read.
    pub(crate) fn footers(&self) -> Arc<[String]> {
        self.footers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The address under which the public reaches us, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> Option<&str> {
        let set = self.config.public_url.as_deref();
        set.or_else(|| self.address.get().map(String::as_str))
            .map(|url| url.trim_end_matches('/'))
    }

    /// The address of the dashboard, without a slash at its end: the public one, unless that serves only what the public
    /// needs.
    #[must_use]
    pub fn desk_url(&self) -> String {
        let public = self.config.public_url.as_deref();
        if let Some(url) = public.filter(|_| self.config.public_listen.is_none()) {
            return url.trim_end_matches('/').to_owned();
        }
        let listens = || format!("http://{}", self.config.listen);
        self.desk_address.get().cloned().unwrap_or_else(listens)
    }
}

/// The secrets that sign Meta's webhooks.
fn app_secrets(config: &Config) -> Result<Vec<AppSecret>, EmptySecret> {
    let secrets = config.whatsapp.app_secrets.iter();
    secrets
        .map(|secret| AppSecret::new(secret.expose()))
        .collect()
}

fn sms_tokens(config: &Config) -> Result<Vec<Token>, EmptyToken> {
    let tokens = config.sms.auth_tokens.iter();
    tokens.map(|token| Token::new(token.expose())).collect()
}

/// The log keeps the name that it began with: an address that changes must not make old checkpoints strange.
async fn log_name(store: &Store, config: &Config) -> Result<String, CannotOpen> {
    let mut tx = store.begin().await?;
    let name = tx
        .found_house("log_origin", origin(config).as_bytes())
        .await?;
    tx.commit().await?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}

const fn desks(store: &Store) -> usize {
    if store.numbers_at_once() {
        DESKS_OF_ONE_WRITER
    } else {
        DESKS
    }
}

/// How many transactions of webhooks may be under way in PostgreSQL.
const DESKS: usize = 4;

/// The same with one writer: while one group is written, the next one is read.
const DESKS_OF_ONE_WRITER: usize = 2;

/// How long the app behind us may take to answer.
const RELAY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// The client that hands webhooks on: it goes where the settings say and nowhere else.
fn relay_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .timeout(RELAY_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
}

/// The log's name: the public host, so that two businesses never sign under one name.
fn origin(config: &Config) -> String {
    let host = config
        .public_url
        .as_deref()
        .and_then(|url| url.split_once("://"))
        .map(|(_, rest)| rest);
    let host = host
        .and_then(|rest| rest.split(['/', '?', '#']).next())
        .filter(|host| !host.is_empty());
    host.map_or_else(|| ORIGIN.to_owned(), |host| format!("{host}/log"))
}
