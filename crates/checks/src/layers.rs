//! Which crate may depend on which: the drawing in DESIGN, kept by the manifests.

use crate::{
    finding::Finding,
    tree::{Manifest, Tree},
};

/// Each crate of ours and the crates of ours that its product may use.
const LAYERS: [(&str, &[&str]); 13] = [
    ("checks", &[]),
    ("consent", &[]),
    ("ledger", &["consent"]),
    ("index", &["consent"]),
    ("campaign", &["consent"]),
    ("journey", &["consent"]),
    ("graph", &["consent"]),
    ("mail", &["consent"]),
    ("sms", &["consent"]),
    ("store", &["consent"]),
    ("sandbox", &[]),
    (
        "server",
        &[
            "campaign", "consent", "graph", "index", "journey", "ledger", "mail", "sms", "store",
        ],
    ),
    ("cli", &["consent", "index", "ledger", "sandbox", "server"]),
];

/// What the rules must not know, with the reason.
const CONSENT_WITHOUT: [(&str, &str); 9] = [
    ("tokio", "the rules wait for nothing"),
    ("futures", "the rules wait for nothing"),
    ("serde", "the rules name no JSON"),
    ("serde_json", "the rules name no JSON"),
    ("sqlx", "the rules name no SQL"),
    ("reqwest", "the rules call nobody"),
    ("axum", "the rules answer nobody"),
    ("jiff", "the rules read no clock: time is an argument"),
    (
        "getrandom",
        "the rules are functions: the same facts give the same verdict",
    ),
];

/// Arrows between our crates that the drawing does not have.
pub fn forbidden_arrows(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for manifest in &tree.manifests {
        let Some((_, below)) = LAYERS.iter().find(|(name, _)| *name == manifest.name) else {
            let say = format!(
                "crate `{}` is in no layer: draw it in crates/checks/src/layers.rs",
                manifest.name
            );
            found.push(Finding::new(&manifest.path, 1, say));
            continue;
        };
        for (section, name) in dependencies(manifest) {
            let ours = LAYERS.iter().any(|(layer, _)| *layer == name);
            // A test may meet the simulator, over HTTP; the simulator itself never meets us, or it would be no witness.
            let as_witness = section == "dev-dependencies" && name == "sandbox";
            if ours
                && !below.contains(&name.as_str())
                && !(as_witness && manifest.name != "consent")
            {
                let say = format!(
                    "`{}` must not depend on `{name}` ({section}): arrows go only down",
                    manifest.name
                );
                found.push(Finding::new(&manifest.path, 1, say));
            }
        }
    }
    found
}

/// Dependencies that would let the rules do more than decide.
pub fn impure_rules(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for manifest in tree
        .manifests
        .iter()
        .filter(|manifest| manifest.name == "consent")
    {
        for (section, name) in dependencies(manifest) {
            let known = CONSENT_WITHOUT
                .iter()
                .find(|(unwanted, _)| *unwanted == name);
            if let Some((_, reason)) = known.filter(|_| section != "dev-dependencies") {
                let say = format!("`consent` must not depend on `{name}`: {reason}");
                found.push(Finding::new(&manifest.path, 1, say));
            }
        }
    }
    found
}

/// Crates other than `store` that depend on the SQL library.
pub fn sql_elsewhere(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for manifest in tree
        .manifests
        .iter()
        .filter(|manifest| manifest.name != "store")
    {
        for (section, name) in dependencies(manifest) {
            if name == "sqlx" || name.starts_with("sqlx-") {
                let say = format!(
                    "`{}` must not depend on `{name}` ({section}): only `store` names SQL",
                    manifest.name
                );
                found.push(Finding::new(&manifest.path, 1, say));
            }
        }
    }
    found
}

/// Every dependency of a crate, with its section; those for one platform only included.
fn dependencies(manifest: &Manifest) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&manifest.table, &mut found);
    let targets = manifest
        .table
        .get("target")
        .and_then(|value| value.as_table());
    for target in targets.into_iter().flat_map(|table| table.values()) {
        if let Some(table) = target.as_table() {
            collect(table, &mut found);
        }
    }
    found
}

fn collect(table: &toml::Table, found: &mut Vec<(String, String)>) {
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let entries = table.get(section).and_then(|value| value.as_table());
        for (key, value) in entries.into_iter().flatten() {
            let renamed = value.get("package").and_then(|name| name.as_str());
            found.push((section.to_owned(), renamed.unwrap_or(key).to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crate_with(name: &str, manifest: &str) -> Tree {
        Tree::of(&[(format!("crates/{name}/Cargo.toml").as_str(), manifest)]).unwrap()
    }

    #[test]
    fn arrows_go_only_down() {
        let down = crate_with(
            "server",
            "[dependencies]\nconsent.workspace = true\nstore.workspace = true",
        );
        assert!(forbidden_arrows(&down).is_empty());
        for (name, up) in [
            ("store", "server"),
            ("consent", "graph"),
            ("graph", "store"),
            ("sms", "graph"),
            ("sandbox", "graph"),
        ] {
            let found = forbidden_arrows(&crate_with(
                name,
                &format!("[dependencies]\n{up}.workspace = true"),
            ));
            assert_eq!(found.len(), 1, "{name} -> {up}");
        }
    }

    #[test]
    fn the_simulator_is_met_only_in_tests_and_meets_none_of_us_even_there() {
        let test = "[dev-dependencies]\nsandbox.workspace = true";
        assert!(forbidden_arrows(&crate_with("server", test)).is_empty());
        assert_eq!(
            forbidden_arrows(&crate_with("server", &test.replace("dev-", ""))).len(),
            1
        );
        let other = "[dev-dependencies]\ngraph.workspace = true";
        assert_eq!(forbidden_arrows(&crate_with("sandbox", other)).len(), 1);
    }

    #[test]
    fn a_crate_that_nobody_drew_is_named() {
        let found = forbidden_arrows(&crate_with("helpers", ""));
        assert!(
            found
                .first()
                .unwrap()
                .say
                .contains("`helpers` is in no layer")
        );
    }

    #[test]
    fn the_rules_know_no_io() {
        for manifest in [
            "[dependencies]\ntokio = \"1\"",
            "[dependencies]\nwait = { package = \"tokio\", version = \"1\" }",
            "[target.'cfg(unix)'.dependencies]\nserde = \"1\"",
        ] {
            assert_eq!(
                impure_rules(&crate_with("consent", manifest)).len(),
                1,
                "{manifest}"
            );
        }
        assert!(impure_rules(&crate_with("graph", "[dependencies]\ntokio = \"1\"")).is_empty());
    }

    #[test]
    fn only_the_store_has_the_sql_library() {
        let manifest = "[dependencies]\nsqlx.workspace = true";
        assert!(sql_elsewhere(&crate_with("store", manifest)).is_empty());
        assert_eq!(sql_elsewhere(&crate_with("server", manifest)).len(), 1);
    }
}
