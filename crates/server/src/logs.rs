//! Structured logs: for people or for machines, numbers masked.
