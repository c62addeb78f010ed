//! The form of a step: what it says as JSON, from what somebody filled in. Pure.

use serde_json::{Map, Value, json};

use super::conditions::Asking;
use crate::ui::form::Form;

/// Most variables of a template in the form.
const VARIABLES_MAX: usize = 50;

/// The JSON of a step without its lists, from its form.
pub fn step(kind: &str, id: &str, form: &Form, asking: &Asking) -> Value {
    let mut step = Map::new();
    let mut put = |name: &str, value: Value| step.insert(name.to_owned(), value);
    put("id", json!(id));
    put("kind", json!(kind));
    match kind {
        "send_template" => {
            let (name, language) = chosen(form);
            put("template", json!(name));
            put("language", json!(language));
            let variables = variables(form);
            if !variables.is_empty() {
                put("variables", Value::Object(variables));
            }
        }
        "send_message" => {
            put("text", json!(text(form, "text")));
            put("buttons", json!(lines(form, "choices")));
        }
        "ask" => {
            put("text", json!(text(form, "text")));
            put("choices", json!(lines(form, "choices")));
            put("within", span(form));
            put("tries", number(&line(form, "tries")));
            optional(&mut put, "save_as", line(form, "save_as"));
        }
        "wait" => {
            put("for", span(form));
            put("or_reply", json!(form.get("or_reply").is_some()));
            if let Some(when) = asking.value() {
                put("or_when", when);
            }
        }
        "wait_until" => {
            put("time", json!(line(form, "time")));
        }
        "branch" => {
            let when = asking.value().unwrap_or_else(|| json!({}));
            put("ways", json!([{ "when": when, "steps": [] }]));
        }
        "add_tag" | "remove_tag" => {
            put("tag", json!(line(form, "tag")));
        }
        "set_attribute" => {
            put("attribute", json!(line(form, "attribute")));
            put("value", json!(line(form, "value")));
        }
        "call_webhook" => {
            put("webhook", json!(line(form, "webhook")));
        }
        "hand_to_agent" => {
            optional(&mut put, "agent", line(form, "agent"));
            optional(&mut put, "note", text(form, "note"));
        }
        _ => {}
    }
    if form.get("goes_on").is_some() {
        match kind {
            "send_template" | "send_message" | "ask" => {
                put("if_not_sent", json!("continue"));
            }
            "call_webhook" => {
                put("if_failed", json!("continue"));
            }
            _ => {}
        }
    }
    Value::Object(step)
}

/// The template that was chosen, by name and language: from the list, or as somebody wrote them.
pub fn chosen(form: &Form) -> (String, String) {
    let listed = form.get("chosen").unwrap_or_default().split_once(' ');
    listed.map_or_else(
        || (line(form, "template"), line(form, "language")),
        |(name, language)| (name.to_owned(), language.to_owned()),
    )
}

/// Whether the form shows the variables of another template than the one that was chosen.
pub fn is_of_another(form: &Form) -> bool {
    let chosen = form.get("chosen");
    chosen.is_some() && chosen != form.get("loaded")
}

/// The JSON of a trigger, from its form.
pub fn trigger(form: &Form) -> Value {
    let kind = form.get("trigger").unwrap_or("joined");
    let mut trigger = Map::new();
    let mut put = |name: &str, value: Value| trigger.insert(name.to_owned(), value);
    put("kind", json!(kind));
    match kind {
        "joined" => optional(&mut put, "form", line(form, "form")),
        "tag_added" => {
            put("tag", json!(line(form, "tag")));
        }
        "attribute_changed" => {
            put("attribute", json!(line(form, "attribute")));
            optional(&mut put, "to", line(form, "to"));
        }
        "event" => {
            put("name", json!(line(form, "event")));
        }
        "date" => {
            put("attribute", json!(line(form, "day")));
            put("days", days(form));
            put("time", json!(line(form, "time")));
            put("yearly", json!(form.get("yearly").is_some()));
        }
        "keyword" => {
            put("words", json!(lines(form, "words")));
        }
        "ad_referral" => optional(&mut put, "ad", line(form, "ad")),
        _ => {}
    }
    Value::Object(trigger)
}

/// The JSON of who may come again, from its form.
pub fn again(form: &Form) -> Value {
    match form.get("again") {
        Some("after_days") => json!({ "after_days": number(&line(form, "again_days")) }),
        Some(word) => json!(word),
        None => json!("never"),
    }
}

/// So many days before or after a day, as a number with its sign.
fn days(form: &Form) -> Value {
    let days = number(&line(form, "days"));
    match (form.get("side"), days.as_i64()) {
        (Some("before"), Some(days)) => json!(-days),
        _ => days,
    }
}

fn optional(put: &mut impl FnMut(&str, Value) -> Option<Value>, name: &str, text: String) {
    if !text.is_empty() {
        put(name, json!(text));
    }
}

fn span(form: &Form) -> Value {
    let unit = form.get("unit").unwrap_or("days");
    json!({ unit: number(&line(form, "count")) })
}

/// A number, or what stands in its place.
fn number(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| json!(text), |number| json!(number))
}

fn line(form: &Form, name: &str) -> String {
    form.get(name).unwrap_or_default().trim().to_owned()
}

/// A text of several lines, as browsers send it: each line ends with two signs.
pub fn text(form: &Form, name: &str) -> String {
    line(form, name).replace("\r\n", "\n")
}

/// One thing on each line.
pub fn lines(form: &Form, name: &str) -> Vec<String> {
    let text = form.get(name).unwrap_or_default().lines().map(str::trim);
    text.filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn variables(form: &Form) -> Map<String, Value> {
    let pairs = form.all("variable").zip(form.all("filled"));
    let pairs = pairs.map(|(name, text)| (name.trim(), text.trim()));
    pairs
        .filter(|(name, text)| !(name.is_empty() && text.is_empty()))
        .take(VARIABLES_MAX)
        .map(|(name, text)| (name.to_owned(), json!(text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use journey::{definition, step::Act};

    use super::*;

    #[test]
    fn every_kind_of_step_is_made_by_its_form() {
        for (kind, form) in [
            (
                "send_template",
                "template=hello&language=en&variable=1&filled=Ana&variable=&filled=&goes_on=1",
            ),
            ("send_message", "text=Hello%0D%0Athere&choices=Yes%0D%0ANo"),
            (
                "ask",
                "text=Which%3F&choices=&count=2&unit=hours&tries=3&save_as=colour",
            ),
            ("wait", "count=2&unit=days&or_reply=1"),
            ("wait_until", "time=09:30"),
            ("branch", "row=0&kind.0=tag&a.0=vip"),
            ("add_tag", "tag=vip"),
            ("remove_tag", "tag=vip"),
            ("set_attribute", "attribute=plan&value="),
            ("call_webhook", "webhook=crm&goes_on=1"),
            ("hand_to_agent", "agent=ana%40shop.example&note="),
            ("end", ""),
        ] {
            let form = Form::of(form.as_bytes());
            let json = step(kind, "s1", &form, &Asking::read(&form));
            let read = definition::step(&json.to_string());
            assert_eq!(read.unwrap().act.kind(), kind, "{json}");
        }
        assert_eq!(Act::KINDS.len(), 12, "a kind without a form");
    }

    #[test]
    fn a_template_is_chosen_from_the_list_and_its_variables_are_asked_for_before_it_is_kept() {
        let form =
            Form::of(b"chosen=autumn_sale+en_GB&loaded=order_note+en_GB&variable=1&filled=Ana");
        let json = step("send_template", "s1", &form, &Asking::nothing());
        assert_eq!(
            (&json["template"], &json["language"]),
            (&json!("autumn_sale"), &json!("en_GB"))
        );
        assert!(is_of_another(&form));
        let same = Form::of(b"chosen=autumn_sale+en_GB&loaded=autumn_sale+en_GB");
        assert!(!is_of_another(&same) && !is_of_another(&Form::of(b"template=a&language=en")));
    }

    #[test]
    fn what_is_no_number_is_told_as_it_was_typed() {
        let form = Form::of(b"count=two&unit=days");
        let json = step("wait", "s1", &form, &Asking::nothing());
        assert_eq!(json["for"]["days"], "two");
        assert!(definition::step(&json.to_string()).is_err());
    }

    #[test]
    fn a_day_before_another_is_a_number_below_nothing() {
        let form = Form::of(b"trigger=date&day=born&days=3&side=before&time=09:00&yearly=1");
        assert_eq!(trigger(&form)["days"], -3);
        let after = Form::of(b"trigger=date&day=born&days=3&side=after&time=09:00");
        assert_eq!(trigger(&after)["days"], 3);
        assert_eq!(
            again(&Form::of(b"again=after_days&again_days=30")),
            json!({"after_days": 30})
        );
    }
}
