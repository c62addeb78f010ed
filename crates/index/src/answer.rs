//! An answer in one byte, and how it is read from a state.

use consent::{
    reason::Code,
    request::{Address, Request, Template},
    scope::{Category, Channel},
};

use crate::state::{State, Word};

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

/// How the states answer one question about many people.
#[derive(Debug, Clone)]
pub struct Plan {
    shift: u32,
    mask: u16,
    answers: [u8; 16],
}

impl Plan {
    /// For a question, and the answer for somebody unknown ([`STRANGER`] where that must be looked into). A question
    /// that no state speaks of is answered by the store, but for strangers.
    #[must_use]
    pub fn of(request: &Request, stranger: u8) -> Self {
        let (shift, mask) = State::place(request.category);
        let within = request
            .topic
            .is_none_or(|topic| topic.category == request.category);
        let spoken_of = request.channel == Channel::Whatsapp
            && request.address == Address::Person
            && request.template != Template::Unavailable
            && within;
        let mut answers = [ASK; 16];
        if spoken_of {
            for (place, answer) in answers.iter_mut().enumerate() {
                let word = Word::read(request.category, place);
                *answer = word.map_or(ASK, |word| word.answer(request.topic.is_some()));
            }
        }
        if let Some(missing) = answers.get_mut(usize::from(mask)) {
            *missing = stranger;
        }
        Self {
            shift,
            mask,
            answers,
        }
    }

    /// One answer for everybody, known or not.
    #[must_use]
    pub const fn always(answer: u8) -> Self {
        Self {
            shift: 0,
            mask: 0,
            answers: [answer; 16],
        }
    }

    /// What a state answers.
    #[must_use]
    pub fn answer(&self, state: State) -> u8 {
        let place = usize::from(state.get() >> self.shift & self.mask);
        self.answers.get(place).copied().unwrap_or(ASK)
    }

    /// The category that it is about, as the place of its bits.
    #[must_use]
    pub fn is_about(&self, category: Category) -> bool {
        (self.shift, self.mask) == State::place(category)
    }
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

    #[test]
    fn what_no_state_speaks_of_is_asked_but_strangers_are_known() {
        let about = Request::about(Category::Marketing);
        let sms = Request {
            channel: Channel::Sms,
            ..about.clone()
        };
        let plan = Plan::of(&sms, deny(Code::NoConsent));
        assert_eq!(plan.answer(State::ASK), ASK);
        assert_eq!(plan.answer(State::MISSING), deny(Code::NoConsent));
        assert!(plan.is_about(Category::Marketing) && !plan.is_about(Category::Service));
        assert_eq!(Plan::always(ALLOW).answer(State::MISSING), ALLOW);
    }
}
