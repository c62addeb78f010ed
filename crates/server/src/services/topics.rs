//! Topics: the subscriptions that the business defines.
