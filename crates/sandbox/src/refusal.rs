//! Why a customer cannot do what was asked.

/// Why a customer cannot do that.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    Unknown(String),
    Wrong(String),
    Conflict(String),
}
