//! The language of e-mail: letters with their headers, and the way to a mail server.

pub mod letter;
pub mod outcome;
pub mod sender;
pub mod server;
pub mod unsubscribe;
pub mod way;
