//! Who works with the dashboard, and what each role may do there.

pub mod factor;
pub mod invite;
pub mod members;
pub mod own;
pub mod password;
pub mod row;
pub mod sessions;
pub mod sign_in;

use store::member::MemberLine;
use uuid::Uuid;

use crate::error::Error;

/// What somebody of the staff is trusted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks, and sees numbers masked.
    Viewer,
    /// Talks with customers.
    Agent,
    /// Prepares what goes to many.
    Marketer,
    /// Answers for what is recorded and for the rules.
    Compliance,
    /// Everything, and who else may what.
    Admin,
}

/// One thing that a role may or may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Open pages.
    See,
    /// See telephone numbers and addresses in full.
    Know,
    /// Answer customers, note, assign, and decide what doubtful messages meant.
    Talk,
    /// Record that somebody refused. Asks for nothing.
    Refuse,
    /// Record that somebody agreed, with evidence; erase; take data out.
    Attest,
    /// Tags, attributes, segments and lists.
    Market,
    /// The policy and the other settings.
    Rule,
    /// Members of the staff and keys.
    Manage,
}

/// Somebody of the staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub id: Uuid,
    /// What colleagues call them.
    pub name: String,
    /// The address that they sign in with: the actor in evidence.
    pub email: String,
    /// What they are trusted with.
    pub role: Role,
    /// The language of their pages, if they chose one.
    pub language: Option<String>,
    /// The IANA name of their time zone, if they chose one.
    pub zone: Option<String>,
    /// Whether an authenticator stands beside the password.
    pub has_factor: bool,
}

impl Role {
    /// Every role, the least trusted first.
    pub const ALL: [Self; 5] = [
        Self::Viewer,
        Self::Agent,
        Self::Marketer,
        Self::Compliance,
        Self::Admin,
    ];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Agent => "agent",
            Self::Marketer => "marketer",
            Self::Compliance => "compliance",
            Self::Admin => "admin",
        }
    }

    /// Reads [`Role::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Reads a role that somebody typed.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the roles that there are.
    pub fn asked(word: &str) -> Result<Self, Error> {
        let words = Self::ALL.map(Self::word).join(", ");
        Self::read(word).ok_or_else(|| {
            Error::field("role", format!("`{word}` is no role: want one of {words}"))
        })
    }

    /// Whether the role may do something.
    #[must_use]
    pub const fn may(self, power: Power) -> bool {
        match power {
            Power::See => true,
            Power::Know | Power::Refuse => !matches!(self, Self::Viewer),
            Power::Talk => matches!(self, Self::Agent | Self::Compliance | Self::Admin),
            Power::Market => matches!(self, Self::Marketer | Self::Compliance | Self::Admin),
            Power::Attest | Power::Rule => matches!(self, Self::Compliance | Self::Admin),
            Power::Manage => matches!(self, Self::Admin),
        }
    }
}

impl TryFrom<&MemberLine> for Member {
    type Error = Error;

    fn try_from(line: &MemberLine) -> Result<Self, Error> {
        let role = Role::read(&line.role)
            .ok_or_else(|| Error::internal(format!("a member has the role `{}`", line.role)))?;
        Ok(Self {
            id: line.id,
            name: line.name.clone(),
            email: line.email.clone(),
            role,
            language: line.language.clone(),
            zone: line.zone.clone(),
            has_factor: line.totp.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_may_what_its_name_says_and_no_more() {
        use Power::{Attest, Know, Manage, Market, Refuse, Rule, See, Talk};
        let all = [See, Know, Talk, Refuse, Attest, Market, Rule, Manage];
        for (role, want) in [
            (Role::Viewer, &[See][..]),
            (Role::Agent, &[See, Know, Talk, Refuse]),
            (Role::Marketer, &[See, Know, Refuse, Market]),
            (
                Role::Compliance,
                &[See, Know, Talk, Refuse, Attest, Market, Rule],
            ),
            (Role::Admin, &all),
        ] {
            let may: Vec<Power> = all.into_iter().filter(|power| role.may(*power)).collect();
            assert_eq!(may, want, "{role:?}");
            assert_eq!(Role::read(role.word()), Some(role));
        }
    }
}
