//! Proofs from the log, for people who do not trust us.
