//! Reading one line of a story, from the left; whatever is not understood is an error.

use consent::{
    id::NumberId,
    phone::{BadCountry, Country},
    scope::{Category, Channel},
    time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
};

/// What is left of a line.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a>(pub &'a str);

impl<'a> Text<'a> {
    /// Takes a phrase away, if the line goes on with it.
    pub fn take(&mut self, phrase: &str) -> bool {
        let Some(rest) = self.0.strip_prefix(phrase) else {
            return false;
        };
        let ends = rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
        if ends || phrase.ends_with([' ', '"']) {
            self.0 = rest.trim_start();
            true
        } else {
            false
        }
    }

    /// The line must go on with this phrase.
    pub fn want(&mut self, phrase: &str) -> Result<(), String> {
        if self.take(phrase) {
            Ok(())
        } else {
            Err(format!("want `{phrase}` before `{}`", self.0))
        }
    }

    /// The next word.
    pub fn word(&mut self) -> Result<&'a str, String> {
        let end = self.0.find([' ', ',', '\'']).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        if word.is_empty() {
            return Err(format!("want a word before `{}`", self.0));
        }
        self.0 = rest.trim_start();
        Ok(word)
    }

    /// What stands in quotes; `\u{…}` is the character of that number.
    pub fn quoted(&mut self) -> Result<String, String> {
        let inside = self
            .0
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'));
        let (text, rest) =
            inside.ok_or_else(|| format!("want something in quotes before `{}`", self.0))?;
        self.0 = rest.trim_start();
        let mut parts = text.split("\\u{");
        let mut read = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (hex, rest) = part.split_once('}').ok_or("want `}` after `\\u{`")?;
            let code =
                u32::from_str_radix(hex, 16).map_err(|_| format!("`{hex}` is not a character"))?;
            read.push(char::from_u32(code).ok_or_else(|| format!("`{hex}` is not a character"))?);
            read.push_str(rest);
        }
        Ok(read)
    }

    /// A name: a word with a capital.
    pub fn name(&mut self) -> Result<String, String> {
        let name = self.word()?;
        if name.starts_with(char::is_uppercase) {
            Ok(name.to_owned())
        } else {
            Err(format!("`{name}` is not a name"))
        }
    }

    /// A whole number.
    pub fn count(&mut self) -> Result<u32, String> {
        let word = self.word()?;
        word.parse()
            .map_err(|_| format!("`{word}` is not a number"))
    }

    /// The two letters of a country.
    pub fn country(&mut self) -> Result<Country, String> {
        let word = self.word()?;
        word.parse().map_err(|error: BadCountry| error.to_string())
    }

    /// A category, if one is next.
    pub fn category(&mut self) -> Result<Category, String> {
        let word = self.word()?;
        Category::read(word).ok_or_else(|| format!("`{word}` is not a category"))
    }

    /// A channel.
    pub fn channel(&mut self) -> Result<Channel, String> {
        let word = self.word()?;
        Channel::read(word).ok_or_else(|| format!("`{word}` is not a channel"))
    }

    /// One of the two numbers of the business in the stories.
    pub fn number(&mut self) -> Result<NumberId, String> {
        let id = match self.word()? {
            "sales" => "109900000000001",
            "support" => "109900000000002",
            other => return Err(format!("`{other}` is not a number of the business")),
        };
        id.parse().map_err(|error| format!("{error}"))
    }

    /// `on <date> at <time>`, `at <time>` of the day of `today`, or nothing.
    pub fn when(&mut self, today: Timestamp) -> Result<Option<Timestamp>, String> {
        let day = if self.take("on ") {
            Some(date(self.word()?)?)
        } else {
            None
        };
        let minute = if self.take("at ") {
            Some(time(self.word()?)?)
        } else {
            None
        };
        Ok(match (day, minute) {
            (None, None) => None,
            (day, minute) => {
                let midnight = today.millis().div_euclid(DAY_MS) * DAY_MS;
                let ms = day.unwrap_or(midnight) + minute.unwrap_or(0);
                Some(Timestamp::from_millis(ms))
            }
        })
    }

    /// A time of day, in minutes.
    pub fn minute(&mut self) -> Result<u16, String> {
        let ms = time(self.word()?)?;
        u16::try_from(ms / MINUTE_MS).map_err(|_| "not a time of day".to_owned())
    }

    /// The line must end here.
    pub fn end(self) -> Result<(), String> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(format!("cannot read `{}`", self.0))
        }
    }
}

fn time(text: &str) -> Result<i64, String> {
    let bad = || format!("`{text}` is not a time: want 09:30 or 09:30:15");
    let parts: Vec<i64> = text
        .split(':')
        .map_while(|part| part.parse().ok())
        .collect();
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return Err(bad()),
    };
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    if fits && text.len() >= 5 {
        Ok(hour * HOUR_MS + minute * MINUTE_MS + second * 1000)
    } else {
        Err(bad())
    }
}

/// Days since 1970-01-01 of the Gregorian calendar, in milliseconds.
fn date(text: &str) -> Result<i64, String> {
    let bad = || format!("`{text}` is not a date: want 2026-11-22");
    let parts: Vec<i64> = text
        .split('-')
        .map_while(|part| part.parse().ok())
        .collect();
    let [year, month, day] = parts[..] else {
        return Err(bad());
    };
    if !(1970..=2100).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return Err(bad());
    }
    // Years that begin in March, so that the leap day is the last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    Ok((days - 719_468) * DAY_MS)
}
