//! Binding a template to a topic.

use consent::event::StaffAct;
use store::template::TemplateTurn;

use super::{
    shelf::{self, TemplateAnswer},
    turn,
};
use crate::{
    app::App,
    error::Error,
    services::{keys, topics},
};

/// Binds a template to a topic, or to none.
///
/// # Errors
/// [`Error::NotFound`] when there is no such template; [`Error::Invalid`] when there is no such topic.
pub async fn bind(
    app: &App,
    template: &str,
    topic: Option<&str>,
    actor: &str,
) -> Result<TemplateAnswer, Error> {
    let known = app.store.topics().await?;
    let topic = topic
        .map(|text| topics::resolve(&known, "topic", text))
        .transpose()?;
    let line = shelf::line(app, template).await?;
    let name = |id| known.iter().find(|line| Some(line.topic.id) == id);
    let name = |id| name(id).map(|line| line.name.as_str());
    let names = [name(line.topic), name(topic.map(|topic| topic.id))];
    let turn = TemplateTurn {
        note: Some(actor.to_owned()),
        ..turn(&app.clock, &line, "topic", names)
    };
    let mut tx = app.store.begin().await?;
    if !tx
        .bind_template(template, topic.map(|topic| topic.id))
        .await?
    {
        return Err(Error::NotFound("template"));
    }
    tx.keep_template_turns(&[turn]).await?;
    let note = topic.map_or_else(
        || format!("{template} unbound"),
        |topic| format!("{template} to {}", topic.id),
    );
    keys::staff_event(app, &mut tx, StaffAct::TemplateBound, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(shelf::show(app, template).await?.template)
}
