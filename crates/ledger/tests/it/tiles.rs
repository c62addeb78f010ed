//! Paths of tiles and bundles of entries, as the specification has them.

use proptest::prelude::*;

use ledger::entries::{self, BadBundle};
use ledger::tile::{BundleId, Resource, TileId, full_count, partial};

use crate::kept::Kept;

#[test]
fn paths_are_written_as_the_specification_s_examples() {
    let tile = |level, index, width| {
        TileId {
            level,
            index,
            width,
        }
        .to_string()
    };
    assert_eq!(tile(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(tile(3, 1_234_067, 1), "tile/3/x001/x234/067.p/1");
    assert_eq!(tile(0, 0, 256), "tile/0/000");
    assert_eq!(tile(63, 999, 255), "tile/63/999.p/255");
    assert_eq!(tile(0, 1000, 256), "tile/0/x001/000");
    assert_eq!(
        BundleId {
            index: 273,
            width: 112
        }
        .to_string(),
        "tile/entries/273.p/112"
    );
    assert_eq!(
        tile(0, u64::MAX, 256),
        "tile/0/x018/x446/x744/x073/x709/x551/615"
    );
}

#[test]
fn what_has_another_spelling_or_no_meaning_is_no_path() {
    for wrong in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/64/000",
        "tile/256/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/x001",
        "tile/0/+01",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1.p/1",
        "tile/0/000/",
        "tile/data/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ] {
        assert!(wrong.parse::<Resource>().is_err(), "{wrong}");
    }
}

#[test]
fn a_log_of_70000_leaves_has_the_tiles_of_the_specification_s_example() {
    let names: Vec<String> = partial(70_000).iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    );
    assert_eq!(full_count(70_000), 274);
    assert_eq!(
        partial(256),
        [TileId {
            level: 1,
            index: 0,
            width: 1
        }]
    );
    assert_eq!(partial(0), []);
    assert_eq!(TileId::at(0, 273, 70_000).unwrap().width, 112);
    assert!(TileId::at(0, 272, 70_000).unwrap().is_full());
    assert_eq!(TileId::at(0, 274, 70_000), None);
    assert_eq!(TileId::at(63, 0, u64::MAX), None);
    let bundle = BundleId::at(273, 70_000).unwrap();
    assert_eq!((bundle.width, bundle.entries()), (112, 69_888..70_000));
    assert_eq!(BundleId::at(274, 70_000), None);
    let two = TileId {
        level: 0,
        index: 0,
        width: 2,
    };
    assert_eq!(two.cut(&[7; 96]), Some([7; 64].as_slice()));
    assert_eq!(two.cut(&[7; 32]), None);
}

#[test]
fn an_older_partial_tile_is_the_beginning_of_the_newer_one() {
    let newest = Kept::of_hashes(300);
    for size in 0..300 {
        let then = Kept::of_hashes(size);
        for id in partial(size) {
            assert_eq!(newest.tile(id), then.tile(id), "{size}");
        }
    }
}

#[test]
fn entries_stand_behind_their_length() {
    let bundle = entries::encode([b"".as_slice(), b"ab", &[7; 112]]).unwrap();
    assert_eq!(bundle[..6], [0, 0, 0, 2, b'a', b'b']);
    assert_eq!(bundle[6..8], [0, 112]);
    assert_eq!(
        entries::decode(&bundle).unwrap(),
        [b"".as_slice(), b"ab", &[7; 112]]
    );
    assert_eq!(
        entries::decode(&bundle[..bundle.len() - 1]),
        Err(BadBundle::Cut(2))
    );
    assert_eq!(entries::decode(&bundle[..7]), Err(BadBundle::Cut(2)));
    assert_eq!(entries::decode(&[]).unwrap(), Vec::<&[u8]>::new());
    assert_eq!(
        entries::encode([[0; 65_536].as_slice()]),
        Err(BadBundle::TooLong(0, 65_536))
    );
    assert_eq!(
        entries::encode(vec![b"".as_slice(); 257]),
        Err(BadBundle::TooMany)
    );
    assert_eq!(entries::decode(&[0; 2 * 257]), Err(BadBundle::TooMany));
}

proptest! {
    #[test]
    fn a_path_reads_back(level in 0_u8..64, index in any::<u64>(), shift in 0_u32..64, width in 1_u16..=256) {
        let index = index >> shift;
        for resource in [
            Resource::Tile(TileId { level, index, width }),
            Resource::Entries(BundleId { index, width }),
        ] {
            prop_assert_eq!(resource.to_string().parse::<Resource>(), Ok(resource));
        }
    }

    #[test]
    fn bundles_read_back(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..256)) {
        let bundle = entries::encode(entries.iter().map(Vec::as_slice)).unwrap();
        prop_assert_eq!(entries::decode(&bundle).unwrap(), entries);
    }
}
