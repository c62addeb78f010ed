//! Everything that a form shows in one language. The page is made from this, and so is the wording that is kept as proof:
//! one cannot say what the other does not.

use consent::{
    policy::Policy,
    scope::{Category, Topic},
};
use store::{house::TopicLine, topic::TopicText};

use crate::{
    app::House,
    error::Error,
    services::{
        business,
        forms::{Form, FormText},
        join::Shown,
        policy,
        preferences::choice::Choice,
    },
    ui::{language::Language, voice::Voice},
};

/// What a form shows, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The language.
    pub language: Language,
    /// Who sends.
    pub business: String,
    /// What it is about.
    pub title: String,
    /// A few words more.
    pub intro: String,
    /// What kind of messages come.
    pub kind: Fact,
    /// How often they come.
    pub frequency: Fact,
    /// What stands over the boxes.
    pub choose: String,
    /// The field for the number.
    pub number: Fact,
    /// The field for an e-mail address, where the form has one.
    pub email: Option<Fact>,
    /// What somebody agrees to by sending the form.
    pub consent: String,
    /// Where the business says what it does with personal data.
    pub privacy: Option<Privacy>,
    /// The word on the button.
    pub button: String,
    /// Read with [`Sheet::boxes`].
    boxes: Vec<TickBox>,
}

/// A short word and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The word.
    pub label: String,
    /// The rest.
    pub text: String,
}

/// A link with its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privacy {
    /// The word.
    pub label: String,
    /// The address.
    pub url: String,
}

/// A box that somebody may tick. It is never ticked beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TickBox {
    /// What it is about; printed, its name in the form.
    pub choice: Choice,
    /// What it is called.
    pub label: String,
    /// What it brings; may be empty.
    pub note: String,
}

/// The languages that a form is there in.
#[must_use]
pub fn languages(form: &Form) -> Vec<Language> {
    let texts = &form.body.texts;
    let own = Language::ALL.into_iter();
    own.filter(|language| texts.contains_key(language.tag()))
        .collect()
}

/// The one that a visitor gets: that which was asked for by name, else the one that the browser likes best.
#[must_use]
pub fn language(form: &Form, asked: Option<&str>, accepted: Option<&str>) -> Language {
    Language::choose_from(&languages(form), asked, accepted)
}

/// What a form shows in a language. Topics that are retired are left out.
///
/// # Errors
/// [`Error::NotFound`] when the form has no text in the language; when the database does not answer.
pub async fn read(app: &House, form: &Form, language: Language) -> Result<Sheet, Error> {
    let said = form.body.texts.get(language.tag());
    let said = said.ok_or(Error::NotFound("text of the form"))?;
    let card = business::card(app).await;
    let voice = Voice::new(language, card.name.as_deref(), None);
    let rules = policy::current(app).await?;
    let (topics, texts) = (app.store.topics().await?, app.store.topic_texts().await?);
    let asks_email = form.body.ask_email && app.post.is_some();
    let boxes = Shelf {
        voice: &voice,
        rules: &rules,
        topics: &topics,
        texts: &texts,
    };
    Ok(Sheet {
        privacy: app.config.pages.privacy_url.clone().map(|url| Privacy {
            label: voice.say("privacy"),
            url,
        }),
        boxes: boxes.of(form),
        ..written(&voice, said, asks_email)
    })
}

/// What stands on the sheet whatever its boxes are.
fn written(voice: &Voice, said: &FormText, asks_email: bool) -> Sheet {
    let fact = |label: &str, text: String| Fact {
        label: voice.say(label),
        text,
    };
    let consent = if asks_email {
        "join-consent-email"
    } else {
        "join-consent"
    };
    Sheet {
        language: voice.language,
        business: voice.business().to_owned(),
        title: said.title.clone(),
        intro: said.intro.clone(),
        kind: fact("join-kind", said.kind.clone()),
        frequency: fact("join-frequency", said.frequency.clone()),
        choose: voice.say("join-choose"),
        number: fact("join-number", voice.say("join-number-hint")),
        email: asks_email.then(|| fact("join-email", voice.say("join-email-hint"))),
        consent: voice.say(consent),
        privacy: None,
        button: voice.say("join-button"),
        boxes: Vec::new(),
    }
}

/// What boxes are made from.
struct Shelf<'a> {
    voice: &'a Voice,
    rules: &'a Policy,
    topics: &'a [TopicLine],
    texts: &'a [TopicText],
}

impl Shelf<'_> {
    fn of(&self, form: &Form) -> Vec<TickBox> {
        let choices = form.choices(self.topics).into_iter();
        choices.filter_map(|choice| self.tick_box(choice)).collect()
    }

    fn tick_box(&self, choice: Choice) -> Option<TickBox> {
        let (label, note) = match choice {
            Choice::Topic(topic) => self.topic(topic)?,
            Choice::Category(Category::Marketing) => {
                (self.voice.say("section-marketing"), String::new())
            }
            Choice::Category(Category::Utility) => (
                self.voice.say("section-utility"),
                self.voice.say("whole-utility-note"),
            ),
            // Nobody can join these by a form, and no form can be saved with one.
            Choice::Category(Category::Authentication | Category::Service)
            | Choice::All
            | Choice::Channel(_) => return None,
        };
        Some(TickBox {
            choice,
            label,
            note,
        })
    }

    fn topic(&self, topic: Topic) -> Option<(String, String)> {
        let rule = self.rules.topics.get(&topic.id);
        if rule.is_some_and(|rule| rule.retired.is_some()) {
            return None;
        }
        let mut lines = self.topics.iter();
        let line = lines.find(|line| line.topic.id == topic.id)?;
        let (label, note) = match self.text(line) {
            Some(text) => (&text.name, &text.description),
            None => (&line.name, &line.description),
        };
        Some((label.clone(), note.clone()))
    }

    /// The words of a topic in this very language, else in the language as some country speaks it.
    fn text(&self, line: &TopicLine) -> Option<&TopicText> {
        let language = self.voice.language;
        let own = self.texts.iter().filter(|text| {
            text.topic == line.topic.id && Language::read(&text.language) == Some(language)
        });
        own.min_by_key(|text| text.language != language.tag())
    }
}

impl Sheet {
    /// The boxes, in their order. A form all of whose topics are retired has none: nobody can join by it.
    #[must_use]
    pub fn boxes(&self) -> &[TickBox] {
        &self.boxes
    }

    /// Whether single topics can be chosen, and not only offers as such.
    #[must_use]
    pub fn names_topics(&self) -> bool {
        let mut boxes = self.boxes.iter();
        boxes.any(|one| matches!(one.choice, Choice::Topic(_)))
    }

    /// Everything that is shown as plain text, in the order of the page: one line an element, boxes as `[ ] label — note`.
    #[must_use]
    pub fn wording(&self) -> String {
        let fact = |fact: &Fact| format!("{}: {}", fact.label, fact.text);
        let field = |fact: &Fact| format!("{} — {}", fact.label, fact.text);
        let mut lines = vec![
            self.business.clone(),
            self.title.clone(),
            self.intro.clone(),
            fact(&self.kind),
            fact(&self.frequency),
            self.choose.clone(),
        ];
        lines.extend(self.boxes.iter().map(|one| match one.note.as_str() {
            "" => format!("[ ] {}", one.label),
            note => format!("[ ] {} — {note}", one.label),
        }));
        lines.push(field(&self.number));
        lines.extend(self.email.as_ref().map(field));
        lines.push(self.consent.clone());
        let privacy = self.privacy.as_ref();
        lines.extend(privacy.map(|privacy| format!("{} <{}>", privacy.label, privacy.url)));
        lines.push(self.button.clone());
        // A page shows any white space as one space.
        let lines = lines.iter().map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.join(" ")
        });
        let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }

    /// The same, as it is kept.
    #[must_use]
    pub fn shown(&self) -> Shown {
        Shown {
            text: self.wording(),
            language: self.language.tag().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use consent::{id::TopicId, policy::TopicRule, time::Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::services::forms::FormBody;

    const NOW: Timestamp = Timestamp::from_millis(1_795_341_600_000);

    fn form(topics: &[&str]) -> Form {
        let text = |title: &str| FormText {
            title: title.to_owned(),
            intro: "Two\n  lines.".to_owned(),
            kind: "Offers".to_owned(),
            frequency: "At most twice a week".to_owned(),
            message: String::new(),
        };
        let texts = [("en", text("Spring")), ("pt", text("Primavera"))];
        Form {
            id: Uuid::from_u128(1),
            slug: "spring".to_owned(),
            version: 1,
            at: NOW,
            created: NOW,
            retired: None,
            body: FormBody {
                topics: topics.iter().map(|&key| key.to_owned()).collect(),
                texts: texts.map(|(tag, text)| (tag.to_owned(), text)).into(),
                ..FormBody::default()
            },
        }
    }

    fn line(id: u128, name: &str, description: &str) -> TopicLine {
        TopicLine {
            topic: Topic {
                id: TopicId::new(Uuid::from_u128(id)),
                category: Category::Marketing,
            },
            name: name.to_owned(),
            description: description.to_owned(),
            created: NOW,
        }
    }

    fn sheet(language: Language, form: &Form, rules: &Policy) -> Sheet {
        let voice = Voice::new(language, Some("Example Shop"), None);
        let text = |language: &str, name: &str| TopicText {
            topic: TopicId::new(Uuid::from_u128(2)),
            language: language.to_owned(),
            name: name.to_owned(),
            description: String::new(),
        };
        let shelf = Shelf {
            voice: &voice,
            rules,
            topics: &[line(2, "Offers", "Weekly"), line(3, "News", "")],
            texts: &[text("pt-br", "Ofertas do Brasil"), text("pt", "Ofertas")],
        };
        let said = form.body.texts.get(language.tag()).unwrap();
        Sheet {
            boxes: shelf.of(form),
            ..written(&voice, said, false)
        }
    }

    #[test]
    fn the_wording_is_the_page_line_by_line() {
        let [offers, news, lost] = [2, 3, 9].map(|id| TopicId::new(Uuid::from_u128(id)));
        let mut rules = Policy::default();
        let form = form(&[
            &format!("topic:{news}"),
            &format!("topic:{offers}"),
            &format!("topic:{lost}"),
        ]);
        let english = sheet(Language::English, &form, &rules);
        let wording = english.wording();
        let lines: Vec<&str> = wording.lines().collect();
        assert_eq!(
            lines[..8],
            [
                "Example Shop",
                "Spring",
                "Two lines.",
                "What you get: Offers",
                "How often: At most twice a week",
                "I would like to get",
                "[ ] News",
                "[ ] Offers — Weekly",
            ]
        );
        assert!(lines[9].contains("answer STOP") && lines[9].contains("WhatsApp"));
        assert_eq!((lines.len(), lines[10]), (11, "Yes, send me this"));
        let portuguese = sheet(Language::Portuguese, &form, &rules);
        assert!(portuguese.wording().contains("\n[ ] Ofertas\n"));
        let retired = TopicRule {
            retired: Some(NOW),
            ..TopicRule::default()
        };
        rules.topics.insert(offers, retired);
        let fewer = sheet(Language::English, &form, &rules);
        assert!(!fewer.wording().contains("[ ] Offers"));
    }

    #[test]
    fn a_category_has_a_box_of_its_own() {
        let form = form(&["category:marketing", "category:utility"]);
        let sheet = sheet(Language::English, &form, &Policy::default());
        let boxes = sheet.boxes().iter();
        let boxes: Vec<String> = boxes
            .map(|one| format!("{} {}", one.choice, one.label))
            .collect();
        assert_eq!(
            boxes,
            [
                "category:marketing Offers and news",
                "category:utility Orders and notices"
            ]
        );
    }

    #[test]
    fn a_visitor_gets_a_language_that_the_form_has() {
        let form = form(&["category:marketing"]);
        for (asked, accepted, want) in [
            (None, Some("ar, pt;q=0.5, en;q=0.2"), Language::Portuguese),
            (Some("pt"), Some("en"), Language::Portuguese),
            (Some("hi"), Some("pt"), Language::Portuguese),
            (Some("hi"), Some("ar"), Language::English),
            (None, None, Language::English),
        ] {
            assert_eq!(language(&form, asked, accepted), want);
        }
    }
}
