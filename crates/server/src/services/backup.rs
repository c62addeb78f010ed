//! Copies of a database, and what happens when an old one comes back.
