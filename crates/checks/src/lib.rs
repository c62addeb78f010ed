//! What the compiler does not check about this repository; `tests/repository.rs` runs it on the tree.

pub mod finding;
pub mod imports;
pub mod layers;
pub mod mask;
pub mod modules;
pub mod shape;
pub mod tree;
pub mod words;
