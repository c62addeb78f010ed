//! Checkpoints: the form, and who must have signed.

use ledger::checkpoint::{BadCheckpoint, Checkpoint};
use ledger::hash::Hash;
use ledger::key::Signer;
use ledger::note::{Note, Untrusted};

use crate::kept::{Kept, ORIGIN, signer};

/// From the specification; its signature is by a key that is not published.
const PUBLISHED: &str = "example.com/behind-the-sofa\n20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

fn opened(text: &str) -> Result<Checkpoint, BadCheckpoint> {
    Checkpoint::open(text, &[signer().verifier().clone()]).map(|opened| opened.checkpoint)
}

#[test]
fn the_example_of_the_specification_reads_back() {
    let note: Note = PUBLISHED.parse().unwrap();
    let checkpoint: Checkpoint = note.text().parse().unwrap();
    assert_eq!(
        (checkpoint.origin(), checkpoint.size),
        ("example.com/behind-the-sofa", 20_852_163)
    );
    assert_eq!(
        checkpoint.root.to_string(),
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    );
    assert_eq!(checkpoint.to_string(), note.text());
    assert_eq!(note.to_string(), PUBLISHED);
    assert_eq!(opened(PUBLISHED), Err(Untrusted::NoKnownKey(1).into()));
}

#[test]
fn what_was_signed_opens_with_its_extensions() {
    let checkpoint = Checkpoint::new(ORIGIN, 0, Hash::of_empty_tree()).unwrap();
    let checkpoint = checkpoint
        .with_extension("one")
        .unwrap()
        .with_extension("two")
        .unwrap();
    let text = checkpoint.sign(&signer()).unwrap().to_string();
    assert_eq!(opened(&text), Ok(checkpoint.clone()));
    assert_eq!(checkpoint.extensions(), ["one", "two"]);
    assert!(checkpoint.with_extension("").is_err());
    assert!(Checkpoint::new("", 0, Hash::of_empty_tree()).is_err());
    assert!(Checkpoint::new("two\nlines", 0, Hash::of_empty_tree()).is_err());
}

#[test]
fn a_witness_alone_does_not_make_a_checkpoint() {
    let witness = Signer::from_seed("witness.example", &[5; 32]).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, 3, Hash::of(b"root")).unwrap();
    let keys = [signer().verifier().clone(), witness.verifier().clone()];
    let mut note = checkpoint.sign(&witness).unwrap();
    assert_eq!(
        Checkpoint::open(&note.to_string(), &keys),
        Err(BadCheckpoint::Origin(ORIGIN.into()))
    );
    note.cosign(&signer());
    let by_both = Checkpoint::open(&note.to_string(), &keys).unwrap();
    assert_eq!((by_both.signed_by.len(), by_both.unknown.len()), (2, 0));
    let by_log = Checkpoint::open(&note.to_string(), &keys[..1]).unwrap();
    assert_eq!(
        by_log.unknown,
        [format!("witness.example+{:08x}", witness.verifier().id())]
    );
}

#[test]
fn a_wrong_line_is_named() {
    let mut kept = Kept::of_hashes(5);
    kept.sign();
    let root = kept.edge.root();
    for (line, text) in [
        (1, format!("\n5\n{root}\n")),
        (2, format!("{ORIGIN}\n05\n{root}\n")),
        (2, format!("{ORIGIN}\n-5\n{root}\n")),
        (2, format!("{ORIGIN}\n18446744073709551616\n{root}\n")),
        (3, format!("{ORIGIN}\n5\n{root:x}\n")),
        (3, format!("{ORIGIN}\n5\n\n")),
        (4, format!("{ORIGIN}\n5\n{root}\n\n")),
        (5, format!("{ORIGIN}\n5\n{root}\nx\n\ny\n")),
        (2, format!("{ORIGIN}\n5")),
        (1, String::new()),
    ] {
        assert_eq!(text.parse::<Checkpoint>().unwrap_err().line, line, "{text}");
    }
    let signed = Note::sign(&format!("{ORIGIN}\n05\n{root}\n"), &signer())
        .unwrap()
        .to_string();
    let Err(BadCheckpoint::Malformed(malformed)) = opened(&signed) else {
        unreachable!("signed nonsense is nonsense");
    };
    assert_eq!(
        malformed.to_string(),
        "line 2: `05`: want the size, a number without leading zeros"
    );
}
