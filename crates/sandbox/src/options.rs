//! What the simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};

use crate::{secret, seed, settings::Settings};

pub use crate::given::{Account, Gateway, NewCustomer, NewTemplate, Number};

/// Everything that a start needs; [`Options::sample`] has people, templates and fresh secrets in it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; only a loopback address is accepted. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The business's name, as it stands on top of each chat.
    pub business: String,
    /// Signs the webhooks.
    pub app_secret: String,
    /// Proves us to the callback in the verification GET.
    pub verify_token: String,
    /// Bearer tokens that the Graph API accepts.
    pub access_tokens: Vec<String>,
    /// Bearer token of the control API under `/sandbox`.
    pub control_token: String,
    /// Opens the phones page once.
    pub page_token: String,
    /// The business's accounts and their numbers.
    pub accounts: Vec<Account>,
    /// Templates that exist at the start, in each account.
    pub templates: Vec<NewTemplate>,
    /// People who exist at the start.
    pub customers: Vec<NewCustomer>,
    /// Where webhooks go; may be set later.
    pub callback: Option<String>,
    /// Where the page's "send as the business" panel sends; may be set later.
    pub gateway: Option<Gateway>,
    /// Delays, rules and faults at the start and after a reset.
    pub settings: Settings,
    /// How many POSTs the log of arrivals remembers.
    pub sent_log_max: usize,
}

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address could be reached from elsewhere.
    #[error(
        "`{0}` is not a loopback address: the sandbox listens only on one like 127.0.0.1 or ::1"
    )]
    NotLoopback(SocketAddr),
    /// The port is taken, or may not be used.
    #[error("cannot listen on `{0}`: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// A seed, number or address in the options is wrong.
    #[error("{0}")]
    Options(String),
    /// No randomness for secrets.
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The HTTP client for webhooks could not be made.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// How many POSTs the log of arrivals remembers, unless told otherwise.
pub const SENT_LOG_MAX: usize = 20_000;

impl Options {
    /// A free loopback port, fresh `sandbox-` secrets, and the sample people and templates.
    pub fn sample() -> Result<Self, Error> {
        Ok(Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            business: "Harbour & Sons".to_owned(),
            app_secret: secret::make("app")?,
            verify_token: secret::make("verify")?,
            access_tokens: vec![secret::make("token")?],
            control_token: secret::make("control")?,
            page_token: secret::make("page")?,
            accounts: seed::accounts(),
            templates: seed::templates(),
            customers: seed::customers(),
            callback: None,
            gateway: None,
            settings: Settings::default(),
            sent_log_max: SENT_LOG_MAX,
        })
    }
}
