//! The templates that a campaign can be made of, as they would read.

use consent::{request, scope::Category};
use graph::template::{Media, Shape};
use store::template::TemplateLine;

use crate::{
    app::App,
    error::Error,
    services::templates,
    ui::desk::{Desk, campaigns::words, refusal::Refusal},
};

/// Templates that are shown at a time.
const SHOWN_MAX: usize = 24;
/// Templates that may be chosen to stand beside the first.
const OTHERS_MAX: usize = 200;

/// Templates to choose from.
pub(super) struct Offers {
    /// Those that are shown.
    pub(super) templates: Vec<Chosen>,
    /// How many more there are that fit what was looked for.
    pub(super) more: usize,
    /// How many cannot be sent by a campaign: not approved, or with a part that texts cannot fill.
    pub(super) unfit: usize,
}

/// A template.
pub(super) struct Chosen {
    pub(super) account: String,
    pub(super) name: String,
    pub(super) language: String,
    /// What its category is called.
    pub(super) category: String,
    /// Whether it is marketing without a way out of it in its own words.
    pub(super) lacks_way_out: bool,
    pub(super) quality: Option<(&'static str, String)>,
    pub(super) shape: Shape,
    /// The address of the next step.
    pub(super) href: String,
}

impl Offers {
    pub(super) async fn of(app: &App, desk: &Desk, find: &str) -> Result<Self, Refusal> {
        let all = app.store.templates().await.map_err(Error::from)?;
        let find = find.trim().to_lowercase();
        let mut offers = Self {
            templates: Vec::new(),
            more: 0,
            unfit: 0,
        };
        for line in all
            .iter()
            .filter(|line| app.config.has_account(&line.account))
        {
            let shape = Shape::of(&line.components);
            if !is_fit(line, &shape) {
                offers.unfit += 1;
                continue;
            }
            let is_found = line.name.to_lowercase().contains(&find)
                || shape.body.to_lowercase().contains(&find);
            if !is_found {
                continue;
            }
            if offers.templates.len() < SHOWN_MAX {
                offers.templates.push(chosen(desk, line, shape));
            } else {
                offers.more += 1;
            }
        }
        Ok(offers)
    }
}

/// Whether a campaign can send a template as it is now.
fn is_fit(line: &TemplateLine, shape: &Shape) -> bool {
    templates::state(line) == request::Template::Usable && shape.wants_beyond.is_none()
}

/// One template of an account.
///
/// # Errors
/// [`Refusal::NotFound`] when there is none of this name.
pub(super) async fn find(
    app: &App,
    desk: &Desk,
    (account, name, language): (&str, &str, &str),
) -> Result<Chosen, Refusal> {
    if !app.config.has_account(account) {
        return Err(Refusal::NotFound);
    }
    let line = app.store.template(account, name, language).await;
    let line = line.map_err(Error::from)?.ok_or(Refusal::NotFound)?;
    let shape = Shape::of(&line.components);
    Ok(chosen(desk, &line, shape))
}

/// The templates of the same account that may be compared with the first, which is one of them with another text: what is chosen, and how it is called.
pub(super) async fn others(app: &App, first: &Chosen) -> Result<Vec<(String, String)>, Refusal> {
    let all = app.store.templates().await.map_err(Error::from)?;
    let fits = all
        .iter()
        .filter(|line| line.account == first.account && is_fit(line, &Shape::of(&line.components)));
    let named = fits.take(OTHERS_MAX).map(|line| {
        let value = format!("{} {}", line.language, line.name);
        (value, format!("{} ({})", line.name, line.language))
    });
    Ok(named.collect())
}

fn chosen(desk: &Desk, line: &TemplateLine, shape: Shape) -> Chosen {
    let category = templates::category(line);
    let query = words::query(&[
        ("account", &line.account),
        ("template", &line.name),
        ("language", &line.language),
    ]);
    let quality = line.quality.as_deref().and_then(|word| {
        let (tone, id) = match word {
            "GREEN" => ("good", "quality-green"),
            "YELLOW" => ("warn", "quality-yellow"),
            "RED" => ("bad", "quality-red"),
            _ => return None,
        };
        Some((tone, desk.say(id)))
    });
    Chosen {
        account: line.account.clone(),
        name: line.name.clone(),
        language: line.language.clone(),
        lacks_way_out: category == Category::Marketing
            && shape.buttons.is_empty()
            && shape.footer.is_none(),
        category: desk.category(category.word()),
        quality,
        shape,
        href: desk.to(&format!("/campaigns/new?{query}")),
    }
}

impl Chosen {
    /// The gaps of a part: the name of the field of each, its own name, and a guess at what fills it.
    pub(super) fn gaps(&self, which: &str) -> Vec<(String, String, String)> {
        let header = self.shape.header_gaps.iter().map(|gap| ("header", gap));
        let body = self.shape.body_gaps.iter().map(|gap| ("body", gap));
        let links = self.shape.links.iter().map(|link| ("button", &link.text));
        let all = header.chain(body).chain(links).enumerate();
        all.map(|(place, (part, gap))| {
            // A gap that has a word for a name likely wants the attribute of that name.
            let is_word = part != "button" && gap.parse::<u32>().is_err();
            let guess = if is_word {
                format!("{{{{{gap}}}}}")
            } else {
                String::new()
            };
            (format!("{which}.{part}.{place}"), gap.clone(), guess)
        })
        .collect()
    }

    /// What kind of file stands above its text: where its field says so.
    pub(super) fn file(&self) -> Option<&'static str> {
        self.shape.file().map(Media::word)
    }

    /// Whether the person sees a name of that file.
    pub(super) fn has_file_name(&self) -> bool {
        self.shape.file() == Some(Media::Document)
    }

    /// Where on its chat bubble the name of a template and its language stand together.
    pub(super) fn title(&self) -> String {
        format!("{} ({})", self.name, self.language)
    }
}
