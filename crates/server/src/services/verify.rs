//! The whole database checked against the log and its checkpoints.
