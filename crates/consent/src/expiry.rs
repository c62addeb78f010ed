//! How long an opt-in lasts: rules by where it came from and by the country of the person.
//!
//! The most specific rule that matches decides: source and country, then source, then country, then the policy's one
//! number for all. So a general rule and its exception can both be said, in either direction; "the shortest wins" could
//! never say that the forms of one country last longer than forms elsewhere.

use crate::phone::Country;

/// The longest that a rule may let an opt-in last, in days.
pub const DAYS_MAX: u32 = 36_500;
/// How many rules a policy may have.
pub const RULES_MAX: usize = 200;

/// How long some opt-ins last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Those of this source; none means every source.
    pub source: Option<String>,
    /// Those of people in this country; none means every country, and people whose country is not known.
    pub country: Option<Country>,
    /// In days.
    pub days: u32,
}

/// How many days an opt-in lasts; none means for good. `otherwise` is what holds where no rule matches.
///
/// An opt-in of which the source is not known lasts as long as the strictest rule that it may fall under.
#[must_use]
pub fn days(
    rules: &[Expiry],
    (source, country): (Option<&str>, Option<Country>),
    otherwise: Option<u32>,
) -> Option<u32> {
    let of = |source: Option<&str>| most_specific(rules, source, country).or(otherwise);
    if source.is_some() {
        return of(source);
    }
    let any = rules.iter().map(|rule| of(rule.source.as_deref()));
    any.chain([of(None)]).flatten().min()
}

/// Of two rules that say the same of the same opt-ins, the shorter one decides.
fn most_specific(rules: &[Expiry], source: Option<&str>, country: Option<Country>) -> Option<u32> {
    let matching = rules.iter().filter(|rule| {
        let by_source = rule.source.is_none() || rule.source.as_deref() == source;
        by_source && (rule.country.is_none() || rule.country == country)
    });
    let rank = |rule: &&Expiry| {
        let specific = (rule.source.is_some(), rule.country.is_some());
        (specific, std::cmp::Reverse(rule.days))
    };
    matching.max_by_key(rank).map(|rule| rule.days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(source: Option<&str>, country: Option<&str>, days: u32) -> Expiry {
        Expiry {
            source: source.map(str::to_owned),
            country: country.map(|code| code.parse().unwrap()),
            days,
        }
    }

    #[test]
    fn the_most_specific_rule_decides_whatever_the_order() {
        let mut rules = vec![
            rule(Some("web_form"), Some("DE"), 365),
            rule(Some("import"), None, 90),
            rule(None, Some("FR"), 730),
            rule(Some("import"), Some("US"), 400),
        ];
        let of = |text: &str| -> Option<Country> { text.parse().ok() };
        for _ in 0..rules.len() {
            rules.rotate_left(1);
            for (source, country, want) in [
                ("web_form", of("DE"), Some(365)),
                ("web_form", of("FR"), Some(730)),
                ("web_form", of("ES"), Some(1000)),
                ("web_form", None, Some(1000)),
                ("import", of("FR"), Some(90)),
                ("import", None, Some(90)),
                ("import", of("US"), Some(400)),
                ("Import", of("US"), Some(1000)),
                ("", of("FR"), Some(730)),
            ] {
                let said = days(&rules, (Some(source), country), Some(1000));
                assert_eq!(said, want, "{source} {country:?}");
            }
        }
        assert_eq!(days(&rules, (Some("api"), None), None), None);
        rules.push(rule(Some("import"), None, 80));
        assert_eq!(days(&rules, (Some("import"), None), None), Some(80));
    }

    #[test]
    fn an_unknown_source_is_the_strictest_that_it_may_be() {
        let rules = [
            rule(Some("web_form"), Some("DE"), 30),
            rule(Some("import"), None, 90),
            rule(None, Some("FR"), 60),
        ];
        let of = |code: &str, otherwise| days(&rules, (None, code.parse().ok()), otherwise);
        assert_eq!(of("DE", None), Some(30));
        assert_eq!(of("FR", None), Some(60));
        assert_eq!(of("ES", None), Some(90));
        assert_eq!(of("?", Some(7)), Some(7));
        assert_eq!(days(&[], (None, None), None), None);
    }
}
