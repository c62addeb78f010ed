//! Errors of the gateway, in the shape of Graph's own.
