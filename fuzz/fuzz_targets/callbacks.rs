//! Callback data in any bytes: what was JSON stays JSON, and nothing is touched that is not ours.
#![no_main]

use graph::callback::restore_callbacks;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(restore_callbacks(bytes, |_| None), None);
    let whole = serde_json::from_slice::<Value>(bytes).is_ok();
    for given in [None, Some("mine".to_owned())] {
        let restored = restore_callbacks(bytes, |_| Some(given.clone()));
        if let (Some(restored), true) = (restored, whole) {
            assert!(serde_json::from_slice::<Value>(&restored).is_ok());
        }
    }
});
