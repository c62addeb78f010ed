//! The attempts of an effect: named after it, so that no two processes send it twice.

use consent::{id::AttemptId, time::Timestamp};
use store::journey::effect::EffectLine;
use uuid::Uuid;

use crate::{
    services::gate::tie::{Tie, dated},
    vault::sha256,
};

/// What ties the attempts of an effect to it, in the so manieth series: each series ends with a refusal that time lifts.
fn reply(line: &EffectLine, series: i64) -> Uuid {
    if series == 0 {
        return line.id;
    }
    dated(
        line.run,
        &sha256(format!("{}/{series}", line.key).as_bytes()),
    )
}

/// Every attempt that there can be of an effect so far.
pub(super) fn attempts(line: &EffectLine) -> Vec<AttemptId> {
    let all = (0..=line.tries).flat_map(|series| tie(line, series, Timestamp::MIN).attempts());
    all.collect()
}

/// What ties the attempts of one series.
pub(super) fn tie(line: &EffectLine, series: i64, until: Timestamp) -> Tie {
    Tie {
        reply: reply(line, series),
        confirms: Vec::new(),
        until,
        run: Some((line.contact, line.run)),
    }
}
