//! The way to our mail server, as the settings say it.

use std::time::Duration;

use mail::{
    sender::Sender,
    server::{Server, Settings},
    way::Way,
};

use crate::config::Email;

/// How long each half of handing a letter over may take.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// A mail server, and who letters come from.
#[derive(Debug, Clone)]
pub struct Post {
    /// The server.
    pub server: Server,
    /// Who letters come from.
    pub from: Sender,
    /// Where answers go, if not there.
    pub reply_to: Option<Sender>,
}

impl Post {
    /// What the settings say; none where no mail server is set.
    ///
    /// # Errors
    /// The name of the setting that makes no sense, and why.
    pub fn of(settings: &Email) -> Result<Option<Self>, (&'static str, String)> {
        let Some(smtp) = &settings.smtp else {
            return Ok(None);
        };
        let way: Way = smtp
            .expose()
            .parse()
            .map_err(|cause: mail::way::BadWay| ("email.smtp", cause.to_string()))?;
        let missing = || {
            let why =
                "it is missing: want who letters come from, like Example Shop <hello@example.com>";
            ("email.from", why.to_owned())
        };
        let sender = |name, text: &str| -> Result<Sender, (&'static str, String)> {
            text.parse()
                .map_err(|cause: mail::sender::BadSender| (name, cause.to_string()))
        };
        let from = sender("email.from", settings.from.as_deref().ok_or_else(missing)?)?;
        let reply_to = settings.reply_to.as_deref();
        let reply_to = reply_to.map(|text| sender("email.reply_to", text));
        let hello = from.domain().to_owned();
        let settings = Settings {
            timeout: TIMEOUT,
            hello,
        };
        Ok(Some(Self {
            server: Server::new(way, settings),
            reply_to: reply_to.transpose()?,
            from,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn settings(smtp: &str, from: Option<&str>) -> Email {
        Email {
            smtp: Some(Secret::made(smtp.to_owned())),
            from: from.map(str::to_owned),
            reply_to: None,
        }
    }

    #[test]
    fn a_mail_server_needs_a_sender_and_a_safe_way() {
        let from = Some("Shop <hello@example.com>");
        assert!(Post::of(&settings("smtps://u:p@mail.example", from)).is_ok());
        for (smtp, from, setting) in [
            ("smtps://u:hunter2@mail.example", None, "email.from"),
            ("smtps://u:hunter2@mail.example", Some("Shop"), "email.from"),
            ("smtp://u:hunter2@mail.example", from, "email.smtp"),
        ] {
            let (named, why) = Post::of(&settings(smtp, from)).unwrap_err();
            assert_eq!(named, setting);
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}
