//! The camera of a phone: reads the QR code in a PNG.

use std::{io::Cursor, thread, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use png::{ColorType, Decoder, Limits, Transformations};
use rqrr::PreparedImage;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{json, refusal::Refusal};

/// A sheet of paper at 300 points an inch has 8.7 million.
const PIXELS_MAX: usize = 12_000_000;
const DECODER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The reader wants a few points for each square.
const SIDE_MIN: usize = 400;
/// And its time grows with the picture much faster than what it finds.
const SIDE_MAX: usize = 1_200;
const READING_MAX: Duration = Duration::from_secs(5);
const _: () = assert!(SIDE_MIN <= SIDE_MAX, "never closer and farther at once");

/// The picture in `png_base64` is replaced by `code`, what its QR code says; a body without picture stays as it is.
pub async fn look(mut args: Value) -> Result<Value, Refusal> {
    let Some(picture) = json::text(&args, "png_base64") else {
        return Ok(args);
    };
    let png = STANDARD
        .decode(picture.trim())
        .map_err(|error| Refusal::Wrong(format!("`png_base64` is not base64: {error}")))?;
    let code = read(png).await?;
    if let Some(args) = args.as_object_mut() {
        args.remove("png_base64");
        args.insert("code".to_owned(), json!(code));
    }
    Ok(args)
}

/// What the one QR code in the picture says.
pub async fn read(png: Vec<u8>) -> Result<String, Refusal> {
    let (answer, answered) = oneshot::channel();
    // A thread of its own: a picture full of corners can keep the reader busy for longer than anybody waits, and a
    // thread of the runtime would then hold up the end of the simulator.
    thread::Builder::new()
        .spawn(move || answer.send(decode(&png).and_then(|picture| code_in(&picture))))
        .map_err(|error| Refusal::Conflict(format!("no thread to read the picture: {error}")))?;
    match tokio::time::timeout(READING_MAX, answered).await {
        Ok(Ok(code)) => code,
        Ok(Err(_)) | Err(_) => Err(Refusal::Wrong(
            "the reader of QR codes gave up on this picture".to_owned(),
        )),
    }
}

/// A decoded picture: points from left to right and from top to bottom, each of as many bytes as its colour takes.
struct Picture {
    width: usize,
    height: usize,
    colour: ColorType,
    bytes: Vec<u8>,
}

impl Picture {
    /// How light the point is; on white where it is transparent.
    fn lightness(&self, x: usize, y: usize) -> u8 {
        let samples = self.colour.samples();
        let start = (y * self.width + x) * samples;
        let point = self.bytes.get(start..start + samples).unwrap_or_default();
        let at = |place: usize| u32::from(point.get(place).copied().unwrap_or(u8::MAX));
        let mixed = || (at(0) * 299 + at(1) * 587 + at(2) * 114) / 1_000;
        let white = u32::from(u8::MAX);
        let over_white = |grey: u32, alpha: u32| (grey * alpha + white * (white - alpha)) / white;
        let grey = match self.colour {
            ColorType::Grayscale | ColorType::Indexed => at(0),
            ColorType::GrayscaleAlpha => over_white(at(0), at(1)),
            ColorType::Rgb => mixed(),
            ColorType::Rgba => over_white(mixed(), at(3)),
        };
        u8::try_from(grey).unwrap_or(u8::MAX)
    }
}

/// Small pictures are held closer, and of large ones only every second, third ... point is looked at.
fn code_in(picture: &Picture) -> Result<String, Refusal> {
    let longest = picture.width.max(picture.height).max(1);
    let (times, step) = (SIDE_MIN.div_ceil(longest), longest.div_ceil(SIDE_MAX));
    let held = |side: usize| side.div_ceil(step) * times;
    let (width, height) = (held(picture.width), held(picture.height));
    let mut seen = PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        picture.lightness(x / times * step, y / times * step)
    });
    let grids = seen.detect_grids();
    let mut codes: Vec<String> = Vec::new();
    for (_, code) in grids.iter().filter_map(|grid| grid.decode().ok()) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    match (codes.pop(), codes.len()) {
        (Some(code), 0) => Ok(code),
        (Some(_), others) => Err(Refusal::Wrong(format!(
            "there are {} QR codes in the picture: want one",
            others + 1
        ))),
        (None, _) => Err(Refusal::Wrong(
            "there is no QR code in the picture that can be read".to_owned(),
        )),
    }
}

fn decode(png: &[u8]) -> Result<Picture, Refusal> {
    let broken =
        |error: png::DecodingError| Refusal::Wrong(format!("the picture is not a PNG: {error}"));
    let limits = Limits {
        bytes: DECODER_BYTES_MAX,
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(png), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let size = reader.output_buffer_size();
    let Some(size) = size.filter(|_| width.saturating_mul(height) <= PIXELS_MAX) else {
        return Err(Refusal::Wrong(format!(
            "the picture has {width} by {height} points: want at most {PIXELS_MAX} in all"
        )));
    };
    let mut bytes = vec![0; size];
    let colour = reader.next_frame(&mut bytes).map_err(broken)?.color_type;
    Ok(Picture {
        width,
        height,
        colour,
        bytes,
    })
}
