//! Folding: all the ways to type one word become one string.

use unicode_normalization::UnicodeNormalization;

/// Folds case, width, accents, punctuation, white space and emoji away. Digits stay: "STOP 12345" is not "STOP".
#[must_use]
pub fn fold(text: &str) -> String {
    folded(text).collect()
}

/// As [`fold`], letter by letter: whoever looks for a short word need not fold a long text to its end.
pub fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    // Marks that a space kept apart stand side by side now, and such have one order.
    text.nfkd().flat_map(letters).nfd()
}

/// Whether a text folds to this. Lists are compared with every message, and most of their words are ASCII.
pub(super) fn is_folded(text: &str, folded: &str) -> bool {
    if !text.is_ascii() {
        return self::folded(text).eq(folded.chars());
    }
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).eq(folded.bytes())
}

/// What remains of one decomposed character: nothing, or the letters of its kind in lower case.
pub(super) fn letters(c: char) -> impl Iterator<Item = char> {
    let kept = c.is_alphanumeric() && !is_accent(c) && !is_blank(c);
    kept.then_some(c)
        .into_iter()
        .flat_map(char::to_lowercase)
        .flat_map(one_of_each)
        .filter(|c| !is_accent(*c))
}

/// Marks that a hurried typist leaves out. Vowel signs of Indic and South-East Asian scripts are letters, and stay.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}' | '\u{0591}'..='\u{05c7}' | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{0640}')
}

/// Letters by name that nobody sees: Hangul fillers and Khmer inherent vowels, and the modifier letters that
/// are typed as quotes.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}' | '\u{02b9}'
            ..='\u{02bf}'
    )
}

/// Letters that have no decomposition but are typed without their stroke or dot, or as two; and the letters that
/// keyboards of Arabic script swap for one another.
fn one_of_each(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ı' => ('i', None),
        'ł' => ('l', None),
        'ø' => ('o', None),
        'đ' | 'ð' => ('d', None),
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ґ' => ('г', None),
        'أ' | 'إ' | 'آ' | 'ٱ' => ('ا', None),
        'ى' | 'ی' => ('ي', None),
        'ک' => ('ك', None),
        'ة' | 'ہ' | 'ھ' | 'ە' | 'ۃ' => ('ه', None),
        'ς' => ('σ', None),
        _ => (c, None),
    };
    std::iter::once(first).chain(second)
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
            "\u{200f}STOP\u{200e}",
            "\u{202b}stop\u{202c}",
            "\u{2068}Stop\u{2069}",
            "stop\u{3164}",
            "\u{2800}stop\u{feff}",
            "«STOP»",
            "ʼstopʼ",
            "ⓢⓣⓞⓟ",
            "stop 👨‍👩‍👧‍👦 ❤️",
            "S T O P",
        ] {
            assert_eq!(fold(text), "stop", "{text}");
        }
        assert_eq!(fold("Opt-out"), fold("OPT OUT"));
        assert_ne!(fold("STOP 12345"), "stop");
        assert_ne!(fold("STOP 1️⃣"), "stop");
        assert_eq!(fold("schließen"), fold("SCHLIESSEN"));
        assert_eq!(fold("Cœur"), fold("COEUR"));
        assert_eq!(fold("🙏 …!"), "");
    }

    #[test]
    fn marks_that_a_space_kept_apart_have_one_order() {
        let folded = fold("\u{eb8} \u{c55}");
        assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn vowel_signs_are_letters() {
        assert_ne!(fold("रोको"), fold("रोक"));
        assert_eq!(fold("قِف"), fold("قف"));
    }

    #[test]
    fn keyboards_of_one_script_write_one_word() {
        assert_eq!(fold("کافی"), fold("كافي"));
        assert_eq!(fold("رسالة"), fold("رساله"));
    }
}
