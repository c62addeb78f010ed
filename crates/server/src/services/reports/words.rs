//! What the codes of Meta's failures mean, a sentence each.

/// What a failure means. None for a code that nobody explained to us.
#[must_use]
pub const fn failure(code: i64) -> Option<&'static str> {
    Some(match code {
        0 | 190 => "Meta did not accept our access token.",
        3 | 10 | 200..=299 => "The access token may not do this.",
        4 | 80_007 => "The account has reached its limit of requests.",
        100 | 131_008 | 131_009 => "Something in the request was missing or made no sense to Meta.",
        368 | 131_031 => "Meta has locked or restricted the account.",
        130_403 => "The customer has blocked the business.",
        130_429 => "More messages were sent than the number's throughput allows.",
        130_472 => "The customer is part of an experiment in which Meta delivers no marketing.",
        130_497 => "The account may not message customers in that country.",
        131_000 | 131_016 | 1 | 2 => "Something failed at Meta's side.",
        131_005 => "The permission to send was taken away.",
        131_021 => "Sender and recipient are the same number.",
        131_026 => {
            "WhatsApp could not deliver it: no account, an old app, or terms that were not accepted."
        }
        131_042 => "There is a problem with how the account pays.",
        131_045 | 133_010 => "The number is not registered.",
        131_047 => "More than 24 hours have passed since the customer last wrote.",
        131_048 => "Too many messages of this number were reported: Meta limits what it sends.",
        131_049 => "Meta held it back, so that the customer gets fewer marketing messages.",
        131_050 => {
            "The customer switched off offers and announcements of this business in WhatsApp."
        }
        131_051 => "WhatsApp does not support this type of message.",
        131_052 | 131_053 => "The attached file could not be read or delivered.",
        131_056 => "Too many messages went to this customer in a short time.",
        131_057 => "The account is in maintenance.",
        132_000 | 132_012 => "The template's parameters do not fit the template.",
        132_001 => "There is no such template in this language, or it is not approved.",
        132_005 | 132_007 => "The text of the template breaks a rule of Meta's.",
        132_015 => "The template is paused because of low quality.",
        132_016 => "The template was disabled because of low quality.",
        137_000 => "The number may have a new owner.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failures_that_say_something_about_a_person_are_explained() {
        for code in [131_050, 131_049, 130_403, 137_000, 131_026] {
            assert!(failure(code).is_some_and(|sentence| sentence.ends_with('.')));
        }
        assert_eq!(failure(999_999), None);
    }
}
