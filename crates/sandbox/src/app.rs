//! What every route shares.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::{
    clock::Clock,
    options::Options,
    page::session::Doors,
    world::{Bells, World},
};

pub struct App {
    pub addr: SocketAddr,
    pub options: Arc<Options>,
    pub clock: Arc<Clock>,
    pub bells: Arc<Bells>,
    pub client: reqwest::Client,
    pub gone: watch::Receiver<bool>,
    pub world: Mutex<World>,
    pub doors: Mutex<Doors>,
}

impl App {
    /// The simulated world; never held across an await.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn doors(&self) -> MutexGuard<'_, Doors> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }
}
