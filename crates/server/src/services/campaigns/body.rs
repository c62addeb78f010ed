//! What people write about a campaign, and what they are told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::services::check::TemplateRef;

/// A campaign to be made.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignBody {
    /// What people call it.
    #[schema(example = "Spring")]
    pub name: String,
    /// The number that sends; may be left out where there is only one.
    pub number: Option<String>,
    /// More numbers of the same account, among whom the messages are shared.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// The template; of every variant that names no other.
    pub template: Option<TemplateRef>,
    /// What fills its variables.
    pub variables: Option<VariablesBody>,
    /// Variants to compare, each with a share of the audience; none for a single message to everybody.
    #[serde(default)]
    pub variants: Vec<VariantBody>,
    /// To whom.
    pub audience: AudienceBody,
    /// The lawful basis, as `consent` or `contract`: without one it does not start.
    #[schema(example = "consent")]
    pub basis: Option<String>,
    /// `on` (the default) or `off`: whether it stops itself when too many opt out.
    pub flight_recorder: Option<String>,
    /// Why it is off: wanted above 10,000 people.
    pub flight_recorder_reason: Option<String>,
    /// The share of people who may opt out before it stops itself, in per cent; 2 where nothing is said.
    pub opt_out_limit: Option<f64>,
    /// When it begins by itself once it was started, RFC 3339; at once where nothing is said.
    pub start_at: Option<String>,
    /// Hours in which nobody gets it, by the clock where each person lives.
    pub quiet_hours: Option<QuietBody>,
    /// Messages a second and number, at the most; 80 where nothing is said, and less where Meta asks for it.
    pub pace: Option<u32>,
    /// What variants are compared by, net of opt-outs: `reads` or `replies`.
    pub winner_by: Option<String>,
}

/// What fills the variables of a template: a text for each, in which `{{attribute|fallback}}` stands for an attribute of the person, and
/// `{{name|fallback}}` for what they call themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariablesBody {
    /// For the header.
    #[serde(default)]
    pub header: Vec<String>,
    /// For the text.
    #[serde(default)]
    #[schema(example = json!(["{{first_name|friend}}"]))]
    pub body: Vec<String>,
    /// For the end of the address of each button that has a variable there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
    /// The picture, the video or the document above, where the template has one: the same for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileBody>,
}

/// A picture, a video or a document: at an address, or at Meta.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileBody {
    /// The address that Meta reads it from, with `https://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Meta's id of a file that was uploaded; Meta keeps it for thirty days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What a document is called on the person's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One of the things that are sent.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantBody {
    /// What it is called; `A`, `B`, ... where nothing is said.
    pub name: Option<String>,
    /// Its template, if not the campaign's.
    pub template: Option<TemplateRef>,
    /// What fills its variables.
    pub variables: Option<VariablesBody>,
    /// Its share of the audience; even shares where nothing is said.
    pub share: Option<u16>,
    /// How many minutes after the start it begins: to compare times.
    pub delay_minutes: Option<u32>,
}

/// To whom: exactly one of these.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceBody {
    /// Telephone numbers in any spelling, or ids in WhatsApp.
    pub numbers: Option<Vec<String>>,
    /// The id of a segment.
    pub segment: Option<String>,
    /// A tag.
    pub tag: Option<String>,
    /// A CSV text with a header line: a column `phone` (or `number`, `to`), and columns that fill variables of the same name.
    pub csv: Option<String>,
    /// The id of a draft whose list of people is taken as it is: another one's, or its own where a draft is changed.
    pub list_of: Option<String>,
}

/// Quiet hours.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietBody {
    /// The first quiet minute, as `21:00`.
    #[schema(example = "21:00")]
    pub from: String,
    /// The first minute that is not quiet any more, as `08:00`.
    #[schema(example = "08:00")]
    pub to: String,
}

/// A campaign.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CampaignAnswer {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// `draft`, `scheduled`, `running`, `paused`, `done`, `cancelled` or `failed`.
    pub state: String,
    /// Why it is paused or failed, in a sentence, where it did that by itself.
    pub why: Option<String>,
    /// The numbers that send.
    pub numbers: Vec<String>,
    /// What is sent.
    pub variants: Vec<VariantAnswer>,
    /// To whom.
    pub audience: AudienceAnswer,
    /// The lawful basis that was named.
    pub basis: Option<String>,
    /// `on` or `off`.
    pub flight_recorder: &'static str,
    /// Why it is off.
    pub flight_recorder_reason: Option<String>,
    /// The share of opt-outs at which it stops itself, in per cent.
    pub opt_out_limit: f64,
    /// Hours in which nobody gets it, where they live.
    pub quiet_hours: Option<QuietBody>,
    /// Messages a second and number, at the most.
    pub pace: Option<u32>,
    /// What variants are compared by.
    pub winner_by: String,
    /// Rises with each change; named with a change, it is refused where somebody else was faster.
    pub version: i64,
    /// Who made it.
    pub created_by: String,
    /// Who changed the draft last; null where nobody did.
    pub changed_by: Option<String>,
    /// When.
    pub created_at: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When it begins by itself.
    pub start_at: Option<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// When its audience was frozen.
    pub drawn_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
    /// Where it stands; of lists, only what is cheap to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

/// A button as one person would see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreviewButton {
    /// Its label.
    pub text: String,
    /// Where it leads, of one that opens an address.
    pub to: Option<String>,
}

/// One of the things that are sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VariantAnswer {
    /// What it is called.
    pub name: String,
    /// Its template.
    pub template: String,
    /// The language of it.
    pub language: String,
    /// What fills its variables.
    pub variables: VariablesBody,
    /// How it reads, with what fills its variables as it was written; null in lists, and where the template is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its share of the audience.
    pub share: u16,
    /// How many minutes after the start it begins.
    pub delay_minutes: u32,
}

/// To whom.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AudienceAnswer {
    /// `numbers`, `segment`, `tag` or `csv`.
    pub kind: String,
    /// The segment's id and name, or the tag.
    pub name: Option<String>,
    /// How many were listed, of `numbers` and `csv`.
    pub listed: Option<u64>,
}

/// Where everybody of a campaign stands. Each of `accepted`, `sent`, `delivered` and `read` holds those after it as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Everybody in the audience.
    pub total: u64,
    /// Those whose turn has not come, or comes again.
    pub waiting: u64,
    /// Those whose message is on its way to Meta.
    pub sending: u64,
    /// Those whose message Meta took.
    pub accepted: u64,
    /// Those whose message left Meta.
    pub sent: u64,
    /// Those who have it.
    pub delivered: u64,
    /// Those who read it.
    pub read: u64,
    /// Those whom the gate refused.
    pub denied: u64,
    /// Those whose message failed: Meta refused it, or could not deliver it.
    pub failed: u64,
    /// Those of whose message nobody knows; it is never sent again.
    pub unknown: u64,
    /// Those who were left out: cancelled, or nothing could be made for them.
    pub skipped: u64,
}

/// What a campaign would do if it began now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreflightAnswer {
    /// Everybody in the audience.
    pub total: u64,
    /// Those who may get it.
    #[serde(rename = "in")]
    pub within: u64,
    /// Those who may not.
    pub out: u64,
    /// Why not: how many for each code.
    pub reasons: BTreeMap<String, u64>,
    /// What keeps it from starting, in sentences; it starts when there is nothing.
    pub blockers: Vec<String>,
    /// What is worth a second look.
    pub warnings: Vec<String>,
    /// Whether a second person has to approve it.
    pub needs_approval: bool,
    /// What it would cost, as far as prices are known.
    pub cost: CostAnswer,
    /// How long it takes at its pace, in seconds.
    pub seconds: u64,
    /// How many people outside an open window Meta lets a business of its tier reach in a day; null for no limit, or none known.
    pub daily_limit: Option<u64>,
    /// On how many days that many people can be reached, when nobody else is written to.
    pub days: u64,
    /// How many of those who may get it had marketing in the last seven days.
    pub recently_written: u64,
    /// How many of those who may get it live where it is quiet now: theirs waits.
    pub quiet_now: u64,
    /// The templates.
    pub templates: Vec<TemplateHealth>,
}

/// A template of a campaign.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TemplateHealth {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its category.
    pub category: String,
    /// Its status, as Meta last told us.
    pub status: String,
    /// Its quality, where Meta told us.
    pub quality: Option<String>,
}

/// What it would cost.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct CostAnswer {
    /// The currency, ISO 4217.
    pub currency: String,
    /// All that has a price, as a decimal number; an estimate, and before taxes.
    pub total: String,
    /// By country and category.
    pub lines: Vec<CostLine>,
    /// How many of those who may get it live where no price is known.
    pub unpriced: u64,
}

/// The cost in one country.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CostLine {
    /// The country, ISO 3166-1; empty where the number does not say.
    pub country: String,
    /// Meta's category.
    pub category: String,
    /// How many people.
    pub people: u64,
    /// What one message costs; null where no price is known.
    pub each: Option<String>,
    /// What they cost together.
    pub together: Option<String>,
}
