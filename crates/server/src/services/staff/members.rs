//! The members of the staff: invited, given a role, sent a new link, and removed.

use consent::event::StaffAct;
use serde::{Deserialize, Serialize};
use store::{error::StoreError, member::MemberLine, pool::Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Member, Power, Role, invite,
    row::{fresh, name},
};
use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::keys,
};

/// A member of the staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserAnswer {
    /// Their id.
    pub id: Uuid,
    /// The address that they sign in with.
    pub email: String,
    /// What colleagues call them.
    pub name: String,
    /// `viewer`, `agent`, `marketer`, `compliance` or `admin`.
    pub role: String,
    /// `invited` until they took their link, then `active`.
    pub state: &'static str,
    /// Whether an authenticator stands beside the password.
    pub totp: bool,
    /// Until when their invitation counts.
    pub invited_until: Option<String>,
    /// When they were invited.
    pub created_at: String,
}

/// Somebody to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserBody {
    /// The address that they will sign in with.
    pub email: String,
    /// What colleagues call them.
    pub name: String,
    /// `viewer`, `agent`, `marketer`, `compliance` or `admin`.
    pub role: String,
}

/// What changes about a member.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// What colleagues call them.
    pub name: Option<String>,
    /// What they are trusted with. A change ends their sessions.
    pub role: Option<String>,
}

/// A member with the link that they get: it counts once, for seven days.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invited {
    /// The member.
    #[serde(flatten)]
    pub user: UserAnswer,
    /// Where they choose a password.
    pub link: String,
}

/// Everybody who is there.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &App) -> Result<Vec<UserAnswer>, Error> {
    Ok(app.store.members().await?.iter().map(answer).collect())
}

/// One of them.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn show(app: &App, id: Uuid) -> Result<UserAnswer, Error> {
    let line = app
        .store
        .member(id)
        .await?
        .filter(|line| line.removed.is_none());
    line.as_ref().map(answer).ok_or(Error::NotFound("user"))
}

/// Who signs in with this address and answers customers; none where there is nobody who does.
///
/// # Errors
/// When the database does not answer.
pub async fn who_talks(app: &House, address: &str) -> Result<Option<Member>, Error> {
    let line = app
        .store
        .member_by_email(&address.trim().to_lowercase())
        .await?;
    let member = line.as_ref().map(Member::try_from).transpose()?;
    Ok(member.filter(|member| member.role.may(Power::Talk)))
}

/// Invites somebody.
///
/// # Errors
/// [`Error::Invalid`] for a bad name, address or role; [`Error::Conflict`] when the address is taken; when the database
/// does not answer.
pub async fn create(app: &App, body: &UserBody, actor: &str) -> Result<Invited, Error> {
    let mut line = fresh(app, &body.email, &body.name, Role::asked(&body.role)?)?;
    let link = invite::open(app, &mut line)?;
    let mut tx = app.store.begin().await?;
    tx.add_member(&line)
        .await
        .map_err(|error| taken(error, &line.email))?;
    note(
        app,
        &mut tx,
        actor,
        &format!("{} invited as {}", line.id, line.role),
    )
    .await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(Invited {
        user: answer(&line),
        link,
    })
}

/// Renames a member or gives them another role; another role ends their sessions.
///
/// # Errors
/// [`Error::Conflict`] when nobody would be admin any more; [`Error::NotFound`] when there is no such member; when the
/// database does not answer.
pub async fn change(
    app: &App,
    id: Uuid,
    change: &UserChange,
    actor: &str,
) -> Result<UserAnswer, Error> {
    let name = change.name.as_deref().map(name).transpose()?;
    let role = change.role.as_deref().map(Role::asked).transpose()?;
    let mut tx = app.store.begin().await?;
    let mut line = there(&mut tx, id).await?;
    if let Some(role) = role.filter(|role| role.word() != line.role) {
        if line.role == Role::Admin.word() {
            keep_an_admin(app, id).await?;
        }
        note(
            app,
            &mut tx,
            actor,
            &format!("{id} from {} to {}", line.role, role.word()),
        )
        .await?;
        role.word().clone_into(&mut line.role);
        tx.end_sessions(id).await?;
    }
    line.name = name.unwrap_or(line.name);
    tx.set_member(&line).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(answer(&line))
}

/// Gives a member a new link, for when the password or the authenticator is lost: both are gone, and they are signed out.
///
/// # Errors
/// [`Error::NotFound`] when there is no such member; when the database does not answer.
pub async fn reset(app: &App, id: Uuid, actor: &str) -> Result<Invited, Error> {
    let mut tx = app.store.begin().await?;
    let mut line = there(&mut tx, id).await?;
    (line.password, line.totp) = (None, None);
    let link = invite::open(app, &mut line)?;
    tx.set_member(&line).await?;
    tx.end_sessions(id).await?;
    note(app, &mut tx, actor, &format!("{id} was given a new link")).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(Invited {
        user: answer(&line),
        link,
    })
}

/// Removes a member and signs them out.
///
/// # Errors
/// [`Error::Conflict`] when nobody would be admin any more; [`Error::NotFound`] when there is no such member; when the
/// database does not answer.
pub async fn remove(app: &App, id: Uuid, actor: &str) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    let mut line = there(&mut tx, id).await?;
    if line.role == Role::Admin.word() {
        keep_an_admin(app, id).await?;
    }
    line.removed = Some(app.clock.now());
    (line.password, line.totp, line.invite) = (None, None, None);
    tx.set_member(&line).await?;
    tx.end_sessions(id).await?;
    note(app, &mut tx, actor, &format!("{id} was removed")).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

async fn there(tx: &mut Tx, id: Uuid) -> Result<MemberLine, Error> {
    let line = tx.member(id).await?.filter(|line| line.removed.is_none());
    line.ok_or(Error::NotFound("user"))
}

/// A house without an admin could not be opened again from inside.
async fn keep_an_admin(app: &App, but: Uuid) -> Result<(), Error> {
    let members = app.store.members().await?;
    let stays = members
        .iter()
        .any(|line| line.id != but && line.role == Role::Admin.word() && line.password.is_some());
    if stays {
        return Ok(());
    }
    Err(Error::Conflict(
        "this is the last admin: make somebody else admin first".to_owned(),
    ))
}

async fn note(app: &App, tx: &mut Tx, actor: &str, text: &str) -> Result<(), Error> {
    keys::staff_event(app, tx, StaffAct::MemberChanged, actor, text).await
}

fn taken(error: StoreError, email: &str) -> Error {
    match error {
        StoreError::Conflict => Error::Conflict(format!("`{email}` is there already")),
        other => other.into(),
    }
}

fn answer(line: &MemberLine) -> UserAnswer {
    UserAnswer {
        id: line.id,
        email: line.email.clone(),
        name: line.name.clone(),
        role: line.role.clone(),
        state: if line.password.is_some() {
            "active"
        } else {
            "invited"
        },
        totp: line.totp.is_some(),
        invited_until: line.invite_until.map(clock::rfc3339),
        created_at: clock::rfc3339(line.created),
    }
}
