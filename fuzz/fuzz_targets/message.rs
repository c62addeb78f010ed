//! A send of any bytes: refused, or sent as exactly what was read.
#![no_main]

use graph::message::{Endpoint, Request, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for endpoint in [Endpoint::Messages, Endpoint::MarketingMessages] {
        if let Ok(Request::Message(first)) = read(bytes, endpoint, None) {
            match read(&first.with_callback("ours"), endpoint, None) {
                Ok(Request::Message(second)) => {
                    assert_eq!(first.recipients(), second.recipients());
                    assert_eq!(first.kind, second.kind);
                    assert_eq!(first.fingerprint(), second.fingerprint());
                    assert_eq!(second.callback.as_deref(), Some("ours"));
                }
                other => panic!("what was read is not read again: {other:?}"),
            }
        }
    }
});
