//! The draft of a journey, as pages read and keep it.

use journey::{definition::Definition, edit::Edited, fault::Fault};
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    services::journeys::{
        self,
        body::{FaultAnswer, JourneyAnswer},
    },
    ui::{
        desk::{Desk, refusal::Refusal},
        form::Form,
    },
};

/// A journey with its draft.
pub struct Draft {
    /// What is known of it.
    pub journey: JourneyAnswer,
    /// What is being written.
    pub definition: Definition,
}

/// What is wrong: the step, where it lies in one, and the sentence in the reader's language.
pub type Faults = Vec<(Option<String>, String)>;

/// A journey by its id.
///
/// # Errors
/// When there is none, or the database does not answer.
pub async fn load(app: &App, id: Uuid) -> Result<Draft, Refusal> {
    let journey = journeys::show(app, id).await?;
    let definition = read(&journey.draft.to_string())?;
    Ok(Draft {
        journey,
        definition,
    })
}

/// What was kept was valid when it was.
///
/// # Errors
/// When it is not any more.
pub fn read(text: &str) -> Result<Definition, Refusal> {
    Definition::read(text).map_err(|faults| {
        let first = faults.first().map(ToString::to_string);
        Refusal::from(Error::internal(first.unwrap_or_default()))
    })
}

/// Keeps what came of a change, or says what is wrong with it. The form names the count that its page saw.
///
/// # Errors
/// When somebody else changed the journey meanwhile, or the database does not answer.
pub async fn keep(
    app: &App,
    (desk, form): (&Desk, &Form),
    id: Uuid,
    edited: Edited,
) -> Result<Result<(), Faults>, Refusal> {
    let definition = match edited {
        Ok(definition) => definition,
        Err(faults) => return Ok(Err(told(desk, &faults))),
    };
    let text = definition.write();
    let kept = journeys::save(app, (id, seen(form)), &text, desk.actor()).await?;
    Ok(kept.map(drop).map_err(|faults| answered(desk, &faults)))
}

/// The count of changes that the page of a form saw.
pub fn seen(form: &Form) -> i64 {
    let seen = form.get("cas").and_then(|cas| cas.parse().ok());
    seen.unwrap_or(-1)
}

/// Faults of the rules, in the reader's language.
pub fn told(desk: &Desk, faults: &[Fault]) -> Faults {
    let answers: Vec<FaultAnswer> = faults.iter().map(FaultAnswer::of).collect();
    answered(desk, &answers)
}

/// Faults of a service, in the reader's language.
pub fn answered(desk: &Desk, faults: &[FaultAnswer]) -> Faults {
    let each = faults.iter().map(|fault| {
        let said = desk.objection(&fault.say);
        (fault.step.clone(), sentence(&said, &fault.place))
    });
    each.collect()
}

/// What is wrong, behind the field that it is wrong in where that has a name of its own.
fn sentence(said: &str, place: &str) -> String {
    let last = place.rsplit('/').next().unwrap_or_default();
    if last.is_empty() || last.bytes().all(|byte| byte.is_ascii_digit()) {
        said.to_owned()
    } else {
        format!("{last}: {said}")
    }
}
