//! How much a definition may hold.

/// Steps of a journey, with those in its branches.
pub const STEPS_MAX: usize = 200;
/// How deep branches may lie in each other.
pub const DEPTH_MAX: usize = 5;
/// Ways that one branch offers, beside `otherwise`.
pub const WAYS_MAX: usize = 10;
/// Conditions of one way, with those that join others.
pub const CONDITIONS_MAX: usize = 20;
/// How deep conditions may lie in each other.
pub const CONDITION_DEPTH_MAX: usize = 4;
/// Longest id of a step, in characters.
pub const ID_CHARS_MAX: usize = 40;
/// Longest name of a journey, a tag, an attribute, a template's variable and the like, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// Characters of the e-mail address of somebody of the staff.
pub const ADDRESS_CHARS_MAX: usize = 254;
/// Longest name of a template, in characters: what Meta takes.
pub const TEMPLATE_CHARS_MAX: usize = 512;
/// Longest text of a message, in characters: what Meta takes.
pub const TEXT_CHARS_MAX: usize = 4_096;
/// Longest text of a message with buttons or of a question with choices, in characters: what Meta takes.
pub const ASKED_CHARS_MAX: usize = 1_024;
/// Longest value of an attribute, of a variable and of a condition, and longest note, in characters.
pub const VALUE_CHARS_MAX: usize = 1_024;
/// Variables of one template.
pub const VARIABLES_MAX: usize = 50;
/// Buttons of a message: what Meta takes.
pub const BUTTONS_MAX: usize = 3;
/// Longest label of a button, in characters: what Meta takes.
pub const BUTTON_CHARS_MAX: usize = 20;
/// Choices of a question: what Meta takes in a list.
pub const CHOICES_MAX: usize = 10;
/// Longest label of a choice, where there are more choices than buttons: what Meta takes.
pub const CHOICE_CHARS_MAX: usize = 24;
/// How often a question is put, when the answers are none of its choices.
pub const TRIES_MAX: u8 = 3;
/// Keywords of one trigger.
pub const KEYWORDS_MAX: usize = 50;
/// Longest wait, in days.
pub const WAIT_DAYS_MAX: u32 = 365;
/// Most days after which somebody may enter again.
pub const AGAIN_DAYS_MAX: u32 = 3_650;
/// Days before or after a date at which a journey begins, at the most.
pub const SHIFT_DAYS_MAX: i16 = 365;
/// Days after which the outcome of a send that nobody told us counts as unknown.
pub const OUTCOME_DAYS: i64 = 7;
/// Values that an event may bring along.
pub const GIVEN_MAX: usize = 50;
