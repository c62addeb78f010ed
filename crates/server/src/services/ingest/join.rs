//! First messages with a code of ours, and those that an advertisement led to.

use std::collections::BTreeMap;

use consent::{
    event::{Evidence, Fact, source},
    policy::{Ads, DoubleOptIn, Policy},
    scope::{Category, Channel, Scope, Subject},
    wish::{self, Wish},
    wording::Reading,
};
use graph::webhook::{Item, Notice, content::Content, inbound::Referral, said::Said};
use store::{join::CodeKind, pool::Tx};

use super::{
    answers::{self, Done},
    load::Load,
    text::text,
    work::Work,
};
use crate::{
    app::App,
    error::Error,
    services::{
        flows::{language, plan::Joining},
        forms::Form,
        join::{
            chat::{self, Joined},
            count, question,
        },
        preferences::choice::Choice,
    },
};

/// What every message of a body joins, by its place among the items: only what a person wrote themselves, to us alone. The
/// words that we wrote beside the code ourselves say nothing else; of other words what they say goes first.
pub(super) async fn read(app: &App, load: &Load) -> Result<BTreeMap<usize, Joined>, Error> {
    let mut found = BTreeMap::new();
    for (index, item) in load.delivery.items.iter().enumerate() {
        let Notice::Message(message) = &item.notice else {
            continue;
        };
        let Some(Said::Typed(text)) = message.content.said() else {
            continue;
        };
        let is_theirs = message.group.is_none() && !answers::is_forwarded(message);
        if !is_theirs || matches!(message.content, Content::Edit { .. }) {
            continue;
        }
        let says_more = load.readings.get(&index) != Some(&Reading::Nothing);
        let joined = chat::read(app, text).await?;
        if let Some(joined) = joined.filter(|joined| joined.is_untouched || !says_more) {
            found.insert(index, joined);
        }
    }
    Ok(found)
}

/// Records what a message joins, and that an advertisement led to it.
pub(super) async fn take(
    work: &mut Work<'_>,
    tx: &mut Tx,
    (index, item): (usize, &Item),
    done: &mut Done<'_>,
) -> Result<(), Error> {
    let load = work.load;
    if let Some(referral) = &done.message.referral {
        by_ad(
            work,
            (item, load.joined.contains_key(&index)),
            referral,
            done,
        )?;
    }
    let Some(joined) = load.joined.get(&index) else {
        return Ok(());
    };
    if !joined.counts(done.message.at.min(work.cast.now())) {
        count("code_over");
        return Ok(());
    }
    let is_yes = is_yes(work, tx, joined, done).await?;
    let mut joining = joined.joining.clone();
    for choice in &joined.choices {
        let scope = choice.scope_on(Some(Channel::Whatsapp));
        if is_settled(work, &scope, done) {
            continue;
        }
        let fact = if is_yes {
            Fact::OptIn(scope)
        } else {
            Fact::OptInRequested(scope)
        };
        let evidence = evidence(joined, *choice, done);
        answers::record(work, done, fact, evidence)?;
    }
    joining.requests = requested(done);
    count(if is_yes { "code_yes" } else { "code_asked" });
    done.language = Some(joined.code.language.clone());
    done.joining = Some(joining);
    ask(work, item, done, Some(&joined.form));
    Ok(())
}

/// Puts what the requests of a message are about in words, and keeps them: the answer to it will be the question.
fn ask(work: &mut Work<'_>, item: &Item, done: &mut Done<'_>, form: Option<&Form>) {
    let asks = |joining: &Joining| !joining.requests.is_empty();
    let Some(joining) = done.joining.take_if(|joining| asks(joining)) else {
        return;
    };
    let language = done.language.clone().unwrap_or_default();
    let number = store::message::number_text(item.origin.number.as_ref());
    let (joining, wording) = question::asked(&work.load.flows, (&number, &language), joining);
    let line = wording.line(&language, form, work.cast.now());
    work.wordings.push(line);
    done.joining = Some(joining);
}

/// Whether the message itself is the yes: it answers the form that this very person filled in; or policy takes a message
/// with a code for one. Whoever changed the words beside the code is asked.
async fn is_yes(
    work: &Work<'_>,
    tx: &mut Tx,
    joined: &Joined,
    done: &Done<'_>,
) -> Result<bool, Error> {
    if !joined.is_untouched {
        return Ok(false);
    }
    let holder = joined.code.contact.map(|holder| work.cast.heir(holder));
    match joined.code.kind {
        CodeKind::Link => {
            return Ok(work.load.policy.double_opt_in != DoubleOptIn::Always);
        }
        // Whoever sends somebody else's code has not seen that form.
        CodeKind::Visit if holder != Some(done.contact) => return Ok(false),
        CodeKind::Visit => {}
    }
    // What was refused since the form was filled in has to be taken back knowingly.
    let history = tx.history(done.contact).await?;
    let events = history.iter().filter_map(store::event::EventLine::event);
    let mut events = events.chain(work.cast.made(done.contact).cloned());
    let refused_since = events.any(|event| {
        let covers = |choice: &Choice| match &event.fact {
            Fact::OptOut(scope) => scope.covers(&choice.scope_on(Some(Channel::Whatsapp))),
            _ => false,
        };
        event.received > joined.code.at && joined.choices.iter().any(covers)
    });
    Ok(!refused_since)
}

/// Whether the person agreed to it before, or nothing of it is sent any more, so that there is nothing to record.
fn is_settled(work: &Work<'_>, scope: &Scope, done: &Done<'_>) -> bool {
    let policy: &Policy = &work.load.policy;
    let standing = work.cast.standing(done.contact);
    let country = policy.country(done.message.from.aliases().iter());
    let wish = wish::about(scope, (&standing, country), policy, work.cast.now());
    matches!(wish, Wish::On(Some(_)) | Wish::Retired)
}

fn evidence(joined: &Joined, choice: Choice, done: &Done<'_>) -> Evidence {
    let kind = joined.code.kind.word();
    Evidence {
        source: source::CHAT_LINK.to_owned(),
        wording_sha256: Some(joined.code.wording),
        locale: Some(joined.code.language.clone()),
        page: Some(joined.code.name.clone()),
        span: Some(choice.to_string()),
        rule: Some(format!("{kind}:{}", joined.text)),
        note: Some(format!(
            "form {} version {}",
            joined.form.slug, joined.code.version
        )),
        ..done.evidence.clone()
    }
}

/// An advertisement led here: that is recorded, and is consent or a wish for it only where policy says so.
fn by_ad(
    work: &mut Work<'_>,
    (item, has_code): (&Item, bool),
    referral: &Referral,
    done: &mut Done<'_>,
) -> Result<(), Error> {
    let known = Evidence {
        source: source::AD.to_owned(),
        page: referral.source_url.clone(),
        note: Some(told(referral)),
        ..done.evidence.clone()
    };
    answers::record(work, done, Fact::Referral, known.clone())?;
    let is_ad = referral.source_type.as_deref() == Some("ad");
    let says_nothing_else = *done.reading == Reading::Nothing && done.tap.is_none() && !has_code;
    if !is_ad || !says_nothing_else || done.message.group.is_some() {
        return Ok(());
    }
    let scope = Scope {
        channel: Some(Channel::Whatsapp),
        ..Scope::everywhere(Subject::Category(Category::Marketing))
    };
    let standing = work.cast.standing(done.contact);
    let refused = standing
        .registers
        .values()
        .any(|register| !register.opt_out.is_empty());
    if refused || is_settled(work, &scope, done) {
        return Ok(());
    }
    let shown = [referral.headline.as_deref(), referral.body.as_deref()];
    let shown: Vec<&str> = shown.into_iter().flatten().collect();
    let known = Evidence {
        wording: Some(shown.join("\n")),
        span: text(&done.message.content),
        ..known
    };
    let fact = match work.load.policy.ads {
        Ads::Recorded => return Ok(()),
        Ads::IsConsent => Fact::OptIn(scope),
        Ads::IsARequest => Fact::OptInRequested(scope),
    };
    answers::record(work, done, fact, known)?;
    let flows = &work.load.flows;
    let Some(who) = done.message.from.aliases().into_iter().next() else {
        return Ok(());
    };
    let said = text(&done.message.content);
    let language = language::choose(flows, done.reading, said.as_deref(), &who);
    let number = store::message::number_text(item.origin.number.as_ref());
    done.joining = Some(Joining {
        requests: requested(done),
        page: referral.source_url.clone(),
        ..question::plain(flows, &number, &language)
    });
    done.language = Some(language);
    ask(work, item, done, None);
    Ok(())
}

/// The requests that a message made.
fn requested(done: &Done<'_>) -> Vec<String> {
    let requests = done.facts.iter().filter_map(|(id, fact)| match fact {
        Fact::OptInRequested(_) => Some(id.to_string()),
        _ => None,
    });
    requests.collect()
}

fn told(referral: &Referral) -> String {
    let part = |name: &str, value: &Option<String>| {
        let value = value.as_deref().filter(|value| !value.is_empty())?;
        Some(format!("{name} {value}"))
    };
    let parts = [
        referral.source_type.clone(),
        part("id", &referral.source_id),
        part("headline", &referral.headline),
        part("body", &referral.body),
        part("ctwa_clid", &referral.click),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join("; ")
}
