//! Exit codes, which scripts depend on.

/// Everything went well, or the answer is yes.
pub const OK: u8 = 0;
/// Something went wrong, or does not hold.
pub const FAILED: u8 = 1;
/// The answer is no.
pub const DENIED: u8 = 3;
