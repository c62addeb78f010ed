//! Whole tables: what is read from one database and written to another is the same, value for value.

use std::sync::Arc;

use store::{
    pool::Store,
    transfer::{Cell, Mark, Stage, Table},
};

use crate::harness::{Place, message};

contract![
    every_table_moves_as_it_is,
    a_row_moves_once,
    how_far_a_copy_came_is_noted,
    pages_are_bounded_and_leave_nothing_out,
];

/// The tables, as a new file has them.
async fn tables(place: &Place) -> (Store, Vec<Table>) {
    let file = place.dir.path().join("tables.db");
    let source = Store::open(&format!("sqlite:{}", file.display()))
        .await
        .unwrap();
    let tables = source.tables().await.unwrap().unwrap();
    (source, tables)
}

fn named<'a>(tables: &'a [Table], name: &str) -> &'a Table {
    tables.iter().find(|table| table.name == name).unwrap()
}

async fn everything(store: &Store, table: &Table) -> Vec<Vec<Cell>> {
    let (mut found, mut after) = (vec![], vec![]);
    loop {
        let page = store.rows(table, &after).await.unwrap();
        let Some(last) = page.last() else {
            return found;
        };
        after = table.key_of(last);
        found.extend(page);
    }
}

async fn every_table_moves_as_it_is(place: Arc<Place>) {
    let (source, tables) = tables(&place).await;
    assert!(tables.len() > 20, "{}", tables.len());
    assert!(!tables.iter().any(|table| table.name == "index_tail"
        || table.name == "lease"
        || table.name == "schema_version"));
    // One row a table, with something awkward in each cell.
    for table in tables.iter().filter(|table| table.name != "log_head") {
        let row = awkward(table);
        let mut tx = source.begin().await.unwrap();
        tx.put_rows(table, &[row]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let head = named(&tables, "log_head");
    let mut rows = everything(&source, head).await;
    rows[0][1] = Cell::Int(7);
    let mut tx = source.begin().await.unwrap();
    tx.put_rows(head, &rows).await.unwrap();
    tx.commit().await.unwrap();
    for table in &tables {
        let rows = everything(&source, table).await;
        assert_eq!(rows.len(), 1, "{}", table.name);
        let mut tx = place.store.begin().await.unwrap();
        tx.put_rows(table, &rows).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            everything(&place.store, table).await,
            rows,
            "{}",
            table.name
        );
        assert_eq!(place.store.count_rows(table).await.unwrap(), 1);
    }
    assert_eq!(place.store.head().await.unwrap().size, 7);
    source.close().await;
}

/// Numbers at the edge, texts with quotes, and bytes that are no text.
fn awkward(table: &Table) -> Vec<Cell> {
    let shape = format!("{table:?}");
    let kinds = shape.split("kind: ").skip(1);
    kinds
        .map(|rest| match rest.split([',', ' ']).next().unwrap() {
            "Int" => Cell::Int(i64::MAX),
            "Text" => Cell::Text("o'Ana \"\\ \u{e9}\u{1f600}\n\t{}".to_owned()),
            _ => Cell::Blob((0..=255).collect()),
        })
        .collect()
}

async fn a_row_moves_once(place: Arc<Place>) {
    let (source, tables) = tables(&place).await;
    let table = named(&tables, "house");
    let row = vec![Cell::Text("a".to_owned()), Cell::Blob(vec![1])];
    let write = async |row: &[Cell]| {
        let mut tx = place.store.begin().await.unwrap();
        tx.put_rows(table, &[row.to_vec()]).await?;
        tx.commit().await
    };
    write(&row).await.unwrap();
    assert!(write(&row).await.unwrap_err().is_conflict());
    assert_eq!(
        source.rows(table, &[]).await.unwrap(),
        Vec::<Vec<Cell>>::new()
    );
    assert_eq!(
        place.store.tables().await.unwrap().is_some(),
        place.store.file().is_some()
    );
    source.close().await;
}

async fn how_far_a_copy_came_is_noted(place: Arc<Place>) {
    assert_eq!(place.store.mark().await.unwrap(), None);
    let mut mark = Mark {
        id: uuid::Uuid::now_v7(),
        stage: Stage::Copying,
        table: "alias".to_owned(),
        after: vec![
            Cell::Text("phone:1".to_owned()),
            Cell::Blob(vec![0, 255]),
            Cell::Int(-1),
            Cell::Null,
        ],
    };
    for stage in [Stage::Copying, Stage::Done] {
        mark.stage = stage;
        let mut tx = place.store.begin().await.unwrap();
        tx.set_mark(&mark).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(place.store.mark().await.unwrap().as_ref(), Some(&mark));
    }
    let mut tx = place.store.begin().await.unwrap();
    tx.set_house("transfer", b"nonsense").await.unwrap();
    tx.commit().await.unwrap();
    assert!(place.store.mark().await.is_err());
}

async fn pages_are_bounded_and_leave_nothing_out(place: Arc<Place>) {
    let (source, tables) = tables(&place).await;
    let contact = place.newcomer("Ana").await;
    let messages: Vec<_> = (0..2_500)
        .map(|nth| {
            let mut line = message(contact);
            // A few are large: a page ends early there.
            line.sealed = Some(vec![7; if nth % 500 == 0 { 3 << 20 } else { 10 }]);
            line
        })
        .collect();
    for some in messages.chunks(500) {
        let mut tx = place.store.begin().await.unwrap();
        tx.keep_messages(some).await.unwrap();
        tx.commit().await.unwrap();
    }
    let table = named(&tables, "message");
    let first = place.store.rows(table, &[]).await.unwrap();
    assert!(first.len() <= 1_000 && !first.is_empty());
    let all = everything(&place.store, table).await;
    let mut keys: Vec<String> = all
        .iter()
        .map(|row| format!("{:?}", table.key_of(row)))
        .collect();
    keys.sort();
    keys.dedup();
    assert_eq!((all.len(), keys.len()), (2_500, 2_500));
    source.close().await;
}
