//! What is done from the table: the switch, the dialog of tags and attributes, and many at once.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use consent::id::ContactId;
use uuid::Uuid;

use super::{
    Asked, Page,
    dialog::{self, BulkView, Dialog, EditView, OptInView},
};
use crate::{
    app::App,
    error::Error,
    services::{
        bulk::{self, BulkBody},
        contacts::{self, EditBody, TagsBody},
        enclosures,
        record::EvidenceBody,
        roster::ask::FilterBody,
        staff::Power,
        switch::{self, SwitchBody},
    },
    ui::{
        desk::{Desk, posted::Posted, refusal::Refusal, uploaded::Uploaded},
        form::Form,
        notice::shown,
    },
};

/// Opting out asks for nothing.
pub(super) async fn opt_out(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Refuse)?;
    let body = SwitchBody {
        consent: "opted_out".to_owned(),
        ..SwitchBody::default()
    };
    switch::set(&app, ContactId::new(id), &body, desk.actor()).await?;
    back(&form, id, "out")
}

/// Opting in asks for the source, and for the wording or a file.
pub(super) async fn opt_in(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    uploaded: Uploaded,
) -> Result<Response, Refusal> {
    let Uploaded { desk, form, file } = uploaded;
    desk.need(Power::Attest)?;
    let contact = ContactId::new(id);
    match evidenced(&app, contact, (&desk, &form), file).await {
        Ok(code) => {
            let said = code.map_or_else(|| "in".to_owned(), |code| format!("in-{code}"));
            back(&form, id, &said)
        }
        Err(Error::Invalid { field, .. }) => {
            let fault = match field.as_deref() {
                Some("evidence.source") => desk.say("table-fault-source"),
                Some("file" | "name") => desk.say("table-fault-file"),
                _ => desk.say("table-fault-wording"),
            };
            let mut view = OptInView::of(&app, &id.to_string()).await?;
            view.source = text(&form, "source");
            view.wording = text(&form, "wording");
            view.fault = Some(fault);
            again(&app, desk, &form, Dialog::OptIn(Box::new(view))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Records an opt-in with its evidence. Gives the code of what still stands against it.
async fn evidenced(
    app: &App,
    contact: ContactId,
    (desk, form): (&Desk, &Form),
    file: Option<(String, Vec<u8>)>,
) -> Result<Option<String>, Error> {
    let said = |name: &str| Some(text(form, name)).filter(|text| !text.trim().is_empty());
    if said("source").is_none() {
        return Err(Error::field(
            "evidence.source",
            "it is missing: want where it comes from",
        ));
    }
    let kept = match file {
        Some((name, bytes)) => {
            Some(enclosures::keep(app, contact, (&name, &bytes), desk.actor()).await?)
        }
        None => None,
    };
    let body = SwitchBody {
        consent: "opted_in".to_owned(),
        evidence: Some(EvidenceBody {
            source: said("source").map(|source| source.trim().to_owned()),
            wording: said("wording"),
            note: said("note"),
            ..EvidenceBody::default()
        }),
        file: kept.map(|file| file.sha256),
        ..SwitchBody::default()
    };
    let recorded = switch::set(app, contact, &body, desk.actor()).await?;
    let against = || {
        recorded
            .code
            .clone()
            .unwrap_or_else(|| "opted_out_category".to_owned())
    };
    Ok((!recorded.in_force).then(against))
}

/// Tags and attributes of one person.
pub(super) async fn edit(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let contact = ContactId::new(id);
    let line = contacts::line(&app, contact).await?;
    let pairs: Vec<(String, String)> = form
        .all("key")
        .zip(form.all("value"))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .filter(|(key, value)| !key.is_empty() && !value.is_empty())
        .collect();
    // What stood there before and does not any more is taken away.
    let mut attributes: BTreeMap<String, Option<String>> = line
        .attributes
        .into_iter()
        .map(|(key, _)| (key, None))
        .collect();
    attributes.extend(
        pairs
            .iter()
            .map(|(key, value)| (key.clone(), Some(value.clone()))),
    );
    let tags = text(&form, "tags");
    let all = tags.lines().map(str::trim).filter(|tag| !tag.is_empty());
    let body = EditBody {
        attributes: Some(attributes),
        tags: Some(TagsBody::All(all.map(str::to_owned).collect())),
    };
    match contacts::edit(&app, contact, &body, desk.actor()).await {
        Ok(_) => back(&form, id, "edited"),
        Err(Error::Invalid { message, .. }) => {
            let mut view = EditView::of(&app, &id.to_string()).await?;
            view.tags = tags;
            view.attributes = pairs;
            view.fault = Some(desk.objection(&message));
            again(&app, desk, &form, Dialog::Edit(Box::new(view))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The same to everybody in the list, when there are still as many as were counted.
pub(super) async fn bulk(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    let action = dialog::action(&desk, form.get("action").unwrap_or_default())?;
    let asked = Asked::back(form.get("back").unwrap_or_default())?;
    let filled = |name: &str| Some(text(&form, name)).filter(|text| !text.trim().is_empty());
    let is_tag = matches!(action, "tag" | "untag");
    let evidence = (action == "opt_in").then(|| EvidenceBody {
        source: filled("source"),
        wording: filled("wording"),
        ..EvidenceBody::default()
    });
    let body = BulkBody {
        filter: asked.filter,
        action: action.to_owned(),
        tag: filled("tag")
            .filter(|_| is_tag)
            .map(|tag| tag.trim().to_owned()),
        scope: None,
        evidence,
        expect: form.get("expect").and_then(|text| text.parse().ok()),
    };
    let fault = match bulk::run(&app, &body, desk.frame.voice.zone(), desk.actor()).await {
        Ok(done) if done.done => {
            return back_to(&form, &format!("bulk-{}", done.changed));
        }
        Ok(_) | Err(Error::Conflict(_)) => desk.say("table-fault-moved"),
        Err(Error::Invalid { .. }) if is_tag => desk.say("table-fault-tag"),
        Err(Error::Invalid { .. }) => desk.say("table-fault-wording"),
        Err(error) => return Err(error.into()),
    };
    let filter: FilterBody = body.filter;
    let mut page = Page::of(&app, desk, asked.kind, filter, &asked.beside).await?;
    let mut view = BulkView::of(&app, &page, action).await?;
    view.tag = text(&form, "tag");
    view.source = text(&form, "source");
    view.wording = text(&form, "wording");
    view.fault = Some(fault);
    page.dialog = Dialog::Bulk(view);
    Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// The table again, with the question that was not answered well.
async fn again(app: &App, desk: Desk, form: &Form, dialog: Dialog) -> Result<Response, Refusal> {
    // A question of the customer's own page, or of a conversation, is asked again before the table.
    let asked =
        Asked::back(form.get("back").unwrap_or_default()).or_else(|_| Asked::back("/customers"))?;
    let mut page = Page::of(app, desk, asked.kind, asked.filter, &asked.beside).await?;
    page.dialog = dialog;
    Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// Back to where the question was asked: one of the lists, the page of the customer, or a conversation with them.
fn back(form: &Form, id: Uuid, said: &str) -> Result<Response, Refusal> {
    let own = format!("/customers/{id}");
    if form.get("back") == Some(own.as_str()) {
        return Ok(Redirect::to(&format!("{own}?said={said}")).into_response());
    }
    if let Some(number) = talk(form, id) {
        let talk = format!("/inbox/{id}/{number}?said={said}#about");
        return Ok(Redirect::to(&talk).into_response());
    }
    back_to(form, said)
}

/// The number of the conversation in which the question was asked, if it was asked in one.
fn talk(form: &Form, id: Uuid) -> Option<String> {
    let number = form.get("back")?.strip_prefix(&format!("/inbox/{id}/"))?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number.to_owned())
}

fn back_to(form: &Form, said: &str) -> Result<Response, Refusal> {
    let asked = Asked::back(form.get("back").unwrap_or_default())?;
    let cursor = asked.beside.get("cursor").map(|cursor| ("cursor", cursor));
    let pairs = asked.filter.pairs().into_iter().chain(cursor);
    let address = super::written(asked.kind, pairs.chain([("said", said)]));
    Ok(Redirect::to(&address).into_response())
}

fn text(form: &Form, name: &str) -> String {
    form.get(name).unwrap_or_default().to_owned()
}
