//! The bytes of a webhook: JSON with everything beyond ASCII escaped, and the signature over just those bytes.

use std::io;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::{Value, ser::Formatter};
use sha2::Sha256;

/// As Meta writes it: compact, with `\uXXXX` in lower-case hexadecimal for each UTF-16 unit beyond ASCII.
pub fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(1_024);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Ascii);
    // Writing to memory fails only where a key is no string, and a `Value` has none such.
    if value.serialize(&mut serializer).is_err() {
        out.clear();
    }
    out
}

/// The value of `X-Hub-Signature-256`.
pub fn signature(app_secret: &str, body: &[u8]) -> String {
    match Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) {
        Ok(mut mac) => {
            mac.update(body);
            format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
        }
        // HMAC takes a key of any length.
        Err(_) => String::new(),
    }
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut units = [0_u16; 2];
        for character in fragment.chars() {
            if character.is_ascii() {
                writer.write_all(&[u8::try_from(character).unwrap_or(b'?')])?;
                continue;
            }
            for unit in character.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{bytes, signature};

    #[test]
    fn beyond_ascii_is_escaped_in_lower_case() {
        let body = bytes(&json!({"text": "Olá \"👍\"\n"}));
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"text":"Ol\u00e1 \"\ud83d\udc4d\"\n"}"#
        );
    }

    #[test]
    fn the_signature_is_the_one_that_openssl_makes() {
        let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
        let right = "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756";
        assert_eq!(signature("test_app_secret", body), right);
    }
}
