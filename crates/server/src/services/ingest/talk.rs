//! What a transaction says in conversations: who wrote to which number, and of what there is news.

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    id::{ContactId, NumberId},
    scope::Category,
    time::Timestamp,
};
use store::{
    conversation::Touch,
    message::{Direction, MessageLine},
    pool::Tx,
};

use crate::{error::Error, services::cast::Cast};

/// A contact and a number of ours.
type Key = (ContactId, String);

/// What is said, by conversation.
#[derive(Debug, Default)]
pub(super) struct Talk {
    came: BTreeMap<Key, (Timestamp, i64)>,
    stirred: BTreeSet<Key>,
}

impl Talk {
    /// A message came in.
    pub(super) fn came(&mut self, contact: ContactId, number: &NumberId, at: Timestamp) {
        let key = (contact, number.to_string());
        let (newest, count) = self.came.entry(key).or_insert((at, 0));
        *newest = at.max(*newest);
        *count += 1;
    }

    /// There is news of a conversation, if there is one.
    pub(super) fn stir(&mut self, contact: ContactId, number: &str) {
        self.stirred.insert((contact, number.to_owned()));
    }

    /// There is news of a message. Of marketing nobody waits for it, and there is very much of it.
    pub(super) fn stir_by(&mut self, line: &MessageLine) {
        let is_marketing = line.category == Category::Marketing.word();
        if line.direction == Direction::Out && !is_marketing && line.contact != ContactId::HOUSE {
            self.stir(line.contact, &line.number);
        }
    }

    /// The same, of those whom the contacts turned out to be.
    pub(super) fn settled(self, cast: &Cast<'_>) -> Self {
        let mut settled = Self::default();
        for ((contact, number), (at, count)) in self.came {
            let key = (cast.heir(contact), number);
            let (newest, all) = settled.came.entry(key).or_insert((at, 0));
            *newest = at.max(*newest);
            *all += count;
        }
        let stirred = self.stirred.into_iter();
        let stirred = stirred.map(|(contact, number)| (cast.heir(contact), number));
        settled.stirred = stirred
            .filter(|key| !settled.came.contains_key(key))
            .collect();
        settled
    }

    /// Writes it down.
    pub(super) async fn save(self, tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
        let touches = self
            .came
            .into_iter()
            .map(|((contact, number), (at, came))| Touch {
                contact,
                number,
                at,
                came,
            });
        tx.touch_conversations(&touches.collect::<Vec<_>>(), now)
            .await?;
        let keys: Vec<_> = self
            .stirred
            .iter()
            .map(|(contact, number)| (*contact, number.as_str()))
            .collect();
        Ok(tx.stir_conversations(&keys, now).await?)
    }
}
