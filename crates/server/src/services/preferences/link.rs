//! Preference links: who a link is for, how long it shows something, and how nobody else can make one.
//!
//! A token holds the contact's internal id, a keyed hash of the alias that the link was given to, an end, and a
//! 128-bit tag over all that. It holds no address, and nothing is kept of it: it dies with the alias.

use std::collections::BTreeMap;

use consent::{
    alias::Alias,
    id::ContactId,
    time::{DAY_MS, Timestamp},
};
use mail::unsubscribe::Unsubscribe;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::House,
    clock,
    error::Error,
    services::{contacts, who},
    vault::{TAG_BYTES, Vault, first},
};

/// What the tag of a token is for.
const PURPOSE: &str = "preference link";
/// What the hash of an alias in a token is for.
const ALIAS_PURPOSE: &str = "alias of a preference link";
/// The form of a token; another form would be another number.
const VERSION: u8 = 1;
/// What is put behind a link to unsubscribe with one click.
const ONE_CLICK_PATH: &str = "/unsubscribe";
/// Bytes of the hash of an alias: enough to tell apart those of one person.
const ALIAS_BYTES: usize = 8;
/// Bytes before the tag: version, contact, alias, end in seconds.
const BODY_BYTES: usize = 1 + 16 + ALIAS_BYTES + 4;
/// Characters of a token. Its bytes fill them exactly, so no two texts are one token.
pub const TOKEN_CHARS: usize = (BODY_BYTES + TAG_BYTES) / 3 * 4;

const _: () = assert!((BODY_BYTES + TAG_BYTES).is_multiple_of(3));

/// A link that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub url: String,
    /// From when on it shows nothing any more.
    pub expires: Timestamp,
}

/// What a token says, once its tag is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Whose page it opens.
    pub contact: ContactId,
    /// From when on it shows nothing any more.
    pub expires: Timestamp,
    alias: [u8; ALIAS_BYTES],
}

impl Pass {
    /// Reads a token; none when it is not one of ours, byte for byte.
    #[must_use]
    pub fn read(vault: &Vault, token: &str) -> Option<Self> {
        let body: [u8; BODY_BYTES] = vault.read_token(PURPOSE, token)?;
        let (version, rest) = body.split_first()?;
        let (contact, rest) = rest.split_first_chunk::<16>()?;
        let (alias, rest) = rest.split_first_chunk::<ALIAS_BYTES>()?;
        let (end, _) = rest.split_first_chunk::<4>()?;
        (*version == VERSION).then(|| Self {
            contact: ContactId::new(Uuid::from_bytes(*contact)),
            expires: Timestamp::from_seconds(i64::from(u32::from_be_bytes(*end))),
            alias: *alias,
        })
    }

    /// Whether the link was given to this alias.
    #[must_use]
    pub fn is_for(&self, vault: &Vault, alias: &Alias) -> bool {
        mark(vault, alias).ct_eq(&self.alias).into()
    }

    fn write(&self, vault: &Vault) -> String {
        let seconds = self.expires.millis() / 1_000;
        let end = u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
        let mut bytes = vec![VERSION];
        bytes.extend(self.contact.get().as_bytes());
        bytes.extend(self.alias);
        bytes.extend(end.to_be_bytes());
        vault.token(PURPOSE, &bytes)
    }
}

/// Makes the link of a contact, to be given to one of their aliases. Nothing is written.
///
/// # Errors
/// [`Error::Conflict`] when nobody said under which address the public reaches us.
pub fn link(app: &House, contact: ContactId, alias: &Alias, now: Timestamp) -> Result<Link, Error> {
    let base = app.public_url().ok_or_else(|| {
        let message = "no link can be made: set `public_url`, the address under which people reach this server";
        Error::Conflict(message.to_owned())
    })?;
    let days = i64::from(app.config.pages.link_days);
    // A token counts in seconds.
    let end = now.plus_millis(DAY_MS.saturating_mul(days)).millis() / 1_000;
    let pass = Pass {
        contact,
        expires: Timestamp::from_seconds(end),
        alias: mark(&app.vault, alias),
    };
    Ok(Link {
        url: format!("{base}/p/{}", pass.write(&app.vault)),
        expires: pass.expires,
    })
}

/// To whom a link is to be given.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkBody {
    /// The address that the link will be sent to: one of the contact's own. By default their telephone number, else
    /// their id in WhatsApp, else their e-mail address. The link dies when the address is no longer theirs.
    pub to: Option<String>,
}

/// A link that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkAnswer {
    /// Where it leads. Whoever has it can stop messages: give it to nobody but the person.
    pub url: String,
    /// From when on it shows nothing any more; it can still stop messages.
    pub expires_at: String,
    /// Headers for an e-mail of yours to this person: with them their mail program shows a button to unsubscribe
    /// (RFC 8058). Only where we are reached over HTTPS, for no mail program posts to anything else.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<&'static str, String>,
}

/// Makes the link of a contact for a caller.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact, or no more; [`Error::Invalid`] when the address is not theirs;
/// [`Error::Conflict`] as for [`link`].
pub async fn answer(app: &House, id: ContactId, body: &LinkBody) -> Result<LinkAnswer, Error> {
    let line = contacts::line(app, id).await?;
    let held = line.aliases.iter().filter(|held| held.until.is_none());
    let held: Vec<&Alias> = held.map(|held| &held.alias).collect();
    let alias = match &body.to {
        Some(text) => {
            let asked = who::alias(app, text)?.key();
            let own = held.iter().find(|alias| alias.key() == asked);
            own.ok_or_else(|| Error::field("to", "it is not an address of this contact now"))?
        }
        None => held
            .iter()
            .min_by_key(|alias| rank(alias))
            .ok_or(Error::NotFound("contact"))?,
    };
    let made = link(app, id, alias, app.clock.now())?;
    Ok(LinkAnswer {
        headers: unsubscribe(&made.url)
            .iter()
            .flat_map(Unsubscribe::headers)
            .collect(),
        url: made.url,
        expires_at: clock::rfc3339(made.expires),
    })
}

/// The headers by which a mail program unsubscribes through a link; none where no mail program would post to it.
#[must_use]
pub fn unsubscribe(link: &str) -> Option<Unsubscribe> {
    format!("{link}{ONE_CLICK_PATH}").parse().ok()
}

/// Which alias a link is for when nobody says: where messages go first.
const fn rank(alias: &Alias) -> u8 {
    match alias {
        Alias::Phone(_) => 0,
        Alias::WaId(_) => 1,
        Alias::Bsuid(_) => 2,
        Alias::ParentBsuid(_) => 3,
        Alias::Email(_) => 4,
    }
}

/// A keyed hash of an alias: tells nothing to whoever reads it.
fn mark(vault: &Vault, alias: &Alias) -> [u8; ALIAS_BYTES] {
    first(&vault.tag(ALIAS_PURPOSE, alias.key().as_bytes()))
}
