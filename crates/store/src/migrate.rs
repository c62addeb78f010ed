//! The schema, version by version, and PostgreSQL's role for the log.

use sqlx::{Executor, PgPool, SqlitePool};

use crate::error::StoreError;

/// Each version of the schema: for SQLite and for PostgreSQL.
const VERSIONS: [(i64, &str, &str); 1] = [(
    1,
    include_str!("../migrations/sqlite/0001_first.sql"),
    include_str!("../migrations/postgres/0001_first.sql"),
)];

/// The tables that nobody changes once written.
const LOG_TABLES: &str = "event, log_entry, log_tile, checkpoint";

pub(crate) async fn sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut tx = pool.begin_with("begin immediate").await?;
    tx.execute("create table if not exists schema_version (version bigint primary key)")
        .await?;
    let found: Option<i64> = sqlx::query_scalar("select max(version) from schema_version")
        .fetch_one(&mut *tx)
        .await?;
    for (version, text, _) in missing(found)? {
        tx.execute(sqlx::raw_sql(text)).await?;
        sqlx::query("insert into schema_version (version) values ($1)")
            .bind(version)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Brings the schema up to date and gives the role to use, if one could be made.
pub(crate) async fn postgres(pool: &PgPool) -> Result<Option<String>, StoreError> {
    // One statement a step, each of which may be repeated: two nodes may start at once.
    pool.execute("create table if not exists schema_version (version bigint primary key)")
        .await?;
    let mut tx = pool.begin().await?;
    tx.execute("lock table schema_version in exclusive mode")
        .await?;
    let found: Option<i64> = sqlx::query_scalar("select max(version) from schema_version")
        .fetch_one(&mut *tx)
        .await?;
    for (version, _, text) in missing(found)? {
        tx.execute(sqlx::raw_sql(text)).await?;
        sqlx::query("insert into schema_version (version) values ($1)")
            .bind(version)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    role(pool).await
}

fn missing(
    found: Option<i64>,
) -> Result<impl Iterator<Item = (i64, &'static str, &'static str)>, StoreError> {
    let found = found.unwrap_or(0);
    let known = VERSIONS
        .iter()
        .map(|(version, ..)| *version)
        .max()
        .unwrap_or(0);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    Ok(VERSIONS
        .into_iter()
        .filter(move |(version, ..)| *version > found))
}

/// Makes the role that may add to the log but not change it. Without the right to make roles: none.
async fn role(pool: &PgPool) -> Result<Option<String>, StoreError> {
    let schema: String = sqlx::query_scalar("select current_schema()::text")
        .fetch_one(pool)
        .await?;
    let quoted = format!("\"{}\"", schema.replace('"', "\"\""));
    let place =
        "select 'consentry_' || substr(md5(current_database() || '.' || current_schema()), 1, 12)";
    let role: String = sqlx::query_scalar(place).fetch_one(pool).await?;
    let sql = "select count(*) from pg_roles where rolname = $1";
    let known: i64 = sqlx::query_scalar(sql).bind(&role).fetch_one(pool).await?;
    let mut steps = vec![];
    if known == 0 {
        steps.push(format!("create role {role} nologin"));
    }
    steps.extend([
        format!("grant {role} to current_user"),
        format!("grant usage on schema {quoted} to {role}"),
        format!("grant select, insert, update, delete on all tables in schema {quoted} to {role}"),
        format!("revoke update, delete, truncate on {LOG_TABLES}, schema_version from {role}"),
    ]);
    for step in steps {
        if let Err(error) = pool.execute(sqlx::AssertSqlSafe(step)).await {
            // Another node may have made the role a moment ago; anything else means that we lack the right.
            let raced = matches!(&error, sqlx::Error::Database(cause) if matches!(cause.code().as_deref(), Some("42710" | "23505" | "XX000")));
            if !raced {
                tracing::warn!(%error, "cannot make a role that protects the log: it is append-only by habit alone here");
                return Ok(None);
            }
        }
    }
    Ok(Some(role))
}
