//! The only door out: every message to a person leaves through here.

use bytes::Bytes;
use campaign::answer::Answer as Heard;
use consent::{
    event::{Clock, Evidence, Fact},
    id::{AttemptId, ContactId, TopicId},
    scope::{Category, Topic},
    window,
};
use graph::{
    bearer::Bearer,
    fault::Fault,
    message::{Endpoint, Kind, Outgoing},
    outcome::{Outcome, Rejected},
    route::SendRoute,
};
use store::message::{MessageLine, News, State};

use crate::{
    app::{App, House},
    error::Error,
    services::{
        cast::{Cast, Draft},
        gate::{self, Admitted, Answer, Ask, Refused, Said, tie::Tie},
        policy, quiet, templates, token,
    },
};

/// How often a send whose permit lapsed (the connection took too long) is reserved anew.
const LAPSES_MAX: usize = 3;

/// A message that an app wants to send.
#[derive(Debug)]
pub struct Wish {
    /// Where to.
    pub route: SendRoute,
    /// The account of the number.
    pub account: String,
    /// What.
    pub outgoing: Outgoing,
    /// The topic that the caller narrows it to: an id or a name.
    pub topic: Option<String>,
    /// With whose token.
    pub token: Bearer,
    /// What is kept of its words.
    pub keep: Keep,
}

/// How many leave: where to, and with whose token.
#[derive(Debug, Clone)]
pub struct Way {
    /// Where to.
    pub route: SendRoute,
    /// With whose token.
    pub token: Bearer,
}

/// What is kept of the words of a message, sealed under the person's key, for whoever reads the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// Its own words, where it has some.
    Words,
    /// Nothing: what it says is for the person alone.
    Nothing,
    /// These, by somebody of the staff.
    Said(Said),
}

/// What became of it.
#[derive(Debug)]
pub enum Sent {
    /// Meta answered: its status and body, untouched.
    Answered(u16, Bytes),
    /// The gate refused.
    Refused(Box<Refused>),
    /// Nothing was sent: Meta cannot be reached.
    Unreachable(AttemptId, String),
    /// Nobody knows whether it was sent; it is not sent again.
    Unknown(Box<Unknown>),
}

/// A send of unknown outcome.
#[derive(Debug, Clone)]
pub struct Unknown {
    /// The attempt.
    pub attempt: AttemptId,
    /// Meta's status, where it answered one: 5xx.
    pub http: Option<u16>,
    /// What happened.
    pub why: String,
    /// Whether this is the answer to a repeat of it.
    pub repeated: bool,
}

/// Sends a message, if it may go. Runs to its end even when the caller goes away.
///
/// # Errors
/// When the database does not answer, or the topic makes no sense.
pub async fn send(app: &App, wish: Wish) -> Result<Sent, Error> {
    match passage(app, wish, None).await? {
        Passed::Sent(sent) => Ok(sent),
        Passed::Claimed(_) | Passed::Late => Err(Error::internal("this message answers nothing")),
    }
}

/// What became of an answer of ours.
#[derive(Debug)]
pub enum Passed {
    /// What becomes of every message.
    Sent(Sent),
    /// It had been claimed before, and is not sent again.
    Claimed(Box<MessageLine>),
    /// Its time was over, or nobody wants it any more.
    Late,
}

/// Sends an answer of ours, if it may go, and once for all that can happen in between. Runs to its end even when the
/// caller goes away.
///
/// # Errors
/// When the database does not answer.
pub async fn answer(app: &App, wish: Wish, tie: Tie) -> Result<Passed, Error> {
    passage(app, wish, Some(tie)).await
}

async fn passage(app: &App, wish: Wish, tie: Option<Tie>) -> Result<Passed, Error> {
    let app = App::clone(app);
    let task = tokio::spawn(async move {
        let ask = Ask {
            tie,
            ..ask(&app, &wish).await?
        };
        through_the_gate(&app, &wish, &ask).await
    });
    task.await.map_err(Error::internal)?
}

async fn through_the_gate(app: &House, wish: &Wish, ask: &Ask) -> Result<Passed, Error> {
    let mut last = None;
    for _ in 0..=LAPSES_MAX {
        let is_late = |tie: &Tie| app.clock.now() > tie.until;
        if ask.tie.as_ref().is_some_and(is_late) {
            return Ok(Passed::Late);
        }
        let admitted = match gate::enter(app, ask).await? {
            Answer::Refused(refused) => return Ok(Passed::Sent(Sent::Refused(refused))),
            Answer::Unwanted => return Ok(Passed::Late),
            Answer::Claimed(line) => return Ok(Passed::Claimed(line)),
            Answer::Repeat(first) => return Ok(Passed::Sent(first_answer(*first))),
            Answer::Admitted(admitted) => *admitted,
        };
        let Admitted {
            permit,
            underway,
            attempt,
            contact,
            from_ad,
        } = admitted;
        let body = wish.outgoing.with_callback(&token::write(attempt, contact));
        let outcome = app.graph.send(permit, &wish.route, &wish.token, body).await;
        drop(underway);
        if let Some(sent) = settle(app, ask, attempt, contact, outcome).await? {
            if from_ad && matches!(sent, Sent::Answered(status, _) if status < 300) {
                note_answer(app, ask, contact).await;
            }
            return Ok(Passed::Sent(sent));
        }
        // The permit lapsed before the first byte: open a connection and ask again, with a fresh verdict.
        last = Some(attempt);
        if let Err(error) = app.graph.warm().await {
            return Ok(Passed::Sent(Sent::Unreachable(attempt, error.to_string())));
        }
    }
    let attempt = last.unwrap_or_else(|| AttemptId::new(app.clock.id()));
    let why = "every permit lapsed before a connection was ready";
    Ok(Passed::Sent(Sent::Unreachable(attempt, why.to_owned())))
}

/// What became of one of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// The permit lapsed before the first byte: nothing was sent, and the verdict must be asked anew.
    Lapsed,
    /// What Meta answered, or that it did not; with its words, where it said no.
    Answered(Heard, Option<String>),
}

/// Sends one of many that the gate admitted, and writes down what came of it.
///
/// # Errors
/// When the database does not answer where what Meta said is about the person.
pub async fn post(
    app: &House,
    way: &Way,
    (ask, outgoing): (&Ask, &Outgoing),
    admitted: Admitted,
) -> Result<Posted, Error> {
    let Admitted {
        permit,
        underway,
        attempt,
        contact,
        from_ad,
    } = admitted;
    let body = outgoing.with_callback(&token::write(attempt, contact));
    let outcome = app.graph.send(permit, &way.route, &way.token, body).await;
    drop(underway);
    let posted = posted(&outcome);
    settle(app, ask, attempt, contact, outcome).await?;
    if from_ad && matches!(posted, Posted::Answered(Heard::Accepted, _)) {
        note_answer(app, ask, contact).await;
    }
    Ok(posted)
}

fn posted(outcome: &Outcome) -> Posted {
    match outcome {
        Outcome::Lapsed => Posted::Lapsed,
        Outcome::Accepted(_) => Posted::Answered(Heard::Accepted, None),
        Outcome::Rejected(rejected) => Posted::Answered(
            Heard::Rejected {
                status: rejected.http,
                code: Some(rejected.fault.code),
            },
            Some(rejected.fault.message.clone()),
        ),
        Outcome::NotSent { why } => Posted::Answered(Heard::NotSent, Some(why.clone())),
        Outcome::Unknown(unknown) => {
            // A 5xx may carry a code that holds for everybody.
            let heard = unknown
                .answer
                .as_ref()
                .map_or(Heard::Unknown, |(status, body)| {
                    let code = Fault::read(body).map(|fault| fault.code);
                    Heard::Rejected {
                        status: *status,
                        code,
                    }
                });
            Posted::Answered(heard, Some(unknown.why.clone()))
        }
    }
}

/// What the gate needs to know of a wish.
async fn ask(app: &House, wish: &Wish) -> Result<Ask, Error> {
    let outgoing = &wish.outgoing;
    let narrowed = match &wish.topic {
        Some(word) => Some(topic(app, word).await?),
        None => None,
    };
    let (category, state, bound, named) = match &outgoing.kind {
        Kind::Template { name, language } => {
            let found = templates::find(app, &wish.account, name, language).await?;
            (
                found.category,
                found.state,
                found.topic,
                Some((name.clone(), language.clone())),
            )
        }
        Kind::Direct { category, .. } => (*category, consent::request::Template::None, None, None),
        Kind::FreeForm { .. } => (
            Category::Service,
            consent::request::Template::None,
            None,
            None,
        ),
    };
    // That door takes marketing only: whatever we know of the template, the message is marketing.
    let category = match wish.route.endpoint {
        Endpoint::MarketingMessages => Category::Marketing,
        Endpoint::Messages => category,
    };
    Ok(Ask {
        recipients: outgoing.recipients(),
        number: wish.route.number.clone(),
        category,
        topic: narrow(category, bound, narrowed)?,
        template: state,
        named,
        fingerprint: outgoing.fingerprint(),
        callback: outgoing.callback.clone(),
        said: match &wish.keep {
            Keep::Words => outgoing.words().map(Said::of_a_program),
            Keep::Nothing => None,
            Keep::Said(said) => Some(said.clone()),
        },
        tie: None,
    })
}

/// The caller's topic may narrow, never widen: not to another category, not away from the template's own.
fn narrow(
    category: Category,
    bound: Option<Topic>,
    asked: Option<Topic>,
) -> Result<Option<Topic>, Error> {
    let Some(asked) = asked else { return Ok(bound) };
    let other = bound.is_some_and(|bound| bound.id != asked.id);
    if other || asked.category != category {
        let message = "the topic in `X-Consentry-Topic` is not one of this message: want a topic of its category, \
                       and the template's own where it has one";
        return Err(Error::field("X-Consentry-Topic", message));
    }
    Ok(Some(asked))
}

async fn topic(app: &House, word: &str) -> Result<Topic, Error> {
    let topics = app.store.topics().await?;
    let id = word.parse::<TopicId>().ok();
    let found = topics
        .iter()
        .find(|line| Some(line.topic.id) == id || line.name.eq_ignore_ascii_case(word));
    found
        .map(|line| line.topic)
        .ok_or_else(|| Error::field("X-Consentry-Topic", format!("there is no topic `{word}`")))
}

/// What is answered to a repeat of a message whose outcome became unknown.
fn first_answer(line: MessageLine) -> Sent {
    let resolved = matches!(
        line.state,
        State::Accepted | State::Sent | State::Delivered | State::Read
    );
    match (&line.wamid, resolved) {
        (Some(wamid), true) => Sent::Answered(200, accepted(&line, wamid)),
        _ => Sent::Unknown(Box::new(Unknown {
            attempt: line.id,
            http: line
                .error_code
                .and_then(|code| u16::try_from(code).ok())
                .filter(|code| *code >= 500),
            why: line.reason.unwrap_or_default(),
            repeated: true,
        })),
    }
}

/// Meta's answer as it would have been, had it come.
fn accepted(line: &MessageLine, wamid: &str) -> Bytes {
    let input = line.recipient.trim_start_matches('+');
    graph::outcome::accepted_body(input, wamid)
}

/// Writes the outcome down. None when the permit lapsed: nothing was sent, and the verdict must be asked anew.
async fn settle(
    app: &House,
    ask: &Ask,
    attempt: AttemptId,
    contact: ContactId,
    outcome: Outcome,
) -> Result<Option<Sent>, Error> {
    let mut news = News {
        id: Some(attempt),
        wamid: None,
        state: State::Rejected,
        error_code: None,
        reason: None,
        at: app.clock.now(),
    };
    let sent = match outcome {
        Outcome::Accepted(accepted) => {
            news.state = State::Accepted;
            news.wamid = Some(accepted.id.clone());
            Some(Sent::Answered(accepted.http, accepted.body))
        }
        Outcome::Rejected(rejected) => {
            news.error_code = Some(rejected.fault.code);
            news.reason = Some(rejected.fault.message.clone());
            take_to_heart(app, ask, contact, &rejected).await?;
            Some(Sent::Answered(rejected.http, rejected.body))
        }
        Outcome::NotSent { why } => {
            news.reason = Some(why.clone());
            Some(Sent::Unreachable(attempt, why))
        }
        Outcome::Lapsed => {
            news.reason = Some("the permit lapsed before the first byte".to_owned());
            None
        }
        Outcome::Unknown(unknown) => {
            let http = unknown.answer.map(|(status, _)| status);
            news.state = State::Unknown;
            news.error_code = http.map(i64::from);
            news.reason = Some(unknown.why.clone());
            Some(Sent::Unknown(Box::new(Unknown {
                attempt,
                http,
                why: unknown.why,
                repeated: false,
            })))
        }
    };
    metrics::counter!("consentry_sends_total", "outcome" => news.state.word()).increment(1);
    // The outcome is a fact whether or not the database takes it: the caller gets it in any case, and a reservation
    // without an outcome is settled as unknown.
    if let Err(error) = write(app, news).await {
        tracing::error!(%error, attempt = %attempt, "an outcome could not be written down; it will count as unknown");
    }
    Ok(sent)
}

/// Writes an outcome down, with those of all other sends that end at the same time.
async fn write(app: &House, news: News) -> Result<(), Error> {
    let all = |news: Vec<News>| async move {
        let mut tx = app.store.begin().await?;
        tx.take_news(&news).await?;
        tx.commit().await?;
        Ok(vec![(); news.len()])
    };
    app.outcomes.run(news, all).await
}

/// A synchronous 131050, 130403, 137000 or 131049 says as much as one in a webhook.
async fn take_to_heart(
    app: &House,
    ask: &Ask,
    contact: ContactId,
    rejected: &Rejected,
) -> Result<(), Error> {
    let fact = match rejected.fault.code {
        131_050 => Fact::PlatformStop(ask.number.clone()),
        130_403 => Fact::Blocked,
        137_000 => Fact::IdentityChanged,
        131_049 => Fact::PlatformBackoff,
        _ => return Ok(()),
    };
    if contact == ContactId::HOUSE {
        return Ok(());
    }
    let evidence = Evidence {
        source: rejected.fault.code.to_string(),
        ..Evidence::default()
    };
    // Meta answered just now, so its clock stands where ours does.
    let draft = Draft {
        contact,
        fact,
        clock: Clock::Meta,
        at: app.clock.now(),
        evidence,
    };
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.admit(&mut tx, &[contact]).await?;
    cast.record(draft)?;
    let saved = cast.save(&mut tx, &policy).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    quiet::settle(app, &saved.restricted).await
}

/// An answer to somebody who came by an ad opens the free entry point.
async fn note_answer(app: &House, ask: &Ask, contact: ContactId) {
    let noted = async {
        let Some(person) = app.store.persons(&[contact]).await?.pop() else {
            return Ok(());
        };
        let heard = person
            .standing
            .heard
            .get(&ask.number)
            .map(|heard| window::answered(heard, app.clock.now()));
        let Some(news) = heard.filter(|news| news.answered_ad.is_some()) else {
            return Ok(());
        };
        let policy = policy::current(app).await?;
        let mut tx = app.store.begin().await?;
        let mut cast = Cast::gather(app, &mut tx, &[]).await?;
        cast.admit(&mut tx, &[contact]).await?;
        cast.hear(contact, &ask.number, &news);
        cast.save(&mut tx, &policy).await?;
        tx.commit().await?;
        Ok::<(), Error>(())
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "an answer to somebody who came by an ad could not be noted");
    }
}
