//! The questions before the table: what is known of somebody, the evidence of an opt-in, and many at once.

use super::{Page, Row, line_of};
use crate::{
    app::App,
    error::Error,
    services::{
        bulk::{self, BulkBody, PEOPLE_MAX},
        cast::OPTED_OUT_TAG,
        roster,
        staff::Power,
    },
    ui::{
        desk::{Desk, refusal::Refusal},
        form::Form,
    },
};

/// A question, as an address of its own opens it.
#[derive(Debug)]
pub(super) enum Dialog {
    /// None.
    None,
    /// Tags and attributes.
    Edit(Box<EditView>),
    /// The evidence of an opt-in.
    OptIn(Box<OptInView>),
    /// Why nobody here can change what they switched off in WhatsApp, and what to send them.
    Stopped(Box<Row>),
    /// What is done to everybody in the list.
    Bulk(BulkView),
}

/// What is known of somebody, to be changed.
#[derive(Debug)]
pub(super) struct EditView {
    pub(super) row: Row,
    pub(super) tags: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) fault: Option<String>,
}

/// The evidence of an opt-in, as far as it was typed.
#[derive(Debug)]
pub(in crate::ui::desk) struct OptInView {
    pub(in crate::ui::desk) row: Row,
    pub(in crate::ui::desk) source: String,
    pub(in crate::ui::desk) wording: String,
    pub(in crate::ui::desk) fault: Option<String>,
}

/// What shall be done to how many.
#[derive(Debug)]
pub(super) struct BulkView {
    pub(super) action: &'static str,
    pub(super) count: u32,
    pub(super) tag: String,
    pub(super) source: String,
    pub(super) wording: String,
    pub(super) fault: Option<String>,
}

/// What can be done to many, and who may.
const ACTIONS: [(&str, Power); 4] = [
    ("opt_out", Power::Refuse),
    ("opt_in", Power::Attest),
    ("tag", Power::Market),
    ("untag", Power::Market),
];

/// One of the things that can be done to many, when the member may.
pub(super) fn action(page: &Desk, name: &str) -> Result<&'static str, Refusal> {
    let found = ACTIONS.into_iter().find(|(known, _)| *known == name);
    let (action, power) = found.ok_or(Refusal::NotFound)?;
    page.need(power)?;
    Ok(action)
}

impl Dialog {
    pub(super) async fn asked(app: &App, page: &Page, beside: &Form) -> Result<Self, Refusal> {
        if let Some(id) = beside.get("edit") {
            page.desk.need(Power::Market)?;
            return Ok(Self::Edit(Box::new(EditView::of(app, id).await?)));
        }
        if let Some(id) = beside.get("opt_in") {
            page.desk.need(Power::Attest)?;
            return Ok(Self::OptIn(Box::new(OptInView::of(app, id).await?)));
        }
        if let Some(id) = beside.get("stopped") {
            let line = line_of(app, id).await?;
            return Ok(Self::Stopped(Box::new(roster::row(app, &line).await?)));
        }
        match beside.get("bulk") {
            Some(name) => {
                let action = action(&page.desk, name)?;
                Ok(Self::Bulk(BulkView::of(app, page, action).await?))
            }
            None => Ok(Self::None),
        }
    }
}

impl EditView {
    pub(super) async fn of(app: &App, id: &str) -> Result<Self, Refusal> {
        let line = line_of(app, id).await?;
        let own = line.tags.iter().filter(|tag| tag.as_str() != OPTED_OUT_TAG);
        Ok(Self {
            row: roster::row(app, &line).await?,
            tags: own.cloned().collect::<Vec<_>>().join("\n"),
            attributes: line.attributes,
            fault: None,
        })
    }

    /// The attributes, and some empty rows for new ones.
    pub(super) fn rows(&self) -> Vec<(usize, &str, &str)> {
        let own = self
            .attributes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let empty = std::iter::repeat_n(("", ""), 2);
        own.chain(empty)
            .enumerate()
            .map(|(at, (key, value))| (at, key, value))
            .collect()
    }
}

impl OptInView {
    pub(in crate::ui::desk) async fn of(app: &App, id: &str) -> Result<Self, Refusal> {
        let line = line_of(app, id).await?;
        Ok(Self {
            row: roster::row(app, &line).await?,
            source: String::new(),
            wording: String::new(),
            fault: None,
        })
    }

    /// Whether something still stands against it at WhatsApp.
    pub(in crate::ui::desk) fn is_stopped(&self) -> bool {
        self.row.platform.state == "stopped"
    }
}

impl BulkView {
    pub(super) async fn of(app: &App, page: &Page, action: &'static str) -> Result<Self, Refusal> {
        let body = BulkBody {
            filter: page.filter.clone(),
            action: "opt_out".to_owned(),
            tag: None,
            scope: None,
            evidence: None,
            expect: None,
        };
        let counted = bulk::run(app, &body, page.desk.frame.voice.zone(), page.desk.actor()).await;
        let (count, fault) = match counted {
            Ok(answer) => (answer.count, None),
            Err(Error::Invalid { .. }) => {
                let max = PEOPLE_MAX.to_string();
                (
                    0,
                    Some(page.desk.say_with("table-bulk-many", &[("max", &max)])),
                )
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            action,
            count,
            tag: String::new(),
            source: String::new(),
            wording: String::new(),
            fault,
        })
    }

    pub(super) fn is_opt_in(&self) -> bool {
        self.action == "opt_in"
    }

    pub(super) fn is_tag(&self) -> bool {
        matches!(self.action, "tag" | "untag")
    }
}

impl Page {
    /// What a question about many is called.
    pub(super) fn bulk_heading(&self, view: &BulkView) -> String {
        self.desk.say(match view.action {
            "opt_out" => "table-bulk-out",
            "opt_in" => "table-bulk-in",
            "tag" => "table-bulk-tag",
            _ => "table-bulk-untag",
        })
    }

    /// How many it is about.
    pub(super) fn bulk_count(&self, view: &BulkView) -> String {
        self.desk.count(
            "table-bulk-count",
            usize::try_from(view.count).unwrap_or(usize::MAX),
        )
    }

    /// What the button says that does it.
    pub(super) fn bulk_confirm(&self, view: &BulkView) -> String {
        self.desk.count(
            "table-bulk-confirm",
            usize::try_from(view.count).unwrap_or(usize::MAX),
        )
    }

    /// Whom a question is about.
    pub(super) fn who(&self, row: &Row) -> String {
        who(&self.desk, row)
    }
}

/// What somebody is called.
pub(in crate::ui::desk) fn who(desk: &Desk, row: &Row) -> String {
    let address = row.address.as_deref().map(|address| desk.number(address));
    let name = row.name.clone().or(address);
    name.unwrap_or_else(|| desk.say("table-nameless"))
}
