//! API keys: made once, shown once, kept as a hash.

use consent::{
    event::{Clock, Event, Evidence, Fact, StaffAct},
    id::{ContactId, EventId},
};
use store::house::KeyLine;
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    near::Holder,
    services::{cast::Cast, near, policy},
    vault::{random, sha256},
};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look, nothing else.
    Read,
    /// The gateway and check.
    App,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Read, Self::App, Self::Admin];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::App => "app",
            Self::Admin => "admin",
        }
    }

    /// Reads [`Role::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Somebody with a key.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key's id.
    pub id: Uuid,
    /// The key's name: the actor in evidence.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

/// A key at the only moment when it can be seen.
#[derive(Debug)]
pub struct NewKey {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The key itself.
    pub key: String,
}

/// Every key begins like this, so that people and scanners recognise one that leaked.
pub const KEY_PREFIX: &str = "csk_";

/// Longest name of a key, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Makes a key.
///
/// # Errors
/// When the name is empty or too long; when the database does not answer.
pub async fn create(app: &App, name: &str, role: Role, actor: &str) -> Result<NewKey, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::field(
            "name",
            format!("`{name}` is no name for a key: want 1 to {NAME_CHARS_MAX} characters"),
        ));
    }
    let key = format!(
        "{KEY_PREFIX}{}",
        hex::encode(random().map_err(Error::internal)?)
    );
    let new = NewKey {
        id: app.clock.id(),
        name: name.to_owned(),
        role,
        key,
    };
    let line = KeyLine {
        id: new.id,
        name: new.name.clone(),
        role: role.word().to_owned(),
        hash: sha256(new.key.as_bytes()).to_vec(),
        created: app.clock.now(),
        revoked: None,
    };
    let mut tx = app.store.begin().await?;
    tx.add_key(&line).await?;
    staff_event(
        app,
        &mut tx,
        StaffAct::KeyCreated,
        actor,
        &format!("{} {} {}", new.id, role.word(), new.name),
    )
    .await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(new)
}

/// Revokes a key.
///
/// # Errors
/// [`Error::NotFound`] when there is none to revoke; when the database does not answer.
pub async fn revoke(app: &App, id: Uuid, actor: &str) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    if !tx.revoke_key(id, app.clock.now()).await? {
        return Err(Error::NotFound("key"));
    }
    staff_event(app, &mut tx, StaffAct::KeyRevoked, actor, &id.to_string()).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

/// Every key, without the keys themselves.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &App) -> Result<Vec<KeyLine>, Error> {
    Ok(app.store.keys().await?)
}

/// Who presents this key. Asked of the database each time, or of what is kept near where one process owns the database:
/// a key that it revokes is refused at once, one that a command beside it revokes within a second.
///
/// # Errors
/// [`Error::Unauthorized`] when nobody does; when the database does not answer.
pub async fn authenticate(app: &App, key: &str) -> Result<Caller, Error> {
    if !key.starts_with(KEY_PREFIX) {
        return Err(Error::Unauthorized);
    }
    let hash = sha256(key.as_bytes());
    let is_near = near::look(app).await?;
    let near = &app.memory.near;
    if let Some(holder) = near.holder(&hash).filter(|_| is_near) {
        return caller(holder);
    }
    let turn = near.turn();
    let line = app.store.key(&hash).await?.ok_or(Error::Unauthorized)?;
    let holder = Holder {
        id: line.id,
        name: line.name,
        role: line.role,
    };
    if is_near {
        near.keep(turn, hash, holder.clone());
    }
    caller(holder)
}

fn caller(holder: Holder) -> Result<Caller, Error> {
    let role = Role::read(&holder.role).ok_or(Error::Unauthorized)?;
    Ok(Caller {
        id: holder.id,
        name: holder.name,
        role,
    })
}

/// Keeps in the log that somebody of the staff did something.
///
/// # Errors
/// When the database does not answer.
pub async fn staff_event(
    app: &App,
    tx: &mut store::pool::Tx,
    act: StaffAct,
    actor: &str,
    note: &str,
) -> Result<(), Error> {
    let now = app.clock.now();
    let evidence = Evidence {
        source: consent::event::source::STAFF.to_owned(),
        actor: Some(actor.to_owned()),
        note: Some(note.to_owned()),
        ..Evidence::default()
    };
    let event = Event {
        id: EventId::new(app.clock.id()),
        contact: ContactId::HOUSE,
        fact: Fact::Staff(act),
        clock: Clock::Ours,
        at: now,
        received: now,
        evidence,
    };
    let mut cast = Cast::gather(app, tx, &[]).await?;
    cast.house_event(event);
    let policy = policy::current(app).await?;
    cast.save(tx, &policy).await?;
    Ok(())
}
