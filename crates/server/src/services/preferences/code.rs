//! A code in the chat: shows that whoever has the link also reads the person's messages. It opens their history, and lets
//! them agree to things on the page.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use consent::{
    alias::Alias,
    id::{ContactId, NumberId},
    permit::Recipient,
    time::{DAY_MS, MINUTE_MS, Timestamp},
    window,
};
use graph::{
    message::{self, Endpoint},
    route::SendRoute,
};
use store::{code::CodeLine, contact::ContactLine};

use crate::{
    app::{App, House},
    error::Error,
    services::send::{self, Keep, Sent, Wish},
    vault::{self, TAG_BYTES},
};

/// What the hash of a code is for.
const CODE: &str = "code of a preference page";
/// What the tag of a proof is for.
const PROOF: &str = "proof of a preference page";
/// How long a code is good.
const GOOD_MS: i64 = 10 * MINUTE_MS;
/// How long whoever showed the right code may agree to things.
const OPEN_MS: i64 = 15 * MINUTE_MS;
/// How long to wait before another code is sent.
const PAUSE_MS: i64 = MINUTE_MS;
/// How many codes a person is sent in a day.
const CODES_A_DAY_MAX: i64 = 5;
/// How often a code may be guessed: one chance in 200,000 for each code.
const TRIES_MAX: i64 = 5;
/// How many codes there are.
const CODES: u64 = 1_000_000;

/// What became of the wish for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It was sent.
    Sent,
    /// The person has not written to us lately, so we may not write to them.
    Closed,
    /// One was sent a moment ago.
    TooSoon,
    /// As many as there are in a day were sent.
    Enough,
    /// It could not be sent.
    Failed,
}

/// What became of a code that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// It is the right one. The text proves it for a while.
    Right(String),
    /// It is not.
    Wrong,
    /// There is none that is still good.
    Late,
}

/// Sends a code into the chat with a person, as an answer of ours in the open window. `write` makes the message.
///
/// # Errors
/// When the database does not answer.
pub async fn ask(
    app: &App,
    line: &ContactLine,
    write: impl Fn(&str) -> String,
) -> Result<Asked, Error> {
    let now = app.clock.now();
    let (Some(number), Some(to)) = (open_number(line, now), recipient(line)) else {
        return Ok(Asked::Closed);
    };
    let (Some(token), Some(account)) = (&app.token, app.config.account_of(&number)) else {
        return Ok(Asked::Failed);
    };
    let code = fresh()?;
    if let Some(refused) = keep(app, line.person.id, &code).await? {
        return Ok(refused);
    }
    let Ok(outgoing) = message::text(&to, &write(&code), None) else {
        return Ok(Asked::Failed);
    };
    let wish = Wish {
        route: SendRoute {
            version: app
                .config
                .whatsapp
                .version
                .parse()
                .map_err(Error::internal)?,
            number,
            endpoint: Endpoint::Messages,
            proof: None,
        },
        account: account.to_owned(),
        outgoing,
        topic: None,
        token: token.clone(),
        // The code opens what is theirs: nobody of the staff may read it.
        keep: Keep::Nothing,
    };
    sent(app, wish).await
}

/// Looks at a code that somebody typed. The right one is good once.
///
/// # Errors
/// When the database does not answer.
pub async fn open(
    app: &House,
    contact: ContactId,
    link: &str,
    typed: &str,
) -> Result<Typed, Error> {
    let now = app.clock.now();
    let typed: String = typed.chars().filter_map(digit).collect();
    let mut tx = app.store.begin().await?;
    tx.lock(&[contact]).await?;
    let Some(line) = tx.code(contact).await? else {
        return Ok(Typed::Late);
    };
    if line.expires <= now || line.tries >= TRIES_MAX {
        return Ok(Typed::Late);
    }
    let is_right = app.vault.is_tag(CODE, &bytes(contact, &typed), &line.tag);
    let line = if is_right {
        CodeLine {
            expires: now,
            ..line
        }
    } else {
        CodeLine {
            tries: line.tries + 1,
            ..line
        }
    };
    tx.keep_code(&line).await?;
    tx.commit().await?;
    Ok(if is_right {
        Typed::Right(proof(app, link, now.plus_millis(OPEN_MS)))
    } else {
        Typed::Wrong
    })
}

/// Whether a proof was given for this link, and is still good.
#[must_use]
pub fn is_proven(app: &House, link: &str, proof: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(proof) else {
        return false;
    };
    let Some((end, tag)) = bytes.split_first_chunk::<8>() else {
        return false;
    };
    let ends = Timestamp::from_millis(i64::from_be_bytes(*end));
    let said = [end.as_slice(), link.as_bytes()].concat();
    tag.len() == TAG_BYTES && app.vault.is_tag(PROOF, &said, tag) && app.clock.now() < ends
}

fn proof(app: &House, link: &str, end: Timestamp) -> String {
    let end = end.millis().to_be_bytes();
    let tag = app
        .vault
        .tag(PROOF, &[end.as_slice(), link.as_bytes()].concat());
    URL_SAFE_NO_PAD.encode([end.as_slice(), &tag].concat())
}

/// Keeps a new code in place of the last; says why not, where none may be sent now.
async fn keep(app: &House, contact: ContactId, code: &str) -> Result<Option<Asked>, Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.lock(&[contact]).await?;
    let last = tx.code(contact).await?;
    let today = last.filter(|last| now.millis_since(last.day) < DAY_MS);
    let (day, count) = today
        .as_ref()
        .map_or((now, 0), |last| (last.day, last.sent_that_day));
    if today.is_some_and(|last| now.millis_since(last.sent) < PAUSE_MS) {
        return Ok(Some(Asked::TooSoon));
    }
    if count >= CODES_A_DAY_MAX {
        return Ok(Some(Asked::Enough));
    }
    let line = CodeLine {
        contact,
        tag: app.vault.tag(CODE, &bytes(contact, code)).to_vec(),
        sent: now,
        expires: now.plus_millis(GOOD_MS),
        tries: 0,
        day,
        sent_that_day: count + 1,
    };
    tx.keep_code(&line).await?;
    tx.commit().await?;
    Ok(None)
}

async fn sent(app: &App, wish: Wish) -> Result<Asked, Error> {
    Ok(match send::send(app, wish).await? {
        Sent::Answered(status, _) if (200..300).contains(&status) => Asked::Sent,
        // Nobody knows whether it came: whoever waits for it will see.
        Sent::Unknown(_) => Asked::Sent,
        Sent::Refused(_) => Asked::Closed,
        Sent::Answered(..) | Sent::Unreachable(..) => Asked::Failed,
    })
}

/// The number of ours that they wrote to last, if they may be answered there now.
fn open_number(line: &ContactLine, now: Timestamp) -> Option<NumberId> {
    let heard = line.person.standing.heard.iter();
    heard
        .filter(|(_, heard)| window::is_open(heard, now))
        .max_by_key(|(_, heard)| heard.last)
        .map(|(number, _)| number.clone())
}

/// Where they are reached in WhatsApp.
fn recipient(line: &ContactLine) -> Option<Recipient> {
    let held = || line.aliases.iter().filter(|held| held.until.is_none());
    let phone = held().find_map(|held| match &held.alias {
        Alias::Phone(phone) | Alias::WaId(phone) => Some(Recipient::Phone(*phone)),
        Alias::Bsuid(_) | Alias::ParentBsuid(_) | Alias::Email(_) => None,
    });
    let id = || {
        held().find_map(|held| match &held.alias {
            Alias::Bsuid(id) => Some(Recipient::Bsuid(id.clone())),
            Alias::Phone(_) | Alias::WaId(_) | Alias::ParentBsuid(_) | Alias::Email(_) => None,
        })
    };
    phone.or_else(id)
}

/// Six digits, each as likely as any other.
fn fresh() -> Result<String, Error> {
    let random = vault::random().map_err(Error::internal)?;
    let wide = random.iter().take(8);
    let wide = wide.fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    // 2^64 is so much more than a million that the remainder favours none by anything that counts.
    Ok(format!("{:06}", wide % CODES))
}

/// A digit of any script as one of ours: people type codes with the keyboard that they have.
fn digit(c: char) -> Option<char> {
    const ZEROS: [char; 4] = ['0', '٠', '۰', '०'];
    let value = ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero))?;
        (value < 10).then_some(value)
    })?;
    char::from_digit(value, 10)
}

fn bytes(contact: ContactId, code: &str) -> Vec<u8> {
    [contact.get().as_bytes().as_slice(), code.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_and_may_be_typed_in_any_script() {
        for _ in 0..100 {
            let code = fresh().unwrap();
            assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
        }
        let typed: String = "١٢ ३4-۵६".chars().filter_map(digit).collect();
        assert_eq!(typed, "123456");
    }
}
