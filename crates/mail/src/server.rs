//! A mail server that letters are handed to.
//!
//! The conversation is the library's; which step it is in is ours to know. An error before the first byte of a letter
//! means that nothing was handed over; the same error after it means that nobody knows.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    authentication::Mechanism,
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Rcpt},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
};
use lettre::{Address, address::Envelope};
use tokio::time::{Instant, timeout};

use crate::{
    letter::Written,
    outcome::{self, Outcome, Said},
    way::{Cover, Way},
};

/// How long an idle connection is kept: servers hang up after minutes.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How many idle connections are kept.
const IDLE_CONNECTIONS_MAX: usize = 4;

/// How long to wait, and who we say that we are.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long each half of handing a letter over may take: up to its first byte, and from there to the answer.
    pub timeout: Duration,
    /// The name in our greeting: the domain that letters come from.
    pub hello: String,
}

/// A mail server, with the connections to it that are open. Cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    way: Way,
    settings: Settings,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.0.way)
    }
}

impl Server {
    /// A server; nothing is connected yet.
    #[must_use]
    pub fn new(way: Way, settings: Settings) -> Self {
        Self(Arc::new(Inner {
            way,
            settings,
            idle: Mutex::new(Vec::new()),
        }))
    }

    /// Hands one letter over.
    pub async fn send(&self, letter: &Written) -> Outcome {
        let wait = self.0.settings.timeout;
        let message = letter.message();
        let (envelope, bytes) = (message.envelope(), message.formatted());
        let opened = timeout(wait, self.open(envelope, !bytes.is_ascii())).await;
        let mut connection = match opened {
            Ok(Ok(connection)) => connection,
            Ok(Err(outcome)) => return outcome,
            Err(_) => return Outcome::Later(too_slow(wait)),
        };
        match timeout(wait, connection.message(&bytes)).await {
            Ok(Ok(response)) => {
                self.keep(connection);
                Outcome::Accepted(Said::of(&response))
            }
            Ok(Err(error)) => outcome::after_the_letter(&error),
            Err(_) => Outcome::Unknown(too_slow(wait)),
        }
    }

    /// A connection whose server waits for the bytes of this letter.
    async fn open(
        &self,
        envelope: &Envelope,
        is_eight_bit: bool,
    ) -> Result<AsyncSmtpConnection, Outcome> {
        let mut connection = match self.idle().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let mut parameters = Vec::new();
        let can = |extension| connection.server_info().supports_feature(extension);
        let mut all = envelope.to().iter().chain(envelope.from());
        if all.any(|address| !address.to_string().is_ascii()) {
            if !can(Extension::SmtpUtfEight) {
                let text = "the server takes no address with letters beyond ASCII".to_owned();
                self.keep(connection);
                return Err(Outcome::Refused(Said { code: 553, text }));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if is_eight_bit && can(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let mail = Mail::new(envelope.from().cloned(), parameters);
        match begin(&mut connection, mail, envelope.to()).await {
            Ok(()) => Ok(connection),
            Err(error) => {
                connection.abort().await;
                Err(outcome::before_the_letter(&error))
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Outcome> {
        let Inner { way, settings, .. } = &*self.0;
        let place = (way.host.as_str(), way.port);
        let hello = ClientId::Domain(settings.hello.clone());
        let wait = Some(settings.timeout);
        // What goes wrong before we have named a letter says nothing about the letter, whatever its code.
        let later = |error| Outcome::Later(outcome::words(&error));
        let tls = match &way.cover {
            Cover::Tls(tls) => Some(tls.clone()),
            Cover::StartTls(_) | Cover::Plain => None,
        };
        let connected = AsyncSmtpConnection::connect_tokio1(place, wait, &hello, tls, None).await;
        let mut connection = connected.map_err(later)?;
        if let Cover::StartTls(tls) = &way.cover {
            let begun = connection.starttls(tls.clone(), &hello).await;
            begun.map_err(later)?;
        }
        if let Some(credentials) = &way.credentials {
            let known = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&known, credentials).await.map_err(later)?;
        }
        Ok(connection)
    }

    /// A connection from before that still answers.
    async fn idle(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let taken = self.lock().pop();
            let (mut connection, since) = taken?;
            if since.elapsed() < IDLE_MAX && connection.test_connected().await {
                return Some(connection);
            }
            connection.abort().await;
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.lock();
        if !connection.has_broken() && idle.len() < IDLE_CONNECTIONS_MAX {
            idle.push((connection, Instant::now()));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From whom, to whom, and the announcement of the letter itself.
async fn begin(
    connection: &mut AsyncSmtpConnection,
    mail: Mail,
    to: &[Address],
) -> Result<(), lettre::transport::smtp::Error> {
    connection.command(mail).await?;
    for address in to {
        connection
            .command(Rcpt::new(address.clone(), Vec::new()))
            .await?;
    }
    connection.command(Data).await?;
    Ok(())
}

fn too_slow(wait: Duration) -> String {
    format!("no answer within {} ms", wait.as_millis())
}
