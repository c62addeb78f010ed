//! A consent receipt as programs read it: the members of ISO/IEC TS 27560:2023, and what makes it provable.

use consent::{scope::Subject, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::course::State;

/// What the schema of a receipt is called.
pub const SCHEMA: &str = "urn:consentry:schema:consent-receipt:1";
/// The version of that schema.
pub const SCHEMA_VERSION: &str = "1.0";
/// What stands where the controller did not say something that a receipt must say.
pub const NOT_STATED: &str = "not stated";

/// A consent receipt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Receipt {
    /// `urn:consentry:schema:consent-receipt:1`.
    pub schema: &'static str,
    /// Which record this is a receipt of.
    pub header: Header,
    /// Where the consent stands: `given`, `withdrawn_in_part`, `withdrawn`, `renewed`, `suspended`, `expired` or
    /// `invalidated`.
    pub state: &'static str,
    /// Whether messages that it covers may be sent on it now, as far as it depends on the person's wishes.
    pub in_force: bool,
    /// What is done with the data.
    pub processing: Processing,
    /// Who takes part.
    pub parties: Vec<Party>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// What the person was shown.
    pub wording: Wording,
    /// How all this can be proved.
    pub evidence: Proof,
    /// What texts are made of.
    #[serde(skip)]
    pub bare: Bare,
}

/// What texts for people are made of.
#[derive(Debug, Clone)]
pub struct Bare {
    /// From when the consent counts.
    pub at: Timestamp,
    /// What it covers.
    pub subject: Subject,
    /// Where it stands.
    pub state: State,
    /// Since when it stands so.
    pub since: Timestamp,
}

/// Which record this is a receipt of.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Header {
    /// `ISO/IEC TS 27560:2023`.
    pub standard: &'static str,
    /// The version of the schema.
    pub schema_version: &'static str,
    /// The record: the id of the event by which consent was given.
    pub record_id: String,
    /// This receipt: another one as soon as something happens to the consent.
    pub receipt_id: String,
    /// The person, by our own id; never an address.
    pub pii_principal_id: String,
    /// When the receipt was made.
    pub issued_at: String,
    /// The language of what we say in it; what the person was shown has its own.
    pub language: &'static str,
}

/// What is done with the data.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Processing {
    /// Where the controller says what it does with personal data.
    pub privacy_notice: String,
    /// The language in which consent was asked for.
    pub language: String,
    /// What for.
    pub purposes: Vec<Purpose>,
    /// `consent`.
    pub lawful_basis: &'static str,
    /// Which data: kinds, never values.
    pub pii_information: Vec<Pii>,
    /// The controllers, by `party_id`.
    pub pii_controllers: Vec<&'static str>,
    /// Where the consent came from, as a word.
    pub collection_method: String,
    /// The same in words.
    pub collection_description: String,
    /// How the data is used.
    pub processing_method: &'static str,
    /// Countries in which the data lies.
    pub storage_locations: Vec<String>,
    /// How long it is kept.
    pub retention_period: String,
    /// Whose law applies.
    pub jurisdiction: String,
    /// Who else gets the data.
    pub recipients: Vec<String>,
    /// How consent is withdrawn.
    pub withdrawal_method: Vec<Withdrawal>,
    /// The person's rights.
    pub privacy_rights: Vec<&'static str>,
}

/// What the data is used for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Purpose {
    /// In words; a topic as the person's language calls it.
    pub purpose: String,
    /// `marketing`, `utility`, `authentication`, `service`, or `all`.
    pub purpose_type: &'static str,
    /// What a topic brings.
    pub description: String,
    /// The topic, where it is one.
    pub topic_id: Option<String>,
    /// What kind of messages, as the form stated it.
    pub message_kind: String,
    /// How often, as the form stated it.
    pub frequency: String,
    /// By which ways.
    pub channels: Vec<&'static str>,
    /// The business number; null for every number.
    pub number: Option<String>,
}

/// A kind of data.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pii {
    /// In words.
    pub pii_type: &'static str,
    /// As a word.
    pub pii_attribute_id: &'static str,
    /// Whether messages could come without it.
    pub pii_optional: bool,
    /// Whether it is of a special kind.
    pub sensitive_pii: bool,
}

/// A way to withdraw.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Withdrawal {
    /// `reply_stop`, `preference_page` or `one_click`.
    pub method: &'static str,
    /// In words.
    pub description: &'static str,
}

/// Somebody who takes part.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Party {
    /// How the receipt calls them.
    pub party_id: &'static str,
    /// Their name.
    pub party_name: String,
    /// Their postal address.
    pub party_address: String,
    /// Where they are reached.
    pub party_contact: String,
    /// `pii_controller`.
    pub party_type: &'static str,
    /// Their page about personal data.
    pub party_url: String,
    /// Their number in WhatsApp.
    pub party_phone: String,
}

/// Something that happened to the consent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Event {
    /// The event; null for what time alone did.
    pub event_id: Option<String>,
    /// From when it counts.
    pub event_time: String,
    /// How long: an ISO 8601 duration, or in words.
    pub validity_duration: String,
    /// Who did it: the person by their id, a party by its id, or `time`.
    pub entity_id: String,
    /// `request`, `expressed_consent`, `withdrawal`, `correction`, `platform_switch`, `identity_change` or `expiry`.
    pub event_type: &'static str,
    /// What it means for the consent.
    pub event_state: &'static str,
    /// Where it came from, as a word.
    pub event_source: String,
}

/// What the person was shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Wording {
    /// The words.
    pub text: String,
    /// Their language.
    pub locale: String,
    /// SHA-256 of the words.
    pub sha256: String,
    /// Where they were shown.
    pub page: String,
    /// The form that showed them.
    pub form: Option<FormRef>,
}

/// A form in one version.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FormRef {
    /// Its name in addresses.
    pub slug: String,
    /// The version.
    pub version: i64,
}

/// How the record can be proved.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Proof {
    /// The log, by the name that its checkpoints bear.
    pub checkpoint_origin: String,
    /// The key that checkpoints are signed with.
    pub log_key: String,
    /// The place of the record in the log; null for the moment before it is numbered.
    pub leaf_index: Option<i64>,
    /// The hash of its leaf.
    pub leaf_hash: String,
    /// Where the controller gets the proof.
    pub proof_url: String,
    /// How to ask for it, in words.
    pub how_to_ask: String,
}
