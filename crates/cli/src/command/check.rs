//! `check`: one verdict. Exit code 0 for yes, 3 for no.

use crate::{
    args::{Common, Question},
    exit::{DENIED, OK},
    failure::Failure,
    house, output,
    question::{self, About, Answer, Subject},
};

pub async fn run(common: &Common, asked: Question) -> Result<u8, Failure> {
    let app = house::open(common).await?;
    let about = About {
        topic: asked.topic.as_deref(),
        number: asked.number.as_deref(),
        channel: asked.channel.as_deref(),
    };
    let request = question::request(&app, &asked.category, about).await?;
    let subject = Subject::find(&app, &asked.who, asked.at.as_deref()).await?;
    let answer = subject.ask(&request);
    app.store.close().await;
    if common.json {
        output::json(&answer.json);
    } else {
        show(&answer, &subject);
    }
    Ok(if answer.allow { OK } else { DENIED })
}

/// An answer for people.
pub fn show(answer: &Answer, subject: &Subject) {
    let verdict = if answer.allow { "allow" } else { "deny" };
    let mut rows = vec![
        ("verdict", format!("{verdict} ({})", answer.word)),
        ("reason", answer.reason.to_owned()),
    ];
    if let Some(lifter) = answer.lifted_by {
        rows.push(("lifted by", lifter.to_owned()));
    }
    if let Some(until) = &answer.until {
        rows.push(("until", until.clone()));
    }
    let contact = subject.contact.map(|id| id.to_string());
    rows.push((
        "contact",
        contact.unwrap_or_else(|| "nobody we know".to_owned()),
    ));
    for event in &answer.because {
        rows.push(("because of", event.to_string()));
    }
    output::fields(&rows);
}
