//! What Meta's words about templates are called for the reader. A word that we do not know stands as Meta wrote it.

use crate::{
    services::templates::shelf::{ComingAnswer, TemplateAnswer, TurnAnswer, WarningAnswer},
    ui::desk::Desk,
};

impl Desk {
    /// What a status is called.
    #[must_use]
    pub fn template_status(&self, word: &str) -> String {
        self.told_or(&format!("template-status-{}", code(word)), word)
    }

    /// The colour of a status.
    #[must_use]
    pub fn template_tone(&self, template: &TemplateAnswer) -> &'static str {
        match template.status.as_str() {
            "APPROVED" => "good",
            "PENDING" | "IN_APPEAL" | "FLAGGED" => "warn",
            _ if template.usable => "",
            _ => "bad",
        }
    }

    /// Why a status is what it is: Meta's reason in the reader's words, else Meta's sentence.
    #[must_use]
    pub fn template_reason(&self, template: &TemplateAnswer) -> Option<String> {
        let reason = template.status_reason.as_ref();
        reason
            .map(|word| self.told_or(&format!("template-reason-{}", code(word)), word))
            .or_else(|| template.status_note.clone())
    }

    /// What a quality is called.
    #[must_use]
    pub fn template_quality(&self, word: &str) -> String {
        self.told_or(&format!("template-quality-{}", code(word)), word)
    }

    /// The colour of a quality.
    #[must_use]
    pub fn quality_tone(&self, word: &str) -> &'static str {
        match word {
            "GREEN" => "good",
            "YELLOW" => "warn",
            "RED" => "bad",
            _ => "",
        }
    }

    /// What a template's category is called.
    #[must_use]
    pub fn template_category(&self, word: &str) -> String {
        self.told_or(&format!("state-category-{}", code(word)), word)
    }

    /// What an announced category will be, and from when on.
    #[must_use]
    pub fn template_coming(&self, coming: &ComingAnswer) -> String {
        let name = self.template_category(&coming.category);
        match &coming.at {
            Some(at) => {
                let when = self.told(at);
                self.say_with("template-coming-at", &[("name", &name), ("date", &when)])
            }
            None => self.say_with("template-coming", &[("name", &name)]),
        }
    }

    /// What should be put right.
    #[must_use]
    pub fn template_warning(&self, warning: &WarningAnswer) -> String {
        let id = format!("template-warning-{}", code(&warning.code));
        self.told_or(&id, &warning.message)
    }

    /// What stands above the text that is no text.
    #[must_use]
    pub fn template_media(&self, word: &str) -> String {
        self.told_or(&format!("template-media-{}", code(word)), word)
    }

    /// What a button does.
    #[must_use]
    pub fn button_kind(&self, word: &str) -> String {
        self.told_or(&format!("template-button-{}", code(word)), word)
    }

    /// What changed in the life of a template.
    #[must_use]
    pub fn template_turn(&self, turn: &TurnAnswer) -> String {
        let name = self.told_or(&format!("template-turn-{}", code(&turn.kind)), &turn.kind);
        let word = |word: &String| match turn.kind.as_str() {
            "status" | "created" => self.template_status(word),
            "category" | "category_announced" => self.template_category(word),
            "quality" => self.template_quality(word),
            _ => word.clone(),
        };
        let (was, became) = (turn.was.as_ref().map(word), turn.became.as_ref().map(word));
        match (was, became) {
            (Some(was), Some(became)) => format!("{name}: {was} → {became}"),
            (None, Some(became)) => format!("{name}: {became}"),
            (Some(was), None) => format!("{name}: {was} → –"),
            (None, None) => name,
        }
    }

    /// What was said about a change: from when on an announced category counts, else Meta's words.
    #[must_use]
    pub fn template_turn_note(&self, turn: &TurnAnswer) -> Option<String> {
        let note = turn.note.as_ref()?;
        let at = (turn.kind == "category_announced").then(|| self.told(note));
        let at = at.filter(|at| !at.is_empty());
        Some(at.map_or_else(
            || note.clone(),
            |at| self.say_with("template-turn-from", &[("date", &at)]),
        ))
    }

    /// The text of an id, or the word as it came where there is none.
    fn told_or(&self, id: &str, word: &str) -> String {
        if self.frame.voice.knows(id) {
            self.say(id)
        } else {
            word.to_owned()
        }
    }
}

/// A word as ids write it: `FIRST_PAUSE` is `first-pause`.
fn code(word: &str) -> String {
    word.to_ascii_lowercase().replace('_', "-")
}
