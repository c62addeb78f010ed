//! What the ledger promises, against published vectors, other implementations, and mutations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail like tests"
)]

mod audits;
mod checkpoints;
mod kept;
mod mutations;
mod notes;
mod oracles;
mod proofs;
mod texts;
mod tiles;
mod trees;
