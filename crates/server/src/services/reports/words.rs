//! What the codes of Meta's failures mean, a sentence each.

/// What a failure means: a word for translators, and the sentence. None for a code that nobody explained to us.
#[must_use]
pub const fn failure(code: i64) -> Option<(&'static str, &'static str)> {
    Some(match code {
        0 | 190 => ("token", "Meta did not accept our access token."),
        3 | 10 | 200..=299 => ("rights", "The access token may not do this."),
        4 | 80_007 => ("requests", "The account has reached its limit of requests."),
        100 | 131_008 | 131_009 => (
            "request",
            "Something in the request was missing or made no sense to Meta.",
        ),
        368 | 131_031 => ("locked", "Meta has locked or restricted the account."),
        130_403 => ("blocked", "The customer has blocked the business."),
        130_429 => (
            "throughput",
            "More messages were sent than the number's throughput allows.",
        ),
        130_472 => (
            "experiment",
            "The customer is part of an experiment in which Meta delivers no marketing.",
        ),
        130_497 => (
            "country",
            "The account may not message customers in that country.",
        ),
        131_000 | 131_016 | 1 | 2 => ("meta", "Something failed at Meta's side."),
        131_005 => ("permission", "The permission to send was taken away."),
        131_021 => ("same", "Sender and recipient are the same number."),
        131_026 => (
            "undeliverable",
            "WhatsApp could not deliver it: no account, an old app, or terms that were not accepted.",
        ),
        131_042 => ("payment", "There is a problem with how the account pays."),
        131_045 | 133_010 => ("unregistered", "The number is not registered."),
        131_047 => (
            "window",
            "More than 24 hours have passed since the customer last wrote.",
        ),
        131_048 => (
            "spam",
            "Too many messages of this number were reported: Meta limits what it sends.",
        ),
        131_049 => (
            "held-back",
            "Meta held it back, so that the customer gets fewer marketing messages.",
        ),
        131_050 => (
            "stopped",
            "The customer switched off offers and announcements of this business in WhatsApp.",
        ),
        131_051 => ("type", "WhatsApp does not support this type of message."),
        131_052 | 131_053 => ("file", "The attached file could not be read or delivered."),
        131_056 => (
            "pair",
            "Too many messages went to this customer in a short time.",
        ),
        131_057 => ("maintenance", "The account is in maintenance."),
        132_000 | 132_012 => (
            "parameters",
            "The template's parameters do not fit the template.",
        ),
        132_001 => (
            "no-template",
            "There is no such template in this language, or it is not approved.",
        ),
        132_005 | 132_007 => (
            "template-text",
            "The text of the template breaks a rule of Meta's.",
        ),
        132_015 => ("paused", "The template is paused because of low quality."),
        132_016 => (
            "disabled",
            "The template was disabled because of low quality.",
        ),
        137_000 => ("owner", "The number may have a new owner."),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failures_that_say_something_about_a_person_are_explained() {
        for code in [131_050, 131_049, 130_403, 137_000, 131_026] {
            assert!(failure(code).is_some_and(|(_, sentence)| sentence.ends_with('.')));
        }
        assert_eq!(failure(999_999), None);
    }
}
