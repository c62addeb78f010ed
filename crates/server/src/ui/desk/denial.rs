//! Why the gate says no, and who can lift it, in the reader's language.

use consent::reason::Code;

use super::Desk;

impl Desk {
    /// Why not, in one sentence.
    #[must_use]
    pub fn why(&self, code: &str) -> String {
        match Code::read(code) {
            Some(code) => self.say(&format!("why-{}", code.word().replace('_', "-"))),
            None => code.to_owned(),
        }
    }

    /// Who can lift a refusal.
    #[must_use]
    pub fn lifter(&self, code: &str) -> Option<String> {
        Code::read(code).map(|code| {
            self.say(match code {
                Code::NoConsent | Code::ConsentPending => "lift-agree",
                Code::PlatformOptOut => "lift-whatsapp",
                Code::OptedOutAll
                | Code::OptedOutCategory
                | Code::OptedOutTopic
                | Code::ConsentExpired => "lift-customer",
                Code::Blocked | Code::WindowClosed | Code::IdentityChanged => "lift-writes",
                Code::Held | Code::TopicRetired | Code::TemplateUnavailable => "lift-staff",
                Code::FrequencyCapped | Code::QuietHours | Code::PlatformBackoff => "lift-time",
                Code::IdentityConflict | Code::InvalidRecipient => "lift-caller",
            })
        })
    }
}
