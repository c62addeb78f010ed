//! The client against raw sockets.
