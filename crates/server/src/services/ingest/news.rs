//! News about templates, accounts and numbers: what changes the gate is applied, the rest is kept for people.

use consent::{scope::Category, time::Timestamp};
use graph::webhook::{
    Item, Notice as Heard,
    account::AccountNews,
    news::{News, TemplateNews},
};
use store::template::{Notice, TemplateChange};

use super::{clean, work::Work};

/// The longest notice that is kept whole, in characters.
const BODY_CHARS_MAX: usize = 8_192;

/// Takes news about a template in.
pub(super) fn take_template(work: &mut Work<'_>, item: &Item, told: &TemplateNews) {
    let change = |category: Option<Category>, status: Option<String>, quality: Option<String>| {
        let (name, language) = told.name.as_deref().zip(told.language.as_deref())?;
        Some(TemplateChange {
            account: item.origin.account.as_deref().map(clean),
            name: clean(name),
            language: clean(language),
            category: category.map(|category| category.word().to_owned()),
            status,
            quality,
            at: work.cast.now(),
        })
    };
    // A category that we do not know counts as marketing.
    let known = |category: Option<Category>| Some(category.unwrap_or(Category::Marketing));
    let change = match &told.news {
        News::Status {
            status, category, ..
        } => change(*category, Some(clean(status.word())), None),
        News::CategoryDone { now, .. } => change(known(*now), None, None),
        News::CategoryWrong { correct, .. } => change(known(*correct), None, None),
        News::Quality { now, .. } => change(None, None, Some(clean(now))),
        News::CategoryAnnounced { .. } | News::Components => None,
    };
    work.templates.extend(change);
    note(work, item, &item.origin.field, &format!("{told:?}"));
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
