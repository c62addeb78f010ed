//! A chart as pixels shows what the chart of lines shows.

use std::io::Cursor;

use super::*;
use crate::ui::chart::{Form, Series};

fn read(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    (info.width as usize, info.height as usize, data)
}

fn count(data: &[u8], ink: Rgb) -> usize {
    data.chunks(3).filter(|pixel| *pixel == ink).count()
}

fn chart(form: Form) -> Chart {
    Chart {
        id: "chart-x".to_owned(),
        title: "Opt-outs ñ ç é".to_owned(),
        unit: "people".to_owned(),
        form,
        steps: (1..=10).map(|day| format!("2026-11-{day:02}")).collect(),
        series: vec![
            Series {
                name: "ours".to_owned(),
                points: vec![Some(10.0); 10],
            },
            Series {
                name: "WhatsApp 中".to_owned(),
                points: vec![Some(5.0); 10],
            },
        ],
    }
}

#[test]
fn every_series_has_its_colour_and_letters_are_ink() {
    for form in [Form::Lines, Form::Stacked] {
        let (width, height, data) = read(&png(&chart(form)).unwrap());
        assert_eq!((width, height), (1_488, 732));
        assert!(count(&data, SERIES[0]) > 500 && count(&data, SERIES[1]) > 500);
        assert!(count(&data, INK) > 200, "there are letters and a base line");
        assert!(count(&data, PAPER) > width * height / 4);
    }
}

#[test]
fn parts_of_a_bar_are_as_high_as_their_numbers() {
    let (_, _, data) = read(&png(&chart(Form::Stacked)).unwrap());
    let (first, second) = (count(&data, SERIES[0]), count(&data, SERIES[1]));
    let ratio = first as f64 / second as f64;
    assert!((1.8..2.2).contains(&ratio), "{first} {second}");
}

#[test]
fn an_empty_chart_is_a_picture() {
    let mut empty = chart(Form::Lines);
    empty.series.clear();
    empty.steps.clear();
    let (width, _, _) = read(&png(&empty).unwrap());
    assert_eq!(width, 1_488);
}
