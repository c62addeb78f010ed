//! Why? A verdict in words, now or at a past moment.
