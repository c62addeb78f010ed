//! "The business sends": one message through the configured gateway, and what the gateway said.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    app::App,
    customer::Customer,
    json,
    page::panel::{Attempt, Outcome},
    template::Template,
    world::World,
};

const ANSWER_MAX_MS: u64 = 30_000;
const GRAPH_VERSION: &str = "v25.0";

/// What the person at the page chose.
#[derive(serde::Deserialize)]
pub struct Wish {
    pub to: String,
    /// `marketing`, `utility` or `text`.
    pub what: String,
    #[serde(default)]
    pub marketing: String,
    #[serde(default)]
    pub utility: String,
    #[serde(default)]
    pub text: String,
}

struct Prepared {
    url: String,
    api_key: String,
    body: Value,
    to: String,
    what: String,
}

/// Sends and notes what came of it; `Err` is a wish that makes no sense.
pub async fn send(app: &App, wish: &Wish) -> Result<(), String> {
    let prepared = prepare(&app.world(), wish)?;
    let request = app
        .client
        .post(&prepared.url)
        .bearer_auth(&prepared.api_key)
        .timeout(Duration::from_millis(ANSWER_MAX_MS))
        .json(&prepared.body);
    let outcome = match request.send().await {
        Ok(response) => read(response).await,
        Err(error) => Outcome::NoAnswer {
            why: format!("The gateway did not answer: {error}"),
        },
    };
    let mut world = app.world();
    let attempt = Attempt {
        at_ms: world.clock.simulated_ms(),
        to: prepared.to,
        what: prepared.what,
        outcome,
    };
    world.panel.note_attempt(attempt);
    world.pulse(None);
    Ok(())
}

fn prepare(world: &World, wish: &Wish) -> Result<Prepared, String> {
    let gateway = world
        .gateway
        .as_ref()
        .ok_or("No gateway is set: start the sandbox with one, or set it over the control API.")?;
    let customer = world
        .customer(&wish.to)
        .ok_or_else(|| format!("There is no customer `{}`.", wish.to))?;
    let number = world.first_number().ok_or("The business has no number.")?;
    let account = world
        .account_of(number)
        .map_or("", |(account, _)| account.id.as_str());
    let (content, what) = match wish.what.as_str() {
        "text" if wish.text.trim().is_empty() => return Err("Write the text first.".to_owned()),
        "text" => (
            json!({"type": "text", "text": {"body": wish.text}}),
            format!("Text “{}”", wish.text),
        ),
        "marketing" => filled(world, account, &wish.marketing, customer)?,
        "utility" => filled(world, account, &wish.utility, customer)?,
        other => return Err(format!("`{other}` cannot be sent.")),
    };
    let mut body = json!({"messaging_product": "whatsapp", "recipient_type": "individual"});
    let to = match &customer.phone {
        Some(phone) => json!({"to": format!("+{phone}")}),
        None => json!({"recipient": customer.bsuid}),
    };
    json::overlay(&mut body, to);
    json::overlay(&mut body, content);
    let url = format!(
        "{}/{GRAPH_VERSION}/{number}/messages",
        gateway.base_url.trim_end_matches('/')
    );
    Ok(Prepared {
        url,
        api_key: gateway.api_key.clone(),
        body,
        to: customer.name.clone(),
        what,
    })
}

/// The template in the customer's language, or the nearest there is, with something sensible in each gap.
fn filled(
    world: &World,
    account: &str,
    name: &str,
    customer: &Customer,
) -> Result<(Value, String), String> {
    let all: Vec<&Template> = world
        .templates
        .iter()
        .filter(|t| t.account == account && t.name == name)
        .collect();
    let tongue = customer.language.get(..2).unwrap_or("en");
    let exact = all.iter().find(|t| t.language == customer.language);
    let near = all
        .iter()
        .find(|t| t.language.starts_with(tongue))
        .or_else(|| all.iter().find(|t| t.language.starts_with("en")));
    let template = exact
        .or(near)
        .or(all.first())
        .ok_or_else(|| format!("There is no template `{name}`."))?;
    let body = template.component("BODY");
    let gaps = body
        .and_then(|part| json::text(part, "text"))
        .map_or(0, |text| text.matches("{{").count());
    let value = if template.category == "MARKETING" {
        customer.first_name()
    } else {
        "A-1042"
    };
    let examples = examples(body);
    let parameters: Vec<Value> = (0..gaps)
        .map(|gap| json!({"type": "text", "text": examples.get(gap).unwrap_or(&json!(value))}))
        .collect();
    let components = if gaps == 0 {
        json!([])
    } else {
        json!([{"type": "body", "parameters": parameters}])
    };
    let template_json = json!({"name": template.name, "language": {"code": template.language}, "components": components});
    let what = format!("{} · {}", template.name, template.language);
    Ok((json!({"type": "template", "template": template_json}), what))
}

/// What the template itself gives as an example for each gap of its body.
fn examples(body: Option<&Value>) -> &[Value] {
    let example = body.and_then(|part| json::field(part, "example"));
    example
        .and_then(|example| json::list(example, "body_text").first())
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

async fn read(response: reqwest::Response) -> Outcome {
    let status = response.status().as_u16();
    let verdict = response
        .headers()
        .get("x-consentry-verdict")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body: Value = match response.bytes().await {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(error) => {
            return Outcome::NoAnswer {
                why: format!("The answer broke off: {error}"),
            };
        }
    };
    if let Some(message) = json::list(&body, "messages")
        .first()
        .filter(|_| status == 200)
    {
        return Outcome::Accepted {
            wamid: json::text(message, "id").unwrap_or_default().to_owned(),
        };
    }
    let error = json::field(&body, "error").cloned().unwrap_or_default();
    let details = json::field(&error, "error_data").and_then(|data| json::text(data, "details"));
    let sentence = details
        .or_else(|| json::text(&error, "message"))
        .unwrap_or("The gateway gave no reason.")
        .to_owned();
    Outcome::Refused {
        status,
        code: json::loose(&error, "code").unwrap_or_default(),
        sentence,
        verdict,
    }
}
