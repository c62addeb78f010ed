//! What Twilio wants to hear: TwiML. Ours is empty, so that Twilio sends the person nothing in our name.

/// The type of [`EMPTY`].
pub const CONTENT_TYPE: &str = "text/xml";

/// An answer that asks for nothing.
pub const EMPTY: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#;
