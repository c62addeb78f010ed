//! A proof text: what it proves, and that no changed bit of it or of the leaf goes unnoticed.

use ledger::checkpoint::BadCheckpoint;
use ledger::commitment::{Opening, Part, Salt};
use ledger::hash::Hash;
use ledger::key::{Signer, Verifier};
use ledger::leaf::{BadLeaf, Leaf};
use ledger::note::Untrusted;
use ledger::proof::BadProof;
use ledger::tlog_proof::TlogProof;
use ledger::verify::{self, Failure};

use crate::kept::{Kept, ORIGIN, leaf, signer};

fn signed(size: u64) -> Kept {
    let mut kept = Kept::of_leaves(size);
    kept.sign();
    kept
}

fn keys() -> Vec<Verifier> {
    vec![signer().verifier().clone()]
}

#[test]
fn every_leaf_is_proved_from_text_alone() {
    for size in [1, 2, 3, 5, 255, 256, 257, 300] {
        let kept = signed(size);
        for index in [0, 1, 2, 254, 255, 256, size - 1]
            .into_iter()
            .filter(|index| *index < size)
        {
            let proof = kept.proof(index);
            let text = proof.to_string();
            assert_eq!(text.parse(), Ok(proof));
            let report = verify::proof(&text, &kept.leaves[index as usize], &keys()).unwrap();
            assert_eq!((report.index, report.leaf), (index, leaf(index)));
            assert_eq!(report.opened.checkpoint.root, kept.edge.root());
            assert_eq!(report.opened.checkpoint.origin(), ORIGIN);
        }
    }
}

#[test]
fn the_text_has_the_form_of_the_specification() {
    let kept = signed(2);
    let proof = TlogProof {
        extra: Some(b"hint".to_vec()),
        ..kept.proof(1)
    };
    let text = format!(
        "c2sp.org/tlog-proof@v1\nextra aGludA==\nindex 1\n{}\n\n{}",
        leaf(0).hash(),
        kept.checkpoints[0]
    );
    assert_eq!(proof.to_string(), text);
    let report = verify::proof(&text, &kept.leaves[1], &keys()).unwrap();
    assert_eq!(report.extra.as_deref(), Some(b"hint".as_slice()));
}

#[test]
fn a_log_of_one_leaf_has_a_proof_without_hashes() {
    let kept = signed(1);
    let text = kept.proof(0).to_string();
    assert_eq!(
        text,
        format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{}", kept.checkpoints[0])
    );
    verify::proof(&text, &kept.leaves[0], &keys()).unwrap();
}

#[test]
fn any_changed_bit_of_the_text_is_noticed() {
    let kept = signed(11);
    let text = kept.proof(6).to_string();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            // Bytes that are not UTF-8 cannot even be handed over.
            if let Ok(bent) = String::from_utf8(bytes) {
                assert!(
                    verify::proof(&bent, &kept.leaves[6], &keys()).is_err(),
                    "{bent}"
                );
            }
        }
    }
}

#[test]
fn any_missing_or_doubled_byte_of_the_text_is_noticed() {
    let kept = signed(11);
    let text = kept.proof(6).to_string();
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    for at in places {
        let rest = &text[at..];
        let next = rest.chars().next().unwrap();
        let gone = format!("{}{}", &text[..at], &rest[next.len_utf8()..]);
        let twice = format!("{}{next}{rest}", &text[..at]);
        for bent in [gone, twice, text[..at].to_string()] {
            assert!(
                verify::proof(&bent, &kept.leaves[6], &keys()).is_err(),
                "{bent}"
            );
        }
    }
}

#[test]
fn any_changed_bit_of_the_leaf_is_noticed() {
    let kept = signed(11);
    let text = kept.proof(6).to_string();
    for bit in 0..112 * 8 {
        let mut bytes = kept.leaves[6].clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(verify::proof(&text, &bytes, &keys()).is_err(), "{bit}");
    }
}

#[test]
fn a_failure_says_what_failed() {
    let kept = signed(11);
    let good = kept.proof(6);
    let check = |proof: &TlogProof| verify::proof(&proof.to_string(), &kept.leaves[6], &keys());
    let beyond = TlogProof {
        index: 11,
        ..good.clone()
    };
    assert_eq!(
        check(&beyond),
        Err(BadProof::IndexBeyondSize {
            index: 11,
            size: 11
        }
        .into())
    );
    let short = TlogProof {
        path: good.path[1..].to_vec(),
        ..good.clone()
    };
    assert_eq!(
        check(&short),
        Err(BadProof::Length { have: 3, want: 4 }.into())
    );
    let other = verify::proof(&good.to_string(), &kept.leaves[5], &keys());
    assert!(matches!(
        other,
        Err(Failure::Proof(BadProof::WrongRoot { .. }))
    ));
    let no_leaf = verify::proof(&good.to_string(), &kept.leaves[5][1..], &keys());
    assert_eq!(no_leaf, Err(BadLeaf::Length(111).into()));
    let bigger = good.checkpoint.replace("\n11\n", "\n12\n");
    let bad = Untrusted::BadSignature(format!("{ORIGIN}+{:08x}", keys()[0].id()));
    let bigger = TlogProof {
        checkpoint: bigger,
        ..good.clone()
    };
    assert_eq!(check(&bigger), Err(BadCheckpoint::Untrusted(bad).into()));
    let stranger = Signer::from_seed(ORIGIN, &[1; 32]).unwrap();
    let unknown = verify::proof(
        &good.to_string(),
        &kept.leaves[6],
        &[stranger.verifier().clone()],
    );
    assert_eq!(
        unknown,
        Err(BadCheckpoint::Untrusted(Untrusted::NoKnownKey(1)).into())
    );
}

#[test]
fn a_malformed_line_is_counted_in_the_whole_text() {
    let kept = signed(11);
    let text = kept.proof(6).to_string();
    let line = |text: &str| match verify::proof(text, &kept.leaves[6], &keys()) {
        Err(Failure::Malformed(bad) | Failure::Checkpoint(BadCheckpoint::Malformed(bad))) => {
            bad.line
        }
        other => unreachable!("{other:?}"),
    };
    assert_eq!(line(""), 1);
    assert_eq!(line(&text.replace("@v1", "@v2")), 1);
    assert_eq!(line(&text.replace("index 6", "index 06")), 2);
    assert_eq!(line(&text.replace("index 6", "extra !\nindex 6")), 2);
    assert_eq!(line(&text.replace("index 6", "extra \nindex six")), 3);
    assert_eq!(line(&text.replace("index 6", "index 6\nnot a hash")), 3);
    assert_eq!(line(&text.replace("\n11\n", "\n011\n")), 9);
    assert_eq!(line(&text.replace("\u{2014}", "-")), 12);
    assert_eq!(line(text.split("\n\n").next().unwrap()), 6);
    let endless = format!("index 6\n{}", format!("{}\n", Hash::of(b"")).repeat(64));
    assert_eq!(line(&text.replace("index 6\n", &endless)), 66);
}

#[test]
fn openings_say_what_the_leaf_committed_to() {
    let salt = |n| Salt::new([n; 32]);
    let first = leaf(0);
    let facts = Opening::facts(salt(1), "opt_in");
    let person = Opening::person(salt(2), "contact");
    let link = Opening::link(salt(3), Some(&first.hash()));
    let commitments = [&facts, &person, &link].map(Opening::commitment);
    let leaf = Leaf {
        facts: commitments[0],
        person: commitments[1],
        link: commitments[2],
        ..first
    };
    verify::openings(&leaf, &[facts.clone(), person.clone(), link.clone()]).unwrap();
    verify::link(&leaf, &link, &first).unwrap();
    assert_eq!(
        verify::link(&leaf, &link, &leaf),
        Err(Failure::Opening(Part::Link))
    );
    assert_eq!(
        verify::link(&leaf, &facts, &first),
        Err(Failure::Opening(Part::Link))
    );
    let wrong = Opening::person(salt(2), "somebody else");
    assert_eq!(
        verify::openings(&leaf, &[facts, wrong, link]),
        Err(Failure::Opening(Part::Person))
    );
}
