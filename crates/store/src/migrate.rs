//! The schema, version by version, and PostgreSQL's role for the log.

use sqlx::{Executor, PgPool, SqlitePool};

use crate::error::StoreError;

/// Each version of the schema: for SQLite and for PostgreSQL.
const VERSIONS: [(i64, &str, &str); 17] = [
    (
        1,
        include_str!("../migrations/sqlite/0001_first.sql"),
        include_str!("../migrations/postgres/0001_first.sql"),
    ),
    (
        2,
        include_str!("../migrations/sqlite/0002_index.sql"),
        include_str!("../migrations/postgres/0002_index.sql"),
    ),
    (
        3,
        include_str!("../migrations/sqlite/0003_page.sql"),
        include_str!("../migrations/postgres/0003_page.sql"),
    ),
    (
        4,
        include_str!("../migrations/sqlite/0004_flows.sql"),
        include_str!("../migrations/postgres/0004_flows.sql"),
    ),
    (
        5,
        include_str!("../migrations/sqlite/0005_expiry.sql"),
        include_str!("../migrations/postgres/0005_expiry.sql"),
    ),
    (
        6,
        include_str!("../migrations/sqlite/0006_list.sql"),
        include_str!("../migrations/postgres/0006_list.sql"),
    ),
    (
        7,
        include_str!("../migrations/sqlite/0007_join.sql"),
        include_str!("../migrations/postgres/0007_join.sql"),
    ),
    (
        8,
        include_str!("../migrations/sqlite/0008_staff.sql"),
        include_str!("../migrations/postgres/0008_staff.sql"),
    ),
    (
        9,
        include_str!("../migrations/sqlite/0009_table.sql"),
        include_str!("../migrations/postgres/0009_table.sql"),
    ),
    (
        10,
        include_str!("../migrations/sqlite/0010_segment.sql"),
        include_str!("../migrations/postgres/0010_segment.sql"),
    ),
    (
        11,
        include_str!("../migrations/sqlite/0011_report.sql"),
        include_str!("../migrations/postgres/0011_report.sql"),
    ),
    (
        12,
        include_str!("../migrations/sqlite/0012_inbox.sql"),
        include_str!("../migrations/postgres/0012_inbox.sql"),
    ),
    (
        13,
        include_str!("../migrations/sqlite/0013_campaign.sql"),
        include_str!("../migrations/postgres/0013_campaign.sql"),
    ),
    (
        14,
        include_str!("../migrations/sqlite/0014_journey.sql"),
        include_str!("../migrations/postgres/0014_journey.sql"),
    ),
    (
        15,
        include_str!("../migrations/sqlite/0015_template.sql"),
        include_str!("../migrations/postgres/0015_template.sql"),
    ),
    (
        16,
        include_str!("../migrations/sqlite/0016_happening.sql"),
        include_str!("../migrations/postgres/0016_happening.sql"),
    ),
    (
        17,
        include_str!("../migrations/sqlite/0017_address.sql"),
        include_str!("../migrations/postgres/0017_address.sql"),
    ),
];

/// The tables that nobody changes once written.
const LOG_TABLES: &str = "event, log_entry, log_tile, checkpoint";
const FOUND: &str = "select version from schema_version";
const LOCK: &str = "lock table schema_version in exclusive mode";
/// How often a race with other nodes is tried again.
const RACES_MAX: u32 = 20;
/// PostgreSQL: insufficient privilege.
const NO_RIGHT: &str = "42501";

pub(crate) async fn sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    let mut tx = pool.begin_with("begin immediate").await?;
    tx.execute("create table if not exists schema_version (version bigint primary key)")
        .await?;
    let found: Vec<i64> = sqlx::query_scalar(FOUND).fetch_all(&mut *tx).await?;
    for (version, text, _) in missing(&found)? {
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
///
/// Several nodes may start at once: the first statement may lose a race and is repeated; the rest waits for a lock on
/// the table of versions.
pub(crate) async fn postgres(pool: &PgPool) -> Result<Option<String>, StoreError> {
    let mut tries = 0;
    loop {
        match begin_schema(pool).await {
            Ok(()) => break,
            Err(error) if is_race(&error) && tries < RACES_MAX => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
    let mut tx = pool.begin().await?;
    tx.execute(LOCK).await?;
    let found: Vec<i64> = sqlx::query_scalar(FOUND).fetch_all(&mut *tx).await?;
    for (version, _, text) in missing(&found)? {
        tx.execute(sqlx::raw_sql(text)).await?;
        sqlx::query("insert into schema_version (version) values ($1)")
            .bind(version)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    let mut tries = 0;
    loop {
        match role(pool).await {
            Ok(role) => return Ok(Some(role)),
            Err(error) if is_race(&error) && tries < RACES_MAX => tries += 1,
            Err(error) if code(&error).as_deref() == Some(NO_RIGHT) => {
                tracing::warn!(%error, "cannot make a role that protects the log: it is append-only by habit alone here");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// One business is one schema: the first of the search path, which is made where there is none yet.
async fn begin_schema(pool: &PgPool) -> Result<(), sqlx::Error> {
    let current: Option<String> = sqlx::query_scalar("select current_schema()::text")
        .fetch_one(pool)
        .await?;
    if current.is_none() {
        let path: String = sqlx::query_scalar("show search_path")
            .fetch_one(pool)
            .await?;
        let first = path.split(',').next().unwrap_or_default();
        let name = first.trim().trim_matches('"').replace('"', "\"\"");
        let sql = format!("create schema if not exists \"{name}\"");
        pool.execute(sqlx::AssertSqlSafe(sql)).await?;
    }
    pool.execute("create table if not exists schema_version (version bigint primary key)")
        .await?;
    Ok(())
}

/// Whether somebody else made the same thing in the same moment.
fn is_race(error: &sqlx::Error) -> bool {
    matches!(
        code(error).as_deref(),
        Some("42P06" | "42P07" | "42710" | "23505" | "XX000")
    )
}

fn code(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

/// The versions that a database does not have yet. A step that was numbered earlier and written later is among them.
fn missing(
    done: &[i64],
) -> Result<impl Iterator<Item = (i64, &'static str, &'static str)>, StoreError> {
    let found = done.iter().copied().max().unwrap_or(0);
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
        .filter(|(version, ..)| !done.contains(version)))
}

/// Makes the role that may add to the log but not change it. What somebody else prepared for us is used as it is, so
/// that a user without the right to make roles can be given one. All in one transaction: there is no moment in
/// which the role may do more.
async fn role(pool: &PgPool) -> Result<String, sqlx::Error> {
    let mut tx = pool.begin().await?;
    tx.execute(LOCK).await?;
    let schema: String = sqlx::query_scalar("select current_schema()::text")
        .fetch_one(&mut *tx)
        .await?;
    let quoted = format!("\"{}\"", schema.replace('"', "\"\""));
    let name =
        "select 'consentry_' || substr(md5(current_database() || '.' || current_schema()), 1, 12)";
    let role: String = sqlx::query_scalar(name).fetch_one(&mut *tx).await?;
    let sql = "select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = $1";
    let member: Option<bool> = sqlx::query_scalar(sql)
        .bind(&role)
        .fetch_optional(&mut *tx)
        .await?;
    let mut steps = vec![];
    if member.is_none() {
        steps.push(format!("create role {role} nologin"));
    }
    if member != Some(true) {
        steps.push(format!("grant {role} to current_user"));
    }
    steps.extend([
        format!("grant usage on schema {quoted} to {role}"),
        format!("grant select, insert, update, delete on all tables in schema {quoted} to {role}"),
        format!("revoke update, delete, truncate on {LOG_TABLES}, schema_version from {role}"),
    ]);
    for step in steps {
        tx.execute(sqlx::AssertSqlSafe(step)).await?;
    }
    tx.commit().await?;
    Ok(role)
}
