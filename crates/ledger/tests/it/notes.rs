//! Notes: those published with the specification and with Go's package, and what is not a note.

use ledger::key::{Signer, Verifier};
use ledger::note::{Note, SIGNATURES_MAX, Untrusted};

const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const PETER_SEED: &str = "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const BY_PETER: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const BY_ENOCH: &str = "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn key(text: &str) -> Verifier {
    text.parse().unwrap()
}

fn signer(name: &str, seed: &str) -> Signer {
    Signer::from_seed(name, &hex::decode(seed).unwrap().try_into().unwrap()).unwrap()
}

#[test]
fn the_example_of_the_specification_verifies() {
    let text = "This is an example message.\n\n\
        \u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let keys = [key(
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    )];
    let note: Note = text.parse().unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verify(&keys).unwrap().by, [&keys[0]]);
    assert_eq!(note.to_string(), text);
}

#[test]
fn signing_gives_the_published_bytes() {
    let peter = signer("PeterNeumann", PETER_SEED);
    let enoch = signer("EnochRoot", &"00".repeat(32));
    assert_eq!(peter.verifier().to_string(), PETER);
    assert_eq!(enoch.verifier().to_string(), ENOCH);
    let mut note = Note::sign(TEXT, &peter).unwrap();
    assert_eq!(note.to_string(), format!("{TEXT}\n{BY_PETER}"));
    note.cosign(&enoch);
    assert_eq!(note.to_string(), format!("{TEXT}\n{BY_PETER}{BY_ENOCH}"));
    note.cosign(&enoch);
    assert_eq!(
        note.signatures().len(),
        2,
        "a second signature takes the place of the first"
    );
}

#[test]
fn signatures_by_strangers_are_kept_and_count_for_nothing() {
    let note: Note = format!("{TEXT}\n{BY_PETER}{BY_ENOCH}").parse().unwrap();
    let (peter, both) = ([key(PETER)], [key(PETER), key(ENOCH)]);
    let signed = note.verify(&peter).unwrap();
    assert_eq!(signed.by, [&peter[0]]);
    assert_eq!(
        signed.unknown.iter().map(|s| s.key()).collect::<Vec<_>>(),
        ["EnochRoot+af0cfe78"]
    );
    assert_eq!(note.verify(&both).unwrap().by, [&both[0], &both[1]]);
    assert_eq!(note.verify(&[]), Err(Untrusted::NoKnownKey(2)));
    let other: Note = format!("{TEXT}\n{BY_ENOCH}").parse().unwrap();
    assert_eq!(other.verify(&peter), Err(Untrusted::NoKnownKey(1)));
}

#[test]
fn a_bad_signature_by_a_known_key_spoils_the_note() {
    let longer = format!(
        "{TEXT}\n{}ABCD{}{BY_ENOCH}",
        &BY_PETER[..60],
        &BY_PETER[60..]
    );
    let changed = format!("{}\n{BY_PETER}{BY_ENOCH}", TEXT.replace("your", "my"));
    let keys = [key(PETER), key(ENOCH)];
    for text in [longer, changed] {
        let note: Note = text.parse().unwrap();
        assert_eq!(
            note.verify(&keys),
            Err(Untrusted::BadSignature("PeterNeumann+c74f20a3".into()))
        );
    }
}

#[test]
fn a_name_or_an_id_alone_does_not_make_a_key_known() {
    let renamed = BY_PETER.replace("PeterNeumann", "CarmenSandiego");
    let renumbered = BY_PETER.replace("x08g", "xxxx");
    for line in [renamed, renumbered] {
        let note: Note = format!("{TEXT}\n{line}").parse().unwrap();
        assert_eq!(note.verify(&[key(PETER)]), Err(Untrusted::NoKnownKey(1)));
    }
}

#[test]
fn what_is_not_a_note_is_refused_with_its_line() {
    let cut = &BY_PETER[..BY_PETER.len() - 1];
    let spaced = BY_PETER.replace("PeterNeumann", "Bad Name");
    let many = BY_PETER.repeat(SIGNATURES_MAX + 1);
    for (line, text) in [
        (2, TEXT.to_string()),
        (4, format!("{TEXT}\n")),
        (4, format!("{TEXT}\n{cut}")),
        (1, format!("\u{1}{TEXT}\n{BY_PETER}")),
        (2, format!("a\nb\r\n\n{BY_PETER}")),
        (4, format!("{TEXT}\n{spaced}")),
        (5, format!("{TEXT}\n{BY_PETER}Unexpected line.\n")),
        (4, format!("{TEXT}\n\u{2014} PeterNeumann x08gow==\n")),
        (4, format!("{TEXT}\n- {BY_PETER}")),
        (104, format!("{TEXT}\n{many}")),
        (1, String::new()),
        (1, "x".repeat(1024 * 1024 + 1)),
    ] {
        assert_eq!(text.parse::<Note>().unwrap_err().line, line, "{text:.200}");
    }
    let most: Note = format!("{TEXT}\n{}", BY_PETER.repeat(SIGNATURES_MAX))
        .parse()
        .unwrap();
    assert_eq!(most.verify(&[key(PETER)]).unwrap().by.len(), 1);
}

#[test]
fn a_text_that_no_note_can_hold_is_not_signed() {
    let peter = signer("PeterNeumann", PETER_SEED);
    for text in ["", "abc", "a\tb\n", "a\r\n"] {
        assert!(Note::sign(text, &peter).is_err(), "{text:?}");
    }
    let blank = Note::sign("a\n\nb\n\n", &peter).unwrap();
    assert_eq!(
        blank.to_string().parse::<Note>(),
        Ok(blank),
        "a text may hold blank lines"
    );
}
