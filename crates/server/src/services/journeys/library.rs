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

/// The definitions of a turn.
#[derive(Debug, Default)]
pub(super) struct Library {
    pub(super) live: Vec<Live>,
    read: BTreeMap<(Uuid, i64), Arc<Definition>>,
}

impl Library {
    pub(super) async fn open(app: &House) -> Result<Self, Error> {
        let mut library = Self::default();
        for line in app.store.live_journeys().await? {
            let definition = Arc::new(read(&line.definition)?);
            let key = (line.journey, line.version);
            library.read.insert(key, Arc::clone(&definition));
            library.live.push(Live {
                journey: line.journey,
                version: line.version,
                definition,
                published: line.published,
            });
        }
        Ok(library)
    }

    /// A version of a journey.
    pub(super) async fn version(
        &mut self,
        app: &House,
        (journey, version): (Uuid, i64),
    ) -> Result<Arc<Definition>, Error> {
        if let Some(known) = self.read.get(&(journey, version)) {
            return Ok(Arc::clone(known));
        }
        let line = app.store.journey_version(journey, version).await?;
        let line = line.ok_or_else(|| Error::internal("a version of a journey is gone"))?;
        let definition = Arc::new(read(&line.definition)?);
        self.read
            .insert((journey, version), Arc::clone(&definition));
        Ok(definition)
    }
}

/// A definition as it was published.
pub(super) fn read(text: &str) -> Result<Definition, Error> {
    Definition::read(text).map_err(|faults| {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        Error::internal(format!("a journey cannot be read any more: {first}"))
    })
}
