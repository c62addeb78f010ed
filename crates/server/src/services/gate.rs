//! The gate: the only place that makes a reservation, and the only one that hands out permits.
