//! Checking one proof offline: a text, a leaf and the log's key are all that is needed.

use crate::checkpoint::{BadCheckpoint, Checkpoint, Opened};
use crate::commitment::{Opening, Part};
use crate::hash::Hash;
use crate::key::Verifier;
use crate::leaf::{BadLeaf, Leaf};
use crate::malformed::Malformed;
use crate::proof::{BadProof, check_consistency, check_inclusion};
use crate::tlog_proof::TlogProof;

/// What a proof proved: that this leaf stands at this index of a log whose head was signed so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The leaf.
    pub leaf: Leaf,
    /// Its hash in the tree.
    pub leaf_hash: Hash,
    /// Where it stands.
    pub index: u64,
    /// The head, and who signed it.
    pub opened: Opened,
    /// What came along in the proof; nothing vouches for it.
    pub extra: Option<Vec<u8>>,
}

/// What exactly did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The text of the proof is not in the form; lines are counted in the whole text.
    #[error("malformed proof: {0}")]
    Malformed(#[from] Malformed),
    /// The checkpoint is not accepted; lines are counted in the whole text.
    #[error(transparent)]
    Checkpoint(#[from] BadCheckpoint),
    /// The bytes are no leaf.
    #[error("malformed leaf: {0}")]
    Leaf(#[from] BadLeaf),
    /// Leaf, index, path and root do not fit together.
    #[error("{0}")]
    Proof(#[from] BadProof),
    /// An opening does not open the leaf's commitment.
    #[error("salt and bytes do not open the commitment to the {0}")]
    Opening(Part),
    /// Two checkpoints speak of different logs.
    #[error("the checkpoints are of two logs, `{0}` and `{1}`")]
    OtherLog(String, String),
}

/// Checks a proof text against the bytes of a leaf; `keys` hold the log's and those of any
/// witnesses. Keys are trusted by the caller's choice: nothing in the text can add one.
pub fn proof(text: &str, leaf: &[u8], keys: &[Verifier]) -> Result<Report, Failure> {
    let proof: TlogProof = text.parse()?;
    let opened = Checkpoint::open(&proof.checkpoint, keys);
    let opened = opened.map_err(|bad| located(bad, proof.lines_before_checkpoint()))?;
    let decoded = Leaf::decode(leaf)?;
    let leaf_hash = Hash::of_leaf(leaf);
    let head = opened.checkpoint.head();
    check_inclusion(proof.index, &leaf_hash, &proof.path, &head)?;
    Ok(Report {
        leaf: decoded,
        leaf_hash,
        index: proof.index,
        opened,
        extra: proof.extra,
    })
}

/// Checks that each opening opens the leaf's commitment that it names; the first that does not is
/// the failure.
pub fn openings(leaf: &Leaf, openings: &[Opening]) -> Result<(), Failure> {
    let shut = openings.iter().find(|opening| !leaf.opened_by(opening));
    shut.map_or(Ok(()), |opening| Err(Failure::Opening(opening.part)))
}

/// Checks that the leaf links to the one before it of the same person: its link opens to that
/// leaf's hash.
pub fn link(leaf: &Leaf, opening: &Opening, previous: &Leaf) -> Result<(), Failure> {
    let names = opening.part == Part::Link && opening.bytes == previous.hash().as_bytes();
    if names && leaf.opened_by(opening) {
        Ok(())
    } else {
        Err(Failure::Opening(Part::Link))
    }
}

/// Checks that a log only grew between two checkpoints, both signed by known keys.
pub fn consistency(old: &Opened, new: &Opened, path: &[Hash]) -> Result<(), Failure> {
    let (old, new) = (&old.checkpoint, &new.checkpoint);
    if old.origin() != new.origin() {
        return Err(Failure::OtherLog(old.origin().into(), new.origin().into()));
    }
    Ok(check_consistency(&old.head(), &new.head(), path)?)
}

fn located(bad: BadCheckpoint, lines: usize) -> BadCheckpoint {
    match bad {
        BadCheckpoint::Malformed(malformed) => malformed.after(lines).into(),
        BadCheckpoint::Untrusted(_) | BadCheckpoint::Origin(_) => bad,
    }
}
