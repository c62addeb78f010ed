//! Messages and the verdicts on them, for lookups.
