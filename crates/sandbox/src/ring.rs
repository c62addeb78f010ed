//! A log that forgets its oldest lines, and counts how many it forgot.

use std::collections::VecDeque;

pub struct Ring<T> {
    lines: VecDeque<T>,
    max: usize,
    first: u64,
}

impl<T> Ring<T> {
    pub fn new(max: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            max,
            first: 0,
        }
    }

    /// Adds a line and tells its sequence number, which starts at 0 and is never used twice.
    pub fn push(&mut self, line: T) -> u64 {
        if self.lines.len() >= self.max {
            self.lines.pop_front();
            self.first += 1;
        }
        self.lines.push_back(line);
        self.first + self.lines.len() as u64 - 1
    }

    pub fn get_mut(&mut self, seq: u64) -> Option<&mut T> {
        let at = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        self.lines.get_mut(at)
    }

    pub fn next_seq(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    pub fn forgotten(&self) -> u64 {
        self.first
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        let first = self.first;
        self.lines
            .iter()
            .enumerate()
            .map(move |(at, line)| (first + at as u64, line))
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn the_oldest_line_goes_first_and_numbers_stay() {
        let mut ring = Ring::new(2);
        for letter in ["a", "b", "c"] {
            ring.push(letter);
        }
        assert_eq!(ring.iter().collect::<Vec<_>>(), [(1, &"b"), (2, &"c")]);
        assert_eq!(ring.get_mut(0), None);
        assert_eq!((ring.forgotten(), ring.next_seq()), (1, 3));
    }
}
