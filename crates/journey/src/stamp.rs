//! Times in JSON: milliseconds since 1970, as the rules count them.

use consent::time::Timestamp;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes a time.
pub fn serialize<S: Serializer>(time: &Timestamp, writer: S) -> Result<S::Ok, S::Error> {
    writer.serialize_i64(time.millis())
}

/// Reads a time.
pub fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Timestamp, D::Error> {
    i64::deserialize(reader).map(Timestamp::from_millis)
}
