//! Templates that put a question with a yes and a no.

use consent::wording::{Reading, fold::fold, keywords::Keywords};
use graph::template;
use store::version::Version;

use crate::flows::words::{self, Key};

/// The question that a template puts. None when it puts none, or its first button is a no: the first one carries the yes.
#[must_use]
pub fn of_template(version: &Version, fill: [&str; 2]) -> Option<template::Question> {
    let question = template::question(&version.components, &fill)?;
    let keywords = Keywords::default();
    let [first, second] = &question.labels;
    let language = words::base(&version.language);
    let is_word = |label: &str, key| {
        words::built_in(language, key).is_some_and(|word| fold(word) == fold(label))
    };
    let refuses = matches!(
        keywords.read_button("", first),
        Reading::Stop(_) | Reading::StopAll(_)
    );
    let is_swapped = refuses || is_word(first, Key::No) || is_word(second, Key::Yes);
    (!is_swapped).then_some(question)
}
