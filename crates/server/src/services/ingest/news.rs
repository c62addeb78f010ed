//! News about templates, accounts and numbers: what changes the gate is applied, the rest is kept for people.

use consent::{scope::Category, time::Timestamp};
use graph::webhook::{
    Item, Notice as Heard,
    account::AccountNews,
    news::{News, TemplateNews},
};
use store::template::{Notice, TemplateChange, TemplateTurn, Told};

use super::{clean, work::Work};
use crate::clock;

/// The longest notice that is kept whole, in characters.
const BODY_CHARS_MAX: usize = 8_192;

/// Takes news about a template in: what changes it, and a line in its life.
pub(super) fn take_template(work: &mut Work<'_>, item: &Item, told: &TemplateNews) {
    note(work, item, &item.origin.field, &format!("{told:?}"));
    let Some((name, language)) = told.name.as_deref().zip(told.language.as_deref()) else {
        return;
    };
    let account = item.origin.account.as_deref().map(clean);
    let change = TemplateChange {
        account: account.clone(),
        name: clean(name),
        language: clean(language),
        category: None,
        status: None,
        quality: None,
        told: Told::default(),
        at: work.cast.now(),
    };
    let turn = TemplateTurn {
        id: work.app.clock.id(),
        at: change.at,
        account,
        name: change.name.clone(),
        language: change.language.clone(),
        kind: String::new(),
        was: None,
        became: None,
        note: None,
    };
    let (change, turn) = applied(&told.news, change, turn);
    work.templates.extend(change);
    work.turns.push(turn);
}

/// What a piece of news changes about its template, and how it is told in its life.
fn applied(
    news: &News,
    change: TemplateChange,
    turn: TemplateTurn,
) -> (Option<TemplateChange>, TemplateTurn) {
    let tell = |kind: &str, was: Option<String>, became: Option<String>| TemplateTurn {
        kind: kind.to_owned(),
        was,
        became,
        ..turn.clone()
    };
    match news {
        News::Status {
            status,
            category,
            reason,
            note,
            day,
            ..
        } => {
            let status = Some(clean(status.word()));
            let (told, note) = why([reason, note, day]);
            let turn = TemplateTurn {
                note,
                ..tell("status", None, status.clone())
            };
            let category = category.map(word);
            let change = TemplateChange {
                category,
                status,
                told,
                ..change
            };
            (Some(change), turn)
        }
        News::CategoryDone { previous: was, now }
        | News::CategoryWrong {
            said: was,
            correct: now,
        } => {
            let now = known(now);
            let turn = tell("category", was.map(word), Some(now.clone()));
            // Whatever was announced before: this is what came.
            let change = coming(change, &now, None);
            let category = Some(now);
            (Some(TemplateChange { category, ..change }), turn)
        }
        News::CategoryAnnounced {
            current,
            coming: next,
            at,
        } => {
            let next = known(next);
            let turn = TemplateTurn {
                note: at.map(clock::rfc3339),
                ..tell("category_announced", current.map(word), Some(next.clone()))
            };
            // Today's category counts until Meta says that it is done.
            (Some(coming(change, &next, *at)), turn)
        }
        News::Quality { previous, now } => {
            let (previous, now) = (previous.as_deref().map(clean), clean(now));
            let turn = tell("quality", previous, Some(now.clone()));
            let quality = Some(now);
            (Some(TemplateChange { quality, ..change }), turn)
        }
        News::Components => (None, tell("components", None, None)),
    }
}

fn word(category: Category) -> String {
    category.word().to_owned()
}

/// A category that we do not know counts as marketing.
fn known(category: &Option<Category>) -> String {
    word(category.unwrap_or(Category::Marketing))
}

/// Why a status is what it is, to be kept with it; and in one line.
fn why(parts: [&Option<String>; 3]) -> (Told, Option<String>) {
    let [reason, note, day] = parts.map(|part| part.as_deref().map(clean));
    let line = [&reason, &note, &day].map(|part| part.as_deref());
    let line: Vec<&str> = line.into_iter().flatten().collect();
    let line = (!line.is_empty()).then(|| line.join(" · "));
    let told = Told {
        reason,
        note,
        day,
        ..Told::default()
    };
    (told, line)
}

/// The same with the category that came, or will come from a time on.
fn coming(change: TemplateChange, category: &str, at: Option<Timestamp>) -> TemplateChange {
    let told = Told {
        coming: Some(category.to_owned()),
        coming_at: at,
        ..Told::default()
    };
    TemplateChange { told, ..change }
}

/// Keeps news about an account or a number.
pub(super) fn take_account(work: &mut Work<'_>, item: &Item, told: &AccountNews) {
    work.app.bell.numbers.notify_one();
    note(work, item, &item.origin.field, &format!("{told:?}"));
}

/// Keeps what is worth showing to people as it came.
pub(super) fn take_other(work: &mut Work<'_>, item: &Item) {
    match &item.notice {
        Heard::AccountError(issue) => note(work, item, "errors", &format!("{issue:?}")),
        Heard::Handover(handover) => note(work, item, "messaging_handovers", &handover.raw),
        Heard::UserAction(_) => {
            metrics::counter!("consentry_webhook_user_actions_total").increment(1)
        }
        Heard::Other { name, raw } => {
            metrics::counter!("consentry_webhook_unknown_total").increment(1);
            note(work, item, name, raw);
        }
        Heard::Message(_)
        | Heard::Change(_)
        | Heard::Status(_)
        | Heard::Preference(_)
        | Heard::Echo(_)
        | Heard::Call(_)
        | Heard::Template(_)
        | Heard::Account(_) => {}
    }
}

fn note(work: &mut Work<'_>, item: &Item, kind: &str, body: &str) {
    let at: Timestamp = work.cast.now();
    let part = graph::webhook::parts::cut(&work.load.raw, item.place);
    let body = part.as_deref().unwrap_or(body);
    work.notices.push(Notice {
        id: work.app.clock.id(),
        at,
        account: item.origin.account.as_deref().map(clean),
        number: item.origin.number.as_ref().map(ToString::to_string),
        kind: clean(kind),
        body: body
            .chars()
            .filter(|char| *char != '\0')
            .take(BODY_CHARS_MAX)
            .collect(),
    });
}
