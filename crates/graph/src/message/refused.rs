//! Why a body is not read, in words for the developer who sent it.

/// A body whose recipient, template or category cannot be read for certain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not JSON, or a key stands there twice.
    #[error("the body cannot be read as JSON: {0}")]
    Json(String),
    /// JSON, but not an object.
    #[error(
        "the body is not a JSON object: want one message, like {{\"messaging_product\":\"whatsapp\",\"to\":…}}"
    )]
    NotAnObject,
    /// A list.
    #[error("the body is a list: want one message in one request, batches are not taken")]
    Batch,
    /// Form-encoded.
    #[error("the body looks form-encoded: want JSON with `Content-Type: application/json`")]
    Form,
    /// A member by which Graph does something else.
    #[error("the member `{0}` is not taken here: want the method and path of the request itself")]
    Override(String),
    /// A key that differs from one we read only in its spelling.
    #[error(
        "the key `{0}` looks like another one: want it in lower case, without brackets or blanks"
    )]
    LooksLike(String),
    /// Something that has to be there is not.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Something has the wrong JSON type.
    #[error("`{name}` cannot be read: want {want}")]
    Unreadable {
        /// The member.
        name: &'static str,
        /// What was wanted.
        want: &'static str,
    },
    /// There is neither `to` nor `recipient`.
    #[error(
        "there is no recipient: want `to` with a phone number, or `recipient` with a business-scoped user id"
    )]
    NoRecipient,
    /// `to` or `recipient` names nobody.
    #[error("`{name}` names nobody: {why}")]
    Recipient {
        /// `to` or `recipient`.
        name: &'static str,
        /// What was wanted.
        why: String,
    },
    /// `to` and `recipient` surely name different people.
    #[error(
        "`to` and `recipient` name different people: want one of them, or both for the same person"
    )]
    Conflict,
    /// `type` is not one that we know.
    #[error(
        "`type` is `{0}`: want a type of message that is known, like text, template, interactive or image"
    )]
    Type(String),
    /// The content that `type` names is not there.
    #[error("`type` is `{0}`, but there is no `{0}` in the body")]
    NoContent(String),
    /// A content that `type` does not name is there.
    #[error("`type` is `{kind}`, but there is a `{other}` in the body as well: want one content")]
    TwoContents {
        /// What `type` names.
        kind: String,
        /// What else is there.
        other: String,
    },
    /// `category` is not one of a Direct Send.
    #[error(
        "`category` is not one that a message without template may have: want utility, authentication or marketing"
    )]
    Category,
    /// Something else than a template for `/marketing_messages`.
    #[error("`type` is `{0}`: /marketing_messages takes templates only")]
    NotATemplate(String),
    /// `status` with something that is not a read receipt.
    #[error(
        "`status` is there, but the body is no read receipt: want `\"status\":\"read\"` and `message_id`, and no content"
    )]
    Status,
    /// The callback data is not a text, or too long.
    #[error("`biz_opaque_callback_data` is not a text of at most 512 characters")]
    Callback,
}

impl Refused {
    /// Meta's code for what is wrong: 131009 for a recipient, 131008 for what is missing, otherwise 100.
    #[must_use]
    pub const fn code(&self) -> i64 {
        match self {
            Self::Recipient { .. } | Self::Conflict => 131_009,
            Self::Missing(_) | Self::NoRecipient | Self::NoContent(_) => 131_008,
            Self::Json(_)
            | Self::NotAnObject
            | Self::Batch
            | Self::Form
            | Self::Override(_)
            | Self::LooksLike(_)
            | Self::Unreadable { .. }
            | Self::Type(_)
            | Self::TwoContents { .. }
            | Self::Category
            | Self::NotATemplate(_)
            | Self::Status
            | Self::Callback => 100,
        }
    }

    /// The code of the verdict that this amounts to, where it is one (DESIGN section 3, layer 1).
    #[must_use]
    pub const fn verdict(&self) -> Option<&'static str> {
        match self {
            Self::Recipient { .. } => Some("invalid_recipient"),
            Self::Conflict => Some("identity_conflict"),
            Self::Json(_)
            | Self::NotAnObject
            | Self::Batch
            | Self::Form
            | Self::Override(_)
            | Self::LooksLike(_)
            | Self::Missing(_)
            | Self::Unreadable { .. }
            | Self::NoRecipient
            | Self::Type(_)
            | Self::NoContent(_)
            | Self::TwoContents { .. }
            | Self::Category
            | Self::NotATemplate(_)
            | Self::Status
            | Self::Callback => None,
        }
    }
}
