//! `/{account}/message_templates`, and what a test may do to a template.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use crate::{
    app::App,
    cloud::{
        fault::Fault,
        node::{self, Caller},
    },
    json,
    options::NewTemplate,
    outgoing::job::Job,
    template::Template,
    webhook::shape,
    world::{TEMPLATES_MAX, World},
};

const NAME_MAX: usize = 512;
const DAY_S: i64 = 24 * 60 * 60;

pub async fn list(
    State(app): State<Arc<App>>,
    Path((_, account)): Path<(String, String)>,
    caller: Caller,
) -> Result<Json<Value>, Fault> {
    let world = app.world();
    known(&world, &account)?;
    let asks = |key: &str| caller.query.get(key).filter(|text| !text.is_empty());
    let fits = |wanted: Option<&String>, has: &str| {
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(has))
    };
    let found = world.templates.iter().filter(|template| {
        template.account == account
            && asks("source").map(String::as_str) == template.source.as_deref()
            && asks("name").is_none_or(|part| template.name.contains(part.as_str()))
            && fits(asks("status"), &template.status)
            && fits(asks("category"), &template.category)
            && fits(asks("language"), &template.language)
    });
    let url = format!(
        "{}/{}/{account}/message_templates",
        app.base_url(),
        caller.version
    );
    let all: Vec<Value> = found.map(Template::to_json).collect();
    let total = all.len();
    let mut page = node::paged(all, &caller, &url);
    if caller.query.contains_key("summary") {
        let summary = json!({
            "total_count": total, "message_template_count": total,
            "message_template_limit": TEMPLATES_MAX, "are_translations_complete": true,
        });
        json::overlay(&mut page, json!({"summary": summary}));
    }
    Ok(Json(page))
}

pub async fn create(
    State(app): State<Arc<App>>,
    Path((_, account)): Path<(String, String)>,
    _caller: Caller,
    Json(body): Json<Value>,
) -> Result<Json<Value>, Fault> {
    let mut world = app.world();
    known(&world, &account)?;
    let new = read(&body)?;
    if world.template(&account, &new.name, &new.language).is_some() {
        let details = format!(
            "there is already a template `{}` in `{}`",
            new.name, new.language
        );
        return Err(Fault {
            subcode: Some(2_388_024),
            ..Fault::invalid(details)
        });
    }
    if world.templates.len() >= TEMPLATES_MAX {
        return Err(Fault {
            subcode: Some(2_388_019),
            ..Fault::invalid("the account has as many templates as it may")
        });
    }
    let template = Template {
        status: "PENDING".to_owned(),
        quality_at_s: world.clock.simulated_ms() / 1_000,
        ..Template::new(&account, &new)
    };
    let (id, category) = (template.id, template.category.clone());
    world.templates.push(template);
    let review_ms = world.settings.template_review_ms;
    world.schedule(review_ms, Job::Review { template: id });
    Ok(Json(
        json!({"id": id.to_string(), "status": "PENDING", "category": category}),
    ))
}

fn read(body: &Value) -> Result<NewTemplate, Fault> {
    let needed = |key: &str| {
        json::text(body, key)
            .ok_or_else(|| Fault::invalid(format!("the parameter {key} is required")))
    };
    let (name, language, category) = (needed("name")?, needed("language")?, needed("category")?);
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !plain || name.is_empty() || name.len() > NAME_MAX {
        return Err(Fault::invalid(format!(
            "name: `{name}` may hold lower-case letters, digits and _ only"
        )));
    }
    if !["MARKETING", "UTILITY", "AUTHENTICATION"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(category))
    {
        return Err(Fault::invalid(format!(
            "category: `{category}` must be one of MARKETING, UTILITY, AUTHENTICATION"
        )));
    }
    let components = json::field(body, "components")
        .filter(|parts| parts.is_array())
        .cloned();
    Ok(NewTemplate {
        name: name.to_owned(),
        language: language.to_owned(),
        category: category.to_owned(),
        components: components
            .ok_or_else(|| Fault::invalid("the parameter components is required"))?,
        id: None,
        parameter_format: json::text(body, "parameter_format").map(str::to_ascii_uppercase),
    })
}

pub async fn delete(
    State(app): State<Arc<App>>,
    Path((_, account)): Path<(String, String)>,
    caller: Caller,
) -> Result<Json<Value>, Fault> {
    let mut world = app.world();
    known(&world, &account)?;
    let name = caller
        .query
        .get("name")
        .ok_or_else(|| Fault::invalid("the parameter name is required"))?;
    let id = caller.query.get("hsm_id");
    let goes = |t: &Template| {
        t.account == account && t.name == *name && id.is_none_or(|id| *id == t.id.to_string())
    };
    let (gone, kept) = std::mem::take(&mut world.templates)
        .into_iter()
        .partition(|t| goes(t));
    world.templates = kept;
    let gone: Vec<Template> = gone;
    if gone.is_empty() {
        return Err(Fault::invalid(format!("no template `{name}` was found")));
    }
    gone.iter()
        .for_each(|template| world.tell_status(template, "DELETED", Value::Null));
    Ok(Json(json!({"success": true})))
}

pub fn known(world: &World, account: &str) -> Result<(), Fault> {
    if world.accounts.iter().any(|known| known.id == account) {
        Ok(())
    } else {
        Err(Fault::no_such_object(account))
    }
}

impl World {
    pub fn approve(&mut self, id: u64) {
        if let Some(template) = self
            .templates
            .iter_mut()
            .find(|t| t.id == id && t.status == "PENDING")
        {
            template.status = "APPROVED".to_owned();
            let template = template.clone();
            self.tell_status(&template, "APPROVED", Value::Null);
        }
    }

    fn tell_status(&mut self, template: &Template, event: &str, more: Value) {
        let mut rest = json!({"event": event, "reason": "NONE", "message_template_category": template.category});
        if !more.is_null() {
            json::overlay(&mut rest, more);
        }
        let update = shape::template(self, template, "message_template_status_update", rest);
        self.publish(update);
    }

    /// A test changes a template by name, in one language or in all: `status`, `category`, `quality` or `components`.
    pub fn direct_template(
        &mut self,
        name: &str,
        what: &str,
        args: &Value,
    ) -> Result<Value, String> {
        let language = json::text(args, "language");
        let fits =
            |t: &Template| t.name == name && language.is_none_or(|wanted| wanted == t.language);
        let ids: Vec<u64> = self
            .templates
            .iter()
            .filter(|t| fits(t))
            .map(|t| t.id)
            .collect();
        if ids.is_empty() {
            return Err(format!("there is no template `{name}` in that language"));
        }
        for id in &ids {
            match what {
                "status" => self.set_status(*id, args)?,
                "category" => self.set_category(*id, args)?,
                "quality" => self.set_quality(*id, args)?,
                "components" => self.set_components(*id, args)?,
                other => {
                    return Err(format!(
                        "`{other}` is not known: want status, category, quality or components"
                    ));
                }
            }
        }
        Ok(json!({"changed": ids.len()}))
    }

    fn edit(
        &mut self,
        id: u64,
        change: impl FnOnce(&mut Template),
    ) -> Result<(Template, Template), String> {
        let template = self
            .templates
            .iter_mut()
            .find(|t| t.id == id)
            .ok_or("the template is gone")?;
        let before = template.clone();
        change(template);
        Ok((before, template.clone()))
    }

    fn set_status(&mut self, id: u64, args: &Value) -> Result<(), String> {
        let status = json::text(args, "status")
            .ok_or("`status` is missing: want APPROVED, PAUSED, DISABLED, ...")?;
        let (_, now) = self.edit(id, |template| template.status = status.to_ascii_uppercase())?;
        let info = match (now.status.as_str(), json::text(args, "title")) {
            (_, Some(title)) => {
                json!({"title": title, "description": json::text(args, "description").unwrap_or_default()})
            }
            ("PAUSED", None) => {
                json!({"title": "FIRST_PAUSE", "description": "Paused for 3 hours after negative feedback."})
            }
            ("DISABLED", None) => {
                json!({"title": "DISABLED", "description": "Disabled after repeated negative feedback."})
            }
            _ => Value::Null,
        };
        let mut more = json!({});
        if !info.is_null() {
            json::overlay(&mut more, json!({"other_info": info}));
        }
        if let Some(reason) = json::text(args, "reason") {
            json::overlay(&mut more, json!({"reason": reason}));
        }
        for part in ["disable_info", "rejection_info"] {
            if let Some(told) = json::field(args, part) {
                json::overlay(&mut more, json!({part: told}));
            }
        }
        self.tell_status(&now, &now.status, more);
        Ok(())
    }

    /// Gives it other parts. As Meta does, the notice tells the text and leaves quick replies out.
    fn set_components(&mut self, id: u64, args: &Value) -> Result<(), String> {
        let parts = json::field(args, "components")
            .filter(|parts| parts.is_array())
            .ok_or("`components` is missing: want a list as in a listing")?;
        let (_, now) = self.edit(id, |template| template.components.clone_from(parts))?;
        let body = now.component("BODY");
        let text = body.and_then(|body| json::text(body, "text"));
        let rest = json!({"message_template_element": text.unwrap_or_default()});
        self.tell_about(id, "message_template_components_update", rest);
        Ok(())
    }

    fn set_category(&mut self, id: u64, args: &Value) -> Result<(), String> {
        let to = json::text(args, "to")
            .ok_or("`to` is missing: want MARKETING, UTILITY or AUTHENTICATION")?
            .to_ascii_uppercase();
        let rest = if json::text(args, "when") == Some("announced") {
            let (before, _) =
                self.edit(id, |template| template.correct_category = Some(to.clone()))?;
            let at = self.clock.simulated_ms() / 1_000 + DAY_S;
            json!({"new_category": before.category, "correct_category": to, "category_update_timestamp": at})
        } else {
            let (before, _) = self.edit(id, |template| {
                (template.category, template.correct_category) = (to.clone(), None)
            })?;
            json!({"previous_category": before.category, "new_category": to})
        };
        self.tell_about(id, "template_category_update", rest);
        Ok(())
    }

    fn set_quality(&mut self, id: u64, args: &Value) -> Result<(), String> {
        let score = json::text(args, "score")
            .ok_or("`score` is missing: want GREEN, YELLOW, RED or UNKNOWN")?
            .to_ascii_uppercase();
        let now_s = self.clock.simulated_ms() / 1_000;
        let (before, _) = self.edit(id, |template| {
            template.quality.clone_from(&score);
            template.quality_at_s = now_s;
        })?;
        let rest = json!({"previous_quality_score": before.quality, "new_quality_score": score});
        self.tell_about(id, "message_template_quality_update", rest);
        Ok(())
    }

    fn tell_about(&mut self, id: u64, field: &str, rest: Value) {
        let update = self
            .templates
            .iter()
            .find(|t| t.id == id)
            .map(|t| shape::template(self, t, field, rest));
        if let Some(update) = update {
            self.publish(update);
        }
    }
}
