//! Definitions, read once for a turn: those that people enter now, and the versions that they were sent on.

use std::{collections::BTreeMap, sync::Arc};

use consent::time::Timestamp;
use journey::definition::Definition;
use uuid::Uuid;

use crate::{app::House, error::Error};

/// A journey that people enter now.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) journey: Uuid,
    pub(super) version: i64,
    pub(super) definition: Arc<Definition>,
    pub(super) published: Timestamp,
}

/// The definitions of a turn. One that cannot be read any more, as a stricter version of the program may find, is that journey's trouble
/// alone: nobody enters it, and every other one goes on.
#[derive(Debug, Default)]
pub(super) struct Library {
    pub(super) live: Vec<Live>,
    read: BTreeMap<(Uuid, i64), Option<Arc<Definition>>>,
}

impl Library {
    pub(super) async fn open(app: &House) -> Result<Self, Error> {
        let mut library = Self::default();
        for line in app.store.live_journeys().await? {
            let key = (line.journey, line.version);
            let definition = readable(key, &line.definition);
            library.read.insert(key, definition.clone());
            let Some(definition) = definition else {
                continue;
            };
            library.live.push(Live {
                journey: line.journey,
                version: line.version,
                definition,
                published: line.published,
            });
        }
        Ok(library)
    }

    /// A version of a journey; none when it is gone or cannot be read any more.
    pub(super) async fn version(
        &mut self,
        app: &House,
        key: (Uuid, i64),
    ) -> Result<Option<Arc<Definition>>, Error> {
        if let Some(known) = self.read.get(&key) {
            return Ok(known.clone());
        }
        let (journey, version) = key;
        let line = app.store.journey_version(journey, version).await?;
        let definition = line.and_then(|line| readable(key, &line.definition));
        self.read.insert(key, definition.clone());
        Ok(definition)
    }
}

fn readable((journey, version): (Uuid, i64), text: &str) -> Option<Arc<Definition>> {
    match read(text) {
        Ok(definition) => Some(Arc::new(definition)),
        Err(error) => {
            tracing::error!(%error, %journey, version, "nobody enters this version of a journey, and whoever is inside leaves it");
            None
        }
    }
}

/// A definition as it was published.
pub(super) fn read(text: &str) -> Result<Definition, Error> {
    Definition::read(text).map_err(|faults| {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        Error::internal(format!("a journey cannot be read any more: {first}"))
    })
}
