//! An answer in one byte.

use consent::reason::Code;

/// The index cannot know: the store is asked.
pub const ASK: u8 = 0;
/// It may go.
pub const ALLOW: u8 = 1;
/// Nobody we know; but people were erased, and this may be one of them.
pub const STRANGER: u8 = 2;
/// Not yet read: no telephone number in plain digits.
pub const UNREAD: u8 = 3;
/// The first of the refusals, in the order of [`Code::ALL`].
const DENY: u8 = 4;

/// A refusal as a byte.
#[must_use]
pub fn deny(code: Code) -> u8 {
    let place = Code::ALL.iter().position(|other| *other == code);
    place.map_or(ASK, |place| {
        u8::try_from(place).map_or(ASK, |place| DENY + place)
    })
}

/// The refusal behind a byte, if it is one.
#[must_use]
pub fn code(answer: u8) -> Option<Code> {
    let place = answer.checked_sub(DENY)?;
    Code::ALL.get(usize::from(place)).copied()
}

/// A verdict as a byte: the code of a refusal, or none for a yes.
#[must_use]
pub fn of_code(code: Option<Code>) -> u8 {
    code.map_or(ALLOW, deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_a_byte_and_back() {
        for each in Code::ALL {
            assert_eq!(code(deny(each)), Some(each));
        }
        for other in [ASK, ALLOW, STRANGER, UNREAD, 255] {
            assert_eq!(code(other), None);
        }
        assert_eq!(of_code(None), ALLOW);
    }
}
