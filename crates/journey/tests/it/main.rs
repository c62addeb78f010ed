//! What journeys promise: examples, stories, and laws that hold for every journey.

mod editing;
mod examples;
mod house;
mod laws;
mod plan;
mod stories;
