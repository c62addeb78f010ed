//! The camera of a phone: reads the QR code in a PNG.

use std::io::Cursor;

use base64::{Engine, engine::general_purpose::STANDARD};
use png::{ColorType, Decoder, Limits, Transformations};
use rqrr::PreparedImage;
use serde_json::{Value, json};

use crate::{json, refusal::Refusal};

/// A sheet of paper at 300 points an inch has 8.7 million.
const PIXELS_MAX: usize = 12_000_000;
const DECODER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A smaller picture is held closer: the reader wants a few points for each square.
const SIDE_MIN: usize = 400;

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

/// What the one QR code in the picture says; away from the threads that answer, for a large picture takes its time.
pub async fn read(png: Vec<u8>) -> Result<String, Refusal> {
    let reading = tokio::task::spawn_blocking(move || code_in(&grey(&png)?));
    reading.await.unwrap_or_else(|_| {
        Err(Refusal::Wrong(
            "the reader of QR codes gave up on this picture".to_owned(),
        ))
    })
}

struct Grey {
    width: usize,
    height: usize,
    points: Vec<u8>,
}

fn code_in(picture: &Grey) -> Result<String, Refusal> {
    let longest = picture.width.max(picture.height).max(1);
    let times = SIDE_MIN.div_ceil(longest);
    let (width, height) = (picture.width * times, picture.height * times);
    let mut seen = PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        let at = (y / times) * picture.width + x / times;
        picture.points.get(at).copied().unwrap_or(u8::MAX)
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

/// The picture without its colours, on white where it is transparent.
fn grey(png: &[u8]) -> Result<Grey, Refusal> {
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
    let frame = reader.next_frame(&mut bytes).map_err(broken)?;
    let points = bytes
        .chunks_exact(frame.color_type.samples())
        .map(|point| lightness(frame.color_type, point))
        .collect();
    Ok(Grey {
        width,
        height,
        points,
    })
}

fn lightness(colour: ColorType, point: &[u8]) -> u8 {
    let at = |place: usize| u32::from(point.get(place).copied().unwrap_or(u8::MAX));
    let mixed = || (at(0) * 299 + at(1) * 587 + at(2) * 114) / 1_000;
    let white = u32::from(u8::MAX);
    let over_white = |grey: u32, alpha: u32| (grey * alpha + white * (white - alpha)) / white;
    let grey = match colour {
        ColorType::Grayscale | ColorType::Indexed => at(0),
        ColorType::GrayscaleAlpha => over_white(at(0), at(1)),
        ColorType::Rgb => mixed(),
        ColorType::Rgba => over_white(mixed(), at(3)),
    };
    u8::try_from(grey).unwrap_or(u8::MAX)
}
