//! `serve`: the gate, until somebody stops it.

use server::{
    app::House,
    clock::Clock,
    serve::{CannotServe, Lock, Secrets, Server},
    services::staff::invite,
};

use crate::{args::Common, exit::OK, failure::Failure, house, output};

pub async fn run(common: &Common) -> Result<u8, Failure> {
    let config = house::settings(common)?;
    house::begin_log(&config)?;
    if config.has_sandbox_secrets() {
        return Err(CannotServe::SandboxSecrets.into());
    }
    // Said before anything is opened: a second server has no business in the file. The server takes it for good.
    if let Some(file) = house::database_file(&config) {
        drop(Lock::take(&file)?);
    }
    let app = House::open(config, Clock::Real).await?;
    let signals = Signals::listen()?;
    let server = Server::start(app.clone(), Secrets::Real).await?;
    let first = invite::first_link(&app).await?;
    if common.json {
        let public = server.public_addr().map(|addr| format!("http://{addr}"));
        output::json(&serde_json::json!({
            "listen": format!("http://{}", server.addr()), "public_listen": public, "first_admin": first,
        }));
    } else if let Some(link) = first {
        output::line(format_args!(
            "Nobody can sign in to the dashboard yet. The first admin begins here, once, within seven days:\n\n  {link}\n"
        ));
    }
    signals.told_to_stop().await?;
    server.stop().await;
    Ok(OK)
}

/// SIGINT and SIGTERM, from the moment on that somebody listens.
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens: from here on a signal ends nothing by itself. To be called before anybody is told that we run.
    pub fn listen() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let failed = |cause: std::io::Error| Failure::io("listen for signals", &cause);
            Ok(Self {
                terminate: signal(SignalKind::terminate()).map_err(failed)?,
                interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Returns at the first of them.
    #[cfg(unix)]
    pub async fn told_to_stop(mut self) -> Result<(), Failure> {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        Ok(())
    }

    /// Returns at the first of them.
    #[cfg(not(unix))]
    pub async fn told_to_stop(self) -> Result<(), Failure> {
        let failed = |cause: std::io::Error| Failure::io("listen for signals", &cause);
        tokio::signal::ctrl_c().await.map_err(failed)
    }
}
