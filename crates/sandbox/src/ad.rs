//! The ad or post that a customer came from, as a webhook tells it.

use serde_json::{Value, json};

use crate::{json, refusal::Refusal};

const FIELDS: [&str; 11] = [
    "source_url",
    "source_id",
    "source_type",
    "body",
    "headline",
    "media_type",
    "image_url",
    "video_url",
    "thumbnail_url",
    "ctwa_clid",
    "welcome_message",
];

/// `true` is an ad with a picture; an object changes fields of it, and `null` leaves one out. `None` where no ad was.
pub fn referral(given: Option<&Value>) -> Result<Option<Value>, Refusal> {
    let wanted = match given {
        None | Some(Value::Bool(false)) => return Ok(None),
        Some(Value::Bool(true)) => json!({}),
        Some(Value::Object(fields)) => Value::Object(fields.clone()),
        Some(_) => {
            return Err(Refusal::Wrong(
                "`ad`: want true, or an object with fields of the referral".to_owned(),
            ));
        }
    };
    let keys = wanted.as_object().into_iter().flat_map(|all| all.keys());
    if let Some(key) = keys.into_iter().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(Refusal::Wrong(format!(
            "`ad` has no field `{key}`: want {}",
            FIELDS.join(", ")
        )));
    }
    if let Some(kind) =
        json::text(&wanted, "source_type").filter(|kind| !["ad", "post"].contains(kind))
    {
        return Err(Refusal::Wrong(format!(
            "`source_type` is `{kind}`: want ad or post"
        )));
    }
    let mut referral = sample(json::text(&wanted, "media_type"));
    json::overlay(&mut referral, wanted);
    if let Some(fields) = referral.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    Ok(Some(referral))
}

fn sample(media: Option<&str>) -> Value {
    let mut referral = json!({
        "source_url": "https://fb.me/exampleAd1", "source_id": "120900000000000001", "source_type": "ad",
        "body": "Autumn sale", "headline": "Chat with us", "media_type": "image",
    });
    let media = if media == Some("video") {
        json!({
            "video_url": "https://scontent.example.invalid/ad.mp4",
            "thumbnail_url": "https://scontent.example.invalid/ad-thumbnail.jpg",
        })
    } else {
        json!({"image_url": "https://scontent.example.invalid/ad.jpg"})
    };
    json::overlay(&mut referral, media);
    let click = json!({
        "ctwa_clid": "ARAexampleclickid0001", "welcome_message": {"text": "How can we help?"},
    });
    json::overlay(&mut referral, click);
    referral
}
