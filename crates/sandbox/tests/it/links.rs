//! Links that open a chat, and the codes on paper that carry them.

use base64::{Engine, engine::general_purpose::STANDARD};
use png::{BitDepth, ColorType};
use qrcode::{Color, QrCode};
use reqwest::{Method, header};
use sandbox::options::Number;
use serde_json::{Value, json};

use crate::{
    house::{ADA, House, NUMBER},
    page,
};

const JOIN: &str = "https://wa.me/12025550100?text=Join%20Spring%20%F0%9F%8C%B7%20%28a%2Bb%29";
const JOINED: &str = "Join Spring 🌷 (a+b)";
const SECOND: &str = "109900000000002";

#[tokio::test]
async fn a_chat_link_sends_its_text_to_the_number_it_names() {
    let house = House::open().await;
    let done = house.customer("ada", "open", json!({"link": JOIN})).await;
    for link in [
        "https://api.whatsapp.com/send?phone=12025550100&text=Join+Spring+%F0%9F%8C%B7+(a%2Bb)",
        "whatsapp://send?phone=12025550100&text=Join+Spring+%F0%9F%8C%B7+(a%2Bb)",
    ] {
        house.customer("ada", "open", json!({"link": link})).await;
    }
    let values = house.told("messages").await;
    assert_eq!(values.len(), 3);
    for value in &values {
        assert_eq!(value["metadata"]["phone_number_id"], NUMBER);
        assert_eq!(value["messages"][0]["from"], ADA);
        assert_eq!(value["messages"][0]["text"], json!({"body": JOINED}));
    }
    assert_eq!(
        done,
        json!({"id": values[0]["messages"][0]["id"], "heard": true, "number": NUMBER, "text": JOINED})
    );
    let chat = house.chat("ada").await;
    assert_eq!(
        (&chat[0]["from"], &chat[0]["body"]),
        (&json!("customer"), &json!(JOINED))
    );
}

#[tokio::test]
async fn the_number_is_found_by_its_digits() {
    let house = House::open_with(|options| {
        options.accounts[0].numbers.push(Number {
            id: SECOND.to_owned(),
            display: "5551987654321".to_owned(),
        });
    })
    .await;
    // WhatsApp knows this Brazilian number without its ninth digit.
    for phone in ["5551987654321", "555187654321"] {
        let link = format!("https://wa.me/{phone}?text=oi");
        let done = house
            .customer("ana", "open", json!({"link": link, "number": NUMBER}))
            .await;
        assert_eq!(done["number"], SECOND);
    }
    for value in house.told("messages").await {
        assert_eq!(value["metadata"]["phone_number_id"], SECOND);
    }
}

#[tokio::test]
async fn a_person_may_change_the_text_before_sending_it() {
    let house = House::open().await;
    let edited = json!({"link": JOIN, "text": "Join Spring"});
    house.customer("ada", "open", edited).await;
    let typed = json!({"link": "https://wa.me/12025550100", "text": "hello"});
    house.customer("ada", "open", typed).await;
    let values = house.told("messages").await;
    let texts: Vec<&Value> = values
        .iter()
        .map(|value| &value["messages"][0]["text"]["body"])
        .collect();
    assert_eq!(texts, ["Join Spring", "hello"]);
}

#[tokio::test]
async fn a_link_that_leads_to_no_chat_sends_nothing_and_says_why() {
    let house = House::open().await;
    let long = format!("https://wa.me/12025550100?text={}", "x".repeat(4_097));
    for (link, says) in [
        (
            "https://wa.me/12025550199?text=x",
            "no business has the number `+12025550199`",
        ),
        ("https://wa.me/+12025550100?text=x", "want 7 to 15 digits"),
        ("https://wa.me/12025550100", "carries no text"),
        ("https://wa.me/12025550100?text=%FF", "not UTF-8"),
        (
            "https://wa.me/message/ABCDEFGHIJKLM1",
            "want 7 to 15 digits",
        ),
        ("https://example.com/join/spring", "opens a page"),
        ("wa.me/12025550100?text=x", "is no link"),
        ("sms:+12025550100", "neither a chat nor a page"),
        (&long, "too long"),
    ] {
        let (status, answer) = open(&house, "ada", json!({"link": link})).await;
        let why = answer["error"].as_str().unwrap();
        assert!(status == 422 && why.contains(says), "{status} {why}");
    }
    assert_eq!(open(&house, "ada", json!({})).await.0, 422);
    assert_eq!(open(&house, "nobody", json!({"link": JOIN})).await.0, 404);
    house.customer("ada", "block", json!({})).await;
    assert_eq!(open(&house, "ada", json!({"link": JOIN})).await.0, 409);
    assert!(house.told("messages").await.is_empty());
}

#[tokio::test]
async fn a_scanned_code_is_opened_and_a_page_behind_it_only_told() {
    let house = House::open().await;
    let scanned = house.customer("ada", "scan", seen(JOIN)).await;
    assert_eq!(
        (&scanned["number"], &scanned["text"]),
        (&json!(NUMBER), &json!(JOINED))
    );
    let mut edited = seen(JOIN);
    edited["text"] = json!("Join");
    house.customer("ada", "scan", edited).await;
    let page = "http://127.0.0.1:8080/join/spring?lang=ar";
    assert_eq!(
        house.customer("ada", "scan", seen(page)).await,
        json!({"opened": page})
    );
    let by_words = house.customer("ada", "scan", json!({"code": JOIN})).await;
    assert_eq!(by_words["text"], JOINED);
    assert_eq!(house.told("messages").await.len(), 3);
    let batch = json!({"actions": [{"customer": "ada", "do": "scan", "png_base64": seen(JOIN)["png_base64"]}]});
    let (status, answer) = house.control(Method::POST, "batch", batch).await;
    assert_eq!(
        (status, &answer["results"][0]["text"]),
        (200, &json!(JOINED))
    );
}

#[tokio::test]
async fn a_picture_without_one_readable_code_is_refused() {
    let house = House::open().await;
    let blank = Picture::blank(300, 300);
    let mut twice = Picture::blank(800, 500);
    twice.lay(&Picture::of(JOIN, 5), (50, 50));
    twice.lay(&Picture::of("https://example.com/", 6), (450, 80));
    let mut cut = Picture::of(JOIN, 4).png(ColorType::Grayscale);
    cut.truncate(cut.len() / 2);
    for (args, says) in [
        (json!({}), "`png_base64` is missing"),
        (json!({"png_base64": "***"}), "not base64"),
        (picture(b"GIF89a"), "not a PNG"),
        (picture(&cut), "not a PNG"),
        (picture(&blank.png(ColorType::Grayscale)), "no QR code"),
        (picture(&twice.png(ColorType::Grayscale)), "2 QR codes"),
        (
            picture(&Picture::blank(4_000, 4_000).png(ColorType::Grayscale)),
            "want at most",
        ),
        (seen("hello"), "is no link"),
        (seen("https://wa.me/12025550199?text=x"), "no business"),
    ] {
        let (status, answer) = house
            .control(Method::POST, "customers/ada/scan", args)
            .await;
        let why = answer["error"].as_str().unwrap();
        assert!(status == 422 && why.contains(says), "{status} {why}");
    }
    assert!(house.told("messages").await.is_empty());
}

#[tokio::test]
async fn a_code_is_read_in_every_dress_a_png_can_wear() {
    let house = House::open().await;
    for colour in [
        ColorType::Grayscale,
        ColorType::GrayscaleAlpha,
        ColorType::Rgb,
        ColorType::Rgba,
        ColorType::Indexed,
    ] {
        for scale in [1, 3, 12] {
            let args = picture(&Picture::of(JOIN, scale).png(colour));
            let done = house.customer("ada", "scan", args).await;
            assert_eq!(done["text"], JOINED, "{colour:?} {scale}");
        }
    }
}

#[tokio::test]
async fn a_code_is_found_on_a_printed_sheet_and_noise_is_given_up_soon() {
    let house = House::open().await;
    // A4 at 300 points an inch, with a code of five centimetres below its middle.
    let mut sheet = Picture::blank(2_480, 3_508);
    sheet.lay(&Picture::of(JOIN, 14), (900, 2_000));
    let args = picture(&sheet.png(ColorType::Grayscale));
    assert_eq!(house.customer("ada", "scan", args).await["text"], JOINED);
    // Of this noise the reader alone would not let go for half a minute.
    let mut noise = Picture::blank(1_200, 1_200);
    let mut state = 88_172_645_463_325_252_u64;
    for dark in &mut noise.dark {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *dark = state.is_multiple_of(2);
    }
    let args = picture(&noise.png(ColorType::Grayscale));
    let path = "customers/ada/scan";
    assert_eq!(house.control(Method::POST, path, args).await.0, 422);
}

#[tokio::test]
async fn the_page_opens_links_and_scans_codes_without_script() {
    let house = House::open().await;
    let cookie = page::enter(&house).await;
    let html = page::page(&house, &cookie).await;
    assert!(html.contains("Open a link") && html.contains("Scan a QR code"));
    let form = [("link", JOIN)];
    let opened = page::post(&house, &cookie, "/phones/do/ada/open", &form).await;
    assert_eq!(opened.headers()[header::LOCATION], "/phones#phone-ada");
    for (code, shown) in [
        (JOIN, JOINED),
        (
            "https://example.com/join?a=1&b=<i>",
            r#"The code opens a page: <a href="https://example.com/join?a=1&#38;b=%3Ci%3E" target="_blank" rel="noopener">"#,
        ),
        ("hello", "is no link"),
    ] {
        let png = Picture::of(code, 5).png(ColorType::Grayscale);
        assert_eq!(upload(&house, &cookie, png).await, 303);
        let html = page::page(&house, &cookie).await;
        assert!(html.contains(shown), "{html}");
    }
    assert_eq!(upload(&house, &cookie, Vec::new()).await, 303);
    let html = page::page(&house, &cookie).await;
    assert!(html.contains("Choose a picture first."));
    assert_eq!(upload(&house, "", Vec::new()).await, 403);
    assert_eq!(house.told("messages").await.len(), 2);
}

async fn open(house: &House, who: &str, args: Value) -> (u16, Value) {
    let path = format!("customers/{who}/open");
    house.control(Method::POST, &path, args).await
}

async fn upload(house: &House, cookie: &str, png: Vec<u8>) -> u16 {
    let file = reqwest::multipart::Part::bytes(png).file_name("code.png");
    let form = reqwest::multipart::Form::new().part("picture", file);
    let request = house
        .request(Method::POST, "/phones/do/ada/scan")
        .header(header::COOKIE, cookie)
        .header(header::ORIGIN, house.meta.base_url())
        .multipart(form);
    request.send().await.unwrap().status().as_u16()
}

/// A body that scans a picture of this text.
fn seen(text: &str) -> Value {
    picture(&Picture::of(text, 4).png(ColorType::Grayscale))
}

fn picture(png: &[u8]) -> Value {
    json!({"png_base64": STANDARD.encode(png)})
}

/// Dark and light points, row by row.
struct Picture {
    width: usize,
    dark: Vec<bool>,
}

impl Picture {
    fn blank(width: usize, height: usize) -> Self {
        let dark = vec![false; width * height];
        Self { width, dark }
    }

    /// The code as another crate draws it, `scale` points a square, with the quiet zone of four squares.
    fn of(text: &str, scale: usize) -> Self {
        const QUIET: usize = 4;
        let code = QrCode::new(text).unwrap();
        let squares = code.width();
        let side = (squares + 2 * QUIET) * scale;
        let mut all = Self::blank(side, side);
        for (at, colour) in code.to_colors().into_iter().enumerate() {
            let (x, y) = (at % squares + QUIET, at / squares + QUIET);
            for point in 0..scale * scale {
                let (dx, dy) = (point % scale, point / scale);
                all.dark[(y * scale + dy) * side + x * scale + dx] = colour == Color::Dark;
            }
        }
        all
    }

    /// Lays another picture on this one.
    fn lay(&mut self, other: &Self, (left, top): (usize, usize)) {
        for (at, dark) in other.dark.iter().enumerate() {
            let (x, y) = (left + at % other.width, top + at / other.width);
            self.dark[y * self.width + x] = *dark;
        }
    }

    fn png(&self, colour: ColorType) -> Vec<u8> {
        let height = self.dark.len() / self.width;
        let size = |side: usize| u32::try_from(side).unwrap();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, size(self.width), size(height));
        encoder.set_color(colour);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_palette(vec![250, 250, 240, 10, 60, 50]);
        // What is light is either painted so, or transparent over black.
        let (light, ink): (&[u8], &[u8]) = match colour {
            ColorType::Grayscale => (&[255], &[0]),
            ColorType::GrayscaleAlpha => (&[0, 0], &[0, 255]),
            ColorType::Rgb => (&[255, 255, 200], &[120, 0, 40]),
            ColorType::Rgba => (&[0, 0, 0, 0], &[20, 80, 60, 255]),
            ColorType::Indexed => (&[0], &[1]),
        };
        let points: Vec<u8> = self
            .dark
            .iter()
            .flat_map(|dark| if *dark { ink } else { light })
            .copied()
            .collect();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&points).unwrap();
        writer.finish().unwrap();
        bytes
    }
}
