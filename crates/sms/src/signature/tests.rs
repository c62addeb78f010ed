//! Twilio's published example, what its PyPI package signs, and what no signature may fit.

use proptest::prelude::*;

use super::*;

const URL: &str = "https://example.com/webhooks/sms";
const TOKEN: &str = "12345";

struct Vector {
    token: &'static str,
    url: &'static str,
    body: &'static str,
    signature: &'static str,
}

/// The first is from Twilio's documentation; the others are what `twilio` 9.13.0 computed.
const VECTORS: [Vector; 6] = [
    Vector {
        token: TOKEN,
        url: "https://mycompany.com/myapp.php?foo=1&bar=2",
        body: "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
        signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    },
    Vector {
        token: TOKEN,
        url: URL,
        body: "Body=STOP",
        signature: "qM/OzOMJcXC059FXZT24R/xRaG4=",
    },
    Vector {
        token: TOKEN,
        url: URL,
        body: "a=1&From=%2B447700900123&FromCity=&Body=&B=2",
        signature: "gABqBRG98xIYU9mFJttRs3EPqQc=",
    },
    Vector {
        token: "tökén",
        url: "https://example.com/webhooks/sms?x=%C3%A9",
        body: "Body=pare+j%C3%A1+%F0%9F%9B%91+%2B+%26+%3D+%25+%0D%0A&body=x&%C3%89=%C3%BC&From=%2b5511987654321",
        signature: "tdmYkWyH/d2EFzTif2aWucBW6mk=",
    },
    Vector {
        token: TOKEN,
        url: URL,
        body: "Media=b&From=%2B1&Media=a&Media=b&Media=&Media=a%20b",
        signature: "OZU21w22fyJLiWp5964kbp/me6U=",
    },
    Vector {
        token: TOKEN,
        url: URL,
        body: "",
        signature: "b8dcbSUxXon2Fiz7bxhPCBYklHM=",
    },
];

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

fn form(body: &str) -> Form {
    Form::read(body.as_bytes()).unwrap()
}

/// Whether this signature is believed for this form at this address.
fn check(tokens: &[Token], url: &str, body: &str, signature: &str) -> Result<Seal, BadSignature> {
    let request = Request {
        url,
        body: Body::Form(&form(body)),
        signature: Some(signature.as_bytes()),
        settings: None,
    };
    verify(tokens, &request)
}

#[test]
fn what_twilios_own_library_signs_is_believed() {
    for Vector {
        token: secret,
        url,
        body,
        signature,
    } in VECTORS
    {
        assert_eq!(sign(&token(secret), url, &form(body)), signature, "{body}");
        for tokens in [
            vec![token(secret)],
            vec![token("old"), token(secret)],
            vec![token(secret), token("next")],
        ] {
            let seal = check(&tokens, url, body, signature).unwrap();
            assert_eq!(seal.to_string(), signature);
        }
    }
}

#[test]
fn the_address_may_be_signed_with_its_port_or_without() {
    let with = "Y+IyHQKoYeL/24GcHQcKXUBQRvM=";
    let without = "qM/OzOMJcXC059FXZT24R/xRaG4=";
    let tokens = [token(TOKEN)];
    for url in [URL, "https://example.com:443/webhooks/sms"] {
        for signature in [with, without] {
            assert!(check(&tokens, url, "Body=STOP", signature).is_ok(), "{url}");
        }
    }
    let odd = "https://example.com:8443/webhooks/sms";
    assert!(check(&tokens, odd, "Body=STOP", without).is_ok());
    for (url, signature) in [(odd, with), ("http://example.com/webhooks/sms", without)] {
        let got = check(&tokens, url, "Body=STOP", signature);
        assert_eq!(got, Err(BadSignature::Wrong), "{url}");
    }
}

#[test]
fn a_shared_key_signs_with_the_algorithm_that_it_names() {
    let signature = "atONSfPGhhhupQzQFyFC+2SZZgr50w+i9GIBqNdXV94=";
    let form = form("Body=STOP&From=%2B447700900123");
    let tokens = [token(TOKEN), token("shared-secret")];
    let check = |settings: Option<&'static str>| {
        let request = Request {
            url: URL,
            body: Body::Form(&form),
            signature: Some(signature.as_bytes()),
            settings: settings.map(str::as_bytes),
        };
        verify(&tokens, &request).map(|seal| seal.to_string())
    };
    for (settings, want) in [
        (
            Some("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"),
            Ok(signature.to_owned()),
        ),
        (
            Some(" algorithm = hmac_sha256 , key=x"),
            Ok(signature.to_owned()),
        ),
        (
            Some("key=x,algorithm=HMAC_SHA1"),
            Err(BadSignature::Malformed),
        ),
        (Some("key=x,algorithm="), Err(BadSignature::Malformed)),
        (Some(""), Err(BadSignature::Malformed)),
        (None, Err(BadSignature::Malformed)),
        (Some("algorithm=none"), Err(BadSignature::Algorithm)),
        (Some("algorithm=HMAC_MD5"), Err(BadSignature::Algorithm)),
    ] {
        assert_eq!(check(settings), want, "{settings:?}");
    }
}

#[test]
fn a_body_that_is_no_form_is_signed_by_its_hash_in_the_query() {
    let body = br#"{"property": "value", "boolean": true}"#;
    let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let url = format!("https://mycompany.com/myapp.php?bodySHA256={hash}&foo=1");
    let signature = "3oVQNJy2+NY/2v/wk1Abfpnn8ME=";
    let check = |url: &str, body: &[u8]| {
        let request = Request {
            url,
            body: Body::Other(body),
            signature: Some(signature.as_bytes()),
            settings: None,
        };
        verify(&[token(TOKEN)], &request).map(|seal| seal.to_string())
    };
    assert_eq!(check(&url, body), Ok(signature.to_owned()));
    assert_eq!(check(&url, b"{}"), Err(BadSignature::Body));
    assert_eq!(
        check("https://mycompany.com/myapp.php?foo=1", body),
        Err(BadSignature::Body)
    );
    let moved = url.replace("foo=1", "foo=2");
    assert_eq!(check(&moved, body), Err(BadSignature::Wrong));
}

#[test]
fn anything_but_the_exact_header_is_refused() {
    let tokens = [token(TOKEN)];
    let good = "qM/OzOMJcXC059FXZT24R/xRaG4=";
    for (header, want) in [
        (String::new(), BadSignature::Malformed),
        (format!(" {good}"), BadSignature::Malformed),
        (format!("{good}="), BadSignature::Malformed),
        (good[..27].to_owned(), BadSignature::Malformed),
        (good.replace('/', "_"), BadSignature::Malformed),
        // The same bytes with other bits behind their end.
        (good.replace("4=", "5="), BadSignature::Malformed),
        (good.replace("4=", "4A"), BadSignature::Malformed),
        (good.replace("qM", "qN"), BadSignature::Wrong),
        (good.to_lowercase(), BadSignature::Wrong),
    ] {
        assert_eq!(
            check(&tokens, URL, "Body=STOP", &header),
            Err(want),
            "{header}"
        );
    }
    assert_eq!(check(&[], URL, "Body=STOP", good), Err(BadSignature::Wrong));
    let request = Request {
        url: URL,
        body: Body::Form(&form("Body=STOP")),
        signature: None,
        settings: None,
    };
    assert_eq!(verify(&tokens, &request), Err(BadSignature::Missing));
}

#[test]
fn an_empty_token_is_no_token_and_a_token_is_never_printed() {
    assert_eq!(Token::new("").unwrap_err(), EmptyToken);
    assert!(!format!("{:?}", token("hush")).contains("hush"));
}

#[test]
fn a_letter_that_moves_between_name_and_value_keeps_the_seal() {
    let tokens = [token(TOKEN)];
    let signature = sign(&tokens[0], URL, &form("MessageSid=SM1&NumMedia=0"));
    let one = check(&tokens, URL, "MessageSid=SM1&NumMedia=0", &signature).unwrap();
    let other = check(&tokens, URL, "MessageSid=SM1NumMedia0", &signature).unwrap();
    assert_eq!(one, other);
}

proptest! {
    // Names are letters and values are not, so that no two forms here are signed alike.
    #[test]
    fn a_changed_request_is_never_believed(
        mut pairs in proptest::collection::btree_map("[A-Z][a-z]{1,8}", "[0-9 +é]{0,12}", 1..8),
        at in any::<proptest::sample::Index>(),
        value in "[0-9 +é]{0,12}",
        (host, secret) in ("[a-z]{1,8}", "[ -~]{1,20}"),
    ) {
        let written = |pairs: &std::collections::BTreeMap<String, String>| {
            let spelt = |text: &str| {
                percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
            };
            let pieces: Vec<_> = pairs.iter().rev().map(|(n, v)| format!("{n}={}", spelt(v))).collect();
            pieces.join("&")
        };
        let url = format!("https://{host}.example/webhooks/sms");
        let tokens = [token(&secret)];
        let body = written(&pairs);
        let signature = sign(&tokens[0], &url, &form(&body));
        prop_assert!(check(&tokens, &url, &body, &signature).is_ok());

        let moved = format!("{url}?a=1");
        prop_assert_eq!(check(&tokens, &moved, &body, &signature), Err(BadSignature::Wrong));
        let longer = format!("{body}&Extra=1");
        prop_assert_eq!(check(&tokens, &url, &longer, &signature), Err(BadSignature::Wrong));
        let other = [token(&format!("{secret}!"))];
        prop_assert_eq!(check(&other, &url, &body, &signature), Err(BadSignature::Wrong));

        let name = pairs.keys().nth(at.index(pairs.len())).unwrap().clone();
        let before = pairs.insert(name.clone(), value.clone());
        let same = before.as_deref() == Some(value.as_str());
        let got = check(&tokens, &url, &written(&pairs), &signature);
        prop_assert_eq!(got.is_ok(), same);
        pairs.remove(&name);
        let got = check(&tokens, &url, &written(&pairs), &signature);
        prop_assert_eq!(got, Err(BadSignature::Wrong));
    }
}
