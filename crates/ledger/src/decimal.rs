//! The one way numbers are written in the C2SP formats: ASCII decimal without leading zeros.

/// Reads such a number; none if it is anything else.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let plain = text == "0" || !text.starts_with('0');
    // `parse` alone would also take a plus sign.
    if plain && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!(parse("0"), Some(0));
        assert_eq!(parse("18446744073709551615"), Some(u64::MAX));
        for wrong in [
            "",
            "00",
            "01",
            "+1",
            "-1",
            " 1",
            "1 ",
            "0x1",
            "١",
            "18446744073709551616",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
