//! A form in any bytes: it is read or refused, and signed like another only where it says the same letters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sms::{
    address::Address,
    form::Form,
    inbound,
    signature::{Body, Request, Token, sign, verify},
};

const URL: &str = "https://example.com/webhooks/sms";

fuzz_target!(|bytes: &[u8]| {
    let Ok(form) = Form::read(bytes) else {
        return;
    };
    if let Err(error) = inbound::read(&form) {
        assert!(!error.to_string().is_empty());
    }
    let text = String::from_utf8_lossy(bytes);
    let address = Address::read(&text);
    assert_eq!(address, Address::read(text.trim()));
    let token = Token::new("12345").expect("it is not empty");
    let signature = sign(&token, URL, &form);
    let request = |url| Request {
        url,
        body: Body::Form(&form),
        signature: Some(signature.as_bytes()),
        settings: None,
    };
    assert!(verify(&[token.clone()], &request(URL)).is_ok());
    // An address that strangers give, such as one with an odd query, is taken apart as well.
    let _ = verify(
        &[token],
        &Request {
            body: Body::Other(bytes),
            ..request(&text)
        },
    );
});
