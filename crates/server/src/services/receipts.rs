//! Receipts: for each consent of a person one document, shaped after ISO/IEC TS 27560, with what makes it provable.

mod course;
pub mod document;
pub mod text;
mod words;

use std::collections::BTreeMap;

use consent::{
    event::source,
    id::{ContactId, EventId},
    policy::Policy,
    scope::{Channel, Subject},
    wish,
};
use ledger::hash::Hash;
use store::{contact::ContactLine, event::EventLine, house::TopicLine, topic::TopicText};
use uuid::Uuid;

use self::{
    course::{Course, Rules, State, Step},
    document::{
        Bare, Event, FormRef, Header, NOT_STATED, Party, Processing, Proof, Purpose, Receipt,
        SCHEMA, SCHEMA_VERSION, Wording,
    },
};
use crate::{
    app::{Card, House},
    clock::rfc3339,
    error::Error,
    services::{
        business,
        forms::{FormBody, FormText},
        policy, proof,
        shown::{self, Opened},
    },
    vault::sha256,
};

/// The JSON schema that every receipt keeps to.
pub const JSON_SCHEMA: &str = include_str!("../../../../docs/schemas/consent-receipt-1.json");
/// How the receipt calls the business.
const CONTROLLER: &str = "controller";

/// The receipts of a person, newest consent first.
///
/// # Errors
/// When the database does not answer, or the person's key does not open what it sealed.
pub async fn of(app: &House, line: &ContactLine) -> Result<Vec<Receipt>, Error> {
    let history = app.store.history(line.person.id).await?;
    let policy = policy::current(app).await?;
    let held = line.aliases.iter().filter(|held| held.until.is_none());
    let rules = Rules {
        policy: &policy,
        standing: &line.person.standing,
        country: policy.country(held.map(|held| &held.alias)),
        now: app.clock.now(),
    };
    let courses = course::courses(&history, rules);
    if courses.is_empty() {
        return Ok(Vec::new());
    }
    let given: Vec<&EventLine> = courses.iter().map(|course| course.given).collect();
    let opened = shown::open(app, &line.person, &given).await?;
    let desk = Desk {
        app,
        line,
        rules,
        card: business::card(app).await,
        topics: app.store.topics().await?,
        texts: app.store.topic_texts().await?,
        forms: forms(app, &opened).await?,
    };
    let none = Opened::default();
    let receipts = courses.iter().rev().map(|course| {
        let opened = opened.get(&course.given.id).unwrap_or(&none);
        desk.receipt(course, opened)
    });
    Ok(receipts.collect())
}

/// The receipts of a contact, newest consent first.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; when the database does not answer.
pub async fn of_contact(app: &House, id: ContactId) -> Result<Vec<Receipt>, Error> {
    let line = app.store.contact(id).await?;
    of(app, &line.ok_or(Error::NotFound("contact"))?).await
}

/// One receipt.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact, or the event is no consent of theirs; when the database does not
/// answer.
pub async fn one(app: &House, id: ContactId, event: EventId) -> Result<Receipt, Error> {
    let wanted = event.to_string();
    let mut all = of_contact(app, id).await?.into_iter();
    all.find(|receipt| receipt.header.record_id == wanted)
        .ok_or(Error::NotFound("receipt"))
}

/// A form in the version that people were shown.
struct FormShown {
    slug: String,
    body: FormBody,
}

type Forms = BTreeMap<(Uuid, i64), FormShown>;

/// The forms by which people agreed, in the versions that they saw.
async fn forms(app: &House, opened: &BTreeMap<EventId, Opened>) -> Result<Forms, Error> {
    let mut forms = Forms::new();
    let wanted = opened.values().filter_map(|one| one.shown.as_ref()?.form);
    let wanted: std::collections::BTreeSet<(Uuid, i64)> = wanted.collect();
    if wanted.is_empty() {
        return Ok(forms);
    }
    let slugs: BTreeMap<Uuid, String> = app
        .store
        .forms()
        .await?
        .into_iter()
        .map(|form| (form.id, form.slug))
        .collect();
    let ids: std::collections::BTreeSet<Uuid> = wanted.iter().map(|(id, _)| *id).collect();
    for id in ids {
        let slug = slugs.get(&id).cloned().unwrap_or_default();
        for version in app.store.form_versions(id).await? {
            if wanted.contains(&(id, version.version)) {
                let body = serde_json::from_str(&version.body).map_err(Error::internal)?;
                let slug = slug.clone();
                forms.insert((id, version.version), FormShown { slug, body });
            }
        }
    }
    Ok(forms)
}

/// What receipts are written with.
struct Desk<'a> {
    app: &'a House,
    line: &'a ContactLine,
    rules: Rules<'a>,
    card: Card,
    topics: Vec<TopicLine>,
    texts: Vec<TopicText>,
    forms: Forms,
}

impl Desk<'_> {
    fn receipt(&self, course: &Course<'_>, opened: &Opened) -> Receipt {
        let last = course.steps.iter().rev();
        let since = last.clone().find(|step| step.state == course.state);
        Receipt {
            schema: SCHEMA,
            header: self.header(course),
            state: course.state.word(),
            in_force: self.is_in_force(course),
            processing: self.processing(course, opened),
            parties: vec![self.controller()],
            events: course
                .steps
                .iter()
                .map(|step| self.event(course, step))
                .collect(),
            wording: self.wording(opened),
            evidence: self.proof(course.given),
            bare: Bare {
                at: course.given.at,
                subject: course.scope.subject,
                state: course.state,
                since: since.map_or(course.given.at, |step| step.at),
            },
        }
    }

    fn header(&self, course: &Course<'_>) -> Header {
        let record = course.given.id.get();
        let mut seed = record.as_bytes().to_vec();
        seed.extend(course.state.word().bytes());
        for step in &course.steps {
            seed.extend(
                step.event
                    .map(|event| *event.id.get().as_bytes())
                    .into_iter()
                    .flatten(),
            );
        }
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(sha256(&seed)) {
            *to = from;
        }
        Header {
            standard: "ISO/IEC TS 27560:2023",
            schema_version: SCHEMA_VERSION,
            record_id: course.given.id.to_string(),
            receipt_id: uuid::Builder::from_custom_bytes(id).into_uuid().to_string(),
            pii_principal_id: self.line.person.id.to_string(),
            issued_at: rfc3339(self.rules.now),
            language: "en",
        }
    }

    fn is_in_force(&self, course: &Course<'_>) -> bool {
        let holds = matches!(course.state, State::Given | State::WithdrawnInPart);
        let whose = (self.rules.standing, self.rules.country);
        let policy: &Policy = self.rules.policy;
        holds && wish::about(course.scope, whose, policy, self.rules.now).is_on()
    }

    fn processing(&self, course: &Course<'_>, opened: &Opened) -> Processing {
        let controller = &self.app.config.controller;
        let home = self.app.config.default_region.as_ref();
        let jurisdiction = controller.jurisdiction.as_ref().or(home);
        Processing {
            privacy_notice: stated(self.app.config.pages.privacy_url.as_deref()),
            language: stated(opened.text("locale")),
            purposes: vec![self.purpose(course, opened)],
            lawful_basis: "consent",
            pii_information: words::pii(&self.line.aliases, course.scope.channel),
            pii_controllers: vec![CONTROLLER],
            collection_method: course.given.source.clone(),
            collection_description: words::collected(&course.given.source),
            processing_method: words::PROCESSING,
            storage_locations: listed(&controller.storage),
            retention_period: stated(controller.retention.as_deref()),
            jurisdiction: stated(jurisdiction.map(String::as_str)),
            recipients: listed(&controller.recipients),
            withdrawal_method: words::withdrawal(),
            privacy_rights: words::RIGHTS.to_vec(),
        }
    }

    fn purpose(&self, course: &Course<'_>, opened: &Opened) -> Purpose {
        let scope = course.scope;
        let locale = opened.text("locale");
        let (words, kind) = words::purpose(scope.subject);
        let (topic, named) = match scope.subject {
            Subject::Topic(topic) => (Some(topic.id), self.topic(topic.id, locale)),
            Subject::All | Subject::Category(_) => (None, None),
        };
        let (name, description) = named.unwrap_or((words.to_owned(), String::new()));
        let form = opened.shown.as_ref().and_then(|shown| shown.form);
        let form = form.and_then(|form| self.forms.get(&form));
        let texts = form.and_then(|form| form.body.texts.get(locale?));
        let said = |of: fn(&FormText) -> &String| stated(texts.map(of).map(String::as_str));
        let channels = match scope.channel {
            Some(channel) => vec![channel.word()],
            None => Channel::ALL.map(Channel::word).to_vec(),
        };
        Purpose {
            purpose: name,
            purpose_type: kind,
            description: stated(Some(&description)),
            topic_id: topic.map(|id| id.to_string()),
            message_kind: said(|text| &text.kind),
            frequency: said(|text| &text.frequency),
            channels,
            number: scope.number.as_ref().map(ToString::to_string),
        }
    }

    /// What a topic is called and what it brings, in a language or as the business called it first.
    fn topic(&self, id: consent::id::TopicId, locale: Option<&str>) -> Option<(String, String)> {
        let mut texts = self.texts.iter();
        let text = texts.find(|text| text.topic == id && Some(text.language.as_str()) == locale);
        if let Some(text) = text {
            return Some((text.name.clone(), text.description.clone()));
        }
        let line = self.topics.iter().find(|line| line.topic.id == id)?;
        Some((line.name.clone(), line.description.clone()))
    }

    fn controller(&self) -> Party {
        let controller = &self.app.config.controller;
        let name = controller.name.as_deref().or(self.card.name.as_deref());
        let phone = self.card.digits.as_ref().map(|digits| format!("+{digits}"));
        Party {
            party_id: CONTROLLER,
            party_name: stated(name),
            party_address: stated(controller.address.as_deref()),
            party_contact: stated(controller.contact.as_deref()),
            party_type: "pii_controller",
            party_url: stated(self.app.config.pages.privacy_url.as_deref()),
            party_phone: stated(phone.as_deref()),
        }
    }

    fn event(&self, course: &Course<'_>, step: &Step<'_>) -> Event {
        let fact = step.event.and_then(|event| event.fact.as_ref());
        let (kind, is_own) = words::event_type(fact);
        let source = step.event.map(|event| event.source.as_str());
        let entity = match step.event {
            None => "time".to_owned(),
            Some(event) if is_own && event.source != source::STAFF => {
                self.line.person.id.to_string()
            }
            Some(_) => CONTROLLER.to_owned(),
        };
        Event {
            event_id: step.event.map(|event| event.id.to_string()),
            event_time: rfc3339(step.at),
            validity_duration: words::validity(step.state, course.days),
            entity_id: entity,
            event_type: kind,
            event_state: step.state.word(),
            event_source: source.unwrap_or("clock").to_owned(),
        }
    }

    fn wording(&self, opened: &Opened) -> Wording {
        let shown = opened.shown.as_ref();
        let hash = shown.map(|shown| hex::encode(shown.sha256));
        let form = shown.and_then(|shown| shown.form);
        Wording {
            text: stated(opened.wording()),
            locale: stated(opened.text("locale")),
            sha256: stated(hash.as_deref()),
            page: stated(opened.text("page")),
            form: form.and_then(|(id, version)| {
                let slug = self.forms.get(&(id, version))?.slug.clone();
                Some(FormRef { slug, version })
            }),
        }
    }

    fn proof(&self, given: &EventLine) -> Proof {
        let path = format!("/api/v1/ledger/proof/{}", given.id);
        let base = self.app.public_url().unwrap_or_default();
        Proof {
            checkpoint_origin: self.app.signer.verifier().name().to_owned(),
            log_key: proof::key(self.app),
            leaf_index: given.log_index,
            leaf_hash: hex::encode(Hash::of_leaf(&given.leaf).as_bytes()),
            proof_url: format!("{}{path}?opening=true", base.trim_end_matches('/')),
            how_to_ask: format!(
                "Ask the controller for the proof of record {}. It is a file with a signed checkpoint of the log, the \
                 path from this record to it, and what opens the record; `consentry verify FILE --key KEY` checks it \
                 on anybody's machine.",
                given.id
            ),
        }
    }
}

/// What somebody said, or that they did not.
fn stated(text: Option<&str>) -> String {
    let said = text.filter(|text| !text.trim().is_empty());
    said.unwrap_or(NOT_STATED).to_owned()
}

fn listed(all: &[String]) -> Vec<String> {
    let said: Vec<String> = all
        .iter()
        .filter(|text| !text.trim().is_empty())
        .cloned()
        .collect();
    if said.is_empty() {
        vec![NOT_STATED.to_owned()]
    } else {
        said
    }
}
