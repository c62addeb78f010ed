//! What a template has beside its texts: a file above them, and buttons that lead somewhere.

use graph::{
    message::{File, FilePlace},
    template::{Media, Shape},
};

use super::body::FileBody;
use crate::error::Error;

/// Longest address of a file, in characters.
const LINK_CHARS_MAX: usize = 2_000;
/// Longest name of a document, in characters.
const NAME_CHARS_MAX: usize = 240;
/// Longest id at Meta, in digits.
const ID_DIGITS_MAX: usize = 32;
/// The field that is to blame.
const FIELD: &str = "variables.file";

/// The file that a template wants above its text, checked.
///
/// # Errors
/// [`Error::Invalid`] where there is none and one is wanted, where none is wanted, or where it cannot be one.
pub(super) fn read(shape: &Shape, given: Option<&FileBody>) -> Result<Option<FileBody>, Error> {
    let (kind, given) = match (shape.file(), given) {
        (None, None) => return Ok(None),
        (None, Some(_)) => {
            return Err(Error::field(
                FIELD,
                "the template has no file above its text",
            ));
        }
        (Some(kind), None) => return Err(wanted(kind)),
        (Some(kind), Some(given)) => (kind, given),
    };
    let clean = |text: &Option<String>| {
        let text = text
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let file = FileBody {
        link: clean(&given.link),
        id: clean(&given.id),
        name: clean(&given.name),
    };
    let is_link = |link: &String| {
        let rest = link.strip_prefix("https://").unwrap_or_default();
        !rest.is_empty()
            && link.chars().count() <= LINK_CHARS_MAX
            && !link.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    let is_id =
        |id: &String| id.len() <= ID_DIGITS_MAX && id.bytes().all(|byte| byte.is_ascii_digit());
    let is_good = match (&file.link, &file.id) {
        (Some(link), None) => is_link(link),
        (None, Some(id)) => is_id(id),
        _ => false,
    };
    if !is_good {
        return Err(wanted(kind));
    }
    let is_long = |name: &String| name.chars().count() > NAME_CHARS_MAX;
    if file.name.as_ref().is_some_and(is_long) {
        let message = format!("want a name of at most {NAME_CHARS_MAX} characters");
        return Err(Error::field(FIELD, message));
    }
    Ok(Some(file))
}

fn wanted(kind: Media) -> Error {
    let message = format!(
        "the template has a file above its text ({}): want its address with https://, or its id at Meta",
        kind.word()
    );
    Error::field(FIELD, message)
}

/// The file of a variant, as a message has it.
pub(super) fn of<'a>(shape: &Shape, file: Option<&'a FileBody>) -> Option<File<'a>> {
    let (kind, file) = (shape.file()?, file?);
    let place = match (&file.link, &file.id) {
        (Some(link), _) => FilePlace::Link(link),
        (None, id) => FilePlace::Id(id.as_deref()?),
    };
    Some(File {
        kind,
        place,
        name: file.name.as_deref(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(format: &str) -> Shape {
        Shape::of(&format!(r#"[{{"type":"HEADER","format":"{format}"}}]"#))
    }

    fn link(link: &str) -> FileBody {
        FileBody {
            link: Some(link.to_owned()),
            ..FileBody::default()
        }
    }

    #[test]
    fn a_file_is_wanted_where_the_template_has_one_and_nowhere_else() {
        let at_meta = FileBody {
            id: Some(" 123 ".to_owned()),
            ..FileBody::default()
        };
        let both = FileBody {
            id: Some("123".to_owned()),
            ..link("https://example.com/a.png")
        };
        let read = |format: &str, given: Option<&FileBody>| read(&shape(format), given).is_ok();
        assert!(read("IMAGE", Some(&link("https://example.com/a.png"))));
        assert!(read("VIDEO", Some(&at_meta)) && read("TEXT", None));
        for bad in ["http://example.com/a.png", "https://", "https://a b", ""] {
            assert!(!read("DOCUMENT", Some(&link(bad))), "{bad}");
        }
        assert!(!read("IMAGE", None) && !read("IMAGE", Some(&both)));
        assert!(!read("LOCATION", Some(&at_meta)));
    }
}
