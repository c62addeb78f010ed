//! What the page for operators says about a cluster of many primaries fits the schema: the distribution column is in
//! every key.

use std::{collections::BTreeMap, sync::Arc};

use crate::harness::{Kind, Place, run};

const OPERATE: &str = include_str!("../../../../docs/operate.md");

/// Table and distribution column, as the page distributes them.
fn distributed() -> BTreeMap<&'static str, &'static str> {
    let calls = OPERATE.split("create_distributed_table('").skip(1);
    calls
        .map(|rest| {
            let mut words = rest.split('\'').step_by(2);
            (words.next().unwrap(), words.next().unwrap())
        })
        .collect()
}

async fn keys(place: Arc<Place>) {
    let distributed = distributed();
    assert!(distributed.len() > 8, "{distributed:?}");
    let mut owner = place.owner().await;
    // Each unique index, which those of the primary keys are too, with its columns.
    let sql = "select t.relname::text, i.relname::text, array_agg(a.attname::text) from pg_index x \
               join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid \
               join pg_attribute a on a.attrelid = t.oid and a.attnum = any(x.indkey) \
               where x.indisunique and t.relnamespace = current_schema()::regnamespace group by 1, 2";
    let indexes: Vec<(String, String, Vec<String>)> =
        sqlx::query_as(sql).fetch_all(&mut owner).await.unwrap();
    for (table, column) in &distributed {
        let keys: Vec<_> = indexes.iter().filter(|(of, ..)| of == table).collect();
        assert!(!keys.is_empty(), "there is no table `{table}` with a key");
        for (_, index, columns) in keys {
            assert!(
                columns.iter().any(|name| name == column),
                "`{index}` lacks `{column}`, by which `{table}` is distributed"
            );
        }
    }
    let sql =
        "select tablename::text from pg_tables where schemaname = current_schema() order by 1";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut owner).await.unwrap();
    for table in tables
        .iter()
        .filter(|table| !distributed.contains_key(table.as_str()))
    {
        assert!(
            OPERATE.contains(&format!("`{table}`")),
            "docs/operate.md does not say where `{table}` lies on a cluster"
        );
    }
}

#[test]
fn the_distribution_column_is_in_every_key() {
    run(Kind::Postgres, keys);
}
