//! A customer opens a link or scans a code: the chat opens with the text in its box, and they press send.

use serde_json::{Value, json};

use crate::{
    customer, json,
    link::{self, ChatLink, Link, shown},
    refusal::Refusal,
    said,
    world::World,
};

impl World {
    /// `link` must lead to a chat; `text` is what the person made of the text before sending it.
    pub fn open(&mut self, who: &str, args: &Value) -> Result<Value, Refusal> {
        let given = json::text(args, "link").ok_or_else(|| {
            Refusal::Wrong("`link` is missing: want what the person opens".to_owned())
        })?;
        self.known(who)?;
        match link::read(given)? {
            Link::Chat(chat) => self.enter(who, chat, args),
            Link::Page(page) => Err(Refusal::Wrong(format!(
                "`{}` opens a page, not a chat: visit it with a browser",
                shown(&page)
            ))),
        }
    }

    /// `code` is what a QR code says: a chat link is opened, the address of a page is only told.
    pub fn scan(&mut self, who: &str, args: &Value) -> Result<Value, Refusal> {
        let code = json::text(args, "code").ok_or_else(|| {
            Refusal::Wrong(
                "`png_base64` is missing: want a picture with a QR code, or `code`, what it says"
                    .to_owned(),
            )
        })?;
        self.known(who)?;
        match link::read(code)? {
            Link::Chat(chat) => self.enter(who, chat, args),
            Link::Page(page) => Ok(json!({"opened": page})),
        }
    }

    fn enter(&mut self, who: &str, chat: ChatLink, args: &Value) -> Result<Value, Refusal> {
        let wa_id = customer::wa_id(&chat.phone);
        let mut numbers = self.accounts.iter().flat_map(|account| &account.numbers);
        let number = numbers
            .find(|number| customer::wa_id(&number.display) == wa_id)
            .map(|number| number.id.clone())
            .ok_or_else(|| {
                Refusal::Wrong(format!("no business has the number `+{}`", chat.phone))
            })?;
        let written = json::text(args, "text").map(str::to_owned).or(chat.text);
        let written = written.ok_or_else(|| {
            Refusal::Wrong(
                "the link carries no text: want `text`, what the person writes".to_owned(),
            )
        })?;
        let typed = json!({"text": written});
        let mut answer = self.receive(who, &number, said::say(&typed)?)?;
        json::overlay(&mut answer, json!({"number": number, "text": written}));
        Ok(answer)
    }
}
