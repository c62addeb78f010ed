//! What runs beside the requests: numbering, checkpoints, relays, template reading, tidying.
