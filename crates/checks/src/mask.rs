//! Tells code, comments and string literals of a Rust file apart, so that a rule looks where it means to.

/// A file with its comments and the contents of its strings blanked, line for line as it was.
#[derive(Clone, Debug, Default)]
pub struct Masked {
    /// Code alone; strings are empty quotes, and blanks stand for what was taken out.
    pub code: String,
    /// Each string literal's line, counted from 1, and its text as written.
    pub strings: Vec<(usize, String)>,
}

impl Masked {
    /// Reads a file; what is unfinished at its end counts as what it began as.
    pub fn of(text: &str) -> Self {
        let mut reader = Reader {
            rest: text,
            line: 1,
            masked: Self::default(),
        };
        while !reader.rest.is_empty() {
            reader.step();
        }
        reader.masked
    }

    /// The same without what `#[cfg(test)]` keeps out of the product.
    pub fn product(&self) -> Self {
        let mut code = self.code.clone();
        let mut cut: Vec<(usize, usize)> = Vec::new();
        while let Some(from) = code.find("#[cfg(test)]") {
            let to = end_of_item(&code, from + "#[cfg(test)]".len());
            cut.push((line_at(&code, from), line_at(&code, to)));
            code = blank(&code, from, to);
        }
        let kept = |line: usize| !cut.iter().any(|(from, to)| (*from..=*to).contains(&line));
        Self {
            code,
            strings: self
                .strings
                .iter()
                .filter(|(line, _)| kept(*line))
                .cloned()
                .collect(),
        }
    }
}

/// The line of a byte offset, counted from 1.
pub fn line_at(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    masked: Masked,
}

impl Reader<'_> {
    fn step(&mut self) {
        if self.rest.starts_with("//") {
            self.blank(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.blank(block_comment(self.rest));
        } else if let Some((open, close)) = self.string_opens() {
            self.string(open, &close);
        } else if let Some(len) = character(self.rest) {
            self.blank(len);
        } else {
            self.code();
        }
    }

    /// Takes over a whole word, or one other character, so that the `r` of `for` opens no string.
    fn code(&mut self) {
        let word = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let taken = word.unwrap_or(self.rest.len()).max(first);
        let (text, rest) = self.rest.split_at(taken);
        self.masked.code.push_str(text);
        self.line += text.matches('\n').count();
        self.rest = rest;
    }

    fn blank(&mut self, len: usize) {
        let (text, rest) = self.rest.split_at(len);
        let blanks = text.chars().map(|c| if c == '\n' { '\n' } else { ' ' });
        self.masked.code.extend(blanks);
        self.line += text.matches('\n').count();
        self.rest = rest;
    }

    /// The length of an opening quote with its prefix, and the mark that closes it; empty for one with escapes.
    fn string_opens(&self) -> Option<(usize, String)> {
        let letters = self.rest.find(|c: char| !matches!(c, 'b' | 'c' | 'r'))?;
        let (prefix, after) = self.rest.split_at_checked(letters)?;
        if !matches!(prefix, "" | "b" | "c" | "r" | "br" | "cr") {
            return None;
        }
        let hashes = after.find(|c| c != '#')?;
        let raw = prefix.ends_with('r');
        if !after.get(hashes..)?.starts_with('"') || (hashes > 0 && !raw) {
            return None;
        }
        let close = if raw {
            format!("\"{}", "#".repeat(hashes))
        } else {
            String::new()
        };
        Some((letters + hashes + 1, close))
    }

    fn string(&mut self, open: usize, close: &str) {
        let inside = self.rest.get(open..).unwrap_or_default();
        let end = if close.is_empty() {
            unescaped_quote(inside)
        } else {
            inside.find(close)
        };
        let len = end.unwrap_or(inside.len());
        let text = inside.get(..len).unwrap_or_default().to_owned();
        self.masked.strings.push((self.line, text));
        let after = if close.is_empty() { 1 } else { close.len() };
        let whole = (open + len + after).min(self.rest.len());
        self.masked.code.push('"');
        self.blank(whole);
        self.masked.code.push('"');
    }
}

fn unescaped_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of a character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if let Some(escape) = inside.strip_prefix('\\') {
        let skipped = escape.chars().next().map_or(0, char::len_utf8);
        let close = escape.get(skipped..)?.find('\'')?;
        return Some(1 + 1 + skipped + close + 1);
    }
    let len = inside.chars().next()?.len_utf8();
    inside.get(len..)?.starts_with('\'').then_some(len + 2)
}

/// The end of the item that begins at an offset: its `;`, or the brace that closes its first one.
fn end_of_item(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices().skip_while(|(at, _)| *at < from) {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(code: &str, from: usize, to: usize) -> String {
    let inside = |at: usize| (from..to).contains(&at);
    code.char_indices()
        .map(|(at, c)| if inside(at) && c != '\n' { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_taken_out_of_the_code() {
        let masked = Masked::of(
            "let a = \"use x; \\\" y\"; // use z\n/* /* b */ c */ let d = r#\"e \"f\" g\"#;",
        );
        assert_eq!(
            masked.strings,
            [(1, "use x; \\\" y".to_owned()), (2, "e \"f\" g".to_owned())]
        );
        assert!(!masked.code.contains("use"), "{}", masked.code);
        assert!(masked.code.contains("let d = "), "{}", masked.code);
        assert_eq!(masked.code.lines().count(), 2);
    }

    #[test]
    fn quotes_in_characters_open_no_string_and_lifetimes_open_no_character() {
        let masked = Masked::of(
            "fn f<'a>(c: &'a str) { m(b'\"', '\"', '\\'', '\\u{1F}', 'x'); for r in \"s\" {} }",
        );
        assert_eq!(masked.strings, [(1, "s".to_owned())]);
        assert!(masked.code.contains("&'a str"));
    }

    #[test]
    fn tests_are_not_part_of_the_product() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { c(\"d\") }\n}\nfn e() { f(\"g\") }\n";
        let product = Masked::of(text).product();
        assert!(!product.code.contains("fn b"));
        assert!(product.code.contains("fn e"));
        assert_eq!(product.strings, [(6, "g".to_owned())]);
    }
}
