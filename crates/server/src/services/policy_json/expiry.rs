//! How long opt-ins last, as JSON: a rule for each source and country that differs.

use consent::{
    expiry::{DAYS_MAX, Expiry, RULES_MAX},
    phone::{BadCountry, Country},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;

/// The longest source, in bytes: as evidence has it.
const SOURCE_BYTES_MAX: usize = 100;

/// How long some opt-ins last: those of a source, of people in a country, or both.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiryBody {
    /// The source that their evidence names, like `web_form`; left out for every source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The country of the person's number, as two letters; left out for every country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// In days.
    pub days: u32,
}

/// The rules as bodies.
pub(super) fn bodies(rules: &[Expiry]) -> Vec<ExpiryBody> {
    let bodies = rules.iter().map(|rule| ExpiryBody {
        source: rule.source.clone(),
        country: rule.country.map(Country::code),
        days: rule.days,
    });
    bodies.collect()
}

/// Reads the rules. Of two that say the same of the same opt-ins nobody could tell which was meant.
pub(super) fn rules(bodies: &[ExpiryBody]) -> Result<Vec<Expiry>, Error> {
    if bodies.len() > RULES_MAX {
        let message = format!(
            "`{}` rules are too many: want at most {RULES_MAX}",
            bodies.len()
        );
        return Err(Error::field("expiry", message));
    }
    let mut rules: Vec<Expiry> = Vec::with_capacity(bodies.len());
    for body in bodies {
        let rule = rule(body)?;
        let mut others = rules.iter();
        if others.any(|other| other.source == rule.source && other.country == rule.country) {
            let message = format!("`{}` has two rules: want one", named(&rule));
            return Err(Error::field("expiry", message));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn rule(body: &ExpiryBody) -> Result<Expiry, Error> {
    if body.source.is_none() && body.country.is_none() {
        let message = format!(
            "`{}` days for everybody is no rule: want a `source` or a `country`, or `opt_in_days` instead",
            body.days
        );
        return Err(Error::field("expiry", message));
    }
    if !(1..=DAYS_MAX).contains(&body.days) {
        let message = format!("`{}` is no number of days: want 1 to {DAYS_MAX}", body.days);
        return Err(Error::field("expiry.days", message));
    }
    let country = body.country.as_deref().map(|text| {
        text.parse()
            .map_err(|error: BadCountry| Error::field("expiry.country", error.to_string()))
    });
    Ok(Expiry {
        source: body.source.as_deref().map(source).transpose()?,
        country: country.transpose()?,
        days: body.days,
    })
}

fn source(text: &str) -> Result<String, Error> {
    let source = text.trim();
    let fits = (1..=SOURCE_BYTES_MAX).contains(&source.len());
    if fits && !source.chars().any(char::is_control) {
        Ok(source.to_owned())
    } else {
        let message =
            format!("`{source}` is no source: want 1 to {SOURCE_BYTES_MAX} bytes, like web_form");
        Err(Error::field("expiry.source", message))
    }
}

fn named(rule: &Expiry) -> String {
    let country = rule.country.map(Country::code);
    let parts = [rule.source.clone(), country];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" in ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{PolicyBody, read, write};
    use consent::policy::Policy;

    fn policy(expiry: &Value) -> Result<Policy, String> {
        let body = json!({ "expiry": expiry, "opt_in_days": 500 });
        let body: PolicyBody = serde_json::from_value(body).map_err(|error| error.to_string())?;
        read(&body).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn rules_are_read_back_as_they_were_written() {
        let rules = json!([
            {"source": "web_form", "country": "DE", "days": 365},
            {"source": "import", "days": 90},
            {"country": "FR", "days": 36_500},
        ]);
        let kept = policy(&rules).unwrap();
        assert_eq!(write(&kept)["expiry"], rules);
        let germany = "DE".parse().ok();
        assert_eq!(kept.lasts(Some("web_form"), germany), Some(365));
        assert_eq!(kept.lasts(Some("web_form"), None), Some(500));
        let small = policy(&json!([{"source": " import ", "country": "de", "days": 1}])).unwrap();
        let tidy = json!([{"source": "import", "country": "DE", "days": 1}]);
        assert_eq!(write(&small)["expiry"], tidy);
        assert_eq!(write(&Policy::default())["expiry"], json!([]));
        let nothing = json!([{"source": null, "country": "DE", "days": 1}]);
        assert!(policy(&nothing).is_ok());
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused_with_its_field() {
        let many: Vec<Value> = (0..201)
            .map(|n| json!({"source": format!("form_{n}"), "days": 1}))
            .collect();
        assert!(policy(&json!(many[..200])).is_ok());
        for (rules, field, says) in [
            (json!(many), "expiry", "want at most 200"),
            (json!([{"days": 9}]), "expiry", "opt_in_days"),
            (
                json!([{"source": "a", "days": 0}]),
                "expiry.days",
                "want 1 to 36500",
            ),
            (
                json!([{"source": "a", "days": 36_501}]),
                "expiry.days",
                "want 1 to 36500",
            ),
            (
                json!([{"country": "XX", "days": 9}]),
                "expiry.country",
                "two letters",
            ),
            (
                json!([{"country": "DEU", "days": 9}]),
                "expiry.country",
                "two letters",
            ),
            (
                json!([{"source": " ", "days": 9}]),
                "expiry.source",
                "like web_form",
            ),
            (
                json!([{"source": "a".repeat(101), "days": 9}]),
                "expiry.source",
                "100 bytes",
            ),
            (
                json!([{"source": "a", "country": "DE", "days": 9}, {"country": "de", "source": "a", "days": 8}]),
                "expiry",
                "`a in DE` has two rules",
            ),
            (json!([{"source": "a", "days": -1}]), "", "invalid value"),
            (json!([{"source": "a"}]), "", "days"),
            (
                json!([{"source": "a", "days": 9, "city": "Ulm"}]),
                "",
                "unknown field",
            ),
        ] {
            let error = policy(&rules).unwrap_err();
            assert!(error.contains(field) && error.contains(says), "{error}");
        }
    }
}
