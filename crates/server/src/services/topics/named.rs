//! Which topic is meant, and which category.

use consent::{
    id::TopicId,
    scope::{Category, Topic},
};
use store::house::TopicLine;

use crate::error::Error;

/// The topic that a text means, by id or by name.
///
/// # Errors
/// [`Error::Invalid`] for `field` when there is none.
pub fn resolve(topics: &[TopicLine], field: &str, text: &str) -> Result<Topic, Error> {
    let id = text.parse::<TopicId>().ok();
    let name = text.trim().to_lowercase();
    let meant = |line: &&TopicLine| {
        id.map_or_else(
            || line.name.to_lowercase() == name,
            |id| line.topic.id == id,
        )
    };
    let exact = topics.iter().find(|line| line.name == text);
    let found = exact.or_else(|| topics.iter().find(meant));
    found.map(|line| line.topic).ok_or_else(|| {
        let message = format!("`{text}` is not a topic: want the id or the name of one");
        Error::field(field, message)
    })
}

/// Reads a category.
///
/// # Errors
/// [`Error::Invalid`] for `field`, naming those that exist.
pub fn category(field: &str, text: &str) -> Result<Category, Error> {
    Category::read(text).ok_or_else(|| {
        let words = Category::ALL.map(Category::word).join(", ");
        Error::field(field, format!("`{text}` is not a category: want {words}"))
    })
}
