//! The lines of a story that say what follows: compared exactly.

use consent::{
    event::Fact,
    phone::Phone,
    reason::{Code, Lifter},
    request::{Address, Facts, Request, Template},
    scope::Subject,
    time::Timestamp,
    verdict::{self, Basis, Verdict},
};

use crate::{
    text::Text,
    world::{Person, World},
};

/// What a line wants to be so, and what is so.
pub struct Outcome {
    pub wanted: String,
    pub found: String,
    /// The code that was wanted, if a refusal was.
    pub code: Option<Code>,
}

/// Reads the rest of a `then` line.
pub fn then(world: &World, text: &mut Text<'_>) -> Result<Outcome, String> {
    if text.0.starts_with('"') {
        return phones(world, text);
    }
    let today = world.now.unwrap_or(Timestamp::from_millis(0));
    let now = match text.when(today)? {
        Some(now) => now,
        None => world.now()?,
    };
    let nobody = Person::default();
    let (mut request, name) = question(world, text)?;
    if text.take("that confirms their last opt-out") {
        let named = name.as_ref().ok_or("want a person")?;
        let person = world.people.get(named).ok_or("nobody knows them")?;
        let opt_out = person.newest(|fact| matches!(fact, Fact::OptOut(_)))?;
        request.confirms = vec![opt_out];
    }
    let person = match name {
        Some(name) => world
            .people
            .get(&name)
            .ok_or_else(|| format!("nobody knows `{name}`"))?,
        None => &nobody,
    };
    if person.standing != person.refolded() {
        return Err("the state depends on the order of the events".to_owned());
    }
    let facts = Facts {
        standing: &person.standing,
        sent: &person.sent,
        minute_there: person.minute_there,
        country: person.country,
    };
    answer(
        text,
        &verdict::decide(&request, facts, &world.policy, now),
        now,
    )
}

fn question(world: &World, text: &mut Text<'_>) -> Result<(Request, Option<String>), String> {
    let _article = text.take("a ") || text.take("an ");
    let mut request = Request::about(text.category()?);
    text.want("message")?;
    if text.take("about ") {
        let Subject::Topic(topic) = world.subject(text)? else {
            return Err("want a topic after `about`".to_owned());
        };
        request.topic = Some(topic);
    }
    if text.take("by ") {
        request.channel = text.channel()?;
    }
    if text.take("from ") {
        request.number = Some(text.number()?);
    }
    request.template = if text.take("with a paused template") {
        Template::Unavailable
    } else {
        Template::None
    };
    text.want("to ")?;
    let name = if text.take("a group") {
        request.address = Address::Group;
        None
    } else if text.take("two different people") {
        request.address = Address::Conflict;
        None
    } else if text.take("a stranger") {
        None
    } else if text.0.starts_with('"') {
        let typed = text.quoted()?;
        if Phone::read(&typed, world.home).is_err() {
            request.address = Address::Invalid;
        }
        None
    } else {
        Some(text.name()?)
    };
    Ok((request, name))
}

fn answer(text: &mut Text<'_>, verdict: &Verdict, now: Timestamp) -> Result<Outcome, String> {
    if text.take("is allowed:") {
        let wanted = Basis::word(match () {
            () if text.take("they opted in") => {
                Basis::OptIn(consent::id::EventId::new(uuid::Uuid::nil()))
            }
            () if text.take("no opt-in is needed") => Basis::NoOptInNeeded,
            () if text.take("it confirms") => {
                Basis::Confirmation(consent::id::EventId::new(uuid::Uuid::nil()))
            }
            () => {
                text.want("they wrote")?;
                Basis::OpenWindow
            }
        });
        return Ok(outcome(wanted.to_owned(), verdict, [false; 2], None));
    }
    text.want("is refused:")?;
    let word = text.word()?;
    let code = Code::read(word).ok_or_else(|| format!("`{word}` is not a code"))?;
    let mut wanted = word.to_owned();
    let until = text.take(", until ");
    if until {
        let until = text.when(now)?.ok_or("want a time after `until`")?;
        wanted.push_str(&format!(" until {}", until.seconds()));
    }
    let lifter = text.take(", ");
    if lifter {
        let (_, lifter) = LIFTERS
            .into_iter()
            .find(|(phrase, _)| text.take(phrase))
            .ok_or_else(|| format!("nobody lifts it like `{}`", text.0))?;
        wanted.push_str(&format!(" ({lifter:?})"));
    }
    Ok(outcome(wanted, verdict, [until, lifter], Some(code)))
}

fn outcome(
    wanted: String,
    verdict: &Verdict,
    [until, lifter]: [bool; 2],
    code: Option<Code>,
) -> Outcome {
    let found = match verdict {
        Verdict::Allow(clearance) => clearance.basis().word().to_owned(),
        Verdict::Deny(denial) => {
            let mut found = denial.code.word().to_owned();
            if let Some(end) = denial.until.filter(|_| until) {
                found.push_str(&format!(" until {}", end.seconds()));
            }
            if lifter {
                found.push_str(&format!(" ({:?})", denial.code.lifter()));
            }
            found
        }
    };
    Outcome {
        wanted,
        found,
        code,
    }
}

const LIFTERS: [(&str, Lifter); 6] = [
    ("and only they can lift it by agreeing", Lifter::Customer),
    (
        "and only they can lift it by writing",
        Lifter::CustomerByWriting,
    ),
    (
        "and only they can lift it in WhatsApp",
        Lifter::CustomerInWhatsApp,
    ),
    ("and the business can lift it", Lifter::Staff),
    ("and the sender can lift it", Lifter::Caller),
    ("and it passes by itself", Lifter::Time),
];

fn phones(world: &World, text: &mut Text<'_>) -> Result<Outcome, String> {
    let read = |typed: &str| Phone::read(typed, world.home);
    let one = text.quoted()?;
    if text.take("is no phone number") {
        let found = read(&one).map_or_else(|_| "no phone number".to_owned(), Phone::e164);
        return Ok(Outcome {
            wanted: "no phone number".to_owned(),
            found,
            code: None,
        });
    }
    text.want("and")?;
    let other = text.quoted()?;
    let person = |typed: &str| {
        read(typed)
            .map(Phone::person)
            .map_err(|error| error.to_string())
    };
    let found = if person(&one)? == person(&other)? {
        "one person"
    } else {
        "two people"
    };
    let wanted = if text.take("are one person") {
        "one person"
    } else {
        text.want("are two people")?;
        "two people"
    };
    Ok(Outcome {
        wanted: wanted.to_owned(),
        found: found.to_owned(),
        code: None,
    })
}
