//! What memory knows of one question: the whole answer, or where a yes is to be remembered.

use std::sync::atomic::Ordering;

use consent::{alias::Alias, scope::Category, time::Timestamp};
use index::{
    answer::{ALLOW, ASK},
    key::{PhoneKey, UserKey},
    plan::Plan,
    state::State,
};

use super::{Ask, CheckAnswer, allowed, answer, crowd::Crowd};
use crate::{app::House, error::Error, memory::Ready, near::Place};

/// What memory knows.
pub(super) enum Recalled {
    /// The whole answer, but for the size of the log.
    Answer(Box<CheckAnswer>),
    /// Not enough. It is a yes, as far as memory can tell, where there is a place to remember it in.
    Open(Option<Place>),
}

/// Asks memory. A stranger is answered by the rules; of somebody known the index says whether it is a yes, and what it
/// rests on is there when it was asked before.
pub(super) async fn recall(
    app: &House,
    ready: &Ready,
    ask: &Ask,
    now: Timestamp,
) -> Result<Recalled, Error> {
    let restored = app.restored.load(Ordering::SeqCst);
    let [alias] = ask.aliases.as_slice() else {
        return Ok(Recalled::Open(None));
    };
    if restored && ask.request.category == Category::Marketing {
        return Ok(Recalled::Open(None));
    }
    let (state, phone) = look_up(ready, alias);
    if state == State::MISSING {
        // Whoever is erased is noted as such before they are missed.
        let was_erased = ready.has_erased() && ready.was_erased(&app.vault.pepper(alias));
        let nobody = Crowd::of_nobody(alias, was_erased);
        let (verdict, contact) = nobody.decide(app, ask, &ready.policy, now).await?;
        let found = answer(&verdict, contact, &ready.policy);
        return Ok(Recalled::Answer(Box::new(found)));
    }
    let is_yes = Plan::of(&ask.request, ASK).answer(state) == ALLOW;
    let place = phone
        .filter(|_| is_yes)
        .and_then(|phone| ready.yeses.look_up(phone, &ask.request));
    Ok(match place {
        Some((_, Some(yes))) => {
            let found = allowed(yes.basis, Some(yes.contact), &ready.policy);
            Recalled::Answer(Box::new(found))
        }
        Some((place, None)) => Recalled::Open(Some(place)),
        None => Recalled::Open(None),
    })
}

fn look_up(ready: &Ready, alias: &Alias) -> (State, Option<PhoneKey>) {
    match alias {
        Alias::Phone(phone) | Alias::WaId(phone) => {
            let key = PhoneKey::of(*phone);
            (ready.index.phone(key), Some(key))
        }
        Alias::Bsuid(id) | Alias::ParentBsuid(id) => {
            let state = UserKey::of(id.as_str()).map(|key| ready.index.user(key));
            (state.unwrap_or(State::ASK), None)
        }
        Alias::Email(_) => (State::ASK, None),
    }
}
