//! QR codes of any text: as SVG for pages and print, as PNG for whoever needs pixels.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use crate::error::Error;

/// Modules of white on every side, as the standard wants them.
const QUIET: usize = 4;
/// The side of a PNG at the most, in pixels, unless a module would be smaller than one.
const PNG_SIDE_MAX: usize = 1_200;

/// The modules of a code, row by row; dark is true. A part of a code that is lost or dirty is made up for (level M).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    rows: Vec<Vec<bool>>,
}

impl Qr {
    /// The code of a text.
    ///
    /// # Errors
    /// When the text is longer than any code holds (about 2,300 bytes).
    pub fn of(text: &str) -> Result<Self, Error> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        let code = code.map_err(Error::internal)?;
        let rows = code.to_colors();
        let rows = rows.chunks(code.width());
        Ok(Self {
            rows: rows
                .map(|row| row.iter().map(|module| *module == Color::Dark).collect())
                .collect(),
        })
    }

    /// Modules on a side, with the quiet zone.
    #[must_use]
    pub fn side(&self) -> usize {
        self.rows.len() + 2 * QUIET
    }

    /// As SVG: black on white whatever stands around it, and as large as its place.
    #[must_use]
    pub fn svg(&self) -> String {
        let side = self.side();
        let mut dark = String::new();
        for (y, row) in self.rows.iter().enumerate() {
            for (x, length) in runs(row) {
                // Writing to a string cannot fail.
                let _ = write!(dark, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{dark}\"/></svg>"
        )
    }

    /// As PNG: one bit a pixel, and every module the same whole number of pixels.
    ///
    /// # Errors
    /// When the picture cannot be written.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        let scale = (PNG_SIDE_MAX / self.side()).max(1);
        let pixels = self.side() * scale;
        let side = u32::try_from(pixels).map_err(Error::internal)?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header().map_err(Error::internal)?;
        let white = packed(&vec![false; pixels]);
        let quiet = std::iter::repeat_n(&white, QUIET * scale);
        let inner: Vec<Vec<u8>> = self.rows.iter().map(|row| line(row, scale)).collect();
        let inner = inner
            .iter()
            .flat_map(|line| std::iter::repeat_n(line, scale));
        let data: Vec<u8> = quiet
            .clone()
            .chain(inner)
            .chain(quiet)
            .flatten()
            .copied()
            .collect();
        writer.write_image_data(&data).map_err(Error::internal)?;
        writer.finish().map_err(Error::internal)?;
        Ok(file)
    }
}

/// Where dark modules begin, and how many stand side by side.
fn runs(row: &[bool]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (x, _) in row.iter().enumerate().filter(|(_, is_dark)| **is_dark) {
        match found.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => found.push((x, 1)),
        }
    }
    found
}

/// A line of pixels through a row of modules, quiet zone and all.
fn line(row: &[bool], scale: usize) -> Vec<u8> {
    let quiet = std::iter::repeat_n(false, QUIET);
    let modules = quiet.clone().chain(row.iter().copied()).chain(quiet);
    let pixels: Vec<bool> = modules
        .flat_map(|is_dark| std::iter::repeat_n(is_dark, scale))
        .collect();
    packed(&pixels)
}

/// Eight pixels to a byte, the first in the highest bit; white is one, also after the last.
fn packed(pixels: &[bool]) -> Vec<u8> {
    let bytes = pixels.chunks(8).map(|eight| {
        let dark = eight.iter().enumerate().filter(|(_, is_dark)| **is_dark);
        dark.fold(u8::MAX, |byte, (at, _)| byte & !(0x80 >> at))
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const LINK: &str =
        "https://wa.me/442079460000?text=I%20want%20the%20offers%20(4XKM-09TR-ZB7C-31QD)";

    /// What a camera reads in a square of pixels.
    fn read(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
        let shade = |x, y| if is_dark(x, y) { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, shade);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one code is seen");
        let (meta, text) = grids[0].decode().unwrap();
        assert_eq!(meta.ecc_level, 0, "level M, as the standard numbers it");
        text
    }

    /// The squares that an SVG of ours draws dark.
    fn drawn(svg: &str) -> Vec<(usize, usize)> {
        let path = svg.split("fill=\"#000\" d=\"").nth(1).unwrap();
        let path = path.split('"').next().unwrap();
        let mut squares = Vec::new();
        for run in path.split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (length, rest) = rest.split_once("v1h-").unwrap();
            assert_eq!(rest, format!("{length}z"));
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = length.parse().unwrap();
            squares.extend((x..x + length).map(|x| (x, y)));
        }
        squares
    }

    #[test]
    fn what_is_drawn_is_read_again_by_somebody_else() {
        for text in [
            "A",
            LINK,
            "https://gate.example.com/join/spring?lang=ar",
            "नमस्ते",
        ] {
            let qr = Qr::of(text).unwrap();
            let svg = qr.svg();
            let side = qr.side();
            assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
            let squares = drawn(&svg);
            let quiet = QUIET..side - QUIET;
            assert!(
                squares
                    .iter()
                    .all(|(x, y)| quiet.contains(x) && quiet.contains(y))
            );
            let scale = 4;
            let seen = read(side * scale, |x, y| {
                squares.contains(&(x / scale, y / scale))
            });
            assert_eq!(seen, text);
        }
    }

    #[test]
    fn a_picture_in_pixels_says_the_same_and_has_whole_modules() {
        let qr = Qr::of(LINK).unwrap();
        let file = qr.png().unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&file)).read_info().unwrap();
        let mut data = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut data).unwrap();
        assert_eq!(
            (info.width, info.bit_depth),
            (info.height, png::BitDepth::One)
        );
        let side = usize::try_from(info.width).unwrap();
        assert!(side > 1_000 && side <= PNG_SIDE_MAX && side % qr.side() == 0);
        let is_dark =
            |x: usize, y: usize| data[y * info.line_size + x / 8] & (0x80 >> (x % 8)) == 0;
        assert_eq!(read(side, is_dark), LINK);
        let scale = side / qr.side();
        assert!(!(0..side).any(|x| (0..QUIET * scale).any(|y| is_dark(x, y))));
    }

    #[test]
    fn a_text_that_no_code_holds_is_an_error() {
        assert!(Qr::of(&"x".repeat(3_000)).is_err());
    }
}
