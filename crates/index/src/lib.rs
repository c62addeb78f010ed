//! Standings in memory: what may be sent to whom, in one cache line, kept exact by whoever writes.
//!
//! The index answers only what it can answer exactly: a verdict that neither time, nor the business number, nor
//! anything outside of the person's standing and the policy can change. Everything else is [`answer::ASK`]: the store
//! is asked, and the rules decide as always.

pub mod answer;
pub mod audience;
mod digits;
pub mod index;
pub mod key;
mod line;
mod marks;
pub mod plan;
pub mod sheet;
pub mod snapshot;
pub mod state;
pub mod table;
