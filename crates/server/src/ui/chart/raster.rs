//! A chart as pixels: the same shapes as everywhere, on white, twice as fine as they are measured.
//!
//! An SVG renderer with fonts would be larger than all the rest of the pages. A chart is lines, boxes and a little text; the letters
//! come from a table of pictures of letters.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::{
    Chart, Size,
    layout::{Anchor, Shape, picture},
    svg::COLOURS,
};
use crate::error::Error;

/// Pixels to a unit.
const SCALE: f64 = 2.0;
/// The space around, in units.
const MARGIN: f64 = 12.0;
/// The room for the title, in units.
const TITLE: f64 = 24.0;
/// The letters: as high as a line of text.
const LETTERS: RasterHeight = RasterHeight::Size24;

type Rgb = [u8; 3];

const PAPER: Rgb = [255, 255, 255];
const INK: Rgb = [28, 35, 48];
const GRID: Rgb = [215, 220, 228];
/// The colours of the series, as a file of lines has them.
const SERIES: [Rgb; COLOURS] = [
    [0x24, 0x58, 0xc7],
    [0xb5, 0x47, 0x08],
    [0x0f, 0x7b, 0x5f],
    [0x8a, 0x3a, 0xb9],
    [0xb3, 0x26, 0x1e],
    [0x51, 0x60, 0x6f],
    [0x0b, 0x72, 0x85],
    [0x8a, 0x6d, 0x00],
    [0xa6, 0x1e, 0x6d],
    [0x3f, 0x7d, 0x20],
    [0x5f, 0x4b, 0xb6],
    [0x7a, 0x4b, 0x2b],
];

/// The chart as PNG.
///
/// # Errors
/// When the picture cannot be written.
pub fn png(chart: &Chart) -> Result<Vec<u8>, Error> {
    let picture = picture(chart, Size::Wide);
    let mut sheet = Sheet::new(
        picture.width + 2.0 * MARGIN,
        picture.height + TITLE + 2.0 * MARGIN,
    );
    let heading = format!("{} ({})", chart.title, chart.unit);
    sheet.text((MARGIN, MARGIN + 14.0), Anchor::Start, &heading);
    let at = |(x, y): (f64, f64)| (x + MARGIN, y + MARGIN + TITLE);
    for shape in &picture.shapes {
        match shape {
            Shape::Grid { from, to, is_base } => {
                let ink = if *is_base { INK } else { GRID };
                sheet.stroke(at(*from), at(*to), 1.0, ink);
            }
            Shape::Path { series, points } => {
                for pair in points.windows(2) {
                    if let [from, to] = pair {
                        sheet.stroke(at(*from), at(*to), 2.0, colour(*series));
                    }
                }
            }
            Shape::Dot { series, at: place } => {
                sheet.stroke(at(*place), at(*place), 6.0, colour(*series));
            }
            Shape::Bar {
                series,
                at: place,
                size,
            } => sheet.fill(at(*place), *size, colour(*series)),
            Shape::Text {
                at: place,
                anchor,
                text,
            } => sheet.text(at(*place), *anchor, text),
            Shape::Told { .. } => {}
        }
    }
    sheet.png()
}

fn colour(series: usize) -> Rgb {
    SERIES.get(series % COLOURS).copied().unwrap_or(INK)
}

/// Pixels, row by row.
struct Sheet {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
}

impl Sheet {
    fn new(width: f64, height: f64) -> Self {
        let (width, height) = (pixel(width * SCALE), pixel(height * SCALE));
        Self {
            width,
            height,
            pixels: vec![PAPER; width * height],
        }
    }

    /// Covers a pixel with so much of a colour, from 0 to 1.
    fn cover(&mut self, (x, y): (usize, usize), ink: Rgb, much: f64) {
        if x >= self.width {
            return;
        }
        if let Some(pixel) = self.pixels.get_mut(y * self.width + x) {
            for (old, new) in pixel.iter_mut().zip(ink) {
                let mixed = f64::from(*old) * (1.0 - much) + f64::from(new) * much;
                *old = byte(mixed);
            }
        }
    }

    /// A stroke with round ends; pixels at its edge are covered in part.
    fn stroke(&mut self, from: (f64, f64), to: (f64, f64), width: f64, ink: Rgb) {
        let (from, to) = (scaled(from), scaled(to));
        let half = width * SCALE / 2.0;
        let reach = half + 1.0;
        let columns = span(from.0.min(to.0) - reach, from.0.max(to.0) + reach);
        for y in span(from.1.min(to.1) - reach, from.1.max(to.1) + reach) {
            for x in columns.clone() {
                let middle = (centre(x), centre(y));
                let much = (half + 0.5 - distance(middle, from, to)).clamp(0.0, 1.0);
                if much > 0.0 {
                    self.cover((x, y), ink, much);
                }
            }
        }
    }

    fn fill(&mut self, at: (f64, f64), size: (f64, f64), ink: Rgb) {
        let from = scaled(at);
        let to = scaled((at.0 + size.0, at.1 + size.1));
        let part = |pixel: usize, from: f64, to: f64| {
            let middle = centre(pixel);
            ((to - middle + 0.5).min(middle + 0.5 - from)).clamp(0.0, 1.0)
        };
        for y in span(from.1, to.1) {
            for x in span(from.0, to.0) {
                let much = part(x, from.0, to.0) * part(y, from.1, to.1);
                self.cover((x, y), ink, much);
            }
        }
    }

    /// A text on the line at `at`. A letter that there is no picture of is a question mark.
    fn text(&mut self, at: (f64, f64), anchor: Anchor, text: &str) {
        let wide = get_raster_width(FontWeight::Regular, LETTERS);
        let length = centre(text.chars().count() * wide) - 0.5;
        let (x, y) = scaled(at);
        let start = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - length / 2.0,
            Anchor::End => x - length,
        };
        let (left, top) = (pixel(start), pixel(y - 19.0));
        for (place, letter) in text.chars().enumerate() {
            let known = get_raster(letter, FontWeight::Regular, LETTERS);
            let Some(known) = known.or_else(|| get_raster('?', FontWeight::Regular, LETTERS))
            else {
                continue;
            };
            for (row, line) in known.rows().enumerate() {
                for (column, much) in line.iter().enumerate().filter(|(_, much)| **much > 0) {
                    let spot = (left + place * wide + column, top + row);
                    self.cover(spot, INK, f64::from(*much) / 255.0);
                }
            }
        }
    }

    fn png(&self) -> Result<Vec<u8>, Error> {
        let side = |pixels: usize| u32::try_from(pixels).map_err(Error::internal);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side(self.width)?, side(self.height)?);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(Error::internal)?;
        writer
            .write_image_data(self.pixels.as_flattened())
            .map_err(Error::internal)?;
        writer.finish().map_err(Error::internal)?;
        Ok(file)
    }
}

fn scaled((x, y): (f64, f64)) -> (f64, f64) {
    (x * SCALE, y * SCALE)
}

/// The pixels from one place to another.
fn span(from: f64, to: f64) -> std::ops::Range<usize> {
    pixel(from)..pixel(to.ceil())
}

fn distance(at: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx * dx + dy * dy;
    let share = if length > 0.0 {
        (((at.0 - from.0) * dx + (at.1 - from.1) * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (at.0 - from.0 - share * dx).hypot(at.1 - from.1 - share * dy)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded from both sides just before"
)]
fn pixel(value: f64) -> usize {
    value.clamp(0.0, 8_192.0) as usize
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded from both sides just before"
)]
fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[allow(
    clippy::cast_precision_loss,
    reason = "places in a picture are small numbers"
)]
const fn centre(pixel: usize) -> f64 {
    pixel as f64 + 0.5
}

#[cfg(test)]
mod tests;
