//! The lines of a story in which something happens.

use consent::{
    event::{Clock, Fact},
    expiry::Expiry,
    id::TopicId,
    policy::{
        Cap, Follow, Leave, PlatformReach, Policy, QuietHours, Reach, Start, StopWords,
        TopicDefault, WindowRule,
    },
    register::Carry,
    request::Sent,
    scope::{Category, Scope, Subject},
    time::Timestamp,
    wording::Setting,
};

use crate::{
    text::Text,
    world::{Known, Message, World},
};

/// `policy: …`: one setting that is not the default.
pub fn policy(world: &mut World, text: &mut Text<'_>) -> Result<(), String> {
    let policy = &mut world.policy;
    if text.take("strict mode") {
        policy.reach = Reach::Everything;
    } else if text.take("STOP covers everything") {
        policy.stop_covers = Subject::All;
    } else if text.take("stop words go to review") {
        policy.stop_words = StopWords::Review;
    } else if text.take("START from a stranger is consent") {
        policy.start_from_stranger = Start::IsConsent;
    } else if text.take("a platform stop covers only its number") {
        policy.platform_stop_covers = PlatformReach::ThatNumber;
    } else if text.take("codes may go after STOP ALL") {
        policy.authentication_after_all = Leave::Given;
    } else if text.take("the window is left to Meta") {
        policy.window = WindowRule::LeaveToMeta;
    } else if text.take("groups may be written to") {
        policy.groups = Leave::Given;
    } else if text.take("permission follows a person to a new number") {
        policy.permission_follows = Follow::SamePerson;
    } else if text.take("opt-ins ") {
        opt_ins_last(policy, text)?;
    } else if text.take("at most ") {
        let cap = cap(world, text)?;
        world.policy.caps.push(cap);
    } else if text.take("marketing sleeps from ") {
        let from = text.minute()?;
        text.want("to ")?;
        let to = text.minute()?;
        policy.quiet_hours = Some(QuietHours { from, to });
    } else if text.take("the topic ") {
        let (name, rest) = text.0.split_once(' ').ok_or("want `<topic> needs …`")?;
        *text = Text(rest);
        let topic = world
            .topics
            .get(name)
            .ok_or_else(|| format!("there is no topic `{name}`"))?;
        let rule = policy.topics.entry(topic.id).or_default();
        if text.take("needs no opt-in") {
            rule.default = TopicDefault::OptOut;
        } else if text.take("needs an opt-in") {
            rule.default = TopicDefault::OptIn;
        } else {
            text.want("is retired")?;
            rule.retired = Some(Timestamp::from_seconds(0));
        }
    } else if text.take("the only stop word is ") {
        policy.keywords.stop = vec![text.quoted()?];
        policy.keywords = policy.keywords.clone().tidied();
    } else {
        let category = text.category()?;
        if text.take("needs no opt-in") {
            policy.opt_in_needed.remove(&category);
        } else {
            text.want("needs an opt-in")?;
            policy.opt_in_needed.insert(category);
        }
    }
    Ok(())
}

fn cap(world: &World, text: &mut Text<'_>) -> Result<Cap, String> {
    let max = text.count()?;
    let category = text.category()?;
    text.want("messages")?;
    let topic = topic(world, text)?;
    text.want("in ")?;
    let days = text.count()?;
    text.want("days")?;
    Ok(Cap {
        category,
        topic,
        max,
        days,
    })
}

/// `about <topic>`, or nothing.
fn topic(world: &World, text: &mut Text<'_>) -> Result<Option<TopicId>, String> {
    if !text.take("about ") {
        return Ok(None);
    }
    match world.subject(text)? {
        Subject::Topic(topic) => Ok(Some(topic.id)),
        Subject::All | Subject::Category(_) => Err("want a topic after `about`".to_owned()),
    }
}

fn opt_ins_last(policy: &mut Policy, text: &mut Text<'_>) -> Result<(), String> {
    let expiry = expiry(text)?;
    if expiry.source.is_none() && expiry.country.is_none() {
        policy.opt_in_days = Some(expiry.days);
    } else {
        policy.expiry.push(expiry);
    }
    Ok(())
}

fn expiry(text: &mut Text<'_>) -> Result<Expiry, String> {
    let source = text.take("by ").then(|| text.word()).transpose()?;
    let country = text.take("from ").then(|| text.country()).transpose()?;
    text.want("last ")?;
    let days = text.count()?;
    text.want("days")?;
    Ok(Expiry {
        source: source.map(str::to_owned),
        country,
        days,
    })
}

/// One thing that happens at `occurred` and that we learn at `received`.
pub fn happen(
    world: &mut World,
    text: &mut Text<'_>,
    occurred: Timestamp,
    received: Timestamp,
) -> Result<(), String> {
    let ours = Known {
        clock: Clock::Ours,
        occurred,
        received,
        source: "web_form",
    };
    let staff = Known {
        source: "staff",
        ..ours
    };
    let meta = Known {
        clock: Clock::Meta,
        source: "platform",
        ..ours
    };
    let claimed = |source| Known {
        clock: Clock::Claimed,
        source,
        ..ours
    };
    if text.take("staff") {
        by_staff(world, text, staff)
    } else if text.take("a reviewer reads ") {
        let name = text.name()?;
        text.want("'s message as a stop")?;
        let stop = Fact::OptOut(Scope::everywhere(world.policy.stop_covers));
        world.record(
            &name,
            stop,
            Known {
                source: "review",
                ..ours
            },
        );
        Ok(())
    } else if text.take("Meta answers ") {
        by_meta(world, text, meta)
    } else if text.take("the app claims that ") {
        by_a_claim(world, text, claimed("api"))
    } else if text.take("an import claims that ") {
        by_a_claim(world, text, claimed("import"))
    } else if text.take("the business answers ") {
        let name = text.name()?;
        text.want("from ")?;
        let number = text.number()?;
        world.person(&name).answer(&number, occurred);
        Ok(())
    } else if text.take("it is ") {
        let minute = text.minute()?;
        text.want("where ")?;
        let name = text.name()?;
        text.want("lives")?;
        world.person(&name).minute_there = Some(minute);
        Ok(())
    } else if text.take("a message of ") {
        let category = text.category()?;
        let topic = topic(world, text)?;
        text.want("goes to ")?;
        let name = text.name()?;
        let sent = Sent {
            category,
            topic,
            at: occurred,
        };
        world.person(&name).sent.push(sent);
        Ok(())
    } else {
        let name = text.name()?;
        by_the_person(world, text, &name, [ours, meta])
    }
}

fn by_a_claim(world: &mut World, text: &mut Text<'_>, known: Known<'_>) -> Result<(), String> {
    let occurred = text
        .when(known.occurred)?
        .ok_or("want `on <date>` in a claim")?;
    let name = text.name()?;
    let grants = text.take("opted in to ");
    if !grants {
        text.want("opted out of ")?;
    }
    let scope = world.scope(text)?;
    let fact = if grants {
        Fact::OptIn(scope)
    } else {
        Fact::OptOut(scope)
    };
    world.record(&name, fact, Known { occurred, ..known });
    Ok(())
}

fn by_staff(world: &mut World, text: &mut Text<'_>, known: Known<'_>) -> Result<(), String> {
    if text.take("opts ") {
        let name = text.name()?;
        text.want("out of ")?;
        let scope = world.scope(text)?;
        world.record(&name, Fact::OptOut(scope), known);
    } else if text.take("takes back ") {
        let name = text.name()?;
        let wanted: fn(&Fact) -> bool = if text.take("'s last opt-in") {
            |fact| matches!(fact, Fact::OptIn(_))
        } else {
            text.want("'s last opt-out")?;
            |fact| matches!(fact, Fact::OptOut(_) | Fact::PlatformStop(_))
        };
        let named = world.person(&name).newest(wanted)?;
        world.record(&name, Fact::Retract(named), known);
    } else if text.take("holds ") {
        let scope = world.scope(text)?;
        text.want("for ")?;
        let name = text.name()?;
        let until = if text.take("until ") {
            text.when(known.occurred)?
        } else {
            None
        };
        world.record(&name, Fact::Hold(scope, until), known);
    } else {
        text.want("releases ")?;
        let name = text.name()?;
        text.want("'s last hold")?;
        let hold = world
            .person(&name)
            .newest(|fact| matches!(fact, Fact::Hold(..)))?;
        world.record(&name, Fact::Release(hold), known);
    }
    Ok(())
}

fn by_meta(world: &mut World, text: &mut Text<'_>, known: Known<'_>) -> Result<(), String> {
    let code = text.count()?;
    text.want("for ")?;
    let name = text.name()?;
    let fact = match code {
        131_050 => {
            text.want("from ")?;
            Fact::PlatformStop(text.number()?)
        }
        131_049 => Fact::PlatformBackoff,
        130_403 => Fact::Blocked,
        137_000 => Fact::IdentityChanged,
        other => return Err(format!("`{other}` says nothing about consent")),
    };
    world.record(&name, fact, known);
    Ok(())
}

fn by_the_person(
    world: &mut World,
    text: &mut Text<'_>,
    name: &str,
    [ours, meta]: [Known<'_>; 2],
) -> Result<(), String> {
    if text.take("opts in to ") {
        let scope = world.scope(text)?;
        world.record(name, Fact::OptIn(scope), ours);
    } else if text.take("opts out of ") {
        let scope = world.scope(text)?;
        world.record(name, Fact::OptOut(scope), ours);
    } else if text.take("is asked to opt in to ") {
        let scope = world.scope(text)?;
        world.record(name, Fact::OptInRequested(scope), ours);
    } else if text.take("lives in ") {
        world.person(name).country = Some(text.country()?);
    } else if text.take("switches offers ") {
        let off = text.take("off");
        if !off {
            text.want("on")?;
        }
        text.want("for ")?;
        let number = text.number()?;
        let fact = if off {
            Fact::PlatformStop(number)
        } else {
            Fact::PlatformResume(number)
        };
        world.record(name, fact, meta);
    } else if text.take("says in other words to stop") {
        let stop = Fact::OptOut(Scope::everywhere(world.policy.stop_covers));
        world.record(
            name,
            stop,
            Known {
                source: "wording",
                ..meta
            },
        );
    } else if text.take("and ") {
        let other = text.name()?;
        text.want("turn out to be one person")?;
        world.join(name, &other, Carry::Everything)?;
    } else if text.take("takes over the number of ") {
        let other = text.name()?;
        world.join(name, &other, Carry::Refusals)?;
    } else if text.take("moves to a new number and is now ") {
        let new = text.name()?;
        let carry = match world.policy.permission_follows {
            Follow::Never => Carry::Refusals,
            Follow::SamePerson => Carry::Everything,
        };
        world.join(&new, name, carry)?;
    } else {
        write_or_tap(world, text, name, meta)?;
    }
    Ok(())
}

fn write_or_tap(
    world: &mut World,
    text: &mut Text<'_>,
    name: &str,
    known: Known<'_>,
) -> Result<(), String> {
    let taps = text.take("taps ");
    if !taps {
        text.want("writes ")?;
    }
    let said = text.quoted()?;
    let payload = if text.take("with the payload ") {
        text.quoted()?
    } else {
        said.clone()
    };
    let number = if text.take("to ") {
        text.number()?
    } else {
        Text("sales").number()?
    };
    let in_answer = text.take(", in answer to a question");
    let quoted = quoted(text)?;
    let after_an_ad = text.take(", after an ad");
    let keywords = &world.policy.keywords;
    let reading = match (taps, in_answer) {
        (true, _) => keywords.read_button(&payload, &said),
        (false, true) => keywords.read(&said, Setting::InAnswer),
        (false, false) => keywords.read(&said, Setting::Alone),
    };
    let source = if taps { "button" } else { "keyword" };
    let message = Message {
        reading,
        number,
        quoted,
        after_an_ad,
        known: Known { source, ..known },
    };
    world.message(name, &message);
    Ok(())
}

fn quoted(text: &mut Text<'_>) -> Result<Option<Category>, String> {
    if !text.take(", under a template of ") {
        return Ok(None);
    }
    text.category().map(Some)
}
