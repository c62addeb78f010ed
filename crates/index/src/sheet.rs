//! A list of numbers, a line each: read, looked up and handed back in order, without a text of its own for any line.

use consent::reason::Code;

use crate::{
    answer::{self, ALLOW, ASK, STRANGER, UNREAD},
    digits::{self, Digits, WINDOW},
    key::{Key, PhoneKey},
    plan::Plan,
    state::State,
    table::Table,
};

/// The longest line that can be an address.
pub const LINE_BYTES_MAX: usize = 1024;
/// Bytes that are copied at once; a line of plain digits is shorter.
const STEP: usize = 32;

/// How often each answer was given.
#[derive(Debug, Clone)]
pub struct Tally([u64; 256]);

/// The lines of one piece of text, with what is known of each. Used again for the next piece.
#[derive(Debug, Default)]
pub struct Sheet {
    spans: Vec<Span>,
    keys: Vec<PhoneKey>,
    answers: Vec<u8>,
}

/// Where a line lies in the text, without white space around it.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

/// How a number without `+` is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// As international.
    Abroad,
    /// It may be a national number: the rules decide.
    National,
}

/// The key of what is no telephone number: it is in no table.
const NO_KEY: PhoneKey = Key([0]);

impl Sheet {
    /// Reads the lines of a text. Blank lines are left out.
    pub fn read(&mut self, text: &[u8], home: Home) {
        self.spans.clear();
        self.keys.clear();
        self.answers.clear();
        let national = home == Home::National;
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            match plain_line(rest, national) {
                Some((length, next, key)) => {
                    self.push(at, length, key);
                    at += next;
                }
                None => at += self.any_line(rest, at, national),
            }
        }
    }

    /// Answers every line that the table can answer.
    pub fn look_up(&mut self, table: &Table<1>, plan: &Plan) {
        self.answers.clear();
        self.answers.reserve(self.keys.len());
        let answers = &mut self.answers;
        // A look for some thousand keys at a time, so that no writer waits long.
        for keys in self.keys.chunks(4096) {
            let view = table.view();
            let mut of = keys.iter();
            view.get_many(keys, |state: State| {
                let unread = of.next() == Some(&NO_KEY);
                let answer = if unread { UNREAD } else { plan.answer(state) };
                answers.push(answer);
            });
        }
    }

    /// Leaves every line to the store.
    pub fn look_nowhere(&mut self) {
        self.answer_all(UNREAD);
    }

    /// Gives every line the same answer.
    pub fn answer_all(&mut self, answer: u8) {
        self.answers.clear();
        self.answers.resize(self.keys.len(), answer);
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The lines that have no answer yet.
    #[must_use]
    pub fn open(&self) -> Vec<usize> {
        let open = self.answers.iter().enumerate();
        open.filter(|(_, answer)| matches!(**answer, ASK | STRANGER | UNREAD))
            .map(|(line, _)| line)
            .collect()
    }

    /// What is known of a line: its answer so far.
    #[must_use]
    pub fn answer(&self, line: usize) -> u8 {
        self.answers.get(line).copied().unwrap_or(ASK)
    }

    /// The number that a line was read as.
    #[must_use]
    pub fn key(&self, line: usize) -> Option<PhoneKey> {
        self.keys.get(line).copied().filter(|key| *key != NO_KEY)
    }

    /// The text of a line.
    #[must_use]
    pub fn line<'a>(&self, text: &'a [u8], line: usize) -> &'a [u8] {
        let span = self.spans.get(line);
        span.and_then(|span| text.get(span.start as usize..span.end as usize))
            .unwrap_or_default()
    }

    /// Settles a line.
    pub fn settle(&mut self, line: usize, answer: u8) {
        if let Some(place) = self.answers.get_mut(line) {
            *place = answer;
        }
    }

    /// Writes the allowed lines in their order, and counts the answers.
    pub fn hand_back(&self, text: &[u8], out: &mut Vec<u8>, tally: &mut Tally) {
        let begin = out.len();
        out.resize(begin + text.len() + self.spans.len() + STEP, 0);
        let mut at = begin;
        for (span, answer) in self.spans.iter().zip(&self.answers) {
            tally.count(*answer);
            let (start, end) = (span.start as usize, span.end as usize);
            let length = end - start;
            let allowed = usize::from(*answer == ALLOW);
            let step = text.get(start..start + STEP).filter(|_| length < STEP);
            match (step, out.get_mut(at..at + STEP)) {
                // Copied in any case, and left behind only if allowed: no branch depends on the answer.
                (Some(from), Some(to)) => {
                    to.copy_from_slice(from);
                    if let Some(end) = to.get_mut(length) {
                        *end = b'\n';
                    }
                    at += (length + 1) * allowed;
                }
                _ if allowed == 1 => {
                    let line = text.get(start..end).unwrap_or_default();
                    for (to, from) in out.iter_mut().skip(at).zip(line.iter().chain(b"\n")) {
                        *to = *from;
                    }
                    at += length + 1;
                }
                _ => {}
            }
        }
        out.truncate(at);
    }

    #[inline(always)]
    fn push(&mut self, start: usize, length: usize, key: PhoneKey) {
        // A piece of text is far below four gigabytes.
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.spans.push(Span {
            start: place(start),
            end: place(start + length),
        });
        self.keys.push(key);
    }

    /// A line that is not just digits and an end. Gives how far the next one is.
    #[cold]
    fn any_line(&mut self, rest: &[u8], at: usize, national: bool) -> usize {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let whole = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let line = trimmed(whole);
        if !line.is_empty() {
            let before = line.as_ptr().addr() - whole.as_ptr().addr();
            let key = digits::plain(line, national).map_or(NO_KEY, PhoneKey::of);
            self.push(at + before, line.len(), key);
        }
        whole.len() + 1
    }
}

/// White space of any script around a line is no part of it.
fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    std::str::from_utf8(line).map_or(line, |text| text.trim().as_bytes())
}

/// A line of nothing but digits, perhaps after a `+`: its length, where the next begins, and its key.
#[inline(always)]
fn plain_line(rest: &[u8], national: bool) -> Option<(usize, usize, PhoneKey)> {
    let plus = usize::from(rest.first() == Some(&b'+'));
    if plus == 0 && national {
        return None;
    }
    let window = rest.get(plus..plus + WINDOW)?.try_into().ok()?;
    let digits = Digits::of(window);
    let length = plus + digits.count;
    let next = match (rest.get(length)?, rest.get(length + 1)) {
        (b'\n', _) => length + 1,
        (b'\r', Some(b'\n')) => length + 2,
        _ => return None,
    };
    Some((length, next, PhoneKey::of(digits.phone()?)))
}

impl Default for Tally {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Tally {
    /// Counts an answer.
    #[inline(always)]
    pub fn count(&mut self, answer: u8) {
        if let Some(count) = self.0.get_mut(usize::from(answer)) {
            *count += 1;
        }
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// How many were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How many may go.
    #[must_use]
    pub fn allowed(&self) -> u64 {
        let [_, allowed, ..] = self.0;
        allowed
    }

    /// How many were refused, for each reason that there was.
    #[must_use]
    pub fn refused(&self) -> Vec<(Code, u64)> {
        let counts = (0..=u8::MAX).zip(self.0);
        counts
            .filter(|(_, count)| *count > 0)
            .filter_map(|(answer, count)| Some((answer::code(answer)?, count)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, home: Home) -> Vec<(String, bool)> {
        let mut sheet = Sheet::default();
        sheet.read(text.as_bytes(), home);
        (0..sheet.len())
            .map(|line| {
                let own = sheet.line(text.as_bytes(), line);
                let own = String::from_utf8_lossy(own).into_owned();
                (own, sheet.key(line).is_some())
            })
            .collect()
    }

    #[test]
    fn lines_are_found_whatever_ends_them() {
        let text = "447711900123\r\n\n+447711900124\n   \n  447711900125 \nana\n+44 7711 900126\n\
                    \u{a0}447711900127\u{a0}\n447711900128";
        let found = lines(text, Home::Abroad);
        let wanted = [
            ("447711900123", true),
            ("+447711900124", true),
            ("447711900125", true),
            ("ana", false),
            ("+44 7711 900126", false),
            ("447711900127", true),
            ("447711900128", true),
        ];
        let wanted: Vec<(String, bool)> = wanted.map(|(text, key)| (text.to_owned(), key)).into();
        assert_eq!(found, wanted);
        let national = lines(text, Home::National);
        assert!(national.iter().filter(|(_, key)| *key).count() == 1);
    }

    #[test]
    fn what_is_allowed_comes_back_in_order_and_the_rest_is_counted() {
        let table = Table::default();
        let text = format!(
            "447711900123\n447711900124\r\n{}\n+447711900125\n",
            "x".repeat(100)
        );
        let mut sheet = Sheet::default();
        sheet.read(text.as_bytes(), Home::Abroad);
        sheet.look_up(&table, &Plan::always(ALLOW));
        assert_eq!(sheet.open(), [2]);
        sheet.settle(2, ALLOW);
        sheet.settle(1, answer::deny(Code::Held));
        let (mut out, mut tally) = (b"before\n".to_vec(), Tally::default());
        sheet.hand_back(text.as_bytes(), &mut out, &mut tally);
        let wanted = format!("before\n447711900123\n{}\n+447711900125\n", "x".repeat(100));
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
        assert_eq!((tally.total(), tally.allowed()), (4, 3));
        assert_eq!(tally.refused(), [(Code::Held, 1)]);
    }
}
