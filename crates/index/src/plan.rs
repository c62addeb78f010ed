//! How an answer is read from a state.

use consent::{
    request::{Address, Request, Template},
    scope::{Category, Channel},
};

use crate::{
    answer::ASK,
    state::{State, Word},
};

/// How the states answer one question about many people.
#[derive(Debug, Clone)]
pub struct Plan {
    shift: u32,
    mask: u16,
    answers: [u8; 16],
}

impl Plan {
    /// For a question, and the answer for somebody unknown ([`STRANGER`](crate::answer::STRANGER) where that must be looked into). A question
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
    use consent::reason::Code;

    use super::*;
    use crate::answer::{ALLOW, deny};

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
