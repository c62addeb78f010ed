//! A webhook body of any bytes: read or refused, never a panic, and every place is one of the body.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(delivery) = graph::webhook::read(bytes) {
        for item in &delivery.items {
            let _ = item.place.to_string();
            if let graph::webhook::Notice::Message(message) = &item.notice {
                assert!(message.from.is_known());
                let _ = message.content.said();
            }
        }
        for bad in &delivery.bad {
            assert!(!bad.reason.is_empty());
        }
    }
});
