//! Graph's error envelope, both ways, and what its codes mean.

use serde_json::{Value, json};

use crate::loose;

/// How a trace id of ours begins, so that nobody mistakes who refused.
pub const TRACE_PREFIX: &str = "consentry-";

/// An error as Meta tells it. Decide by `code` and `details`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// The code.
    pub code: i64,
    /// The title with the code before it; not stable.
    pub message: String,
    /// What happened.
    pub details: Option<String>,
    /// A finer code, where management calls give one.
    pub subcode: Option<i64>,
    /// Meta's id of the request.
    pub trace: Option<String>,
    /// Meta says that trying again may help.
    pub transient: bool,
}

impl Fault {
    /// Reads an answer; none when it is not a Graph error.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let error = loose::object(body.as_object()?, "error")?;
        let data = loose::object(error, "error_data");
        Some(Self {
            code: loose::integer(error, "code")?,
            message: loose::text(error, "message").unwrap_or_default(),
            details: data
                .and_then(|data| loose::text(data, "details"))
                .or_else(|| loose::text(error, "error_user_msg")),
            subcode: loose::integer(error, "error_subcode"),
            trace: loose::text(error, "fbtrace_id"),
            transient: loose::flag(error, "is_transient"),
        })
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match meaning(self.code) {
            Some(known) => known.advice,
            None if self.transient => Advice::Backoff,
            None => Advice::Never,
        }
    }
}

/// The envelope of a refusal of our own. `trace` is what the request is found by in our records; it
/// gets [`TRACE_PREFIX`] unless it has it.
#[must_use]
pub fn refusal(code: i64, message: &str, details: &str, trace: &str) -> Value {
    let trace = trace.strip_prefix(TRACE_PREFIX).unwrap_or(trace);
    json!({"error": {
        "message": format!("(#{code}) {message}"),
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": format!("{TRACE_PREFIX}{trace}"),
    }})
}

/// Whether, and when, the same message may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Not again.
    Never,
    /// Once more, and then not again.
    Once,
    /// When somebody has put something right: token, payment, name, media, template.
    AfterFix,
    /// Soon, with growing gaps.
    Backoff,
    /// In some minutes: the limit is that of the account or the app.
    Later,
    /// Not before 24 hours.
    After24h,
    /// When the person has resumed marketing in WhatsApp.
    UntilResume,
    /// When the person has written again.
    UntilTheyWrite,
    /// When the template is no longer paused.
    AfterUnpause,
    /// Only with a template: the window is closed.
    UseTemplate,
    /// Only through `/marketing_messages`.
    UseMarketingMessages,
    /// Only to a telephone number.
    UsePhone,
}

/// What is known of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// The code.
    pub code: i64,
    /// What it means, in our words.
    pub text: &'static str,
    /// What to do.
    pub advice: Advice,
}

/// What a code means; none when it is not in the table (facts section 4.2).
#[must_use]
pub fn meaning(code: i64) -> Option<Meaning> {
    let exact = TABLE.iter().find(|(known, _, _)| *known == code);
    let (_, text, advice) = match (exact, code) {
        (Some(found), _) => *found,
        (None, 201..=299) => (code, PERMISSION, Advice::AfterFix),
        (None, _) => return None,
    };
    Some(Meaning { code, text, advice })
}

const PERMISSION: &str = "a permission is missing";

use Advice::{
    After24h, AfterFix, AfterUnpause, Backoff, Later, Never, Once, UntilResume, UntilTheyWrite,
    UseMarketingMessages, UsePhone, UseTemplate,
};

#[rustfmt::skip]
const TABLE: [(i64, &str, Advice); 65] = [
    (0, "the token is invalid or has expired", AfterFix),
    (1, "an unknown request, or a fault at Meta", Once),
    (2, "Meta is overloaded for a while", Backoff),
    (3, "a capability or permission is missing", AfterFix),
    (4, "the app made too many calls", Later),
    (10, PERMISSION, AfterFix),
    (33, "the number was deleted", Never),
    (100, "a parameter is wrong, or the message is not eligible for Direct Send", Never),
    (190, "the token is invalid or has expired", AfterFix),
    (200, PERMISSION, AfterFix),
    (368, "the account is blocked for breaking a policy", Never),
    (80007, "the account made too many calls", Later),
    (130403, "the person blocked this business", UntilTheyWrite),
    (130429, "the number sends too fast", Backoff),
    (130472, "the person is in an experiment of Meta's that gets no marketing", Never),
    (130497, "sending to that country is barred", Never),
    (131000, "something went wrong at Meta", Backoff),
    (131005, "access is denied: a permission is missing", AfterFix),
    (131008, "a parameter is missing", Never),
    (131009, "a parameter has a value that is not valid", Never),
    (131016, "a service at Meta is down", Backoff),
    (131021, "the sender is the recipient", Never),
    (131026, "the message cannot be delivered: no account, an old app, or terms not accepted", Never),
    (131031, "the account is locked", AfterFix),
    (131037, "the display name is not approved", AfterFix),
    (131042, "there is a problem with the payment method", AfterFix),
    (131045, "the number is not registered rightly", AfterFix),
    (131047, "more than 24 hours have passed since the person last wrote", UseTemplate),
    (131048, "the number is limited because its messages were reported as spam", AfterFix),
    (131049, "Meta held the marketing message back to keep the person engaged", After24h),
    (131050, "the person stopped marketing from this business", UntilResume),
    (131051, "this type of message is not supported", Never),
    (131052, "the media could not be downloaded", AfterFix),
    (131053, "the media could not be uploaded", AfterFix),
    (131055, "this message is not taken by /marketing_messages", Never),
    (131056, "too many messages to this person in a short time", Backoff),
    (131057, "the account is in maintenance", Backoff),
    (131061, "a template with a maximum price does not go through /messages", UseMarketingMessages),
    (131062, "a business-scoped user id is not allowed for this message", UsePhone),
    (131063, "marketing through /messages is switched off for the account", UseMarketingMessages),
    (131064, "the account is limited after templates had wrong categories", AfterFix),
    (132000, "the number of template parameters is wrong", Never),
    (132001, "the template does not exist in this language, or is not approved", AfterFix),
    (132005, "the text is too long after the parameters are filled in", Never),
    (132007, "the template's content breaks a policy", Never),
    (132012, "a template parameter has the wrong format", Never),
    (132015, "the template is paused", AfterUnpause),
    (132016, "the template is disabled for good", Never),
    (132018, "the template did not pass validation", Never),
    (132068, "the Flow is blocked", AfterFix),
    (132069, "the Flow is throttled", Later),
    (133004, "the server is unavailable for a while", Backoff),
    (133010, "the number is not registered", AfterFix),
    (133016, "the number was registered and deregistered too often", Later),
    (134100, "only marketing templates go through /marketing_messages", Never),
    (134101, "the template is still being prepared for /marketing_messages", Later),
    (134102, "the template or the account is not ready for /marketing_messages", AfterFix),
    (135000, "the request is wrong in a way that Meta does not say", Never),
    (137000, "the number may belong to somebody else now: the identity key changed", Never),
    (139100, "the person could not be blocked or unblocked", Never),
    (139101, "the list of blocked people is full", Never),
    (139102, "the list of blocked people changed meanwhile", Backoff),
    (139103, "the person could not be blocked or unblocked", Never),
    (139200, "Direct Send is blocked for this account", Never),
    (2388019, "the account has as many templates as it may have", AfterFix),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metas_envelope_is_read_and_ours_reads_the_same_way() {
        let golden = include_bytes!("../tests/golden/40_graph_error.json");
        let fault = Fault::read(golden).unwrap();
        assert_eq!((fault.code, fault.advice()), (131_005, AfterFix));
        assert_eq!(fault.trace.as_deref(), Some("AexampleTraceId0001"));
        let ours = refusal(
            131_050,
            "Refused by Consentry",
            "the person said STOP",
            "0198c0de",
        );
        let fault = Fault::read(ours.to_string().as_bytes()).unwrap();
        assert_eq!((fault.code, fault.advice()), (131_050, UntilResume));
        assert_eq!(fault.details.as_deref(), Some("the person said STOP"));
        assert_eq!(fault.trace.as_deref(), Some("consentry-0198c0de"));
        assert_eq!(ours["error"]["type"], "OAuthException");
        assert_eq!(ours["error"]["error_data"]["messaging_product"], "whatsapp");
    }

    #[test]
    fn what_is_no_graph_error_is_not_read_as_one() {
        for body in [
            "",
            "{}",
            "<html>",
            r#"{"error":"no"}"#,
            r#"{"error":{"message":"x"}}"#,
        ] {
            assert_eq!(Fault::read(body.as_bytes()), None, "{body}");
        }
        let odd = br#"{"error":{"code":"131056","error_subcode":2494055,"is_transient":true}}"#;
        let fault = Fault::read(odd).unwrap();
        assert_eq!(
            (fault.code, fault.subcode, fault.transient),
            (131_056, Some(2_494_055), true)
        );
    }

    #[test]
    fn the_table_holds_each_code_once_and_unknown_codes_are_not_tried_again() {
        for (at, (code, text, _)) in TABLE.iter().enumerate() {
            assert!(!text.is_empty());
            assert!(
                TABLE.iter().skip(at + 1).all(|(other, _, _)| other != code),
                "{code}"
            );
        }
        for (code, want) in [
            (130_429, Some(Backoff)),
            (131_049, Some(After24h)),
            (130_403, Some(UntilTheyWrite)),
            (131_047, Some(UseTemplate)),
            (250, Some(AfterFix)),
            (999_999, None),
        ] {
            assert_eq!(meaning(code).map(|known| known.advice), want, "{code}");
        }
        let unknown = |transient| Fault {
            code: 999_999,
            transient,
            ..Fault::default()
        };
        assert_eq!(
            (unknown(false).advice(), unknown(true).advice()),
            (Never, Backoff)
        );
    }
}
