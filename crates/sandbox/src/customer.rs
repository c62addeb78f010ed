//! A simulated person: ids, phone, switches, and the chat with the business.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use serde_json::{Value, json};

use crate::{
    chat::{Bubble, Out},
    options::NewCustomer,
    secret,
};

const CHAT_MAX: usize = 200;
const WAITING_MAX: usize = 500;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long a business that used the phone goes on seeing it beside a username.
const PHONE_KNOWN_MS: i64 = 30 * DAY_MS;
const BSUID_DIGITS: usize = 20;

pub struct Customer {
    pub id: String,
    pub name: String,
    /// As the person writes it: digits with the country code.
    pub phone: Option<String>,
    /// The same as WhatsApp keeps it; differs in Brazil, Mexico and Argentina.
    pub wa_id: Option<String>,
    pub username: Option<String>,
    pub bsuid: String,
    pub parent_bsuid: Option<String>,
    pub language: String,
    pub phone_hidden: bool,
    pub identity_check: bool,
    pub identity_hash: String,
    /// Numbers of the business whose offers and announcements are switched off.
    pub offers_off: BTreeSet<String>,
    pub blocked: BTreeSet<String>,
    pub blocked_by_business: BTreeSet<String>,
    pub reads: bool,
    pub online: bool,
    pub undeliverable: bool,
    pub capped: bool,
    /// When the person last wrote, by number.
    pub wrote_ms: BTreeMap<String, i64>,
    /// When the business last used the phone, by number.
    pub phone_used_ms: BTreeMap<String, i64>,
    pub chat: VecDeque<Bubble>,
    /// What arrives when the phone is back online.
    pub waiting: VecDeque<Arc<Out>>,
}

impl Customer {
    pub fn new(new: &NewCustomer, id: String) -> Result<Self, String> {
        let phone = new.phone.as_deref().map(digits).transpose()?;
        if phone.is_none() && new.bsuid.is_none() && new.username.is_none() {
            return Err(format!(
                "`{}` has no phone and no username: want at least one",
                new.name
            ));
        }
        let country = phone.as_deref().map_or("US", country_of);
        let seed = phone
            .clone()
            .or_else(|| new.username.clone())
            .unwrap_or_else(|| id.clone());
        let bsuid = new.bsuid.clone().unwrap_or_else(|| bsuid(country, &seed));
        Ok(Self {
            identity_hash: identity_hash(&bsuid),
            wa_id: phone.as_deref().map(wa_id),
            id,
            name: new.name.clone(),
            phone,
            username: new.username.clone(),
            bsuid,
            parent_bsuid: new.parent_bsuid.clone(),
            language: new.language.clone().unwrap_or_else(|| "en_US".to_owned()),
            phone_hidden: new.phone_hidden,
            identity_check: new.identity_check,
            offers_off: BTreeSet::new(),
            blocked: BTreeSet::new(),
            blocked_by_business: BTreeSet::new(),
            reads: true,
            online: true,
            undeliverable: false,
            capped: false,
            wrote_ms: BTreeMap::new(),
            phone_used_ms: BTreeMap::new(),
            chat: VecDeque::new(),
            waiting: VecDeque::new(),
        })
    }

    pub fn first_name(&self) -> &str {
        self.name.split_whitespace().next().unwrap_or(&self.name)
    }

    /// The `wa_id`, where a webhook to this number of the business would show it.
    pub fn shown_phone(&self, number: &str, now_ms: i64) -> Option<&str> {
        let known = |at: &i64| now_ms.saturating_sub(*at) < PHONE_KNOWN_MS;
        let shown = self.username.is_none() || self.phone_used_ms.get(number).is_some_and(known);
        self.wa_id
            .as_deref()
            .filter(|_| shown && !self.phone_hidden)
    }

    pub fn window_open(&self, number: &str, now_ms: i64) -> bool {
        self.wrote_ms
            .get(number)
            .is_some_and(|at| now_ms.saturating_sub(*at) < DAY_MS)
    }

    pub fn add(&mut self, bubble: Bubble) {
        if self.chat.len() >= CHAT_MAX {
            self.chat.pop_front();
        }
        self.chat.push_back(bubble);
    }

    pub fn wait_for(&mut self, out: Arc<Out>) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(out);
    }

    pub fn bubble(&mut self, id: &str) -> Option<&mut Bubble> {
        self.chat.iter_mut().rev().find(|bubble| bubble.id == id)
    }

    pub fn summary(&self) -> Value {
        json!({
            "id": self.id, "name": self.name,
            "phone": self.phone.as_ref().map(|digits| format!("+{digits}")),
            "wa_id": self.wa_id, "username": self.username, "bsuid": self.bsuid,
            "parent_bsuid": self.parent_bsuid, "language": self.language,
            "identity_key_hash": self.identity_hash, "identity_check": self.identity_check,
            "phone_hidden": self.phone_hidden, "offers_off": self.offers_off, "blocked": self.blocked,
            "blocked_by_business": self.blocked_by_business, "reads": self.reads, "online": self.online,
            "undeliverable": self.undeliverable, "capped": self.capped, "wrote_ms": self.wrote_ms,
            "messages": self.chat.len(), "waiting": self.waiting.len(),
        })
    }
}

/// The digits of a number written in any usual way; a leading `00` stands for the `+`.
pub fn digits(text: &str) -> Result<String, String> {
    let bare: String = text
        .chars()
        .filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}'))
        .collect();
    let bare = match bare.strip_prefix("00") {
        Some(rest) if !text.contains('+') => rest.to_owned(),
        _ => bare,
    };
    let right = (7..=15).contains(&bare.len())
        && bare.bytes().all(|byte| byte.is_ascii_digit())
        && !bare.starts_with('0');
    if right {
        Ok(bare)
    } else {
        Err(format!(
            "`{text}` is not a phone number: want 7 to 15 digits with the country code"
        ))
    }
}

/// How WhatsApp keeps a number: Brazil without the extra 9 outside areas 11 to 28, Mexico with a 1, Argentina with a 9.
pub fn wa_id(digits: &str) -> String {
    match (digits.get(..2), digits.len()) {
        (Some("55"), 12 | 13) => brazil(digits),
        (Some("52"), 12) => format!("521{}", digits.get(2..).unwrap_or_default()),
        (Some("54"), 12) if !digits.starts_with("549") => {
            format!("549{}", digits.get(2..).unwrap_or_default())
        }
        _ => digits.to_owned(),
    }
}

fn brazil(digits: &str) -> String {
    let area = digits.get(2..4).unwrap_or_default();
    let rest = digits.get(4..).unwrap_or_default();
    let eight = if rest.len() == 9 {
        rest.strip_prefix('9').unwrap_or(rest)
    } else {
        rest
    };
    let mobile = eight.starts_with(['6', '7', '8', '9']);
    let keeps_nine = area
        .parse::<u8>()
        .is_ok_and(|area| (11..=28).contains(&area));
    if eight.len() == 8 && mobile && keeps_nine {
        format!("55{area}9{eight}")
    } else {
        format!("55{area}{eight}")
    }
}

pub fn bsuid(country: &str, seed: &str) -> String {
    format!("{country}.{}", secret::digits_of(seed, BSUID_DIGITS))
}

pub fn identity_hash(seed: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let eight: Vec<u8> = secret::digits_of(&format!("identity:{seed}"), 8).into_bytes();
    STANDARD.encode(eight)
}

pub fn country_of(digits: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 12] = [
        ("44", "GB"),
        ("55", "BR"),
        ("52", "MX"),
        ("54", "AR"),
        ("49", "DE"),
        ("33", "FR"),
        ("34", "ES"),
        ("39", "IT"),
        ("91", "IN"),
        ("62", "ID"),
        ("351", "PT"),
        ("1", "US"),
    ];
    PREFIXES
        .iter()
        .find(|(prefix, _)| digits.starts_with(prefix))
        .map_or("ZZ", |(_, country)| country)
}

#[cfg(test)]
mod tests {
    use super::{digits, wa_id};

    #[test]
    fn three_countries_write_a_number_in_two_ways() {
        for (written, kept) in [
            ("5511987654321", "5511987654321"),
            ("551187654321", "5511987654321"),
            ("5551987654321", "555187654321"),
            ("555187654321", "555187654321"),
            ("525512345678", "5215512345678"),
            ("5215512345678", "5215512345678"),
            ("541123456789", "5491123456789"),
            ("5491123456789", "5491123456789"),
            ("447700900123", "447700900123"),
        ] {
            assert_eq!(wa_id(written), kept, "{written}");
        }
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        assert_eq!(digits("+44 (7700) 900-123").as_deref(), Ok("447700900123"));
        assert!(digits("12345").is_err());
        assert!(digits("+44 7700 90012x").is_err());
    }

    #[test]
    fn two_zeros_in_front_are_a_plus() {
        for written in ["0044 7700-900-123", "00447700900123", "(00) 44 7700 900123"] {
            assert_eq!(digits(written).as_deref(), Ok("447700900123"), "{written}");
        }
        // The zeros are not part of the number, so the limits hold for what follows them.
        assert_eq!(
            digits("00123456789012345").as_deref(),
            Ok("123456789012345")
        );
        for wrong in [
            "00123456",
            "001234567890123456",
            "+0044 7700 900123",
            "000447700900123",
            "07700 900123",
            "00",
        ] {
            assert!(digits(wrong).is_err(), "{wrong}");
        }
    }
}
