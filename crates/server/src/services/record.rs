//! Events that callers tell us: opt-ins, opt-outs, holds and retracts, with their evidence.
