//! The rules that this repository keeps about itself.

use std::path::Path;

use checks::{
    finding::Finding,
    imports, layers, shape,
    tree::{Tree, TreeError},
    words,
};

type Outcome = Result<(), TreeError>;

#[test]
fn no_file_is_longer_than_a_person_can_hold() -> Outcome {
    none(&shape::too_long(&tree()?.sources));
    Ok(())
}

#[test]
fn every_file_opens_with_what_it_is_for() -> Outcome {
    none(&shape::without_opening(&tree()?.sources));
    Ok(())
}

#[test]
fn nothing_is_left_unwritten_and_no_test_is_skipped() -> Outcome {
    none(&shape::leftovers(&tree()?.sources));
    Ok(())
}

#[test]
fn no_two_files_import_each_other() -> Outcome {
    none(&imports::beyond(&tree()?.sources, &imports::KNOTS));
    Ok(())
}

#[test]
fn crates_depend_only_downwards() -> Outcome {
    none(&layers::forbidden_arrows(&tree()?));
    Ok(())
}

#[test]
fn the_rules_can_do_nothing_but_decide() -> Outcome {
    none(&layers::impure_rules(&tree()?));
    Ok(())
}

#[test]
fn only_the_store_names_sql() -> Outcome {
    let tree = tree()?;
    none(&layers::sql_elsewhere(&tree));
    none(&words::sql_elsewhere(&tree.sources));
    Ok(())
}

#[test]
fn only_graph_and_the_simulator_name_metas_fields() -> Outcome {
    none(&words::meta_elsewhere(&tree()?.sources));
    Ok(())
}

#[test]
fn the_whole_tree_is_looked_at() -> Outcome {
    let tree = tree()?;
    assert!(
        tree.sources
            .iter()
            .any(|source| source.path == "crates/consent/src/lib.rs")
    );
    assert!(tree.manifests.iter().any(|manifest| manifest.name == "cli"));
    Ok(())
}

fn tree() -> Result<Tree, TreeError> {
    Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
}

fn none(found: &[Finding]) {
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n\n{}\n", lines.join("\n"));
}
