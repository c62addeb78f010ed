//! A message as the grammar sees it: folded words in a row, with marks between them and the way back to the original.

use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

use super::fold;

/// Longer messages than WhatsApp allows are read up to here.
const CHARS_MAX: usize = 4_096;

/// A folded message: ` stop sending me this , please . thank you . `.
///
/// Every word has a space before and after it. `.` ends a sentence, `?` one that asks; `,` is any lesser break.
/// Scripts that are written without spaces keep none.
#[derive(Debug)]
pub(super) struct Text {
    /// The folded words.
    pub folded: String,
    /// For each byte of `folded`, where in the message its character begins.
    origin: Vec<u32>,
    /// For each byte of `folded`, how many words began up to there.
    word: Vec<u32>,
    /// What stands in quotation marks, in bytes of `folded`.
    pub quotes: Vec<Range<usize>>,
    /// The length of the message in bytes.
    length: usize,
}

impl Text {
    pub(super) fn fold(message: &str) -> Self {
        let mut writer = Writer::new(message.len());
        let rest = message.char_indices().take(CHARS_MAX);
        for (at, c) in rest {
            writer.at = at;
            match c {
                'a'..='z' | '0'..='9' => writer.letter(c),
                'A'..='Z' => writer.letter(c.to_ascii_lowercase()),
                '\'' | '’' | '`' | '´' | 'ʼ' | '‘' | '＇' => {
                    let after = message.get(at + c.len_utf8()..).unwrap_or_default();
                    writer.apostrophe(after);
                }
                '.' | '!' | '…' | '。' | '！' | '।' | '॥' | ';' | '؛' | '۔' | '．' | '｡' =>
                {
                    writer.stop(c);
                }
                '?' | '？' | '؟' | '⁉' => writer.mark('?'),
                '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』' => {
                    writer.quote(c)
                }
                '-' | '/' | '_' | '*' | '&' | '+' | '@' | '~' | '#' | '|' | '\\' | '–' | '‐' => {
                    writer.space();
                }
                c if c.is_whitespace() && c != '\n' => writer.space(),
                c => writer.other(c),
            }
        }
        writer.done()
    }

    /// How many words began up to a byte of the folded text.
    pub(super) fn word(&self, at: usize) -> u32 {
        self.word
            .get(at)
            .or(self.word.last())
            .copied()
            .unwrap_or_default()
    }

    /// The end of the word that `at` lies in, or `at` itself where a word ends.
    pub(super) fn word_end(&self, at: usize) -> usize {
        let rest = self.folded.get(at..).unwrap_or_default();
        at + rest.find(' ').unwrap_or(rest.len())
    }

    /// The part of the message that a part of the folded text comes from.
    pub(super) fn original(&self, folded: Range<usize>) -> Range<usize> {
        let at = |index: usize| self.origin.get(index).map(|at| *at as usize);
        let start = at(folded.start).unwrap_or(self.length);
        // Marks and emoji after the last letter are not part of it, but the letter is, whole.
        let last = folded.end.checked_sub(1).and_then(at).unwrap_or(start);
        let next = self
            .origin
            .get(folded.end.saturating_sub(1)..)
            .unwrap_or_default()
            .iter()
            .map(|at| *at as usize)
            .find(|at| *at > last);
        start..next.unwrap_or(self.length).max(start)
    }
}

struct Writer {
    text: Text,
    at: usize,
    words: u32,
    /// Parts of a word in scripts without spaces, in [`WHOLE`]s.
    part: u32,
    /// The last character written, and how many times in a row.
    last: (char, u32),
    quoted_from: Option<usize>,
}

/// A word of a script without spaces is this many parts long.
const WHOLE: u32 = 12;

impl Writer {
    fn new(length: usize) -> Self {
        let room = length + length / 8 + 8;
        let mut writer = Self {
            text: Text {
                folded: String::with_capacity(room),
                origin: Vec::with_capacity(room),
                word: Vec::with_capacity(room),
                quotes: Vec::new(),
                length,
            },
            at: 0,
            words: 0,
            part: 0,
            last: ('.', 1),
            quoted_from: None,
        };
        writer.push(' ');
        writer
    }

    fn push(&mut self, c: char) {
        self.text.folded.push(c);
        for _ in 0..c.len_utf8() {
            self.text
                .origin
                .push(u32::try_from(self.at).unwrap_or(u32::MAX));
            self.text.word.push(self.words);
        }
    }

    fn letter(&mut self, c: char) {
        let (last, times) = self.last;
        let (run, parts) = (runs_on(c), parts(c));
        if last == c && run {
            self.last.1 = times + 1;
            match times {
                1 => {}
                // Nobody spells three in a row: "stooop" is "stop".
                2 => {
                    self.pop();
                    return;
                }
                _ => return,
            }
        } else {
            self.last = (c, 1);
        }
        let before = self.text.folded.chars().next_back().unwrap_or(' ');
        match parts {
            0 if before == ' ' => self.words += 1,
            0 if parts_of_last(before) > 0 => {
                self.push(' ');
                self.words += 1;
            }
            0 => {}
            parts => {
                if before == ' ' {
                    // Two words of a script without spaces are one stretch of it.
                    if self.before_space().is_some_and(|c| parts_of_last(c) > 0) {
                        self.drop_space();
                    } else {
                        self.part = WHOLE;
                    }
                } else if parts_of_last(before) == 0 {
                    self.push(' ');
                    self.part = WHOLE;
                }
                self.part += parts;
                if self.part > WHOLE {
                    self.part -= WHOLE;
                    self.words += 1;
                }
            }
        }
        self.push(c);
    }

    fn before_space(&self) -> Option<char> {
        self.text.folded.chars().rev().nth(1)
    }

    fn drop_space(&mut self) {
        self.text.folded.pop();
        self.text.origin.pop();
        self.text.word.pop();
    }

    fn pop(&mut self) {
        if let Some(c) = self.text.folded.pop() {
            let left = self.text.folded.len();
            debug_assert!(c != ' ');
            self.text.origin.truncate(left);
            self.text.word.truncate(left);
        }
    }

    fn space(&mut self) {
        self.last.1 = 1;
        if !self.text.folded.ends_with(' ') {
            self.push(' ');
            self.last = (' ', 1);
        }
    }

    fn mark(&mut self, mark: char) {
        self.space();
        // Of several marks in a row the strongest stays: "stop?!" asks.
        let standing = self.before_space().filter(|c| is_mark(*c));
        match standing {
            Some(other) if strength(other) >= strength(mark) => return,
            Some(_) => {
                self.drop_space();
                self.drop_space();
            }
            None if self.text.folded.len() == 1 => return,
            None => {}
        }
        self.push(mark);
        self.push(' ');
    }

    /// "On the 28. of May" is one sentence.
    fn stop(&mut self, c: char) {
        let ordinal = c == '.' && self.text.folded.ends_with(|c: char| c.is_numeric());
        self.mark(if ordinal { ',' } else { '.' });
    }

    fn quote(&mut self, c: char) {
        self.mark(',');
        let here = self.text.folded.len();
        let opens = matches!(c, '“' | '„' | '«' | '「' | '『');
        match self.quoted_from.take() {
            Some(from) => self.text.quotes.push(from..here),
            // A lone closing mark closes nothing.
            None if opens || c == '"' || c == '”' || c == '»' => self.quoted_from = Some(here),
            None => {}
        }
    }

    /// "don't" is one word, "l'iscrizione" two.
    fn apostrophe(&mut self, after: &str) {
        let mut next = after.chars().flat_map(char::to_lowercase);
        let (first, second) = (next.next(), next.next());
        let vowel = first.is_some_and(|c| "aeiouyhàâéèêëîïôùûœ".contains(c));
        let long = second.is_some_and(char::is_alphabetic);
        let ends = !first.is_some_and(char::is_alphanumeric);
        if ends || (vowel && long) {
            self.space();
        }
    }

    fn other(&mut self, c: char) {
        let mut any = false;
        let mut marks = false;
        decompose_compatible(c, |part| {
            marks |= unicode_normalization::char::is_combining_mark(part) || is_invisible(part);
            for letter in fold::letters(part) {
                any = true;
                self.letter(letter);
            }
        });
        if any || marks {
            return;
        }
        match c {
            '\u{200c}' | '\u{200d}' => {}
            c if is_invisible(c) => {}
            _ => self.mark(','),
        }
    }

    fn done(mut self) -> Text {
        self.at = self.text.length;
        self.space();
        self.text
    }
}

/// Whether a third one in a row says nothing. Digits do.
fn runs_on(c: char) -> bool {
    !c.is_numeric()
}

/// Invisible characters that part no words: directions, joiners, variation selectors, soft hyphens.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{3164}' | '\u{115f}' | '\u{1160}' | '\u{ffa0}'
        | '\u{02b9}'..='\u{02bf}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}')
}

/// How much of a word a character is, in twelfths; 0 in scripts that put spaces between words.
fn parts(c: char) -> u32 {
    match c {
        // Hangul letters (syllables come apart in folding).
        '\u{1100}'..='\u{11ff}' => 2,
        '\u{0e00}'..='\u{0e7f}' => 3,
        // Kana; Chinese characters.
        '\u{3040}'..='\u{30ff}' => 4,
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => 6,
        _ => 0,
    }
}

fn parts_of_last(c: char) -> u32 {
    if c == ' ' { 0 } else { parts(c) }
}

/// Whether a folded text is of a script without spaces, where a word may begin anywhere.
pub(super) fn is_unspaced(c: char) -> bool {
    parts(c) > 0
}

pub(super) const fn is_mark(c: char) -> bool {
    matches!(c, '.' | '?' | ',')
}

const fn strength(mark: char) -> u8 {
    match mark {
        '?' => 3,
        '.' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(message: &str) -> String {
        Text::fold(message).folded
    }

    #[test]
    fn words_stand_apart_and_marks_between_them() {
        for (message, want) in [
            ("Don't STOP, please!!!", " dont stop , please . "),
            ("Ne m'envoyez plus rien", " ne m envoyez plus rien "),
            ("stooooop... NOW?!", " stop . now ? "),
            ("opt-out 🙏🏽 merci", " opt out , merci "),
            ("请停止 发送。谢谢", " 请停止发送 . 谢谢 "),
            ("请回复STOP退订", " 请回复 stop 退订 "),
            ("st\u{200b}op", " stop "),
            ("", " "),
            ("🙏", " "),
            ("बन्द करो", " बनद करो "),
        ] {
            assert_eq!(folded(message), want, "{message}");
        }
    }

    #[test]
    fn a_part_leads_back_to_where_it_came_from() {
        let message = "Bitte, ＳＴＯＰ jetzt";
        let text = Text::fold(message);
        let at = text.folded.find("stop").unwrap();
        assert_eq!(&message[text.original(at..at + 4)], "ＳＴＯＰ");
    }

    #[test]
    fn quotation_marks_are_remembered() {
        let text = Text::fold("she wrote \"stop it\" and left");
        let inside: Vec<&str> = text
            .quotes
            .iter()
            .map(|at| &text.folded[at.clone()])
            .collect();
        assert_eq!(inside, ["stop it , "]);
    }
}
