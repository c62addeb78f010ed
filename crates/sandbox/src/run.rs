//! Starting and stopping: the socket, the two workers, and the table of routes.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    app::App,
    clock::Clock,
    cloud::{block, media, node, send, subscription, templates},
    control,
    listen::{Watching, Wire},
    options::{Error, Gateway, Options},
    outgoing::progress,
    page::{self, session::Doors},
    webhook::post,
    witness,
    world::{Bells, World},
};

/// How long open requests may go on once the simulator was told to stop.
const GRACE_MS: u64 = 2_000;

/// The simulator; [`Sandbox::start`] is the way in.
pub struct Sandbox;

/// A simulator that is listening; dropping it leaves it running until the runtime ends.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it was started with: the secrets are in here.
    pub options: Arc<Options>,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Binds a loopback port and serves until [`Running::shutdown`].
    pub async fn start(options: Options) -> Result<Running, Error> {
        if !options.listen.ip().is_loopback() {
            return Err(Error::NotLoopback(options.listen));
        }
        let refused = |error| Error::Listen(options.listen, error);
        let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let (clock, bells) = (Arc::new(Clock::start()), Arc::new(Bells::default()));
        let options = Arc::new(options);
        let (stop, gone) = watch::channel(false);
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let app = Arc::new(App {
            world: Mutex::new(World::new(options.clone(), clock.clone(), bells.clone())?),
            doors: Mutex::new(Doors::new(&options.page_token)),
            addr,
            options: options.clone(),
            clock: clock.clone(),
            bells,
            client,
            gone,
        });
        let service = routes(app.clone()).into_make_service_with_connect_info::<Wire>();
        let mut stopped = app.gone.clone();
        let serving = axum::serve(
            Watching {
                inner: listener,
                clock,
            },
            service,
        )
        .with_graceful_shutdown(async move { stopped.changed().await.unwrap_or_default() });
        let tasks = vec![
            tokio::spawn(async move { serving.await.unwrap_or_default() }),
            tokio::spawn(progress::run(app.clone())),
            tokio::spawn(post::run(app.clone())),
        ];
        Ok(Running {
            addr,
            options,
            app,
            stop,
            tasks,
        })
    }
}

impl Running {
    /// Where clients find the Graph API: `http://127.0.0.1:port`.
    pub fn base_url(&self) -> String {
        self.app.base_url()
    }

    /// A fresh link to the phones page that works once.
    pub fn phones_url(&self) -> Result<String, Error> {
        Ok(page::door::new_link(&self.app)?)
    }

    /// Where webhooks go from now on; what waited for an address is delivered.
    pub fn set_callback(&self, url: &str) {
        self.app.world().callback = Some(url.to_owned());
        self.app.bells.post.notify_one();
    }

    /// The verification GET: `Err` says what was wrong with the callback's answer.
    pub async fn verify_callback(&self, url: &str) -> Result<(), String> {
        post::handshake(&self.app, url, &self.options.verify_token).await
    }

    /// Where the page's "send as the business" panel sends from now on.
    pub fn set_gateway(&self, gateway: Gateway) {
        let mut world = self.app.world();
        world.gateway = Some(gateway);
        world.pulse(None);
    }

    /// Stops listening, lets open requests end for a moment, and returns when all is over.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        for mut task in self.tasks {
            if tokio::time::timeout(Duration::from_millis(GRACE_MS), &mut task)
                .await
                .is_err()
            {
                task.abort();
            }
        }
    }
}

fn routes(app: Arc<App>) -> Router {
    let graph = Router::new()
        .route(
            "/{version}/{id}",
            get(node::show).post(node::change).delete(node::remove),
        )
        .route("/{version}/{id}/messages", post(send::messages))
        .route("/{version}/{id}/marketing_messages", post(send::marketing))
        .route("/{version}/{id}/media", post(media::upload))
        .route("/{version}/{id}/phone_numbers", get(node::numbers))
        .route(
            "/{version}/{id}/message_templates",
            get(templates::list)
                .post(templates::create)
                .delete(templates::delete),
        )
        .route(
            "/{version}/{id}/subscribed_apps",
            get(subscription::list)
                .post(subscription::subscribe)
                .delete(subscription::unsubscribe),
        )
        .route(
            "/{version}/{id}/block_users",
            get(block::list).post(block::block).delete(block::unblock),
        )
        .route("/lookaside/{id}", get(media::download))
        .fallback(node::unknown)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(app.clone(), witness::watch));
    Router::new()
        .nest("/sandbox", control::routes(&app))
        .nest("/phones", page::routes(&app))
        .route("/favicon.ico", get(page::no_icon))
        .merge(graph)
        .layer(middleware::from_fn_with_state(
            app.clone(),
            control::guard::only_from_here,
        ))
        .with_state(app)
}
