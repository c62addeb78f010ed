//! Five hundred hostile strings, put in wherever something can be written: pages show them as text, and they make nothing.

mod campaigns;
mod census;
mod files;
mod guests;
mod journeys;
mod look;
mod pages;
mod strings;
