//! `serve`: the gate, until somebody stops it.

use server::{
    app::House,
    clock::Clock,
    serve::{CannotServe, Lock, Secrets, Server},
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
    let server = Server::start(app, Secrets::Real).await?;
    if common.json {
        let public = server.public_addr().map(|addr| format!("http://{addr}"));
        output::json(&serde_json::json!({
            "listen": format!("http://{}", server.addr()), "public_listen": public,
        }));
    }
    told_to_stop().await?;
    server.stop().await;
    Ok(OK)
}

/// Returns at SIGINT or SIGTERM.
pub async fn told_to_stop() -> Result<(), Failure> {
    let failed = |cause: std::io::Error| Failure::io("listen for signals", &cause);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}
