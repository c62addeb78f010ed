//! From settings to a running server, and down again in order.
