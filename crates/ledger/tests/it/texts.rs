//! Every text format: any input is read or refused, and what is read prints as it was written.

use std::fmt::Display;
use std::str::FromStr;

use proptest::prelude::*;

use ledger::checkpoint::Checkpoint;
use ledger::hash::Hash;
use ledger::key::Verifier;
use ledger::note::Note;
use ledger::tile::Resource;
use ledger::tlog_proof::TlogProof;

use crate::kept::{Kept, signer};

fn reads_back<T: FromStr + Display>(text: &str) -> bool {
    text.parse::<T>().is_ok_and(|read| {
        assert_eq!(read.to_string(), text);
        true
    })
}

/// In how many of the formats the text can be read.
fn read_all(text: &str) -> usize {
    let read = [
        reads_back::<Hash>(text),
        reads_back::<Verifier>(text),
        reads_back::<Note>(text),
        reads_back::<Checkpoint>(text),
        reads_back::<TlogProof>(text),
        reads_back::<Resource>(text),
    ];
    read.iter().filter(|read| **read).count()
}

fn samples() -> Vec<String> {
    let mut kept = Kept::of_leaves(6);
    kept.sign();
    let proof = TlogProof {
        extra: Some(vec![1, 2]),
        ..kept.proof(4)
    };
    let head = Checkpoint::new("a log", 6, kept.edge.root()).unwrap();
    vec![
        kept.edge.root().to_string(),
        signer().verifier().to_string(),
        kept.checkpoints[0].clone(),
        head.with_extension("more").unwrap().to_string(),
        proof.to_string(),
        "tile/0/x001/234.p/5".into(),
    ]
}

#[test]
fn the_samples_are_read() {
    for text in samples() {
        assert!(read_all(&text) > 0, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|[a-z0-9+/=\u{2014} \n.]*") {
        read_all(&text);
    }

    #[test]
    fn a_damaged_text_is_refused_or_is_another_text(
        sample in 0_usize..6, at in any::<prop::sample::Index>(), with in "[ \n0-9a-f+=/\u{2014}.p]{0,3}", gone in 0_usize..3,
    ) {
        let text: Vec<char> = samples()[sample].chars().collect();
        let at = at.index(text.len());
        let end = (at + gone).min(text.len());
        let damaged: String = text[..at].iter().copied().chain(with.chars()).chain(text[end..].iter().copied()).collect();
        read_all(&damaged);
    }
}
