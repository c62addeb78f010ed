//! The body of a send, read once.

use serde_json::Value;

use crate::{chat::Target, cloud::fault::Fault, customer, json};

const CALLBACK_DATA_MAX: usize = 512;

/// Which of the two endpoints was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Messages,
    Marketing { graph_major: u32 },
}

#[derive(Debug)]
pub enum Ask {
    /// "I have read this", perhaps with "and I am typing".
    Receipt {
        message: String,
    },
    Send(Box<Draft>),
}

#[derive(Debug)]
pub struct Draft {
    pub to: Target,
    /// The recipient as it was written.
    pub input: String,
    pub kind: String,
    pub content: Value,
    /// The category of a Direct Send.
    pub direct: Option<String>,
    pub callback: Option<String>,
    pub identity_hash: Option<String>,
    pub reply_to: Option<String>,
}

pub fn read(body: &Value, door: Door) -> Result<Ask, Fault> {
    if !body.is_object() {
        return Err(Fault::invalid("the body must be a JSON object"));
    }
    if json::text(body, "messaging_product") != Some("whatsapp") {
        return Err(Fault::invalid("messaging_product: want `whatsapp`"));
    }
    if let Some(status) = json::text(body, "status") {
        return receipt(body, status, door);
    }
    let (to, input) = recipient(body)?;
    let kind = json::text(body, "type")
        .unwrap_or("text")
        .to_ascii_lowercase();
    let content = json::field(body, &kind).cloned();
    let content =
        content.ok_or_else(|| Fault::missing(format!("`{kind}` is missing, and type names it")))?;
    let callback = json::loose(body, "biz_opaque_callback_data");
    if callback
        .as_ref()
        .is_some_and(|data| data.chars().count() > CALLBACK_DATA_MAX)
    {
        return Err(Fault::value(format!(
            "biz_opaque_callback_data: want at most {CALLBACK_DATA_MAX} characters"
        )));
    }
    Ok(Ask::Send(Box::new(Draft {
        direct: direct_category(body, &kind)?,
        reply_to: json::field(body, "context")
            .and_then(|context| json::text(context, "message_id"))
            .map(str::to_owned),
        identity_hash: json::text(body, "recipient_identity_key_hash").map(str::to_owned),
        to,
        input,
        kind,
        content,
        callback,
    })))
}

fn receipt(body: &Value, status: &str, door: Door) -> Result<Ask, Fault> {
    if !status.eq_ignore_ascii_case("read") || door != Door::Messages {
        return Err(Fault::value(format!("status: `{status}` is not `read`")));
    }
    let message =
        json::text(body, "message_id").ok_or_else(|| Fault::missing("message_id is missing"))?;
    Ok(Ask::Receipt {
        message: message.to_owned(),
    })
}

fn recipient(body: &Value) -> Result<(Target, String), Fault> {
    let to = json::loose(body, "to").filter(|text| !text.is_empty());
    let group =
        json::text(body, "recipient_type").is_some_and(|kind| kind.eq_ignore_ascii_case("group"));
    match (to, json::text(body, "recipient")) {
        (Some(id), _) if group => Ok((Target::Group(id.clone()), id)),
        (Some(phone), _) => {
            let digits = customer::digits(&phone).map_err(Fault::value)?;
            Ok((Target::Phone(customer::wa_id(&digits)), phone))
        }
        (None, Some(user)) if is_user_id(user) => {
            Ok((Target::User(user.to_owned()), user.to_owned()))
        }
        (None, Some(user)) => Err(Fault::value(format!(
            "recipient: `{user}` is not a business-scoped user id such as GB.7001"
        ))),
        (None, None) => Err(Fault::invalid(
            "the parameter to (or recipient) is required",
        )),
    }
}

fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else {
        return false;
    };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    let named = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    named
        && (1..=128).contains(&rest.len())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn direct_category(body: &Value, kind: &str) -> Result<Option<String>, Fault> {
    let Some(category) = json::text(body, "category").filter(|_| kind != "template") else {
        return Ok(None);
    };
    let category = category.to_ascii_lowercase();
    let eligible = matches!(kind, "text" | "interactive")
        && matches!(category.as_str(), "utility" | "authentication");
    if eligible {
        Ok(Some(category))
    } else {
        Err(Fault::invalid(format!(
            "category: a `{kind}` message of category `{category}` is not eligible for Direct Send"
        )))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Ask, Door, read};
    use crate::chat::Target;

    fn target(mut body: Value) -> Result<Target, u32> {
        crate::json::overlay(
            &mut body,
            json!({"messaging_product": "whatsapp", "type": "text", "text": {"body": "hi"}}),
        );
        match read(&body, Door::Messages) {
            Ok(Ask::Send(draft)) => Ok(draft.to),
            Ok(Ask::Receipt { .. }) => panic!("a receipt"),
            Err(fault) => Err(fault.code),
        }
    }

    #[test]
    fn to_wins_over_recipient_and_null_is_absent() {
        let ada = Target::Phone("447700900123".to_owned());
        assert_eq!(
            target(json!({"to": "+44 7700 900123", "recipient": "GB.1"})),
            Ok(ada.clone())
        );
        assert_eq!(target(json!({"to": 447_700_900_123_u64})), Ok(ada));
        assert_eq!(
            target(json!({"to": null, "recipient": "GB.1"})),
            Ok(Target::User("GB.1".to_owned()))
        );
        assert_eq!(
            target(json!({"recipient": "GB.ENT.9"})),
            Ok(Target::User("GB.ENT.9".to_owned()))
        );
        assert_eq!(target(json!({"recipient": "447700900123"})), Err(131_009));
        assert_eq!(target(json!({"to": "abc"})), Err(131_009));
        assert_eq!(target(json!({})), Err(100));
    }

    #[test]
    fn direct_send_is_for_utility_and_authentication() {
        let body = |category: &str| json!({"to": "447700900123", "category": category});
        assert!(target(body("utility")).is_ok());
        assert_eq!(target(body("marketing")), Err(100));
    }
}
