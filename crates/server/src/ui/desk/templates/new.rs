//! A template that is being written: a form with a look at it, and the way out that it offers.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use consent::scope::Category;
use graph::template::draft::{
    BODY_CHARS_MAX, BUTTONS_MAX, LABEL_CHARS_MAX, LINE_CHARS_MAX, NAME_CHARS_MAX,
};

use crate::{
    app::App,
    services::{
        staff::Power,
        templates::{
            create::{self, ButtonBody, CreateBody, Proof},
            opt_out::{self, OptOut},
        },
    },
    ui::{
        desk::{Desk, fault, posted::Posted, refusal::Refusal},
        form::Form,
        notice::shown,
    },
};

/// Empty lines for buttons below those that are filled in.
const SPARE: usize = 2;
/// What a button can do.
const KINDS: [&str; 3] = ["quick_reply", "url", "phone"];
/// What it can be for.
const CATEGORIES: [Category; 2] = [Category::Marketing, Category::Utility];

#[derive(Template)]
#[template(path = "desk/template_new.html")]
struct Page {
    desk: Desk,
    typed: CreateBody,
    accounts: Vec<String>,
    /// A look at it, once it was asked for.
    proof: Option<Proof>,
    /// The field that is to blame, and why.
    fault: Option<(Option<String>, String)>,
}

impl Page {
    fn of(app: &App, desk: Desk, typed: CreateBody) -> Self {
        let accounts = app.config.whatsapp.accounts.iter();
        Self {
            accounts: accounts.map(|account| account.id.clone()).collect(),
            desk,
            typed,
            proof: None,
            fault: None,
        }
    }

    fn categories(&self) -> [(&'static str, String, String); 2] {
        CATEGORIES.map(|category| {
            let word = category.word();
            let note = self.desk.say(&format!("topics-category-{word}"));
            (word, self.desk.category(word), note)
        })
    }

    /// The ways out, each with what stands on the template then.
    fn ways(&self) -> [(&'static str, String, String); 3] {
        let words = opt_out::words(&self.typed.language);
        OptOut::ALL.map(|way| {
            let note = match way {
                OptOut::Button => words.button.to_owned(),
                OptOut::Footer => words.footer.to_owned(),
                OptOut::None => self.desk.say("template-opt-out-none-note"),
            };
            let name = self.desk.say(&format!("template-opt-out-{}", way.word()));
            (way.word(), name, note)
        })
    }

    fn is_way(&self, word: &str) -> bool {
        let chosen = self.typed.opt_out.as_deref();
        chosen.unwrap_or(OptOut::Button.word()) == word
    }

    fn kinds(&self) -> [(&'static str, String); 3] {
        KINDS.map(|word| (word, self.desk.button_kind(word)))
    }

    /// The buttons, with some empty lines at the end.
    fn buttons(&self) -> Vec<ButtonBody> {
        let filled = self.typed.buttons.iter().cloned();
        let spare = std::iter::repeat_with(ButtonBody::default).take(SPARE);
        filled.chain(spare).take(BUTTONS_MAX).collect()
    }

    /// The gaps of the text, with what was given as an example of each.
    fn gaps(&self) -> Vec<(String, String)> {
        let names = self.typed.body.split("{{").skip(1);
        let names = names.filter_map(|rest| rest.split_once("}}"));
        let names: BTreeSet<&str> = names.map(|(name, _)| name.trim()).collect();
        let example = |name: &str| self.typed.examples.get(name).cloned();
        let named = names.into_iter().filter(|name| !name.is_empty());
        named
            .map(|name| (name.to_owned(), example(name).unwrap_or_default()))
            .collect()
    }

    fn text<'a>(&self, text: &'a Option<String>) -> &'a str {
        text.as_deref().unwrap_or_default()
    }

    fn blames(&self, field: &str) -> bool {
        let fault = self.fault.as_ref();
        fault.is_some_and(|(blamed, _)| blamed.as_deref() == Some(field))
    }

    /// Which part is to blame, before what is wrong with it.
    fn where_wrong(&self) -> String {
        let field = self.fault.as_ref().and_then(|(field, _)| field.as_deref());
        let id = field.map(|field| format!("template-field-{}", field.replace('_', "-")));
        let known = id.filter(|id| self.desk.frame.voice.knows(id));
        known.map_or_else(String::new, |id| format!("{}: ", self.desk.say(&id)))
    }

    fn name_max(&self) -> usize {
        NAME_CHARS_MAX
    }

    fn body_max(&self) -> usize {
        BODY_CHARS_MAX
    }

    fn line_max(&self) -> usize {
        LINE_CHARS_MAX
    }

    fn label_max(&self) -> usize {
        LABEL_CHARS_MAX
    }
}

pub(super) async fn begin(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let typed = CreateBody {
        language: desk.frame.voice.language.tag().to_owned(),
        category: Category::Marketing.word().to_owned(),
        ..CreateBody::default()
    };
    Ok(shown(StatusCode::OK, &Page::of(&app, desk, typed)))
}

pub(super) async fn send(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let typed = typed(&form);
    // On the page the choice is always there, and for other categories it asks nothing.
    let is_marketing = typed.category == Category::Marketing.word();
    let body = CreateBody {
        opt_out: typed.opt_out.clone().filter(|_| is_marketing),
        ..typed.clone()
    };
    let mut page = Page::of(&app, desk, typed);
    if form.get("act") == Some("make") {
        match create::create(&app, &body, page.desk.actor()).await {
            Ok(made) => {
                let to = format!("/templates/{}?made=1", made.id);
                return Ok(Redirect::to(&to).into_response());
            }
            Err(error) => page.fault = Some(fault::at(&page.desk, error)?),
        }
    }
    match create::proof(&app, &body).await {
        Ok(proof) => page.proof = Some(proof),
        Err(error) => page.fault = Some(fault::at(&page.desk, error)?),
    }
    let status = if page.fault.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(shown(status, &page))
}

/// What was typed. A line for a button that has neither label nor address is none.
fn typed(form: &Form) -> CreateBody {
    let text = |name: &str| form.get(name).unwrap_or_default().replace("\r\n", "\n");
    let maybe = |name: &str| Some(text(name)).filter(|text| !text.trim().is_empty());
    let examples: BTreeMap<String, String> = form
        .all("gap")
        .zip(form.all("example"))
        .map(|(gap, example)| (gap.to_owned(), example.trim().to_owned()))
        .collect();
    let rows = form.all("button_kind").zip(form.all("button_text"));
    let rows = rows.zip(form.all("button_to"));
    let buttons = rows.map(|((kind, text), to)| ButtonBody {
        kind: kind.to_owned(),
        text: text.trim().to_owned(),
        to: Some(to.trim().to_owned()).filter(|to| !to.is_empty()),
    });
    let is_filled = |button: &ButtonBody| !button.text.is_empty() || button.to.is_some();
    CreateBody {
        account: maybe("account"),
        name: text("name").trim().to_owned(),
        language: text("language").trim().to_owned(),
        category: text("category"),
        header: maybe("header"),
        header_example: maybe("header_example"),
        body: text("body"),
        examples,
        footer: maybe("footer"),
        buttons: buttons.filter(is_filled).take(BUTTONS_MAX + 1).collect(),
        opt_out: maybe("opt_out"),
    }
}
