//! The only door out: every message to a person leaves through here.
