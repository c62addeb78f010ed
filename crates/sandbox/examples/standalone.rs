//! Runs the simulator alone: prints one line of JSON with its address and secrets, and stops on Ctrl-C.

use std::{env, io::Write, net::SocketAddr};

use sandbox::{Options, Sandbox, given::Number, options::Gateway, settings::Settings};

/// How many POSTs the log remembers for a run with a name: as many as a long test sends.
const NAMED_LOG_MAX: usize = 1_000_000;

/// Gives the first account as many numbers.
fn add_numbers(options: &mut Options, count: u64) {
    let Some(account) = options.accounts.first_mut() else {
        return;
    };
    let first: u64 = account
        .numbers
        .first()
        .and_then(|number| number.id.parse().ok())
        .unwrap_or(0);
    for nth in 1..count {
        account.numbers.push(Number {
            id: (first + nth).to_string(),
            display: (12_025_550_100 + nth).to_string(),
        });
    }
}

/// `standalone [ADDRESS [CALLBACK]]`; with `fast` as a third word there are no delays, and with a fourth word the
/// secrets are made of it: `x-app-secret`, `x-verify`, `x-meta-token`. For tests that start a real server beside it.
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = env::args().skip(1);
    let mut options = Options::sample()?;
    if let Some(listen) = words.next() {
        options.listen = listen.parse::<SocketAddr>()?;
    }
    options.callback = words.next().filter(|url| !url.is_empty() && url != "-");
    if words.next().as_deref() == Some("fast") {
        options.settings = Settings::immediate();
    }
    if let Some(name) = words.next() {
        options.app_secret = format!("{name}-app-secret");
        options.verify_token = format!("{name}-verify");
        options.access_tokens = vec![format!("{name}-meta-token")];
        options.sent_log_max = NAMED_LOG_MAX;
    }
    // A fifth word is how many numbers the account has: the first one, and the next ones counted up.
    if let Some(count) = words.next() {
        add_numbers(&mut options, count.parse()?);
    }
    let running = Sandbox::start(options).await?;
    let token = running
        .options
        .access_tokens
        .first()
        .cloned()
        .unwrap_or_default();
    // On its own it is its own gateway: the panel sends straight to the simulated Meta.
    running.set_gateway(Gateway {
        base_url: running.base_url(),
        api_key: token.clone(),
    });
    let about = serde_json::json!({
        "addr": running.addr, "base_url": running.base_url(), "access_token": token,
        "app_secret": running.options.app_secret, "verify_token": running.options.verify_token,
        "control_token": running.options.control_token, "phones_url": running.phones_url()?,
    });
    writeln!(std::io::stdout(), "{about}")?;
    tokio::signal::ctrl_c().await?;
    running.shutdown().await;
    Ok(())
}
