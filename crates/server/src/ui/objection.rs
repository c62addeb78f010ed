//! What services say against something, in the reader's language.
//!
//! The sentence of the API is the key, as it is in English: what services say stays where it is, and `refusals.ftl` has each
//! sentence once in each language, under a code that stays. A test reads the sentences out of the services, so none that a
//! form can meet is without its text.

use std::sync::LazyLock;

use super::{language::Language, voice::Voice};

const SENTENCES: &str = include_str!("i18n/desk/en/refusals.ftl");
/// What is said where a sentence has no text.
const OTHER: &str = "refused-other";

/// A sentence with gaps: what stands between them, and what they are called.
struct Sentence {
    code: &'static str,
    parts: Vec<&'static str>,
    gaps: Vec<&'static str>,
}

static KNOWN: LazyLock<Vec<Sentence>> =
    LazyLock::new(|| SENTENCES.lines().filter_map(Sentence::read).collect());

/// What a service said, for a reader. In English it is the sentence itself.
#[must_use]
pub fn told(voice: &Voice, message: &str) -> String {
    if voice.language == Language::English {
        return message.to_owned();
    }
    let found = KNOWN
        .iter()
        .find_map(|known| Some((known.code, known.filled(message)?)));
    match found {
        Some((code, what)) => voice.say_with(&format!("refused-{code}"), &what),
        None => voice.say(OTHER),
    }
}

/// The code of what a service said; none where there is no text for it.
#[must_use]
pub fn code(message: &str) -> Option<&'static str> {
    let mut known = KNOWN.iter();
    known
        .find(|known| known.filled(message).is_some())
        .map(|known| known.code)
}

impl Sentence {
    /// Reads `code = A text with { $gaps }.`
    fn read(line: &'static str) -> Option<Self> {
        let (id, mut rest) = line.split_once(" = ").filter(|(id, _)| *id != OTHER)?;
        let code = id.strip_prefix("refused-")?;
        let (mut parts, mut gaps) = (Vec::new(), Vec::new());
        while let Some((before, after)) = rest.split_once("{ $") {
            let (name, after) = after.split_once(" }")?;
            parts.push(before);
            gaps.push(name);
            rest = after;
        }
        parts.push(rest);
        Some(Self { code, parts, gaps })
    }

    /// What stands in the gaps, where a message is this sentence.
    fn filled<'a>(&self, message: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
        let (first, rest) = self.parts.split_first()?;
        let mut left = message.strip_prefix(first)?;
        let mut what = Vec::with_capacity(self.gaps.len());
        for (at, part) in rest.iter().enumerate() {
            let is_last = at + 1 == rest.len();
            let end = if is_last {
                left.len()
                    .checked_sub(part.len())
                    .filter(|_| left.ends_with(part))
            } else {
                left.find(part)
            };
            let end = end?;
            what.push((*self.gaps.get(at)?, left.get(..end)?));
            left = left.get(end + part.len()..)?;
        }
        left.is_empty().then_some(what)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Where the sentences are that forms of the dashboard can meet.
    const SOURCES: [&str; 45] = [
        "../../graph/src/template/draft.rs",
        "services/attributes.rs",
        "services/bulk.rs",
        "services/campaigns.rs",
        "services/campaigns/acts.rs",
        "services/campaigns/audience.rs",
        "services/campaigns/compose.rs",
        "services/campaigns/draft.rs",
        "services/campaigns/file.rs",
        "services/campaigns/drive.rs",
        "services/campaigns/late.rs",
        "services/campaigns/names.rs",
        "services/campaigns/plan.rs",
        "services/campaigns/preflight.rs",
        "services/campaigns/recorder.rs",
        "ui/desk/campaigns/make/again.rs",
        "ui/desk/campaigns/make/write.rs",
        "services/contacts.rs",
        "services/enclosures.rs",
        "services/flows/setting.rs",
        "services/forms.rs",
        "services/forms/body.rs",
        "services/forms/link.rs",
        "services/import.rs",
        "services/import/mapping.rs",
        "services/inbox/reply.rs",
        "services/keys.rs",
        "services/notes.rs",
        "services/policy.rs",
        "services/quick_replies.rs",
        "services/reports.rs",
        "services/reports/range.rs",
        "services/reviews.rs",
        "services/roster/ask.rs",
        "services/segments.rs",
        "services/staff.rs",
        "services/staff/factor.rs",
        "services/staff/members.rs",
        "services/staff/own.rs",
        "services/staff/password.rs",
        "services/staff/row.rs",
        "services/templates/create.rs",
        "services/templates/remove.rs",
        "services/topics.rs",
        "services/topics/change.rs",
    ];

    /// What these files say that nobody is refused with: notes in the log, names, and what stands in a sentence of the list.
    const OTHERS: [&str; 31] = [
        "a campaign cannot go on",
        "a campaign stopped itself",
        "a campaign without a variant",
        "a number like 42 or -3.5",
        "a day like 2026-11-22",
        "file {} of contact {contact}",
        "the file has more than {ROWS_MAX} rows: the others were not read",
        "An earlier row of this file has the same address.",
        "a reply that left no trace",
        "inbox reply {contact} {number} {}",
        "{reply} to contact {contact} from number {number}",
        "{} about contact {contact}",
        "{id} about contact {contact}, destroyed",
        "Opted out of marketing",
        "Opted in to marketing",
        "a member has the role `{}`",
        "{} invited as {}",
        "{id} from {} to {}",
        "{id} was given a new link",
        r#"<iframe src=\"{url}?embed=1\" title=\"{}\" width=\"100%\" height=\"760\" style=\"border:0\"></iframe>"#,
        "form {} version {} {hash}{state}",
        "Offers and news about our garden shop",
        "at most once a week",
        "Hello! I would like to get your messages: {kind}, {frequency}.",
        "¡Hola! Me gustaría recibir sus mensajes: {kind}, {frequency}.",
        "Olá! Gostaria de receber as suas mensagens: {kind}, {frequency}.",
        "नमस्ते! मुझे आपके संदेश चाहिए: {kind}, {frequency}।",
        "مرحبًا! أود أن تصلني رسائلكم: {kind}، {frequency}.",
        "Poster at the till",
        "link {} of form {slug}: {}",
        "link {code} of form {slug}: {state}",
    ];

    /// The sentences in a file: every literal of a certain length that stands in what makes an error.
    fn sentences(text: &str) -> Vec<String> {
        let code = text.split("#[cfg(test)]").next().unwrap();
        let mut found = Vec::new();
        let mut rest = code;
        while let Some(at) = rest.find('"') {
            let (before, after) = rest.split_at(at + 1);
            let mut end = 0;
            while !after[end..].starts_with('"') {
                end += if after[end..].starts_with('\\') { 2 } else { 1 };
                while !after.is_char_boundary(end) {
                    end += 1;
                }
            }
            let literal = after[..end].replace("\\\n", "");
            let literal = literal.split_whitespace().collect::<Vec<_>>().join(" ");
            let line = before.rsplit('\n').next().unwrap_or_default();
            let is_sentence =
                literal.split(' ').count() > 3 && !line.trim_start().starts_with("//");
            let is_sql = literal.starts_with("select ") || literal.starts_with("insert ");
            if is_sentence && !is_sql && !OTHERS.contains(&literal.as_str()) {
                found.push(literal);
            }
            rest = &after[end + 1..];
        }
        found
    }

    /// A format string with something in each of its gaps.
    fn spoken(format: &str) -> String {
        let mut spoken = String::new();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('{') {
            spoken.push_str(before);
            spoken.push('7');
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        spoken + rest
    }

    #[test]
    fn every_sentence_of_the_services_behind_the_forms_has_a_text() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut without = Vec::new();
        let mut seen = 0;
        for file in SOURCES {
            let text = fs::read_to_string(folder.join(file)).unwrap();
            for sentence in sentences(&text) {
                seen += 1;
                if code(&spoken(&sentence)).is_none() {
                    without.push(format!("{file}: {sentence}"));
                }
            }
        }
        assert!(seen > 50, "only {seen} sentences seen");
        assert!(without.is_empty(), "{}", without.join("\n"));
    }

    #[test]
    fn a_sentence_is_found_with_what_stands_in_it() {
        let spanish = Voice::new(Language::Spanish, None, None);
        let english = Voice::new(Language::English, None, None);
        let said = "`Mars/Base` is no time zone: want one like Europe/Berlin";
        assert_eq!(told(&english, said), said);
        let there = told(&spanish, said);
        assert!(
            there.contains("Mars/Base") && there.contains("zona"),
            "{there}"
        );
        assert_eq!(told(&spanish, "nobody ever said so"), spanish.say(OTHER));
    }
}
