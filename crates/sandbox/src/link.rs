//! Links as a phone reads them: one that opens a chat with a business, with its text written already, or any web page.

use reqwest::Url;

use crate::refusal::Refusal;

const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;
const WANTED: &str = "want `https://wa.me/<digits>?text=`, `https://api.whatsapp.com/send?phone=&text=` or `whatsapp://send?phone=&text=`";

/// What is behind a link.
#[derive(Debug, PartialEq, Eq)]
pub enum Link {
    Chat(ChatLink),
    /// A web page: its address.
    Page(String),
}

/// A click-to-chat link.
#[derive(Debug, PartialEq, Eq)]
pub struct ChatLink {
    /// The number of the business: digits with the country code.
    pub phone: String,
    /// What stands in the text box when the chat opens.
    pub text: Option<String>,
}

pub fn read(given: &str) -> Result<Link, Refusal> {
    let url = Url::parse(given.trim())
        .map_err(|_| Refusal::Wrong(format!("`{}` is no link: {WANTED}", shown(given))))?;
    let path = url.path().trim_matches('/');
    let web = matches!(url.scheme(), "https" | "http");
    match (url.scheme(), url.host_str().unwrap_or_default()) {
        ("https" | "http", "wa.me") => chat(&url, Some(path)),
        ("https" | "http", "api.whatsapp.com") if path == "send" => chat(&url, None),
        ("whatsapp", "send") if path.is_empty() => chat(&url, None),
        _ if web => Ok(Link::Page(url.to_string())),
        _ => Err(Refusal::Wrong(format!(
            "`{}` opens neither a chat nor a page: {WANTED}",
            shown(given)
        ))),
    }
}

/// `path` is the number where the link carries it there; else it is the parameter `phone`.
fn chat(url: &Url, path: Option<&str>) -> Result<Link, Refusal> {
    let parameter = |wanted: &str| {
        let found = url.query_pairs().find(|(key, _)| key == wanted);
        found.map(|(_, value)| value.into_owned())
    };
    let phone = path
        .map(str::to_owned)
        .or_else(|| parameter("phone"))
        .unwrap_or_default();
    let right = (DIGITS_MIN..=DIGITS_MAX).contains(&phone.len())
        && phone.bytes().all(|b| b.is_ascii_digit())
        && !phone.starts_with('0');
    if !right {
        return Err(Refusal::Wrong(format!(
            "`{}` is not the number of a chat link: want {DIGITS_MIN} to {DIGITS_MAX} digits with the country code, \
             without `+`, spaces, dashes or zeroes before it",
            shown(&phone)
        )));
    }
    let text = parameter("text").filter(|text| !text.is_empty());
    // A browser would show the same black lozenges: whoever made the link did not write UTF-8.
    if text
        .as_deref()
        .is_some_and(|text| text.contains('\u{fffd}'))
    {
        return Err(Refusal::Wrong(
            "the text of the link is not UTF-8 with percent signs".to_owned(),
        ));
    }
    Ok(Link::Chat(ChatLink { phone, text }))
}

/// Enough of a text to know it again.
pub fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 80;
    let short: String = text.chars().take(SHOWN_MAX).collect();
    if short.len() < text.len() {
        format!("{short}…")
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::{ChatLink, Link, read};
    use crate::refusal::Refusal;

    fn chat(text: Option<&str>) -> Link {
        Link::Chat(ChatLink {
            phone: "12025550100".to_owned(),
            text: text.map(str::to_owned),
        })
    }

    #[test]
    fn the_three_forms_of_a_chat_link_say_the_same() {
        for link in [
            "https://wa.me/12025550100?text=Join%20us+%F0%9F%8C%B7%0A%2B1%26%23",
            " https://wa.me/12025550100/?text=Join+us+🌷%0a%2B1%26%23 \n",
            "https://api.whatsapp.com/send?phone=12025550100&text=Join+us+%F0%9F%8C%B7%0A%2B1%26%23",
            "https://api.whatsapp.com/send/?text=Join+us+%F0%9F%8C%B7%0A%2B1%26%23&phone=12025550100",
            "whatsapp://send?phone=12025550100&text=Join+us+%F0%9F%8C%B7%0A%2B1%26%23",
            "WhatsApp://send/?phone=12025550100&text=Join%20us%20%F0%9F%8C%B7%0A%2B1%26%23",
        ] {
            assert_eq!(read(link), Ok(chat(Some("Join us 🌷\n+1&#"))), "{link}");
        }
    }

    #[test]
    fn what_was_not_encoded_is_cut_off_as_a_phone_cuts_it() {
        for link in [
            "https://wa.me/12025550100?text=Tom&Co",
            "https://wa.me/12025550100?text=Tom#1",
        ] {
            assert_eq!(read(link), Ok(chat(Some("Tom"))), "{link}");
        }
        for link in [
            "https://wa.me/12025550100",
            "whatsapp://send?phone=12025550100&text=",
        ] {
            assert_eq!(read(link), Ok(chat(None)), "{link}");
        }
    }

    #[test]
    fn other_pages_are_pages_and_the_rest_is_no_link() {
        for page in [
            "https://example.com/join/spring",
            "http://127.0.0.1:8080/join/a?b=1",
            "https://api.whatsapp.com/",
            "https://wa.me.example.com/12025550100",
        ] {
            assert_eq!(read(page), Ok(Link::Page(page.to_owned())));
        }
        for wrong in [
            "",
            "hello",
            "wa.me/12025550100",
            "javascript:alert(1)",
            "tel:+12025550100",
            "whatsapp://call?phone=12025550100",
            "https://wa.me/+12025550100?text=x",
            "https://wa.me/012025550100?text=x",
            "https://wa.me/1-202-555-0100?text=x",
            "https://wa.me/message/ABCDEFGHIJKLM1",
            "https://wa.me/?text=x",
            "https://api.whatsapp.com/send?text=x",
            "https://wa.me/12025550100?text=%E9t%E9",
        ] {
            assert!(matches!(read(wrong), Err(Refusal::Wrong(_))), "{wrong}");
        }
    }
}
