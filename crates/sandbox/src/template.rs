//! Message templates: what they ask for, and what they read like once filled in.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    chat::{Button, ButtonKind},
    cloud::fault::Fault,
    json,
    options::NewTemplate,
    secret,
};

const ID_DIGITS: usize = 15;

#[derive(Clone, Debug)]
pub struct Template {
    pub id: u64,
    pub account: String,
    pub name: String,
    pub language: String,
    pub category: String,
    pub correct_category: Option<String>,
    pub status: String,
    pub quality: String,
    /// When the quality was set, in seconds since 1970.
    pub quality_at_s: i64,
    pub parameter_format: String,
    pub components: Value,
    pub source: Option<String>,
}

/// A template with a send's parameters in it.
#[derive(Debug)]
pub struct Filled {
    pub header: Option<String>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<Button>,
}

impl Template {
    pub fn new(account: &str, new: &NewTemplate) -> Self {
        let seed = format!("{account}/{}/{}", new.name, new.language);
        let made = secret::digits_of(&seed, ID_DIGITS).parse().unwrap_or(1);
        Self {
            id: new.id.unwrap_or(made),
            account: account.to_owned(),
            name: new.name.clone(),
            language: new.language.clone(),
            category: new.category.to_ascii_uppercase(),
            correct_category: None,
            status: "APPROVED".to_owned(),
            quality: "UNKNOWN".to_owned(),
            quality_at_s: 0,
            parameter_format: new
                .parameter_format
                .clone()
                .unwrap_or_else(|| "POSITIONAL".to_owned()),
            components: new.components.clone(),
            source: None,
        }
    }

    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id.to_string(), "name": self.name, "language": self.language, "status": self.status,
            "category": self.category, "correct_category": self.correct_category.as_ref().unwrap_or(&self.category),
            "parameter_format": self.parameter_format, "components": self.components,
            "quality_score": {"score": self.quality, "date": self.quality_at_s},
        })
    }

    pub fn component(&self, kind: &str) -> Option<&Value> {
        find(self.components.as_array().map_or(&[], Vec::as_slice), kind)
    }

    pub fn fill(&self, given: &[Value]) -> Result<Filled, Fault> {
        let header = self
            .component("HEADER")
            .map(|part| self.header(part, given))
            .transpose()?;
        let body = self.part("body", self.component("BODY"), given)?;
        let footer = self
            .component("FOOTER")
            .and_then(|part| json::text(part, "text"))
            .map(str::to_owned);
        let defined = self
            .component("BUTTONS")
            .map_or(&[][..], |part| json::list(part, "buttons"));
        let buttons = defined
            .iter()
            .enumerate()
            .map(|(index, button)| fill_button(index, button, given));
        Ok(Filled {
            header,
            body,
            footer,
            buttons: buttons.collect::<Result<_, _>>()?,
        })
    }

    fn header(&self, part: &Value, given: &[Value]) -> Result<String, Fault> {
        let format = json::text(part, "format").unwrap_or("TEXT");
        if format.eq_ignore_ascii_case("TEXT") {
            return self.part("header", Some(part), given);
        }
        let filled = find(given, "header").map_or(&[][..], |part| json::list(part, "parameters"));
        if filled.len() == 1 || format.eq_ignore_ascii_case("LOCATION") {
            return Ok(format!("[{}]", format.to_ascii_lowercase()));
        }
        Err(Fault::new(
            132_012,
            "Parameter format does not match format in the created template",
            format!(
                "header: want one parameter of type `{}`",
                format.to_ascii_lowercase()
            ),
        ))
    }

    fn part(&self, name: &str, defined: Option<&Value>, given: &[Value]) -> Result<String, Fault> {
        let text = defined
            .and_then(|part| json::text(part, "text"))
            .unwrap_or_default();
        let wanted = placeholders(text);
        let parameters = find(given, name).map_or(&[][..], |part| json::list(part, "parameters"));
        if wanted.len() != parameters.len() {
            return Err(wrong_count(name, parameters.len(), wanted.len()));
        }
        let mut filled = text.to_owned();
        for (at, parameter) in parameters.iter().enumerate() {
            let key = match json::text(parameter, "parameter_name") {
                Some(name) if self.parameter_format.eq_ignore_ascii_case("NAMED") => {
                    name.to_owned()
                }
                _ => (at + 1).to_string(),
            };
            if !wanted.contains(&key) {
                let details = format!("{name}: `{key}` is not a parameter of `{}`", self.name);
                return Err(Fault::new(
                    132_012,
                    "Parameter format does not match format in the created template",
                    details,
                ));
            }
            filled = filled.replace(&format!("{{{{{key}}}}}"), &parameter_text(parameter));
        }
        Ok(filled)
    }
}

fn fill_button(index: usize, button: &Value, given: &[Value]) -> Result<Button, Fault> {
    let text = json::text(button, "text").unwrap_or_default().to_owned();
    let kind = json::text(button, "type")
        .unwrap_or_default()
        .to_ascii_uppercase();
    let parameters = given
        .iter()
        .filter(|part| {
            json::text(part, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("button"))
        })
        .find(|part| json::loose(part, "index").is_some_and(|at| at == index.to_string()))
        .map_or(&[][..], |part| json::list(part, "parameters"));
    let wanted = match kind.as_str() {
        "URL" => placeholders(json::text(button, "url").unwrap_or_default()).len(),
        "OTP" => 1,
        _ => return Ok(reply_button(&kind, text, parameters)),
    };
    if parameters.len() != wanted {
        return Err(wrong_count(
            &format!("button {index}"),
            parameters.len(),
            wanted,
        ));
    }
    Ok(Button {
        kind: ButtonKind::Link,
        text,
        id: json::text(button, "url").unwrap_or_default().to_owned(),
        description: None,
    })
}

fn reply_button(kind: &str, text: String, parameters: &[Value]) -> Button {
    if kind != "QUICK_REPLY" {
        return Button {
            kind: ButtonKind::Link,
            id: String::new(),
            text,
            description: None,
        };
    }
    let chosen = parameters
        .first()
        .and_then(|parameter| json::text(parameter, "payload"));
    Button {
        kind: ButtonKind::QuickReply,
        id: chosen.unwrap_or(&text).to_owned(),
        text,
        description: None,
    }
}

fn wrong_count(part: &str, given: usize, wanted: usize) -> Fault {
    let details = format!("{part}: {given} parameters were given, the template wants {wanted}");
    Fault::new(
        132_000,
        "Number of parameters does not match the expected number of params",
        details,
    )
}

fn find<'a>(parts: &'a [Value], kind: &str) -> Option<&'a Value> {
    parts
        .iter()
        .find(|part| json::text(part, "type").is_some_and(|found| found.eq_ignore_ascii_case(kind)))
}

fn parameter_text(parameter: &Value) -> String {
    let fallback = |key: &str| {
        json::field(parameter, key).and_then(|inner| json::text(inner, "fallback_value"))
    };
    let text = json::text(parameter, "text")
        .or_else(|| fallback("currency"))
        .or_else(|| fallback("date_time"));
    text.unwrap_or_default().to_owned()
}

/// The names or numbers between double braces, each once.
fn placeholders(text: &str) -> BTreeSet<String> {
    let parts = text
        .split("{{")
        .skip(1)
        .filter_map(|part| part.split_once("}}"));
    parts.map(|(name, _)| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Template;
    use crate::options::NewTemplate;

    fn template(parameter_format: &str, body: &str) -> Template {
        let components = json!([{"type": "BODY", "text": body}, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop"}]}]);
        let (name, language, category) = ("t".into(), "en".into(), "marketing".into());
        Template::new(
            "1",
            &NewTemplate {
                name,
                language,
                category,
                components,
                id: None,
                parameter_format: Some(parameter_format.into()),
            },
        )
    }

    #[test]
    fn parameters_are_counted_and_filled_in() {
        let positional = template("POSITIONAL", "Hi {{1}}, {{2}} and again {{1}}");
        let two = [
            json!({"type": "BODY", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "bye"}]}),
        ];
        assert_eq!(
            positional.fill(&two).unwrap().body,
            "Hi Ana, bye and again Ana"
        );
        assert_eq!(positional.fill(&[]).unwrap_err().code, 132_000);
        let named = template("NAMED", "Hi {{name}}");
        let by_name = [
            json!({"type": "body", "parameters": [{"type": "text", "parameter_name": "name", "text": "Ana"}]}),
        ];
        assert_eq!(named.fill(&by_name).unwrap().body, "Hi Ana");
        let wrong = [
            json!({"type": "body", "parameters": [{"type": "text", "parameter_name": "nom", "text": "Ana"}]}),
        ];
        assert_eq!(named.fill(&wrong).unwrap_err().code, 132_012);
    }

    #[test]
    fn a_quick_reply_carries_its_label_unless_the_sender_chose_a_payload() {
        let template = template("POSITIONAL", "Hi");
        assert_eq!(template.fill(&[]).unwrap().buttons[0].id, "Stop");
        let chosen = [
            json!({"type": "button", "sub_type": "quick_reply", "index": 0, "parameters": [{"type": "payload", "payload": "p"}]}),
        ];
        assert_eq!(template.fill(&chosen).unwrap().buttons[0].id, "p");
    }
}
