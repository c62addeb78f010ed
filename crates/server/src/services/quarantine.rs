//! What could not be understood, kept until it can be.
