//! The repository as files: every Rust source, and the manifest of every crate.

use std::{fs, io, path::Path};

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 3] = ["target", "node_modules", "__pycache__"];

/// A Rust file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the root, with `/`.
    pub path: String,
    /// The whole file.
    pub text: String,
}

/// A crate's `Cargo.toml`.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The folder's name, which is the crate's.
    pub name: String,
    /// Relative to the root, with `/`.
    pub path: String,
    /// What stands in it.
    pub table: toml::Table,
}

/// Everything that the rules look at.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Every `.rs` file.
    pub sources: Vec<Source>,
    /// Every crate's manifest.
    pub manifests: Vec<Manifest>,
}

/// Why the tree could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// A file or folder that cannot be read.
    #[error("cannot read `{0}`: {1}")]
    Read(String, io::Error),
    /// A manifest that is not TOML.
    #[error("`{0}` is not a manifest: {1}")]
    Manifest(String, toml::de::Error),
}

impl Tree {
    /// Reads the repository whose root is given.
    pub fn read(root: &Path) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        tree.walk(root, "")?;
        tree.sources.sort_by(|a, b| a.path.cmp(&b.path));
        tree.manifests.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    /// A tree made of texts, for tests of the rules: a path ending in `Cargo.toml` is a manifest.
    pub fn of(files: &[(&str, &str)]) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.keep((*path).to_owned(), (*text).to_owned())?;
        }
        Ok(tree)
    }

    fn walk(&mut self, root: &Path, inside: &str) -> Result<(), TreeError> {
        let failed = |error| TreeError::Read(inside.to_owned(), error);
        for entry in fs::read_dir(root.join(inside)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if inside.is_empty() {
                name.clone()
            } else {
                format!("{inside}/{name}")
            };
            if entry.file_type().map_err(failed)?.is_dir() {
                if !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
                    self.walk(root, &path)?;
                }
            } else if name.ends_with(".rs") || name == "Cargo.toml" {
                let text = fs::read_to_string(entry.path())
                    .map_err(|error| TreeError::Read(path.clone(), error))?;
                self.keep(path, text)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, path: String, text: String) -> Result<(), TreeError> {
        if path.ends_with(".rs") {
            self.sources.push(Source { path, text });
        } else if let Some(name) = crate_of(&path) {
            let table = text
                .parse()
                .map_err(|error| TreeError::Manifest(path.clone(), error))?;
            let name = name.to_owned();
            self.manifests.push(Manifest { name, path, table });
        }
        Ok(())
    }
}

impl Source {
    /// The crate that the file belongs to, if it is in one.
    pub fn krate(&self) -> Option<&str> {
        crate_of(&self.path)
    }

    /// Whether the whole file is test code: outside of a crate's `src`, or a module of tests in it.
    pub fn is_test(&self) -> bool {
        let Some((_, inside)) = self.path.split_once("/src/") else {
            return true;
        };
        inside
            .trim_end_matches(".rs")
            .split('/')
            .any(|part| part == "tests" || part.ends_with("_tests"))
    }
}

fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?
        .split_once('/')
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_knows_its_crate_and_whether_it_is_a_test() {
        let tree = Tree::of(&[
            ("crates/store/src/lib.rs", ""),
            ("crates/store/src/tests/laws.rs", ""),
            ("crates/store/tests/contract.rs", ""),
            ("build.rs", ""),
        ])
        .unwrap();
        let seen: Vec<_> = tree
            .sources
            .iter()
            .map(|source| (source.krate(), source.is_test()))
            .collect();
        let store = Some("store");
        assert_eq!(
            seen,
            [(store, false), (store, true), (store, true), (None, true)]
        );
    }

    #[test]
    fn a_manifest_that_is_not_toml_is_named() {
        let error = Tree::of(&[("crates/store/Cargo.toml", "[package")]).unwrap_err();
        assert!(error.to_string().contains("crates/store/Cargo.toml"));
    }
}
