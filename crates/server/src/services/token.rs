//! The callback data of our sends: names the attempt, and the contact so that its row is found at once.

use consent::id::{AttemptId, ContactId};
use uuid::Uuid;

/// What our callback data begins with.
const PREFIX: &str = "cg1";

/// The callback data of an attempt.
#[must_use]
pub fn write(attempt: AttemptId, contact: ContactId) -> String {
    format!(
        "{PREFIX}.{}.{}",
        attempt.get().as_simple(),
        contact.get().as_simple()
    )
}

/// Reads callback data; none when it is not ours.
#[must_use]
pub fn read(text: &str) -> Option<(AttemptId, ContactId)> {
    let mut parts = text.split('.');
    let ours = parts.next() == Some(PREFIX);
    let mut id = || Uuid::try_parse(parts.next()?).ok();
    let (attempt, contact) = (id()?, id()?);
    (ours && parts.next().is_none()).then(|| (AttemptId::new(attempt), ContactId::new(contact)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_went() {
        let (attempt, contact) = (
            AttemptId::new(Uuid::now_v7()),
            ContactId::new(Uuid::now_v7()),
        );
        assert_eq!(read(&write(attempt, contact)), Some((attempt, contact)));
        for text in [
            "",
            "cg1",
            "send:01JC",
            "cg2.x.y",
            "cg1.0198c0de000070008000000000000000",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
