//! Folding: all the ways to type one word become one string.

use unicode_normalization::UnicodeNormalization;

/// Folds case, width, accents, punctuation, white space and emoji away. Digits stay: "STOP 12345" is not "STOP".
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|c| c.is_alphanumeric() && !is_accent(*c))
        .flat_map(char::to_lowercase)
        .map(one_of_each)
        .collect()
}

/// Marks that a hurried typist leaves out. Vowel signs of Indic and South-East Asian scripts are letters, and stay.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}' | '\u{0591}'..='\u{05c7}' | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{0640}')
}

/// Letters that have no decomposition but are typed without their stroke or dot.
fn one_of_each(c: char) -> char {
    match c {
        'ı' => 'i',
        'ł' => 'l',
        'ø' => 'o',
        'đ' | 'ð' => 'd',
        'ß' => 's',
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        'ς' => 'σ',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn one_word_in_many_clothes_folds_to_one() {
        for text in [
            "STOP",
            "stop",
            "  Stop. ",
            "ＳＴＯＰ",
            "s-t-o-p",
            "*STOP*",
            "“stop”",
            "STOP!!! 🙏🏽",
            "ŚTÓP",
            "𝐒𝐓𝐎𝐏",
            "st\u{200b}op",
        ] {
            assert_eq!(fold(text), "stop", "{text}");
        }
        assert_eq!(fold("Opt-out"), fold("OPT OUT"));
        assert_ne!(fold("STOP 12345"), "stop");
        assert_eq!(fold("🙏 …!"), "");
    }

    #[test]
    fn vowel_signs_are_letters() {
        assert_ne!(fold("रोको"), fold("रोक"));
        assert_eq!(fold("قِف"), fold("قف"));
    }
}
