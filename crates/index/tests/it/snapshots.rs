//! A snapshot is read as it was written, or not at all.

use index::{
    index::Index,
    key::{PhoneKey, UserKey},
    snapshot::{self, Label, Unbelieved},
    state::State,
};

use crate::chance::Chance;

const LABEL: Label = Label {
    id: [7; 16],
    policy: 3,
    maker: [9; 32],
};

fn phone(n: u64) -> PhoneKey {
    PhoneKey::from_number(4_000_000 + n * 17).unwrap()
}

fn user(n: u64) -> UserKey {
    UserKey::of(&format!("BR.{n}")).unwrap()
}

fn some(count: u64) -> Index {
    let index = Index::default();
    for n in 0..count {
        index.phones.set(phone(n), State::from_bits(n % 16_000));
        index.users.set(user(n), State::from_bits(n % 15_000));
    }
    index.phones.remove(phone(1));
    index
}

fn bytes(index: &Index, label: &Label) -> Vec<u8> {
    let mut bytes = Vec::new();
    snapshot::write(index, label, &mut bytes).unwrap();
    bytes
}

#[test]
fn what_was_written_is_read() {
    let before = some(50_000);
    let file = bytes(&before, &LABEL);
    let after = snapshot::read(&LABEL, &mut file.as_slice()).unwrap();
    assert_eq!(after.size(), before.size());
    for n in 0..50_100 {
        assert_eq!(after.phone(phone(n)), before.phone(phone(n)));
        assert_eq!(after.user(user(n)), before.user(user(n)));
    }
    // And it goes on as a table does.
    after.phones.set(phone(1), State::ASK);
    assert_eq!(after.phone(phone(1)), State::ASK);
    assert_eq!(after.size().keys, before.size().keys + 1);
}

#[test]
fn a_byte_that_changed_anywhere_is_noticed() {
    let file = bytes(&some(300), &LABEL);
    let mut chance = Chance::new(5);
    // Every byte of the header and the first shards, and one in some of the rest.
    for at in 0..file.len() {
        if at >= 600 && !chance.one_in(300) {
            continue;
        }
        let mut damaged = file.clone();
        damaged[at] ^= 1 << chance.below(8);
        let read = snapshot::read(&LABEL, &mut damaged.as_slice());
        assert!(read.is_err(), "byte {at} changed, and nobody noticed");
    }
}

#[test]
fn what_was_cut_off_or_added_to_is_noticed() {
    let file = bytes(&some(300), &LABEL);
    for cut in [0, 1, 70, 104, 105, 1_000, file.len() / 2, file.len() - 1] {
        let read = snapshot::read(&LABEL, &mut &file[..cut]);
        assert!(matches!(read, Err(Unbelieved::Io(_))), "{cut}: {read:?}");
    }
    let longer = [file.as_slice(), b"x"].concat();
    let read = snapshot::read(&LABEL, &mut longer.as_slice());
    assert!(matches!(read, Err(Unbelieved::Damaged("the end"))));
}

#[test]
fn another_snapshot_is_not_believed_and_no_part_of_it() {
    let file = bytes(&some(300), &LABEL);
    let others = [
        Label {
            id: [8; 16],
            ..LABEL
        },
        Label { policy: 4, ..LABEL },
        Label {
            maker: [0; 32],
            ..LABEL
        },
    ];
    for other in others {
        let read = snapshot::read(&other, &mut file.as_slice());
        assert!(matches!(read, Err(Unbelieved::Another)), "{other:?}");
    }
    let text = [b"SQLite format 3\0".as_slice(), &[0; 200]].concat();
    let read = snapshot::read(&LABEL, &mut text.as_slice());
    assert!(matches!(read, Err(Unbelieved::Foreign)));
    // The shards of one snapshot under the header of another.
    let other = bytes(
        &some(299),
        &Label {
            id: [8; 16],
            ..LABEL
        },
    );
    let header = 72 + 32;
    let mixed = [&file[..header], &other[header..]].concat();
    let read = snapshot::read(&LABEL, &mut mixed.as_slice());
    assert!(matches!(read, Err(Unbelieved::Damaged("a shard"))));
}
