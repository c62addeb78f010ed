//! Which of very many numbers may be written to: the index answers what it can, the store the rest, in one order.

use std::sync::atomic::Ordering;

use consent::{
    alias::Alias,
    phone::Phone,
    reason::Code,
    request::{Address, Request},
    scope::Category,
    time::Timestamp,
};
use index::{
    answer::{self, ASK, STRANGER, UNREAD},
    key::{PhoneKey, UserKey},
    plan::Plan,
    sheet::{Home, LINE_BYTES_MAX, Sheet, Tally},
    state::{State, stranger},
};

use crate::{
    app::House,
    error::Error,
    memory::Ready,
    services::{
        check::{self, Ask},
        facts,
    },
};

/// Questions that are put to the store at once.
const STORE_BATCH: usize = 1_000;

/// One question about everybody in a list, and what was answered so far.
pub struct Sieve {
    ask: Ask,
    home: Home,
    sheet: Sheet,
    tally: Tally,
    /// How many lines the store had to answer.
    asked: u64,
}

/// How one piece of a list is answered from memory.
struct Eye<'a> {
    ready: &'a Ready,
    plan: Plan,
    stranger: u8,
    erased: u8,
}

impl Sieve {
    /// A sieve for a question; whom the question is about does not matter.
    #[must_use]
    pub fn new(app: &House, ask: Ask) -> Self {
        let home = if app.config.home().is_some() {
            Home::National
        } else {
            Home::Abroad
        };
        Self {
            ask,
            home,
            sheet: Sheet::default(),
            tally: Tally::default(),
            asked: 0,
        }
    }

    /// What was answered so far.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How many lines the store had to answer so far.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.asked
    }

    /// Answers the lines of a piece of text, and adds those that may be written to.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sift(
        &mut self,
        app: &House,
        ready: Option<&Ready>,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.sheet.read(text, self.home);
        let marketing = self.ask.request().category == Category::Marketing;
        if app.restored.load(Ordering::SeqCst) && marketing {
            // The gate says the same of an older copy that nobody has acknowledged.
            self.sheet.answer_all(answer::deny(Code::Held));
        } else {
            let eye = ready.map(|ready| self.look_up(app, ready));
            if eye.is_none() {
                self.sheet.look_nowhere();
            }
            self.settle(app, eye.as_ref(), text).await?;
        }
        self.sheet.hand_back(text, out, &mut self.tally);
        Ok(())
    }

    /// Answers from memory what memory can answer.
    fn look_up<'a>(&mut self, app: &House, ready: &'a Ready) -> Eye<'a> {
        loop {
            let had_erased = ready.has_erased();
            let eye = Eye::new(self.ask.request(), ready, app.clock.now());
            self.sheet.look_up(&ready.index.phones, &eye.plan);
            // The first person to be erased may have looked like a stranger meanwhile.
            if had_erased == ready.has_erased() {
                return eye;
            }
        }
    }

    /// Answers what the first look left open.
    async fn settle(
        &mut self,
        app: &House,
        eye: Option<&Eye<'_>>,
        text: &[u8],
    ) -> Result<(), Error> {
        let mut waiting: Vec<(usize, Ask)> = Vec::new();
        for line in self.sheet.open() {
            let known = self.sheet.answer(line);
            if let (STRANGER, Some(eye), Some(key)) = (known, eye, self.sheet.key(line)) {
                let alias = Phone::from_number(key.number()).map(Alias::Phone);
                let answer = alias.map_or(ASK, |alias| eye.unknown(app, &alias));
                self.sheet.settle(line, answer);
                continue;
            }
            let own = self.sheet.line(text, line);
            let own = std::str::from_utf8(own).unwrap_or_default();
            let own = if own.len() > LINE_BYTES_MAX { "" } else { own };
            let ask = self.ask.about(app, own);
            let answer = match eye {
                Some(eye) if known == UNREAD => eye.answer(app, &ask),
                Some(_) | None => ASK,
            };
            self.sheet.settle(line, answer);
            if answer == ASK {
                waiting.push((line, ask));
            }
            if waiting.len() >= STORE_BATCH {
                self.put_to_store(app, std::mem::take(&mut waiting)).await?;
            }
        }
        self.put_to_store(app, waiting).await
    }

    async fn put_to_store(&mut self, app: &House, waiting: Vec<(usize, Ask)>) -> Result<(), Error> {
        if waiting.is_empty() {
            return Ok(());
        }
        let (lines, asks): (Vec<usize>, Vec<Ask>) = waiting.into_iter().unzip();
        let codes = check::codes(app, &asks).await?;
        self.asked += u64::try_from(asks.len()).unwrap_or(u64::MAX);
        for (line, code) in lines.into_iter().zip(codes) {
            self.sheet.settle(line, answer::of_code(code));
        }
        Ok(())
    }
}

impl<'a> Eye<'a> {
    fn new(request: &Request, ready: &'a Ready, now: Timestamp) -> Self {
        let request = Request {
            address: Address::Person,
            ..request.clone()
        };
        let minute = facts::minute_there(&ready.policy, now);
        let nobody = stranger(&request, &ready.policy, now, minute);
        let unknown = if ready.has_erased() { STRANGER } else { nobody };
        Self {
            ready,
            plan: Plan::of(&request, unknown),
            stranger: nobody,
            erased: check::erased_answer(&request, &ready.policy, (now, minute)),
        }
    }

    /// A question about one address in any spelling, as far as memory can answer it.
    fn answer(&self, app: &House, ask: &Ask) -> u8 {
        if ask.request().address == Address::Invalid {
            return answer::deny(Code::InvalidRecipient);
        }
        let [alias] = ask.aliases() else {
            return ASK;
        };
        let state = match alias {
            Alias::Phone(phone) | Alias::WaId(phone) => {
                self.ready.index.phone(PhoneKey::of(*phone))
            }
            Alias::Bsuid(id) | Alias::ParentBsuid(id) => match UserKey::of(id.as_str()) {
                Some(key) => self.ready.index.user(key),
                None => State::ASK,
            },
            Alias::Email(_) => State::ASK,
        };
        if state == State::MISSING {
            return self.unknown(app, alias);
        }
        self.plan.answer(state)
    }

    /// The answer for somebody whom the index does not know: a stranger, or somebody who was erased.
    fn unknown(&self, app: &House, alias: &Alias) -> u8 {
        if self.ready.was_erased(&app.vault.pepper(alias)) {
            self.erased
        } else {
            self.stranger
        }
    }
}
