//! `sandbox`: the gate and a simulated WhatsApp in one process, with people to play with; on this machine only.

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
};

use sandbox::{Options, Running, options::Gateway, seed};
use serde_json::{Value, json};
use server::{
    app::{App, House},
    clock::Clock,
    config::{Account, Config, Secret},
    serve::{Secrets, Server},
    services::{
        forms::link::LinkAnswer,
        keys::{self, Role},
        sample, templates,
    },
    vault,
};

use super::{keys::ACTOR, serve::Signals};
use crate::{
    args::{Common, Sandbox},
    exit::OK,
    failure::Failure,
    house, output,
};

/// Where the gate listens, if that port is free.
const PORT: u16 = 8080;

/// Who has agreed to marketing when the sandbox starts, with first names; the others have not been asked yet.
const AGREED: [(&str, &str); 4] = [
    ("+447700900123", "Ada"),
    ("+5551998765432", "Ana"),
    ("+12025550142", "Sam"),
    ("+525555550103", "Luz"),
];

/// What the settings are written to, in the sandbox's folder.
const SETTINGS: &str = "consentry.toml";

/// Ada's number, as an app writes it.
const ADA: &str = "447700900123";

pub async fn run(common: &Common, asked: Sandbox) -> Result<u8, Failure> {
    if common.config.is_some() {
        return Err(Failure::Usage(
            "the sandbox makes its own settings: want `serve` for those of a file".to_owned(),
        ));
    }
    let listen = address(&asked)?;
    // Dropped at the end, and with it everything that was kept.
    let (data, _temporary) = folder(common)?;
    let mut options =
        Options::sample().map_err(|error| Failure::io("start the sandbox", &error))?;
    options.listen = asked.sandbox_listen;
    let meta = sandbox::Sandbox::start(options)
        .await
        .map_err(|error| Failure::io("start the sandbox", &error))?;
    let config = settings(&meta, &data, listen, asked.database.as_deref())?;
    house::begin_log(&config)?;
    let app = House::open(config, Clock::Real).await?;
    sample::agree(&app, &AGREED).await?;
    sample::topics(&app).await?;
    templates::refresh(&app).await?;
    let key = keys::create(&app, "sandbox", Role::Admin, ACTOR).await?;
    let server = Server::start(app.clone(), Secrets::Sandbox).await?;
    let gate = format!("http://{}", server.addr());
    connect(&meta, &gate, &key.key).await;
    let poster = sample::form(&app).await?;
    let staff = sample::staff(&app).await?;
    let mut ready = ready(&app, &meta, (&gate, &key.key), &poster)?;
    let kept = keep_settings(&app.config, &data)?;
    if let Some(ready) = ready.as_object_mut() {
        ready.insert("settings".to_owned(), json!(kept));
        ready.insert("sign_in".to_owned(), json!(staff.get("admin")));
        ready.insert("sign_in_as".to_owned(), json!(staff));
    }
    let signals = Signals::listen()?;
    if common.json {
        output::json(&ready);
    } else {
        welcome(&ready, &app.config.whatsapp.version);
    }
    signals.told_to_stop().await?;
    server.stop().await;
    meta.shutdown().await;
    Ok(OK)
}

/// Where the gate will listen. Without a wish: the usual port, or a free one when that is taken.
fn address(asked: &Sandbox) -> Result<SocketAddr, Failure> {
    let wished = [asked.listen, Some(asked.sandbox_listen)];
    if let Some(outside) = wished
        .iter()
        .flatten()
        .find(|addr| !addr.ip().is_loopback())
    {
        return Err(Failure::Usage(format!(
            "`{outside}` can be reached from elsewhere: the sandbox listens only on an address like 127.0.0.1:8080"
        )));
    }
    if let Some(listen) = asked.listen {
        return Ok(listen);
    }
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    if TcpListener::bind(usual).is_ok() {
        return Ok(usual);
    }
    output::note(&format!(
        "port {PORT} is taken, so the gate takes a free one"
    ));
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

/// The folder that was asked for, or one that goes away at the end.
fn folder(common: &Common) -> Result<(PathBuf, Option<tempfile::TempDir>), Failure> {
    let failed = |cause: std::io::Error| Failure::io("make a folder for the sandbox", &cause);
    if let Some(data) = &common.data {
        std::fs::create_dir_all(data).map_err(failed)?;
        // Commands beside the sandbox may run in another folder.
        let data = std::path::absolute(data).map_err(failed)?;
        return Ok((data, None));
    }
    let temporary = tempfile::Builder::new()
        .prefix("consentry-sandbox-")
        .tempdir()
        .map_err(failed)?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

fn settings(
    meta: &Running,
    data: &std::path::Path,
    listen: SocketAddr,
    database: Option<&str>,
) -> Result<Config, Failure> {
    let mut config = Config::load(None, Some(data))?;
    let options = &meta.options;
    config.listen = listen.to_string();
    config.public_listen = None;
    config.whatsapp.graph_url = meta.base_url();
    config.whatsapp.app_secrets = vec![Secret::made(options.app_secret.clone())];
    config.whatsapp.verify_token = Some(Secret::made(options.verify_token.clone()));
    config.whatsapp.access_token = options.access_tokens.first().cloned().map(Secret::made);
    config.whatsapp.accounts = options
        .accounts
        .iter()
        .map(|account| Account {
            id: account.id.clone(),
            numbers: account
                .numbers
                .iter()
                .map(|number| number.id.clone())
                .collect(),
        })
        .collect();
    config.relay.url = None;
    match database {
        None => {
            config.database = format!("sqlite:{}", data.join("consentry.db").display());
            config.keys.master = None;
        }
        Some(address) => {
            config.database = address.to_owned();
            // Of a database that outlives the sandbox somebody keeps the key, and gives it again.
            if config.keys.master.is_none() {
                let key = vault::random().map_err(|error| Failure::io("make a key", &error))?;
                config.keys.master = Some(Secret::made(hex::encode(key)));
            }
        }
    }
    if config.log.level == "info" {
        config.log.level = "warn".to_owned();
    }
    Ok(config)
}

/// Writes the settings down, so that commands beside the sandbox see the same house. Only its owner may read them: they hold secrets,
/// though none of a real business.
fn keep_settings(config: &Config, data: &std::path::Path) -> Result<PathBuf, Failure> {
    let file = data.join(SETTINGS);
    let exposed = |secret: &Option<Secret>| secret.as_ref().map(|secret| json!(secret.expose()));
    let mut text = format!(
        "# Made by `consentry sandbox`, for commands beside it.\nlisten = {}\ndatabase = {}\n",
        json!(config.listen),
        json!(config.database),
    );
    if let Some(master) = exposed(&config.keys.master) {
        text += &format!("[keys]\nmaster = {master}\n");
    }
    let whatsapp = &config.whatsapp;
    text += &format!("[whatsapp]\ngraph_url = {}\n", json!(whatsapp.graph_url));
    if let Some(token) = exposed(&whatsapp.access_token) {
        text += &format!("access_token = {token}\n");
    }
    for account in &whatsapp.accounts {
        let (id, numbers) = (json!(account.id), json!(account.numbers));
        text += &format!("[[whatsapp.accounts]]\nid = {id}\nnumbers = {numbers}\n");
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|cause| Failure::io("write the settings down", &cause))?;
    Ok(file)
}

/// Webhooks go to the gate from now on, and what the phones page sends goes through it.
async fn connect(meta: &Running, gate: &str, key: &str) {
    let callback = format!("{gate}/webhooks/whatsapp");
    if let Err(error) = meta.verify_callback(&callback).await {
        tracing::warn!(
            error,
            "the gate did not prove that the webhook address is its own"
        );
    }
    meta.set_callback(&callback);
    meta.set_gateway(Gateway {
        base_url: gate.to_owned(),
        api_key: key.to_owned(),
    });
}

/// Everything that a program needs to begin.
fn ready(
    app: &App,
    meta: &Running,
    (gate, key): (&str, &str),
    poster: &LinkAnswer,
) -> Result<Value, Failure> {
    let phones = meta
        .phones_url()
        .map_err(|error| Failure::io("make a link to the phones page", &error))?;
    let accounts: Vec<&String> = app
        .config
        .whatsapp
        .accounts
        .iter()
        .map(|account| &account.id)
        .collect();
    let numbers: Vec<String> = app
        .config
        .numbers()
        .map(|number| number.to_string())
        .collect();
    let options = &meta.options;
    Ok(json!({
        "gateway": gate, "api_key": key, "phones": phones, "sandbox": meta.base_url(),
        "control_token": options.control_token, "numbers": numbers, "accounts": accounts,
        "app_secret": options.app_secret, "verify_token": options.verify_token,
        "join": format!("{gate}/join/{}", sample::FORM), "poster": poster.sheet, "chat_link": poster.url,
    }))
}

fn welcome(ready: &Value, version: &str) {
    let text = |name: &str| ready.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = ready.get("numbers").and_then(|numbers| numbers.get(0));
    let number = number.and_then(Value::as_str).unwrap_or_default();
    let curl = |body: &Value| {
        format!(
            "curl {}/{version}/{number}/messages \\\n  -H 'Authorization: Bearer {}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'",
            text("gateway"),
            text("api_key"),
        )
    };
    output::line(
        "Consentry is running with a simulated WhatsApp, on this machine only. Ctrl-C ends it.\n",
    );
    output::fields(&[
        ("phones page", format!("{}  (opens once)", text("phones"))),
        ("dashboard", text("sign_in").to_owned()),
        ("gateway", text("gateway").to_owned()),
        ("API key", text("api_key").to_owned()),
        ("form to join", text("join").to_owned()),
        ("poster", text("poster").to_owned()),
        ("settings", text("settings").to_owned()),
    ]);
    output::line("\nA marketing message to Ada, who has agreed to offers:\n");
    output::line(curl(&seed::message(ADA, "spring_sale", None)));
    output::line(
        "\nOpen the phones page, answer STOP as Ada, and send it again: it is refused. An order update still goes:\n",
    );
    output::line(curl(&seed::message(ADA, "order_update", Some("4711"))));
}
