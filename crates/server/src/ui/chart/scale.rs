//! Round numbers for an axis.

/// The most marks on an axis.
const MARKS_MAX: f64 = 5.0;

/// The marks of an axis that begins with nought and holds `max`: round, evenly spaced, two at the least. Where only whole numbers are
/// counted no mark lies between them.
#[must_use]
pub fn marks(max: f64, only_whole: bool) -> Vec<f64> {
    let max = if max.is_finite() && max > 0.0 {
        max
    } else {
        1.0
    };
    let rough = max / MARKS_MAX;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(rough);
    let step = if only_whole {
        step.max(1.0).ceil()
    } else {
        step
    };
    let mut marks = vec![0.0];
    let mut count = 1.0;
    while marks.last().is_some_and(|last| *last < max * (1.0 - 1e-9)) {
        marks.push(step * count);
        count += 1.0;
    }
    marks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_round() {
        assert_eq!(marks(7.0, true), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(marks(100.0, true), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(marks(1.0, true), [0.0, 1.0]);
        assert_eq!(
            marks(0.0, false),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(marks(f64::NAN, true), [0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn marks_hold_the_largest_and_are_few(max in 1e-6_f64..1e12, whole in any::<bool>()) {
            let marks = marks(max, whole);
            prop_assert!((2..=7).contains(&marks.len()), "{marks:?}");
            let last = marks[marks.len() - 1];
            prop_assert!(last >= max * (1.0 - 1e-6));
            prop_assert!(marks.windows(2).all(|pair| pair[0] < pair[1]));
            if whole {
                prop_assert!(marks.iter().all(|mark| mark.fract() == 0.0));
            }
        }
    }
}
