//! Errors of our own API: RFC 9457 problem details with a stable type.
