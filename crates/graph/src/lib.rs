//! Meta's dialect: webhooks, message bodies, faults and the client.
