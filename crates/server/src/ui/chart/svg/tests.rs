//! A chart as SVG says everything, runs nothing, and brings no colour into a page.

use super::*;
use crate::ui::chart::{Form, Series};

fn chart(form: Form, steps: usize) -> Chart {
    Chart {
        id: "chart-x".to_owned(),
        title: "Opt-outs".to_owned(),
        unit: "people".to_owned(),
        form,
        steps: (0..steps)
            .map(|at| format!("2026-11-{:02}", at % 28 + 1))
            .collect(),
        series: vec![
            Series {
                name: "</title><script>alert(1)</script>".to_owned(),
                points: (0..steps)
                    .map(|at| (at != 2).then_some(at as f64))
                    .collect(),
            },
            Series {
                name: "Platform & \"other\"".to_owned(),
                points: vec![Some(1.5); steps],
            },
        ],
    }
}

#[test]
fn in_a_page_it_has_classes_and_neither_style_nor_colour() {
    for form in [Form::Lines, Form::Stacked] {
        for size in [Size::Wide, Size::Narrow, Size::Small] {
            let text = inline(&chart(form, 30), size);
            assert!(text.starts_with("<svg class=\"chart "), "{text}");
            for bad in [
                "style", "#", "fill=", "stroke=", "<script", "xmlns", "NaN", "inf",
            ] {
                assert!(!text.replace("&#39;", "").contains(bad), "{bad}: {text}");
            }
            assert!(text.contains("role=\"img\""));
            let id = text.split("aria-labelledby=\"").nth(1).unwrap();
            for id in id.split('"').next().unwrap().split(' ') {
                assert_eq!(text.matches(&format!("id=\"{id}\"")).count(), 1);
            }
        }
    }
}

#[test]
fn whoever_points_at_a_step_is_told_its_numbers() {
    let text = inline(&chart(Form::Lines, 5), Size::Wide);
    assert_eq!(text.matches("<rect class=\"chart-told\"").count(), 5);
    assert!(text.contains("<title>2026-11-02\n&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;: 1\nPlatform &amp; &quot;other&quot;: 1.5</title>"));
}

#[test]
fn a_gap_is_a_gap() {
    let text = inline(&chart(Form::Lines, 6), Size::Small);
    // 0 1 _ 3 4 5: two runs of the first series, one of the second.
    assert_eq!(text.matches("chart-path chart-s0").count(), 2);
    assert_eq!(text.matches("chart-path chart-s1").count(), 1);
}

#[test]
fn as_a_file_it_is_whole_and_brings_both_of_its_looks() {
    let text = standalone(&chart(Form::Stacked, 3));
    assert!(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(text.contains("prefers-color-scheme:dark") && !text.contains("http-equiv"));
    assert_eq!(text.matches('<').count(), text.matches('>').count());
}

#[test]
fn nothing_to_show_is_drawn_all_the_same() {
    for steps in [0, 1] {
        let mut empty = chart(Form::Stacked, steps);
        empty.series.clear();
        let text = inline(&empty, Size::Wide);
        assert!(text.ends_with("</svg>") && !text.contains("NaN"), "{text}");
    }
}

#[test]
fn a_year_of_days_with_twelve_lines_stays_small() {
    let mut large = chart(Form::Lines, 365);
    large.series = (0..12)
        .map(|at| Series {
            name: format!("template {at}"),
            points: vec![Some(123.4); 365],
        })
        .collect();
    let text = inline(&large, Size::Narrow);
    assert!(text.len() < 220_000, "{}", text.len());
}
