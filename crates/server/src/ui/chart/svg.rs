//! A chart as SVG. In a page it takes its colours from the page's stylesheet, by classes; as a file it brings them along.

use std::fmt::Write as _;

use super::{
    Chart, Size,
    layout::{Anchor, Picture, Shape, picture},
};
use crate::ui::apart::balanced;

/// The colours of a file, for light and for dark.
const STYLE: &str = "svg{color-scheme:light dark;font:12px system-ui,sans-serif;--p:#fff;--i:#1c2330;--l:#d7dce4;\
--s0:#2458c7;--s1:#b54708;--s2:#0f7b5f;--s3:#8a3ab9;--s4:#b3261e;--s5:#51606f;--s6:#0b7285;--s7:#8a6d00;--s8:#a61e6d;--s9:#3f7d20;\
--s10:#5f4bb6;--s11:#7a4b2b}\
@media(prefers-color-scheme:dark){svg{--p:#12161d;--i:#e6eaf1;--l:#343c49;--s0:#8ab4ff;--s1:#ffb37a;--s2:#63d3b0;--s3:#d6a4f5;--s4:#ff9b93;\
--s5:#b6c2cf;--s6:#6fd0e0;--s7:#e6cc63;--s8:#ff9fd0;--s9:#a7dd84;--s10:#b9abff;--s11:#dcae8b}}\
.chart-paper{fill:var(--p)}.chart-text{fill:var(--i)}.chart-grid{stroke:var(--l)}.chart-base{stroke:var(--i)}\
.chart-path{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.chart-told{fill:transparent}";

/// How many series have a colour of their own; the next ones begin anew.
pub const COLOURS: usize = 12;

/// The chart as a part of a page: no colour and no style in it.
#[must_use]
pub fn inline(chart: &Chart, size: Size) -> String {
    let picture = picture(chart, size);
    let class = match size {
        Size::Wide => "chart chart-wide",
        Size::Narrow => "chart chart-narrow",
        Size::Small => "chart chart-small",
    };
    let mut out = open(&picture, "", class, &format!("{}-{class}", chart.id), chart);
    draw(&picture, &mut out);
    out.push_str("</svg>");
    out
}

/// The chart as a file of its own.
#[must_use]
pub fn standalone(chart: &Chart) -> String {
    let picture = picture(chart, Size::Wide);
    let xmlns = " xmlns=\"http://www.w3.org/2000/svg\"";
    let mut out = open(&picture, xmlns, "chart", &chart.id, chart);
    let series = (0..COLOURS).map(|at| {
        format!(".chart-path.chart-s{at}{{stroke:var(--s{at})}}.chart-fill.chart-s{at}{{fill:var(--s{at})}}")
    });
    let _ = write!(
        out,
        "<style>{STYLE}{}</style><rect class=\"chart-paper\" width=\"{}\" height=\"{}\"/>",
        series.collect::<String>(),
        place(picture.width),
        place(picture.height)
    );
    draw(&picture, &mut out);
    out.push_str("</svg>\n");
    out
}

fn open(picture: &Picture, more: &str, class: &str, id: &str, chart: &Chart) -> String {
    let id = escaped(&id.replace(' ', "-"));
    let names = chart.series.iter().map(|series| series.name.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    let ends = chart.steps.first().zip(chart.steps.last());
    let ends = ends.map_or_else(String::new, |(first, last)| format!(" {first} – {last}."));
    format!(
        "<svg{more} class=\"{class}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}: {}.{}</desc>",
        place(picture.width),
        place(picture.height),
        escaped(&chart.title),
        escaped(&chart.unit),
        escaped(&names),
        escaped(&ends),
    )
}

/// Writing to a string cannot fail.
fn draw(picture: &Picture, out: &mut String) {
    for shape in &picture.shapes {
        let _ = match shape {
            Shape::Grid { from, to, is_base } => {
                let class = if *is_base { "chart-base" } else { "chart-grid" };
                write!(
                    out,
                    "<path class=\"{class}\" d=\"M{} {}H{}\"/>",
                    place(from.0),
                    place(from.1),
                    place(to.0)
                )
            }
            Shape::Path { series, points } => write!(
                out,
                "<path class=\"chart-path chart-s{}\" d=\"{}\"/>",
                series % COLOURS,
                through(points)
            ),
            Shape::Dot { series, at } => write!(
                out,
                "<circle class=\"chart-fill chart-s{}\" cx=\"{}\" cy=\"{}\" r=\"3\"/>",
                series % COLOURS,
                place(at.0),
                place(at.1)
            ),
            Shape::Bar { series, at, size } => write!(
                out,
                "<rect class=\"chart-fill chart-s{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                series % COLOURS,
                place(at.0),
                place(at.1),
                place(size.0),
                place(size.1)
            ),
            Shape::Text { at, anchor, text } => write!(
                out,
                "<text class=\"chart-text\" x=\"{}\" y=\"{}\"{}>{}</text>",
                place(at.0),
                place(at.1),
                match anchor {
                    Anchor::Start => "",
                    Anchor::Middle => " text-anchor=\"middle\"",
                    Anchor::End => " text-anchor=\"end\"",
                },
                escaped(text)
            ),
            Shape::Told { at, size, text } => write!(
                out,
                "<rect class=\"chart-told\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
                place(at.0),
                place(at.1),
                place(size.0),
                place(size.1),
                escaped(text)
            ),
        };
    }
}

fn through(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let letter = if at == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{} {}", place(*x), place(*y));
    }
    path
}

/// A place to a tenth of a unit.
fn place(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A text that stays one, in XML as in HTML, and turns nothing beside it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in balanced(text).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(char),
            // XML has no such characters, not even escaped.
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}')
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests;
