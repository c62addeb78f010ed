//! Where everything of a chart stands: shapes in the units of the drawing, without any colour.

use super::{Chart, Form, Size, scale, short_number, short_step};

/// How wide a letter is at the most, in units: the letters are twelve high.
const LETTER: f64 = 7.0;
/// How high a line of text is.
const ROW: f64 = 18.0;
/// The square before a name in the legend, and the space behind it.
const SWATCH: f64 = 16.0;
/// The longest name in a legend, in letters.
const NAME_CHARS_MAX: usize = 34;

/// Everything that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
    /// What, from the back to the front.
    pub shapes: Vec<Shape>,
}

/// One thing that is drawn. A series is named by its place, from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line across, at a mark of the axis; the one at nought is heavier.
    Grid {
        /// From where.
        from: (f64, f64),
        /// To where.
        to: (f64, f64),
        /// Whether it is the one at nought.
        is_base: bool,
    },
    /// A line through points of a series.
    Path {
        /// Which series.
        series: usize,
        /// Through where.
        points: Vec<(f64, f64)>,
    },
    /// A point of a series that stands alone.
    Dot {
        /// Which series.
        series: usize,
        /// Where.
        at: (f64, f64),
    },
    /// A bar, or the square of a legend.
    Bar {
        /// Which series.
        series: usize,
        /// Its upper left corner.
        at: (f64, f64),
        /// How wide and high.
        size: (f64, f64),
    },
    /// A text.
    Text {
        /// Its anchor, on the line that it is written on.
        at: (f64, f64),
        /// Which end of it is the anchor.
        anchor: Anchor,
        /// The text.
        text: String,
    },
    /// A place that tells its numbers to whoever points at it.
    Told {
        /// Its upper left corner.
        at: (f64, f64),
        /// How wide and high.
        size: (f64, f64),
        /// What it tells.
        text: String,
    },
}

/// Which end of a text is its anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// The part of a picture in which numbers are drawn.
struct Field {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    /// The number at the top.
    max: f64,
    steps: f64,
}

impl Field {
    fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * (value / self.max).clamp(0.0, 1.0)
    }

    fn width_of_step(&self) -> f64 {
        (self.right - self.left) / self.steps.max(1.0)
    }

    fn left_of(&self, step: usize) -> f64 {
        self.left + self.width_of_step() * to_f64(step)
    }

    fn middle_of(&self, step: usize) -> f64 {
        self.left_of(step) + self.width_of_step() / 2.0
    }
}

/// Puts everything in its place.
#[must_use]
pub fn picture(chart: &Chart, size: Size) -> Picture {
    let (width, height) = match size {
        Size::Wide => (720.0, 300.0),
        Size::Narrow => (340.0, 260.0),
        Size::Small => (160.0, 48.0),
    };
    let is_small = size == Size::Small;
    let only_whole = chart.series.iter().flat_map(|series| &series.points);
    let only_whole = only_whole.flatten().all(|value| value.fract() == 0.0);
    let marks = scale::marks(largest(chart), only_whole);
    let mut shapes = Vec::new();
    let legend = if is_small {
        0.0
    } else {
        legend(chart, width, &mut shapes)
    };
    let widest = marks
        .iter()
        .map(|mark| short_number(*mark).chars().count())
        .max();
    let field = Field {
        left: if is_small {
            2.0
        } else {
            to_f64(widest.unwrap_or(1)) * LETTER + 10.0
        },
        top: if is_small { 3.0 } else { legend + 10.0 },
        right: width - if is_small { 2.0 } else { 10.0 },
        bottom: legend + height - if is_small { 3.0 } else { 26.0 },
        max: marks.last().copied().unwrap_or(1.0),
        steps: to_f64(chart.steps.len()),
    };
    if !is_small {
        axes(chart, &field, &marks, &mut shapes);
    }
    match chart.form {
        Form::Lines => lines(chart, &field, &mut shapes),
        Form::Stacked => bars(chart, &field, &mut shapes),
    }
    if !is_small {
        told(chart, &field, &mut shapes);
    }
    Picture {
        width,
        height: legend + height,
        shapes,
    }
}

/// The largest number that must find room.
fn largest(chart: &Chart) -> f64 {
    let at = |step: usize| {
        let points = chart
            .series
            .iter()
            .filter_map(move |series| series.points.get(step).copied().flatten());
        match chart.form {
            Form::Lines => points.fold(0.0, f64::max),
            Form::Stacked => points.sum(),
        }
    };
    (0..chart.steps.len()).map(at).fold(0.0, f64::max)
}

/// The names of the series, in as many rows as they need. Gives how high they are.
fn legend(chart: &Chart, width: f64, shapes: &mut Vec<Shape>) -> f64 {
    let (mut x, mut y) = (4.0, 0.0);
    for (series, own) in chart.series.iter().enumerate() {
        let name = shortened(&own.name);
        let room = SWATCH + to_f64(name.chars().count()) * LETTER + 14.0;
        if x + room > width && x > 4.0 {
            (x, y) = (4.0, y + ROW);
        }
        shapes.push(Shape::Bar {
            series,
            at: (x, y + 5.0),
            size: (10.0, 10.0),
        });
        shapes.push(Shape::Text {
            at: (x + SWATCH, y + 14.0),
            anchor: Anchor::Start,
            text: name,
        });
        x += room;
    }
    if chart.series.is_empty() {
        0.0
    } else {
        y + ROW
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    let start: String = name.chars().take(NAME_CHARS_MAX - 1).collect();
    format!("{}…", start.trim_end())
}

fn axes(chart: &Chart, field: &Field, marks: &[f64], shapes: &mut Vec<Shape>) {
    for mark in marks {
        let y = field.y(*mark);
        shapes.push(Shape::Grid {
            from: (field.left, y),
            to: (field.right, y),
            is_base: *mark <= 0.0,
        });
        shapes.push(Shape::Text {
            at: (field.left - 6.0, y + 4.0),
            anchor: Anchor::End,
            text: short_number(*mark),
        });
    }
    let longest = chart
        .steps
        .iter()
        .map(|step| short_step(step).chars().count())
        .max();
    let room = to_f64(longest.unwrap_or(1)) * LETTER + 12.0;
    let each = nice_stride(room / field.width_of_step());
    for (at, step) in chart.steps.iter().enumerate().step_by(each) {
        let middle = field.middle_of(at);
        let half = to_f64(short_step(step).chars().count()) * LETTER / 2.0;
        if middle + half <= field.right + 10.0 {
            shapes.push(Shape::Text {
                at: (middle.max(half), field.bottom + 17.0),
                anchor: Anchor::Middle,
                text: short_step(step).to_owned(),
            });
        }
    }
}

/// Every how many steps there is room for a name.
fn nice_stride(wanted: f64) -> usize {
    let strides = [1_usize, 2, 3, 4, 6, 7, 12, 14, 24, 28, 48, 96, 168, 336];
    let fits = strides.into_iter().find(|stride| to_f64(*stride) >= wanted);
    fits.unwrap_or(800)
}

fn lines(chart: &Chart, field: &Field, shapes: &mut Vec<Shape>) {
    for (series, own) in chart.series.iter().enumerate() {
        let at = |(step, value): (usize, &Option<f64>)| {
            value.map(|value| (field.middle_of(step), field.y(value)))
        };
        let points: Vec<Option<(f64, f64)>> = own.points.iter().enumerate().map(at).collect();
        for run in points.split(Option::is_none) {
            let run: Vec<(f64, f64)> = run.iter().copied().flatten().collect();
            match run.as_slice() {
                [] => {}
                [alone] => shapes.push(Shape::Dot { series, at: *alone }),
                _ => shapes.push(Shape::Path {
                    series,
                    points: run,
                }),
            }
        }
    }
}

fn bars(chart: &Chart, field: &Field, shapes: &mut Vec<Shape>) {
    let wide = field.width_of_step();
    let width = (wide * 0.7).clamp(1.0, 40.0);
    for step in 0..chart.steps.len() {
        let mut below = 0.0;
        for (series, own) in chart.series.iter().enumerate() {
            let value = own.points.get(step).copied().flatten().unwrap_or(0.0);
            if value <= 0.0 {
                continue;
            }
            let (bottom, top) = (field.y(below), field.y(below + value));
            shapes.push(Shape::Bar {
                series,
                at: (field.middle_of(step) - width / 2.0, top),
                size: (width, bottom - top),
            });
            below += value;
        }
    }
}

/// A place over each step, which tells all its numbers.
fn told(chart: &Chart, field: &Field, shapes: &mut Vec<Shape>) {
    for (step, name) in chart.steps.iter().enumerate() {
        let mut text = name.clone();
        for series in &chart.series {
            if let Some(value) = series.points.get(step).copied().flatten() {
                text.push_str(&format!(
                    "\n{}: {}",
                    series.name,
                    super::plain_number(value)
                ));
            }
        }
        shapes.push(Shape::Told {
            at: (field.left_of(step), field.top),
            size: (field.width_of_step(), field.bottom - field.top),
            text,
        });
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "places in a picture are small numbers"
)]
const fn to_f64(count: usize) -> f64 {
    count as f64
}
