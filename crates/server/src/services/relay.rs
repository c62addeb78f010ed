//! Handing webhooks on to the app behind us, in order for each sender.
