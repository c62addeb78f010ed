//! From what a step wants sent to the message that goes out.

use std::collections::BTreeMap;

use consent::{alias::Alias, id::NumberId};
use graph::{
    message::{self, BadMessage, Button, Fill, Outgoing, Row},
    template::Shape,
};
use journey::effect::{Choice, Effect};
use store::template::TemplateLine;

use crate::{
    app::House,
    error::Error,
    flows::words::{self, Key},
    services::{flows::compose, gate::Said, journeys::person::Known, send::Keep},
};

/// Most buttons of a message; more choices are a list.
const BUTTONS_MAX: usize = 3;
/// How the name of a variable begins that stands in the line above the text.
pub(super) const HEADER: &str = "header.";

/// A message, and what is kept of its words.
pub(super) struct Letter {
    pub(super) outgoing: Outgoing,
    pub(super) keep: Keep,
}

/// Why nothing can be made: a word, and a sentence.
pub(super) type CannotMake = (&'static str, String);

/// The message that a step wants sent.
///
/// # Errors
/// When the database does not answer. That nothing can be made is an answer.
pub(super) async fn write(
    app: &House,
    effect: &Effect,
    (to, known): (&Alias, &Known),
    (number, by): (&NumberId, &str),
) -> Result<Result<Letter, CannotMake>, Error> {
    let line = match effect {
        Effect::SendTemplate {
            template, language, ..
        } => {
            let account = app.config.account_of(number).unwrap_or_default();
            app.store.template(account, template, language).await?
        }
        _ => None,
    };
    make(effect, line.as_ref(), (to, known), by)
}

/// The same with the template that the step names, as it is; none where there is no such template.
///
/// # Errors
/// When the step sends nothing. That nothing can be made is an answer.
pub(super) fn make(
    effect: &Effect,
    line: Option<&TemplateLine>,
    (to, known): (&Alias, &Known),
    by: &str,
) -> Result<Result<Letter, CannotMake>, Error> {
    let to = compose::recipient(to);
    let made = match effect {
        Effect::SendTemplate {
            template,
            language,
            variables,
            ..
        } => {
            let Some(line) = line else {
                let say = format!("There is no template {template} ({language}).");
                return Ok(Err(("template_missing", say)));
            };
            let shape = Shape::of(&line.components);
            let (header, body) = match gaps(&shape, variables) {
                Ok(texts) => texts,
                Err(gap) => {
                    let say = format!("There is nothing for the variable {gap}.");
                    return Ok(Err(("variable_missing", say)));
                }
            };
            let fill = Fill {
                header: (&shape.header_gaps, &header),
                body: (&shape.body_gaps, &body),
                ..Fill::default()
            };
            let text = shape.words(&header, &body);
            let made = message::filled(&to, (template, language), fill);
            made.map(|outgoing| (outgoing, Some(text)))
        }
        Effect::SendMessage { text, buttons, .. } => put(&to, text, (buttons, known)),
        Effect::Ask { text, choices, .. } => put(&to, text, (choices, known)),
        Effect::CallWebhook { .. }
        | Effect::AddTag { .. }
        | Effect::RemoveTag { .. }
        | Effect::SetAttribute { .. }
        | Effect::HandToAgent { .. } => {
            return Err(Error::internal("what sends nothing was to be sent"));
        }
    };
    Ok(made
        .map(|(outgoing, text)| {
            let said = text.or_else(|| outgoing.words().map(str::to_owned));
            let by = Some(by.to_owned());
            let keep = said.map_or(Keep::Words, |text| Keep::Said(Said { text, by }));
            Letter { outgoing, keep }
        })
        .map_err(|why| ("message_invalid", why.to_string())))
}

type Made = Result<(Outgoing, Option<String>), BadMessage>;

/// A text with choices: up to three are buttons, more are a list.
fn put(to: &consent::permit::Recipient, text: &str, (choices, known): (&[Choice], &Known)) -> Made {
    let made = if choices.is_empty() {
        message::text(to, text, None)
    } else if choices.len() <= BUTTONS_MAX {
        let buttons = choices.iter().map(|choice| Button {
            id: &choice.payload,
            title: &choice.label,
        });
        message::buttons(to, text, &buttons.collect::<Vec<_>>())
    } else {
        let rows = choices.iter().map(|choice| Row {
            id: &choice.payload,
            title: &choice.label,
            description: "",
        });
        let language = known.language().unwrap_or_default();
        let open = words::built_in(words::base(&language), Key::Choose);
        let open = open.or_else(|| words::built_in("en", Key::Choose));
        let open = open.unwrap_or("…");
        message::list(to, text, open, &rows.collect::<Vec<_>>())
    };
    made.map(|outgoing| (outgoing, None))
}

/// What a template says with its variables filled, as far as there is something for them: the others stay as the template spells them.
pub(super) fn said(shape: &Shape, variables: &BTreeMap<String, String>) -> String {
    let bare = |gap: &String| format!("{{{{{gap}}}}}");
    let header = shape.header_gaps.iter().map(|gap| {
        let named = variables.get(&format!("{HEADER}{gap}"));
        let named = named.or_else(|| named_gap(gap, variables));
        fitting(gap, named).unwrap_or_else(|_| bare(gap))
    });
    let body = shape.body_gaps.iter();
    let body = body.map(|gap| fitting(gap, variables.get(gap)).unwrap_or_else(|_| bare(gap)));
    shape.words(&header.collect::<Vec<_>>(), &body.collect::<Vec<_>>())
}

type Texts = (Vec<String>, Vec<String>);

/// The texts for the gaps of a template; or the first gap that there is nothing for.
fn gaps(shape: &Shape, variables: &BTreeMap<String, String>) -> Result<Texts, String> {
    let header = shape.header_gaps.iter().map(|gap| {
        let named = variables.get(&format!("{HEADER}{gap}"));
        fitting(gap, named.or_else(|| named_gap(gap, variables)))
    });
    let body = shape.body_gaps.iter();
    let body = body.map(|gap| fitting(gap, variables.get(gap)));
    Ok((
        header.collect::<Result<_, _>>()?,
        body.collect::<Result<_, _>>()?,
    ))
}

/// A gap of the header with a word for a name is one of its kind in the template; a number may be one of the text too.
fn named_gap<'a>(gap: &str, variables: &'a BTreeMap<String, String>) -> Option<&'a String> {
    let is_number = gap.bytes().all(|byte| byte.is_ascii_digit());
    variables.get(gap).filter(|_| !is_number)
}

/// Meta takes no line breaks and no long gaps in a variable.
fn fitting(gap: &str, text: Option<&String>) -> Result<String, String> {
    let words: Vec<&str> = text
        .map(|text| text.split_whitespace().collect())
        .unwrap_or_default();
    if words.is_empty() {
        return Err(gap.to_owned());
    }
    Ok(words.join(" "))
}

/// The variables that a template wants of a step, as [`write`] looks for them, where a step gives these.
pub(super) fn wanted(shape: &Shape, given: &[&str]) -> Vec<String> {
    let is_number = |gap: &str| gap.bytes().all(|byte| byte.is_ascii_digit());
    let header = shape.header_gaps.iter().map(|gap| {
        let prefixed = format!("{HEADER}{gap}");
        let bare = !is_number(gap) && given.contains(&gap.as_str());
        if bare { gap.clone() } else { prefixed }
    });
    header.chain(shape.body_gaps.iter().cloned()).collect()
}

/// The variables that a template wants in vain, and those that it does not want.
pub(super) fn compare(shape: &Shape, given: &[&str]) -> (Vec<String>, Vec<String>) {
    let wanted = wanted(shape, given);
    let missing = wanted.iter().filter(|gap| !given.contains(&gap.as_str()));
    let odd = given
        .iter()
        .filter(|name| !wanted.iter().any(|gap| gap == *name));
    (
        missing.cloned().collect(),
        odd.map(|name| (*name).to_owned()).collect(),
    )
}
