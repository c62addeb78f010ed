//! `explain`: what happened with a person, and what follows from it for each category.

use consent::{event::Event, scope::Category};
use serde_json::{Value, json};
use server::clock::rfc3339;

use crate::{
    args::{Common, Explain},
    exit::OK,
    failure::Failure,
    house, output,
    question::{self, About, Answer, Subject},
};

pub async fn run(common: &Common, asked: Explain) -> Result<u8, Failure> {
    let app = house::open(common).await?;
    let subject = Subject::find(&app, &asked.who, asked.at.as_deref()).await?;
    let words: Vec<&str> = match &asked.category {
        Some(word) => vec![word],
        None => Category::ALL.map(Category::word).to_vec(),
    };
    let about = About {
        topic: asked.topic.as_deref(),
        number: asked.number.as_deref(),
        channel: asked.channel.as_deref(),
    };
    let mut answers: Vec<(&str, Answer)> = Vec::new();
    for word in words {
        let request = question::request(&app, word, about).await?;
        answers.push((word, subject.ask(&request)));
    }
    app.store.close().await;
    if common.json {
        let verdicts: serde_json::Map<String, Value> = answers
            .into_iter()
            .map(|(word, answer)| (word.to_owned(), answer.json))
            .collect();
        let history: Vec<Value> = subject.history.iter().map(item).collect();
        output::json(&json!({
            "contact": subject.contact.map(|id| id.to_string()), "verdicts": verdicts, "history": history,
        }));
        return Ok(OK);
    }
    match subject.contact {
        Some(id) => output::line(format_args!("Contact {id}")),
        None => output::line("Nobody we know."),
    }
    for (word, answer) in &answers {
        let verdict = if answer.allow { "may go" } else { "may not go" };
        output::line(format_args!("\n{word}: {verdict} ({})", answer.word));
        output::line(format_args!("  {}", answer.reason));
        if let Some(lifter) = answer.lifted_by {
            output::line(format_args!("  {lifter}"));
        }
        if let Some(until) = &answer.until {
            output::line(format_args!("  Until {until}."));
        }
        for event in &answer.because {
            output::line(format_args!("  Because of event {event}."));
        }
    }
    if !subject.history.is_empty() {
        output::line("\nWhat happened:");
        let rows: Vec<Vec<String>> = subject.history.iter().map(row).collect();
        output::table(&["counts from", "what", "scope", "source", "event"], &rows);
    }
    Ok(OK)
}

fn item(event: &Event) -> Value {
    json!({
        "id": event.id.to_string(), "kind": event.fact.kind(), "scope": scope(event), "source": event.evidence.source,
        "clock": event.clock.word(), "at": rfc3339(event.at), "received_at": rfc3339(event.received),
    })
}

fn row(event: &Event) -> Vec<String> {
    vec![
        rfc3339(event.at),
        event.fact.kind().to_owned(),
        scope(event).unwrap_or_else(|| "-".to_owned()),
        event.evidence.source.clone(),
        event.id.to_string(),
    ]
}

fn scope(event: &Event) -> Option<String> {
    use consent::scope::Subject::{All, Category, Topic};
    let scope = event.fact.scope()?;
    let subject = match scope.subject {
        All => "all".to_owned(),
        Category(category) => category.word().to_owned(),
        Topic(topic) => format!("topic {}", topic.id),
    };
    let channel = scope.channel.map(|channel| format!(", {}", channel.word()));
    let number = scope
        .number
        .as_ref()
        .map(|number| format!(", number {number}"));
    Some(format!(
        "{subject}{}{}",
        channel.unwrap_or_default(),
        number.unwrap_or_default()
    ))
}
