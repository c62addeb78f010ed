//! Members of the staff, and the browsers they are signed in with.

use consent::time::Timestamp;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::clean,
    pool::{Store, Tx, on_pool, on_tx},
};

/// Somebody who works with the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLine {
    /// Their id.
    pub id: Uuid,
    /// The address that they sign in with, in lower case; unique among those who are there.
    pub email: String,
    /// What colleagues call them.
    pub name: String,
    /// `viewer`, `agent`, `marketer`, `compliance` or `admin`.
    pub role: String,
    /// The password as a PHC string; none before the invitation was taken.
    pub password: Option<String>,
    /// The sealed secret of their authenticator, if they use one.
    pub totp: Option<Vec<u8>>,
    /// The last step of time whose code was used: no code counts twice.
    pub totp_step: i64,
    /// SHA-256 of the token of an invitation that is open.
    pub invite: Option<Vec<u8>>,
    /// Until when it is.
    pub invite_until: Option<Timestamp>,
    /// The language of their pages; none for the one that their browser asks for.
    pub language: Option<String>,
    /// The IANA name of their time zone; none for the one of the business.
    pub zone: Option<String>,
    /// When they were invited.
    pub created: Timestamp,
    /// When they left, if they did.
    pub removed: Option<Timestamp>,
}

/// A browser that somebody is signed in with. The token itself is never kept, only its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// SHA-256 of the token.
    pub hash: Vec<u8>,
    /// Who.
    pub member: Uuid,
    /// Since when.
    pub created: Timestamp,
    /// When it was last used, to a few minutes.
    pub seen: Timestamp,
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    id: Vec<u8>,
    email: String,
    name: String,
    role: String,
    password: Option<String>,
    totp: Option<Vec<u8>>,
    totp_step: i64,
    invite: Option<Vec<u8>>,
    invite_ms: Option<i64>,
    language: Option<String>,
    zone: Option<String>,
    created_ms: i64,
    removed_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    hash: Vec<u8>,
    member_id: Vec<u8>,
    created_ms: i64,
    seen_ms: i64,
}

const ALL: &str = "select id, email, name, role, password, totp, totp_step, invite, invite_ms, language, zone, \
    created_ms, removed_ms from member where removed_ms is null order by created_ms, id";
const BY_ID: &str = "select id, email, name, role, password, totp, totp_step, invite, invite_ms, language, zone, \
    created_ms, removed_ms from member where id = $1";
const BY_EMAIL: &str = "select id, email, name, role, password, totp, totp_step, invite, invite_ms, language, zone, \
    created_ms, removed_ms from member where email = $1 and removed_ms is null";
const BY_INVITE: &str = "select id, email, name, role, password, totp, totp_step, invite, invite_ms, language, zone, \
    created_ms, removed_ms from member where invite = $1 and removed_ms is null";

impl Store {
    /// Everybody who is there, the first to come first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn members(&self) -> Result<Vec<MemberLine>, StoreError> {
        let rows: Vec<MemberRow> =
            on_pool!(self, pool => sqlx::query_as(ALL).fetch_all(pool).await?);
        rows.into_iter().map(MemberLine::try_from).collect()
    }

    /// A member, one who left too.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn member(&self, id: Uuid) -> Result<Option<MemberLine>, StoreError> {
        let id = id.as_bytes().to_vec();
        let row: Option<MemberRow> =
            on_pool!(self, pool => sqlx::query_as(BY_ID).bind(id).fetch_optional(pool).await?);
        row.map(MemberLine::try_from).transpose()
    }

    /// Who signs in with this address, among those who are there.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn member_by_email(&self, email: &str) -> Result<Option<MemberLine>, StoreError> {
        let row: Option<MemberRow> = on_pool!(self, pool => sqlx::query_as(BY_EMAIL).bind(clean(email)).fetch_optional(pool).await?);
        row.map(MemberLine::try_from).transpose()
    }

    /// Who was invited with the token of this hash, and has not come yet.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn invited(&self, hash: &[u8]) -> Result<Option<MemberLine>, StoreError> {
        let row: Option<MemberRow> = on_pool!(self, pool => sqlx::query_as(BY_INVITE).bind(hash).fetch_optional(pool).await?);
        row.map(MemberLine::try_from).transpose()
    }

    /// A session, by the hash of its token.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn session(&self, hash: &[u8]) -> Result<Option<SessionLine>, StoreError> {
        let sql = "select hash, member_id, created_ms, seen_ms from session where hash = $1";
        let row: Option<SessionRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(hash).fetch_optional(pool).await?);
        row.map(SessionLine::try_from).transpose()
    }
}

impl Tx {
    /// Keeps a new member.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the address is taken; and when the database does not answer.
    pub async fn add_member(&mut self, line: &MemberLine) -> Result<(), StoreError> {
        let sql = "insert into member (id, email, name, role, password, totp, totp_step, invite, invite_ms, language, \
                   zone, created_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(line.id.as_bytes().to_vec())
                .bind(clean(&line.email))
                .bind(clean(&line.name))
                .bind(clean(&line.role))
                .bind(line.password.as_deref())
                .bind(line.totp.as_deref())
                .bind(line.totp_step)
                .bind(line.invite.as_deref())
                .bind(line.invite_until.map(Timestamp::millis))
                .bind(line.language.as_deref())
                .bind(line.zone.as_deref())
                .bind(line.created.millis())
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// A member, locked until the transaction ends.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn member(&mut self, id: Uuid) -> Result<Option<MemberLine>, StoreError> {
        // A change of nothing locks the row on both databases.
        let lock = "update member set totp_step = totp_step where id = $1";
        let id = id.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(lock).bind(&id).execute(conn).await?; });
        let row: Option<MemberRow> =
            on_tx!(self, conn => sqlx::query_as(BY_ID).bind(&id).fetch_optional(conn).await?);
        row.map(MemberLine::try_from).transpose()
    }

    /// Writes a member anew, but for when they were invited.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the address is taken; and when the database does not answer.
    pub async fn set_member(&mut self, line: &MemberLine) -> Result<(), StoreError> {
        let sql = "update member set email = $2, name = $3, role = $4, password = $5, totp = $6, totp_step = $7, \
                   invite = $8, invite_ms = $9, language = $10, zone = $11, removed_ms = $12 where id = $1";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(line.id.as_bytes().to_vec())
                .bind(clean(&line.email))
                .bind(clean(&line.name))
                .bind(clean(&line.role))
                .bind(line.password.as_deref())
                .bind(line.totp.as_deref())
                .bind(line.totp_step)
                .bind(line.invite.as_deref())
                .bind(line.invite_until.map(Timestamp::millis))
                .bind(line.language.as_deref())
                .bind(line.zone.as_deref())
                .bind(line.removed.map(Timestamp::millis))
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Signs somebody in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_session(&mut self, line: &SessionLine) -> Result<(), StoreError> {
        let sql =
            "insert into session (hash, member_id, created_ms, seen_ms) values ($1, $2, $3, $4)";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(&line.hash)
                .bind(line.member.as_bytes().to_vec())
                .bind(line.created.millis())
                .bind(line.seen.millis())
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn saw_session(&mut self, hash: &[u8], at: Timestamp) -> Result<(), StoreError> {
        let sql = "update session set seen_ms = $2 where hash = $1 and seen_ms < $2";
        on_tx!(self, conn => { sqlx::query(sql).bind(hash).bind(at.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Ends a session; says whether there was one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_session(&mut self, hash: &[u8]) -> Result<bool, StoreError> {
        let sql = "delete from session where hash = $1";
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(hash).execute(conn).await?.rows_affected())
                == 1,
        )
    }

    /// Ends every session of a member; says how many there were.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_sessions(&mut self, member: Uuid) -> Result<u64, StoreError> {
        let sql = "delete from session where member_id = $1";
        let member = member.as_bytes().to_vec();
        Ok(on_tx!(self, conn => sqlx::query(sql).bind(member).execute(conn).await?.rows_affected()))
    }

    /// Forgets sessions that were last used before one time, or began before another.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_sessions(
        &mut self,
        idle: Timestamp,
        old: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "delete from session where seen_ms < $1 or created_ms < $2";
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(idle.millis()).bind(old.millis()).execute(conn).await?.rows_affected()),
        )
    }
}

impl TryFrom<MemberRow> for MemberLine {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: codec::uuid(&row.id)?,
            email: row.email,
            name: row.name,
            role: row.role,
            password: row.password,
            totp: row.totp,
            totp_step: row.totp_step,
            invite: row.invite,
            invite_until: row.invite_ms.map(Timestamp::from_millis),
            language: row.language,
            zone: row.zone,
            created: Timestamp::from_millis(row.created_ms),
            removed: row.removed_ms.map(Timestamp::from_millis),
        })
    }
}

impl TryFrom<SessionRow> for SessionLine {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            hash: row.hash,
            member: codec::uuid(&row.member_id)?,
            created: Timestamp::from_millis(row.created_ms),
            seen: Timestamp::from_millis(row.seen_ms),
        })
    }
}
