//! From an event to evidence: its canonical facts, its leaf in the log, and the sealed opening of that leaf.

use consent::{
    alias::Alias,
    event::{Clock, Event, Fact},
    id::ContactId,
};
use ledger::{
    commitment::{Opening, Salt},
    hash::Hash,
    leaf::{Flags, Leaf},
};
use serde_json::{Map, Value, json};
use store::codec;

use crate::vault::{PersonKey, VaultError, random};

/// The version of the canonical facts below, as leaves name it.
pub const SCHEMA: u8 = 1;

/// What the sealed detail of an event is sealed for.
pub const PURPOSE: &str = "event";

/// An event made into evidence.
#[derive(Debug)]
pub struct Made {
    /// The leaf's bytes.
    pub leaf: [u8; ledger::leaf::LEAF_BYTES],
    /// The hash of the leaf: what the person's next event links to.
    pub hash: Hash,
    /// The opening, sealed under the person's key.
    pub sealed: Vec<u8>,
}

/// The opening of a leaf: three salts and what they were used on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The salts for the facts, the person and the link.
    pub salts: [Salt; 3],
    /// The hash of the person's previous leaf.
    pub previous: Option<Hash>,
    /// The canonical facts, as JSON.
    pub facts: String,
}

impl Detail {
    /// The three openings of the leaf of `contact`.
    #[must_use]
    pub fn openings(&self, contact: ContactId) -> [Opening; 3] {
        let [facts, person, link] = self.salts.clone();
        [
            Opening::facts(facts, self.facts.as_bytes()),
            Opening::person(person, person_bytes(contact)),
            Opening::link(link, self.previous.as_ref()),
        ]
    }

    /// Reads what was sealed.
    ///
    /// # Errors
    /// [`VaultError::Sealed`] when it was changed or is not a detail.
    pub fn open(key: &PersonKey, sealed: &[u8]) -> Result<Self, VaultError> {
        let bytes = key.open(PURPOSE, sealed)?;
        Self::read(&bytes).ok_or(VaultError::Sealed("an event's detail"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (salts, rest) = bytes.split_at_checked(96)?;
        let (previous, facts) = rest.split_at_checked(32)?;
        let salt = |at: usize| Some(Salt::new(salts.get(at..at + 32)?.try_into().ok()?));
        let previous: [u8; 32] = previous.try_into().ok()?;
        let previous = (previous != [0; 32]).then(|| Hash::new(previous));
        let facts = String::from_utf8(facts.to_vec()).ok()?;
        Some(Self {
            salts: [salt(0)?, salt(32)?, salt(64)?],
            previous,
            facts,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let salts = self.salts.iter().flat_map(|salt| *salt.as_bytes());
        let previous = self
            .previous
            .as_ref()
            .map_or([0; 32], |hash| *hash.as_bytes());
        salts.chain(previous).chain(self.facts.bytes()).collect()
    }
}

/// Makes the evidence of an event. `previous` is the hash of the person's previous leaf.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn make(event: &Event, previous: Option<Hash>, key: &PersonKey) -> Result<Made, VaultError> {
    make_with(event, facts(event).to_string(), previous, key)
}

/// Makes the evidence of an event whose facts say more than the event itself.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn make_with(
    event: &Event,
    facts: String,
    previous: Option<Hash>,
    key: &PersonKey,
) -> Result<Made, VaultError> {
    let salts = [
        Salt::new(random()?),
        Salt::new(random()?),
        Salt::new(random()?),
    ];
    let detail = Detail {
        salts,
        previous,
        facts,
    };
    let [facts, person, link] = detail
        .openings(event.contact)
        .map(|opening| opening.commitment());
    let leaf = Leaf {
        kind: event.fact.leaf_kind(),
        flags: flags(event),
        schema: SCHEMA,
        time: u64::try_from(event.received.seconds()).unwrap_or(0),
        facts,
        person,
        link,
    };
    Ok(Made {
        leaf: leaf.encode(),
        hash: leaf.hash(),
        sealed: key.seal(PURPOSE, &detail.bytes())?,
    })
}

/// The canonical facts of an event: one JSON object, its members in this order, absent ones left out.
#[must_use]
pub fn facts(event: &Event) -> Value {
    let mut facts = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            facts.insert(name.to_owned(), value);
        }
    };
    put("id", json!(event.id.to_string()));
    put("contact", json!(event.contact.to_string()));
    put("kind", json!(event.fact.kind()));
    put(
        "argument",
        serde_json::from_str(&codec::argument(&event.fact)).unwrap_or(Value::Null),
    );
    put(
        "alias",
        alias(&event.fact).map_or(Value::Null, |alias| json!(alias.value())),
    );
    put("clock", json!(event.clock.word()));
    put("at_ms", json!(event.at.millis()));
    put("received_ms", json!(event.received.millis()));
    let evidence = &event.evidence;
    put("source", json!(evidence.source));
    put("actor", json!(evidence.actor));
    put("wording", json!(evidence.wording));
    put(
        "wording_sha256",
        json!(evidence.wording_sha256.map(hex::encode)),
    );
    put("page", json!(evidence.page));
    put("locale", json!(evidence.locale));
    put("message_id", json!(evidence.message_id));
    put("raw_sha256", json!(evidence.raw_sha256.map(hex::encode)));
    put("ip", json!(evidence.ip));
    put("span", json!(evidence.span));
    put("rule", json!(evidence.rule));
    put("note", json!(evidence.note));
    Value::Object(facts)
}

/// What a leaf commits to as the person: the internal id, or nothing for the house.
#[must_use]
pub fn person_bytes(contact: ContactId) -> Vec<u8> {
    if contact == ContactId::HOUSE {
        Vec::new()
    } else {
        contact.get().as_bytes().to_vec()
    }
}

/// The flags of an event's leaf.
#[must_use]
pub fn flags(event: &Event) -> Flags {
    let claimed = if event.clock == Clock::Claimed {
        Flags::CLAIMED
    } else {
        Flags::NONE
    };
    let house = if event.contact == ContactId::HOUSE {
        Flags::HOUSE
    } else {
        Flags::NONE
    };
    let batch = if matches!(event.fact, Fact::Reservations(_)) {
        Flags::BATCH
    } else {
        Flags::NONE
    };
    claimed.with(house).with(batch)
}

const fn alias(fact: &Fact) -> Option<&Alias> {
    match fact {
        Fact::AliasLinked(alias) | Fact::AliasEnded(alias) => Some(alias),
        _ => None,
    }
}
