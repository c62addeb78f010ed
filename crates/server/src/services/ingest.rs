//! What Meta tells us, in force before it is acknowledged.
