//! What the sandbox begins with: a few people who have agreed, topics to choose from, and a form to join by.

use std::collections::BTreeMap;

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact},
    scope::{Category, Scope},
};
use store::contact::Edit;

use crate::{
    app::App,
    error::Error,
    services::{
        cast::{Cast, Draft},
        forms::{
            self, FormBody, FormText, TemplateName,
            link::{self, LinkAnswer, LinkBody},
        },
        policy,
        staff::{Role, row, sign_in},
        topics::{self, TextBody, TopicBody},
        who,
    },
};

/// The attribute that campaigns and journeys greet people by.
const FIRST_NAME: &str = "first_name";

/// Who works in the sandbox: viewer, agent, marketer, compliance officer, admin.
const STAFF: [&str; 5] = ["Vera", "Amir", "Marta", "Carla", "Adam"];

/// A language, what a topic is called in it, and what it is about.
type Text = (&'static str, &'static str, &'static str);

/// Two topics as a shop would have them: first in English, then in other languages.
const TOPICS: [(Text, [Text; 4]); 2] = [
    (
        ("en", "Weekly offers", "Our best prices, on Fridays."),
        [
            (
                "es",
                "Ofertas de la semana",
                "Nuestros mejores precios, los viernes.",
            ),
            (
                "pt",
                "Ofertas da semana",
                "Nossos melhores preços, às sextas.",
            ),
            ("hi", "साप्ताहिक ऑफ़र", "हमारी सबसे अच्छी कीमतें, हर शुक्रवार।"),
            ("ar", "العروض الأسبوعية", "أفضل أسعارنا كل يوم جمعة."),
        ],
    ),
    (
        (
            "en",
            "New in store",
            "When something new arrives, at most twice a month.",
        ),
        [
            (
                "es",
                "Novedades",
                "Cuando llega algo nuevo, dos veces al mes como máximo.",
            ),
            (
                "pt",
                "Novidades",
                "Quando chega algo novo, no máximo duas vezes por mês.",
            ),
            (
                "hi",
                "नया सामान",
                "जब कुछ नया आए, महीने में ज़्यादा से ज़्यादा दो बार।",
            ),
            (
                "ar",
                "الجديد في المتجر",
                "عند وصول جديد، مرتين في الشهر على الأكثر.",
            ),
        ],
    ),
];

/// Keeps, with evidence like that of a real form, that these people agreed to marketing, each with the first name that they gave.
/// Those whom the database knows already stay as they are.
///
/// # Errors
/// When an address is none, or the database does not answer.
pub async fn agree(app: &App, people: &[(&str, &str)]) -> Result<(), Error> {
    let aliases: Vec<Alias> = people
        .iter()
        .map(|(address, _)| who::alias(app, address))
        .collect::<Result<_, _>>()?;
    let rules = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, &aliases).await?;
    let mut named = Vec::new();
    for (alias, (_, first_name)) in aliases.iter().zip(people) {
        if cast.id_of(alias).is_some() {
            continue;
        }
        let contact = cast.create(std::slice::from_ref(alias), None)?;
        named.push((contact, *first_name));
        cast.record(Draft {
            contact,
            fact: Fact::OptIn(Scope::MARKETING),
            clock: Clock::Ours,
            at: app.clock.now(),
            evidence: Evidence {
                source: "web_form".to_owned(),
                actor: Some("sandbox".to_owned()),
                wording: Some(
                    "Yes, send me offers on WhatsApp. I can stop at any time.".to_owned(),
                ),
                locale: Some("en".to_owned()),
                ..Evidence::default()
            },
        })?;
    }
    cast.save(&mut tx, &rules).await?;
    for (contact, first_name) in named {
        let edit = Edit {
            attributes: vec![(FIRST_NAME.to_owned(), Some(first_name.to_owned()))],
            ..Edit::default()
        };
        tx.edit(contact, &edit).await?;
    }
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

/// Makes the topics, where there are none yet.
///
/// # Errors
/// When the database does not answer.
pub async fn topics(app: &App) -> Result<(), Error> {
    if !app.store.topics().await?.is_empty() {
        return Ok(());
    }
    for ((_, name, description), texts) in TOPICS {
        let text = |(language, name, description): Text| {
            let body = TextBody {
                name: name.to_owned(),
                description: description.to_owned(),
            };
            (language.to_owned(), body)
        };
        let body = TopicBody {
            name: name.to_owned(),
            category: Category::Marketing.word().to_owned(),
            description: Some(description.to_owned()),
            default: None,
            translations: texts.into_iter().map(text).collect::<BTreeMap<_, _>>(),
        };
        topics::create(app, &body, "sandbox").await?;
    }
    Ok(())
}

/// The name of the form.
pub const FORM: &str = "welcome";
/// The template that puts the question to a number which was typed in, as the simulator knows it.
const QUESTION: (&str, &str) = ("confirm_subscription", "en_GB");

/// The form in each language: heading, a sentence, kind of messages, how often.
const FORMS: [(&str, [&str; 4]); 5] = [
    (
        "en",
        [
            "Hear from us on WhatsApp",
            "Tick what you would like. We ask you once more in the chat before anything comes.",
            "Offers and news from our garden shop",
            "at most once a week",
        ],
    ),
    (
        "es",
        [
            "Recibe nuestras novedades por WhatsApp",
            "Marca lo que te interesa. Te preguntaremos una vez más en el chat antes de enviarte nada.",
            "Ofertas y novedades de nuestra tienda de jardinería",
            "como máximo una vez por semana",
        ],
    ),
    (
        "pt",
        [
            "Receba as nossas novidades no WhatsApp",
            "Marque o que lhe interessa. Perguntamos mais uma vez no chat antes de enviar seja o que for.",
            "Ofertas e novidades da nossa loja de jardinagem",
            "no máximo uma vez por semana",
        ],
    ),
    (
        "hi",
        [
            "WhatsApp पर हमारी ख़बरें पाएँ",
            "जो पसंद हो उस पर निशान लगाएँ। कुछ भी भेजने से पहले हम चैट में एक बार और पूछेंगे।",
            "हमारी बाग़वानी की दुकान के ऑफ़र और ख़बरें",
            "हफ़्ते में ज़्यादा से ज़्यादा एक बार",
        ],
    ),
    (
        "ar",
        [
            "أخبارنا وعروضنا على واتساب",
            "حدّد ما يهمك. سنسألك مرة أخرى في المحادثة قبل أن نرسل أي شيء.",
            "عروض وأخبار متجر الحدائق لدينا",
            "مرة واحدة في الأسبوع على الأكثر",
        ],
    ),
];

/// Makes the form, where it is not there yet, and a link to it for a poster.
///
/// # Errors
/// When the database does not answer.
pub async fn form(app: &App) -> Result<LinkAnswer, Error> {
    if forms::find(app, FORM).await?.is_none() {
        let (name, language) = QUESTION;
        let text = |[title, intro, kind, frequency]: [&str; 4]| FormText {
            title: title.to_owned(),
            intro: intro.to_owned(),
            kind: kind.to_owned(),
            frequency: frequency.to_owned(),
            message: String::new(),
        };
        let offered = TOPICS.iter().map(|((_, name, _), _)| (*name).to_owned());
        let body = FormBody {
            slug: Some(FORM.to_owned()),
            topics: std::iter::once(Category::Marketing.word().to_owned())
                .chain(offered)
                .collect(),
            texts: FORMS
                .into_iter()
                .map(|(language, words)| (language.to_owned(), text(words)))
                .collect(),
            question_template: Some(TemplateName {
                name: name.to_owned(),
                language: language.to_owned(),
            }),
            ..FormBody::default()
        };
        forms::create(app, body, "sandbox").await?;
    }
    if let Some(known) = link::list(app, FORM).await?.into_iter().next() {
        return Ok(known);
    }
    let body = LinkBody {
        name: "Poster at the till".to_owned(),
        language: Some("en".to_owned()),
        expires_at: None,
    };
    link::create(app, FORM, &body, "sandbox").await
}

/// One member of the staff for each role, and a link that signs each in: the sandbox has nobody to keep out.
///
/// # Errors
/// When the database does not answer.
pub async fn staff(app: &App) -> Result<BTreeMap<&'static str, String>, Error> {
    let there = app.store.members().await?;
    let mut links = BTreeMap::new();
    for (role, name) in Role::ALL.into_iter().zip(STAFF) {
        let email = format!("{}@sandbox.example", role.word());
        let known = there.iter().find(|line| line.email == email);
        let id = match known {
            Some(line) => line.id,
            None => {
                let mut line = row::fresh(app, &email, name, role)?;
                // No password hashes to this: the link is the only way in.
                line.password = Some("!".to_owned());
                let mut tx = app.store.begin().await?;
                tx.add_member(&line).await?;
                tx.commit().await?;
                line.id
            }
        };
        links.insert(role.word(), sign_in::link(app, id));
    }
    Ok(links)
}
