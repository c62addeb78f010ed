//! May I? The question without a send, for one person or for many.
