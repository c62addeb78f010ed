//! The running house: its doors are open, its workers work, and it stops without losing anything.

use std::{
    fs::File,
    future::Future,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Duration,
};

use axum::Router;
use store::pool::Guard;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    config::Config,
    error::Error,
    http,
    services::{
        backup, guarantees, memory, numbering,
        transfer::{self, Left},
    },
    worker::{self, Crew},
};

/// How long requests that are under way may go on once the house was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Which secrets the house may open with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Those of a real deployment.
    Real,
    /// Those of the sandbox, on loopback only.
    Sandbox,
}

/// A house that is open.
pub struct Server {
    app: App,
    addr: SocketAddr,
    public: Option<SocketAddr>,
    stop: CancellationToken,
    doors: Vec<JoinHandle<std::io::Result<()>>>,
    crew: Crew,
    // Held for as long as the house is open; the system gives it back even after a crash.
    lock: Option<Lock>,
}

/// A house that does not open.
#[derive(Debug, thiserror::Error)]
pub enum CannotServe {
    /// Another server has the file.
    #[error("another server has `{}` open: stop it first, or give this one a database of its own", .0.display())]
    Locked(PathBuf),
    /// The lock file cannot be used.
    #[error("cannot use the lock file `{}`: {cause}", .path.display())]
    LockFile {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Secrets that everybody may know.
    #[error(
        "the settings hold a secret of the sandbox (it begins with `sandbox-`): want the real one"
    )]
    SandboxSecrets,
    /// A database whose business moved out.
    #[error(transparent)]
    Left(#[from] Left),
    /// A database that may lose what it acknowledged.
    #[error(
        "the database may lose what it acknowledged: {0}. Change that, or set `database_allow_lossy = true` to start all \
         the same"
    )]
    Lossy(String),
    /// An address that cannot be had.
    #[error("cannot listen on `{address}` ({setting}): {cause}")]
    Listen {
        /// Which setting it comes from.
        setting: &'static str,
        /// The address.
        address: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Service(#[from] Error),
}

/// Opens the house, and closes it when `shutdown` comes.
///
/// # Errors
/// [`CannotServe`] when it does not open.
pub async fn serve(
    app: App,
    secrets: Secrets,
    shutdown: impl Future<Output = ()>,
) -> Result<(), CannotServe> {
    let server = Server::start(app, secrets).await?;
    shutdown.await;
    server.stop().await;
    Ok(())
}

impl Server {
    /// Takes the lock, opens the doors and starts the workers.
    ///
    /// # Errors
    /// [`CannotServe`] when another server has the file, the database may lose what it acknowledged, an address is taken, or
    /// the database does not answer.
    pub async fn start(app: App, secrets: Secrets) -> Result<Self, CannotServe> {
        if secrets == Secrets::Real && app.config.has_sandbox_secrets() {
            return Err(CannotServe::SandboxSecrets);
        }
        let lock = app.store.file().map(Lock::take).transpose()?;
        // What is counted from here on is counted: the routes bring the counters with them.
        let router = http::router(app.clone());
        if let Some(left) = app.store.file().and_then(transfer::left_behind) {
            return Err(left.into());
        }
        if let Some(found) = guarantees::look(&app).await?
            && !found.losses().is_empty()
            && !app.config.database_allow_lossy
        {
            return Err(CannotServe::Lossy(guarantees::losses(&found)));
        }
        say_what_to_know(&app);
        let config = &app.config;
        let (main, addr) = bind("listen", &config.listen).await?;
        let public = match &config.public_listen {
            Some(address) => Some(bind("public_listen", address).await?),
            None => None,
        };
        if backup::look_back(&app).await? {
            tracing::error!(
                "the database is an older copy than the one that was here: opt-outs may be missing, so marketing is \
                 refused until somebody runs `consentry restore --acknowledge`"
            );
        }
        memory::watch(&app);
        worker::settle_left_behind(&app).await?;
        app.live.open();
        let stop = CancellationToken::new();
        let mut doors = vec![open(main, router, &stop)];
        tracing::info!(node = %app.node, "listening on http://{addr}");
        let _ = app.desk_address.set(format!("http://{addr}"));
        let public_addr = public.as_ref().map(|(_, addr)| *addr);
        // Links that lead to this very machine are good enough to try things out, and for nothing else.
        let reached = public_addr.unwrap_or(addr);
        if reached.ip().is_loopback() {
            // A house that opens its doors a second time keeps the first address in its links.
            let _ = app.address.set(format!("http://{reached}"));
        }
        if let Some((listener, addr)) = public {
            doors.push(open(listener, http::public_router(app.clone()), &stop));
            tracing::info!("listening for the public on http://{addr}");
        }
        let crew = worker::start(&app);
        Ok(Self {
            app,
            addr,
            public: public_addr,
            stop,
            doors,
            crew,
            lock,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it listens for the public, if it does.
    #[must_use]
    pub const fn public_addr(&self) -> Option<SocketAddr> {
        self.public
    }

    /// Stops: no new requests, a while for those under way, then the workers, the last leaves and the database.
    pub async fn stop(self) {
        tracing::info!("stopping");
        self.stop.cancel();
        self.app.live.close();
        for mut door in self.doors {
            if tokio::time::timeout(GRACE, &mut door).await.is_err() {
                tracing::warn!("requests were still under way after {} s", GRACE.as_secs());
                door.abort();
            }
        }
        self.crew.stop().await;
        // What campaigns have begun to send gets its answer.
        self.app.drives.quiet(GRACE).await;
        if let Err(error) = last_words(&self.app).await {
            tracing::error!(%error, "the last checkpoint could not be signed; the next start signs it");
        }
        if let Err(error) = memory::save(&self.app).await {
            tracing::warn!(%error, "the index could not be written down; the next start takes longer");
        }
        self.app.store.close().await;
        drop(self.lock);
        tracing::info!("stopped");
    }
}

/// Whether a server has this SQLite file open now.
///
/// # Errors
/// When the lock file cannot be used.
pub fn is_served(database: &Path) -> Result<bool, CannotServe> {
    match Lock::take(database) {
        Ok(_) => Ok(false),
        Err(CannotServe::Locked(_)) => Ok(true),
        Err(other) => Err(other),
    }
}

/// The OS lock that says that a server has a file.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "holding the file holds the lock")] File);

impl Lock {
    /// Takes the lock of a database.
    ///
    /// # Errors
    /// [`CannotServe::Locked`] when a server has it, [`CannotServe::LockFile`] when the file cannot be used.
    pub fn take(database: &Path) -> Result<Self, CannotServe> {
        let path = backup::beside(database, ".lock");
        let unusable = |cause| CannotServe::LockFile {
            path: path.clone(),
            cause,
        };
        let mut options = std::fs::OpenOptions::new();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(CannotServe::Locked(database.to_owned())),
            Err(std::fs::TryLockError::Error(cause)) => Err(unusable(cause)),
        }
    }
}

async fn bind(
    setting: &'static str,
    address: &str,
) -> Result<(TcpListener, SocketAddr), CannotServe> {
    let refused = |cause| CannotServe::Listen {
        setting,
        address: address.to_owned(),
        cause,
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let addr = listener.local_addr().map_err(refused)?;
    Ok((listener, addr))
}

fn open(
    listener: TcpListener,
    router: Router,
    stop: &CancellationToken,
) -> JoinHandle<std::io::Result<()>> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let told = stop.clone().cancelled_owned();
    tokio::spawn(async move {
        axum::serve(listener, service)
            .with_graceful_shutdown(told)
            .await
    })
}

fn say_what_to_know(app: &App) {
    let literal = literal_secrets(&app.config);
    if !literal.is_empty() {
        tracing::warn!(
            "these secrets stand in the settings themselves, where others may read them: {}; better write env:NAME or \
             file:PATH",
            literal.join(", ")
        );
    }
    match app.store.guard() {
        Guard::Triggers => tracing::info!("the log is append-only: triggers in the file see to it"),
        Guard::Role => {
            tracing::info!("the log is append-only: we use a role without UPDATE and DELETE on it");
        }
        Guard::None => tracing::warn!(
            "the log is append-only by habit alone: this user of the database may not make roles"
        ),
    }
}

/// The settings whose secrets are written out.
fn literal_secrets(config: &Config) -> Vec<&'static str> {
    let whatsapp = &config.whatsapp;
    let mut found = Vec::new();
    for (name, secrets) in [
        ("whatsapp.app_secrets", &whatsapp.app_secrets),
        ("sms.auth_tokens", &config.sms.auth_tokens),
    ] {
        if secrets.iter().any(|secret| secret.is_literal()) {
            found.push(name);
        }
    }
    let others = [
        ("whatsapp.verify_token", &whatsapp.verify_token),
        ("whatsapp.access_token", &whatsapp.access_token),
        ("keys.master", &config.keys.master),
    ];
    for (name, secret) in others {
        if secret.as_ref().is_some_and(|secret| secret.is_literal()) {
            found.push(name);
        }
    }
    found
}

/// The last sends are sealed, what still waits is numbered, and the log as it ends is signed for.
async fn last_words(app: &App) -> Result<(), Error> {
    worker::seal_step(app).await?;
    worker::number_step(app).await?;
    let line = numbering::checkpoint(app).await?;
    if !app.restored.load(Ordering::SeqCst) {
        backup::remember(app, &line)?;
    }
    worker::hand_over(app).await
}
