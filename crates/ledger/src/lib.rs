//! The evidence: a Merkle log of salted commitments that outsiders can verify.
