//! A whole log: one that is in order, and the first thing that is not.

use ledger::audit::{self, Discrepancy, Summary};
use ledger::checkpoint::{BadCheckpoint, Checkpoint};
use ledger::hash::Hash;
use ledger::key::Signer;
use ledger::leaf::BadLeaf;
use ledger::proof::Plan;
use ledger::tile::TileId;
use ledger::tree::Edge;
use ledger::verify::{self, Failure};

use crate::kept::{Kept, ORIGIN, leaf, signer};

const STEPS: [u64; 6] = [1, 254, 1, 1, 300, 0];

fn kept() -> Kept {
    let mut kept = Kept::default();
    for step in STEPS {
        kept.grow(step);
        kept.sign();
    }
    kept.grow(3);
    kept
}

fn run(kept: &Kept) -> Result<Summary, Discrepancy> {
    let keys = vec![signer().verifier().clone()];
    audit::log(keys, &kept.leaves, &kept.checkpoints, |id| kept.tile(id))
}

fn root_error(kept: &Kept) -> (u64, u64) {
    match run(kept) {
        Err(Discrepancy::Root { size, good, .. }) => (size, good),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_log_in_order_is_summed_up() {
    let kept = kept();
    let summary = run(&kept).unwrap();
    assert_eq!(
        (summary.size, summary.signed, summary.checkpoints),
        (560, 557, 6)
    );
    assert_eq!(summary.tiles, 4, "two full, and two partial ones");
    assert_eq!(
        (summary.root, summary.origin.as_deref()),
        (kept.edge.root(), Some(ORIGIN))
    );
}

#[test]
fn an_empty_log_is_in_order() {
    let mut kept = Kept::default();
    assert_eq!(run(&kept).unwrap().origin, None);
    kept.sign();
    assert_eq!(run(&kept).unwrap().root, Hash::of_empty_tree());
}

#[test]
fn a_changed_leaf_is_named() {
    let mut kept = kept();
    kept.leaves[100][20] ^= 1;
    assert_eq!(
        root_error(&kept),
        (255, 1),
        "found first by the checkpoint above it"
    );
    kept.checkpoints.clear();
    assert_eq!(run(&kept), Err(Discrepancy::LeafHash(100)));
    kept.leaves[100][0] = 9;
    assert_eq!(
        run(&kept),
        Err(Discrepancy::Leaf {
            index: 100,
            why: BadLeaf::Version(9)
        })
    );
}

#[test]
fn an_operator_who_changes_leaf_and_tiles_is_caught_by_the_signature() {
    let honest = kept();
    let mut kept = Kept::default();
    let mut rows = honest.leaves.clone();
    rows[400] = leaf(9_999).encode().to_vec();
    let hashes: Vec<Hash> = rows.iter().map(|row| Hash::of_leaf(row)).collect();
    let growth = kept.edge.append(&hashes).unwrap();
    kept.store(growth);
    kept.leaves = rows;
    kept.checkpoints = honest.checkpoints;
    assert_eq!(root_error(&kept), (557, 257));
}

#[test]
fn lost_leaves_and_lost_order_are_noticed() {
    let mut kept = kept();
    let leaves = kept.leaves.clone();
    kept.leaves.truncate(500);
    assert_eq!(
        run(&kept),
        Err(Discrepancy::LeavesMissing {
            size: 557,
            have: 500
        })
    );
    kept.leaves = leaves;
    kept.leaves.swap(3, 4);
    assert_eq!(root_error(&kept), (255, 1));
    kept.leaves.swap(3, 4);
    kept.checkpoints.swap(0, 1);
    assert_eq!(
        run(&kept),
        Err(Discrepancy::Order {
            number: 2,
            size: 1,
            before: 255
        })
    );
}

#[test]
fn damaged_tiles_are_named() {
    let whole = kept();
    let with = |change: &dyn Fn(&mut Kept)| {
        let mut kept = whole.clone();
        kept.checkpoints.clear();
        change(&mut kept);
        run(&kept).unwrap_err()
    };
    let id = |level, index, width| TileId {
        level,
        index,
        width,
    };
    let bend = |kept: &mut Kept| kept.full.get_mut(&(0, 1)).unwrap()[64] ^= 1;
    assert_eq!(with(&bend), Discrepancy::LeafHash(258));
    let lose = |kept: &mut Kept| drop(kept.full.remove(&(0, 1)));
    assert!(matches!(
        with(&lose),
        Discrepancy::TileBytes {
            have: 0,
            want: 8192,
            ..
        }
    ));
    let bend = |kept: &mut Kept| kept.partial.get_mut(&1).unwrap()[32] ^= 1;
    assert_eq!(
        with(&bend),
        Discrepancy::Tile {
            tile: id(1, 0, 2),
            slot: 1
        }
    );
    let lose = |kept: &mut Kept| drop(kept.partial.remove(&0));
    assert_eq!(
        with(&lose),
        Discrepancy::TileBytes {
            tile: id(0, 2, 48),
            have: 0,
            want: 48 * 32
        }
    );
}

#[test]
fn a_caller_who_forgets_to_compare_tiles_is_told() {
    let mut audit = audit::Audit::new(vec![]);
    assert_eq!(audit.leaves(&kept().leaves).unwrap().len(), 2);
    let forgot = Discrepancy::TileCount {
        have: 0,
        want: 2,
        size: 560,
    };
    assert_eq!(audit.finish(|_| None), Err(forgot));
}

#[test]
fn a_checkpoint_by_another_key_or_of_another_log_is_named() {
    let mut kept = kept();
    let other = Signer::from_seed("other.example", &[1; 32]).unwrap();
    let strange = Checkpoint::new("other.example", 557, kept.root_at(557)).unwrap();
    kept.checkpoints[3] = strange.sign(&other).unwrap().to_string();
    assert!(matches!(
        run(&kept),
        Err(Discrepancy::Checkpoint {
            number: 4,
            why: BadCheckpoint::Untrusted(_)
        })
    ));
    let keys = vec![signer().verifier().clone(), other.verifier().clone()];
    let both = audit::log(keys, &kept.leaves, &kept.checkpoints, |id| kept.tile(id));
    let (found, want) = ("other.example".into(), ORIGIN.into());
    assert_eq!(
        both,
        Err(Discrepancy::OtherLog {
            number: 4,
            found,
            want
        })
    );
}

#[test]
fn a_log_that_signed_two_histories_is_caught() {
    let mut kept = kept();
    let mut fork = Edge::new();
    let root = fork.append(&vec![Hash::of(b"fork"); 557]).unwrap().root;
    let lie = Checkpoint::new(ORIGIN, 557, root)
        .unwrap()
        .sign(&signer())
        .unwrap();
    kept.checkpoints.push(lie.to_string());
    assert_eq!(root_error(&kept), (557, 557));
}

#[test]
fn two_checkpoints_are_consistent_or_not() {
    let kept = kept();
    let keys = [signer().verifier().clone()];
    let open = |text: &str| Checkpoint::open(text, &keys).unwrap();
    let (old, new) = (open(&kept.checkpoints[1]), open(&kept.checkpoints[4]));
    let path = kept.compute(&Plan::consistency(255, 557).unwrap());
    verify::consistency(&old, &new, &path).unwrap();
    assert!(matches!(
        verify::consistency(&new, &old, &path),
        Err(Failure::Proof(_))
    ));
    assert!(verify::consistency(&old, &new, &path[1..]).is_err());
    let other = Signer::from_seed("other.example", &[1; 32]).unwrap();
    let strange = Checkpoint::new("other.example", 557, new.checkpoint.root).unwrap();
    let strange = strange.sign(&other).unwrap().to_string();
    let strange = Checkpoint::open(&strange, &[other.verifier().clone()]).unwrap();
    assert!(matches!(
        verify::consistency(&old, &strange, &path),
        Err(Failure::OtherLog(..))
    ));
}
