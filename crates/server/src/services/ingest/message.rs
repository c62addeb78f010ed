//! What people write: heard, read for wishes, kept under their key.

use std::collections::BTreeMap;

use consent::{
    effect::{self, Setting as Surroundings},
    event::{Clock, Event, Evidence, Fact, counts_from, source},
    id::{AttemptId, ContactId, EventId},
    register::Heard,
    scope::{Category, Channel},
    window,
    wording::{Context, Match, Reading, Setting},
};
use graph::{
    template::quick_replies,
    webhook::{
        Item, Notice,
        business::{Call, Direction as Caller, Echo},
        content::Content,
        inbound::Message,
        person::Person,
        said::Said,
    },
};
use store::{
    message::{Direction, MessageLine, State},
    pool::Tx,
};

use super::{
    TEXT_PURPOSE,
    answers::{self, Done},
    clean, join,
    load::Load,
    text::text,
    work::Work,
};
use crate::{
    app::App,
    error::Error,
    services::{
        cast::Draft,
        facts,
        flows::{answer::Tap, asked},
        happenings::Told,
        identity,
    },
};

/// What every message of a body says, by its place among the items.
pub(super) async fn readings(app: &App, load: &Load) -> Result<BTreeMap<usize, Reading>, Error> {
    let mut found = BTreeMap::new();
    for (index, item) in load.delivery.items.iter().enumerate() {
        if let Notice::Message(message) = &item.notice {
            found.insert(index, reading(app, load, message).await?);
        }
    }
    Ok(found)
}

async fn reading(app: &App, load: &Load, message: &Message) -> Result<Reading, Error> {
    let context = message.context.as_ref();
    if answers::is_forwarded(message) {
        return Ok(Reading::Nothing);
    }
    let keywords = &load.policy.keywords;
    let quoted = context.and_then(|context| context.id.as_deref());
    let read = match message.content.said() {
        None => Reading::Nothing,
        Some(Said::Typed(text)) => {
            let setting = if quoted.is_some() {
                Setting::InAnswer
            } else {
                Setting::Alone
            };
            let footers = app.footers();
            let footers: Vec<&str> = footers.iter().map(String::as_str).collect();
            let surroundings = Context {
                setting,
                forwarded: false,
                footers: &footers,
            };
            keywords.read(text, surroundings)
        }
        Some(Said::Tapped { payload, label }) => {
            let label = label.or(payload).unwrap_or_default();
            match keywords.read_button(payload.unwrap_or_default(), label) {
                Reading::Nothing => by_definition(app, load, quoted, label).await?,
                read => read,
            }
        }
    };
    // New words for an old message, and words to a group, may refuse, never permit.
    let permits_nothing =
        matches!(message.content, Content::Edit { .. }) || message.group.is_some();
    Ok(match (permits_nothing, read) {
        (true, Reading::Start(_)) => Reading::Nothing,
        (_, read) => read,
    })
}

/// A tap that says nothing by itself: the button's place in the template's own definition, and what the button at
/// that place says in the template's other languages.
async fn by_definition(
    app: &App,
    load: &Load,
    quoted: Option<&str>,
    label: &str,
) -> Result<Reading, Error> {
    let line = quoted.and_then(|wamid| load.log.of_wamid(wamid));
    let Some((name, language)) = line.and_then(|line| line.template.as_ref()) else {
        return Ok(Reading::Nothing);
    };
    let versions = app.store.versions_of(name).await?;
    let buttons: Vec<_> = versions
        .iter()
        .map(|version| (version, quick_replies(&version.components)))
        .collect();
    let sent = buttons
        .iter()
        .filter(|(version, _)| version.language == *language);
    let places: Vec<_> = sent
        .flat_map(|(version, buttons)| buttons.iter().map(move |button| (version, button)))
        .filter(|(_, button)| button.text.trim() == label.trim())
        .map(|(version, button)| (&version.account, button.card, button.index))
        .collect();
    for (version, buttons) in &buttons {
        let same = buttons
            .iter()
            .filter(|button| places.contains(&(&version.account, button.card, button.index)));
        for button in same {
            let read = load.policy.keywords.read_button("", &button.text);
            if let Reading::Stop(found) | Reading::StopAll(found) = &read {
                let rule = format!("{} in template {name} ({})", found.rule, version.language);
                let found = Match {
                    span: label.to_owned(),
                    rule,
                    ..found.clone()
                };
                return Ok(match read {
                    Reading::StopAll(_) => Reading::StopAll(found),
                    _ => Reading::Stop(found),
                });
            }
        }
    }
    Ok(Reading::Nothing)
}

/// Takes one message in.
pub(super) async fn take(
    work: &mut Work<'_>,
    tx: &mut Tx,
    (index, item): (usize, &Item),
    message: &Message,
) -> Result<(), Error> {
    let load = work.load;
    // Older than the ids of what comes of it: whoever reads the conversation sees the words first.
    let id = AttemptId::new(work.app.clock.id());
    let said = load.readings.get(&index).unwrap_or(&Reading::Nothing);
    let evidence = Evidence {
        source: source::KEYWORD.to_owned(),
        message_id: Some(message.id.clone()),
        raw_sha256: Some(load.sha),
        ..Evidence::default()
    };
    let known_as = Evidence {
        source: "message".to_owned(),
        ..evidence.clone()
    };
    let grounds = work.grounds(message.at, known_as);
    let contact = identity::resolve(tx, &mut work.cast, &message.from, &grounds).await?;
    for person in own_cards(message) {
        identity::resolve(tx, &mut work.cast, &person, &grounds).await?;
    }
    work.cast.call(
        contact,
        message.from.name.as_deref(),
        message.from.username.as_deref(),
    );
    work.meet(index, contact);
    work.follow()?;
    let asked = asked::put_to(&work.app.vault, tx, contact, &message.content).await?;
    let tap = answers::tap(work, asked, message);
    let reading = tap.as_ref().map_or_else(|| said.clone(), Tap::reading);
    let facts = record(work, tx, (contact, message), (&reading, &evidence)).await?;
    let mut done = Done {
        contact,
        message,
        reading: &reading,
        tap: tap.as_ref(),
        evidence: &evidence,
        facts,
        language: None,
        refused_what_they_had: false,
        joining: None,
    };
    answers::take(work, tx, &mut done).await?;
    join::take(work, tx, (index, item), &mut done).await?;
    answers::answer(work, &item.origin, &done)?;
    hear(work, contact, item, (message, &reading));
    tell(work, (contact, id), (message, &reading));
    let at = message.at.min(work.cast.now());
    let sealed =
        text(&message.content).map(|text| work.cast.seal(contact, TEXT_PURPOSE, text.as_bytes()));
    if let (Some(number), None, false) = (
        &item.origin.number,
        &message.group,
        answers::changes_old(message),
    ) {
        work.talk.came(contact, number, at);
    }
    let line = MessageLine {
        id,
        direction: Direction::In,
        state: State::Received,
        category: clean(message.content.word()),
        sealed: sealed.transpose()?,
        wamid: Some(clean(&message.id)),
        at,
        ..work.line(contact, item, &message.from)
    };
    work.messages.push(line);
    Ok(())
}

/// Notes that the person wrote to the number, which opens the window; not for groups, nor for changes of old messages.
fn hear(
    work: &mut Work<'_>,
    contact: ContactId,
    item: &Item,
    (message, reading): (&Message, &Reading),
) {
    let changes_old = answers::changes_old(message);
    let (Some(number), None, false) = (&item.origin.number, &message.group, changes_old) else {
        return;
    };
    let at = message.at.min(work.cast.now());
    let ad = message
        .referral
        .as_ref()
        .and_then(|referral| referral.source_type.as_deref());
    let heard = Heard {
        from_ad: (ad == Some("ad")).then_some(at),
        ..effect::heard(reading, at)
    };
    work.cast.hear(contact, number, &heard);
}

/// Tells journeys what somebody wrote. What is a no, or may be one, is no answer to anything; nor is what was forwarded, what went to a
/// group, or what becomes of an older message.
fn tell(
    work: &mut Work<'_>,
    (contact, id): (ContactId, AttemptId),
    (message, reading): (&Message, &Reading),
) {
    let is_wish = !matches!(reading, Reading::Nothing | Reading::Help(_));
    let is_old = answers::changes_old(message) || answers::is_forwarded(message);
    let said = message.content.said();
    if is_wish || is_old || message.group.is_some() || said.is_none() && message.referral.is_none()
    {
        return;
    }
    let payload = match said {
        Some(Said::Tapped { payload, .. }) => payload.map(clean),
        Some(Said::Typed(_)) | None => None,
    };
    let referral = message.referral.as_ref();
    let ad = referral.filter(|from| from.source_type.as_deref() == Some("ad"));
    let ad = ad.map(|from| clean(from.source_id.as_deref().unwrap_or_default()));
    let message = id.get();
    work.told.push((
        contact,
        Told::Wrote {
            message,
            payload,
            ad,
        },
    ));
}

/// Records what a message changes.
async fn record(
    work: &mut Work<'_>,
    tx: &mut Tx,
    (contact, message): (ContactId, &Message),
    (reading, evidence): (&Reading, &Evidence),
) -> Result<Vec<(EventId, Fact)>, Error> {
    let Some(found) = reading.found() else {
        return Ok(Vec::new());
    };
    let standing = work.cast.standing(contact);
    let is_start = matches!(reading, Reading::Start(_));
    let country = if is_start {
        facts::country_in(tx, contact, &work.load.policy).await?
    } else {
        None
    };
    let closed = if is_start {
        let history = tx.history(contact).await?;
        let old: Vec<Event> = history
            .iter()
            .filter_map(store::event::EventLine::event)
            .collect();
        effect::closed_by_own_messages(old.iter().chain(work.cast.made(contact)), &standing)
    } else {
        std::collections::BTreeSet::new()
    };
    let quoted = message
        .context
        .as_ref()
        .and_then(|context| context.id.as_deref());
    let quoted = quoted.and_then(|wamid| work.load.log.of_wamid(wamid));
    let quoted = quoted.filter(|line| line.direction == Direction::Out);
    let facts = effect::of_reading(
        reading,
        Surroundings {
            standing: &standing,
            closed: &closed,
            quoted: quoted.and_then(|line| Category::read(&line.category)),
            topics: &work.load.topics,
            policy: &work.load.policy,
            channel: Channel::Whatsapp,
            country,
            minutes_ahead: facts::minutes_ahead(&work.load.policy, work.cast.now()),
            now: work.cast.now(),
        },
    );
    let mut made = Vec::with_capacity(facts.len());
    for fact in facts {
        let Some(at) = counts_from(&fact, message.at, work.cast.now()) else {
            continue;
        };
        let evidence = Evidence {
            source: found.how.word().to_owned(),
            span: Some(found.span.clone()),
            rule: Some(found.rule.clone()),
            ..evidence.clone()
        };
        let id = work.cast.record(Draft {
            contact,
            fact: fact.clone(),
            clock: Clock::Meta,
            at,
            evidence,
        })?;
        made.push((id, fact));
    }
    Ok(made)
}

/// Takes in what staff wrote from the phone app: the gate could not stop it, so the record shows it.
pub(super) async fn take_echo(
    work: &mut Work<'_>,
    tx: &mut Tx,
    (index, item): (usize, &Item),
    echo: &Echo,
) -> Result<(), Error> {
    let grounds = work.grounds(echo.at, work.evidence("echo", Some(&echo.id)));
    let contact = identity::resolve(tx, &mut work.cast, &echo.to, &grounds).await?;
    work.meet(index, contact);
    let at = echo.at.min(work.cast.now());
    if let Some(number) = &item.origin.number {
        let standing = work.cast.standing(contact);
        let before = standing.heard.get(number).copied().unwrap_or_default();
        work.cast
            .hear(contact, number, &window::answered(&before, at));
        work.talk.stir(contact, number.as_str());
    }
    let words = echo.content.as_ref().and_then(text);
    let sealed = words.map(|text| work.cast.seal(contact, TEXT_PURPOSE, text.as_bytes()));
    let line = MessageLine {
        direction: Direction::Out,
        state: State::Echo,
        category: echo
            .content
            .as_ref()
            .map_or_else(|| "unknown".to_owned(), |content| clean(content.word())),
        sealed: sealed.transpose()?,
        wamid: Some(clean(&echo.id)),
        at,
        ..work.line(contact, item, &echo.to)
    };
    work.messages.push(line);
    Ok(())
}

/// Takes in a call. One by the person opens the window.
pub(super) async fn take_call(
    work: &mut Work<'_>,
    tx: &mut Tx,
    (index, item): (usize, &Item),
    call: &Call,
) -> Result<(), Error> {
    let (Caller::Inbound, Some(number)) = (call.direction, &item.origin.number) else {
        return Ok(());
    };
    let grounds = work.grounds(call.at, work.evidence("call", Some(&call.id)));
    let contact = identity::resolve(tx, &mut work.cast, &call.who, &grounds).await?;
    work.meet(index, contact);
    let at = call.at.min(work.cast.now());
    work.cast
        .hear(contact, number, &effect::heard(&Reading::Nothing, at));
    Ok(())
}

impl Work<'_> {
    /// A line of the message log with what every line has.
    fn line(&self, contact: consent::id::ContactId, item: &Item, who: &Person) -> MessageLine {
        let address = who.aliases().into_iter().next();
        MessageLine {
            id: AttemptId::new(self.app.clock.id()),
            contact,
            direction: Direction::In,
            number: store::message::number_text(item.origin.number.as_ref()),
            recipient: address.map(|alias| alias.value()).unwrap_or_default(),
            category: String::new(),
            topic: None,
            template: None,
            state: State::Received,
            code: None,
            reason: None,
            because: Vec::new(),
            basis: None,
            policy_version: i64::try_from(self.load.policy.version).unwrap_or(i64::MAX),
            as_of: 0,
            at: self.cast.now(),
            outcome: None,
            unknown: None,
            wamid: None,
            error_code: None,
            fingerprint: None,
            sealed: None,
        }
    }
}

/// The sender's own number, where they gave it when we asked for it.
fn own_cards(message: &Message) -> Vec<Person> {
    let Content::Contacts(cards) = &message.content else {
        return Vec::new();
    };
    let phones = cards
        .iter()
        .filter(|card| card.own)
        .flat_map(|card| &card.phones);
    let with_ids = phones.map(|phone| Person {
        bsuid: message.from.bsuid.clone(),
        parent: message.from.parent.clone(),
        ..phone.clone()
    });
    with_ids
        .filter(|person| person.bsuid.is_some() || person.parent.is_some())
        .collect()
}
