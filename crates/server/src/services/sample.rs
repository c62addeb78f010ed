//! What the sandbox begins with: a few people who have agreed, and topics to choose from.

use std::collections::BTreeMap;

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact},
    scope::{Category, Scope},
};

use crate::{
    app::App,
    error::Error,
    services::{
        cast::{Cast, Draft},
        policy,
        topics::{self, TextBody, TopicBody},
        who,
    },
};

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

/// Keeps, with evidence like that of a real form, that these people agreed to marketing. Those whom the database knows
/// already stay as they are.
///
/// # Errors
/// When an address is none, or the database does not answer.
pub async fn agree(app: &App, addresses: &[&str]) -> Result<(), Error> {
    let aliases: Vec<Alias> = addresses
        .iter()
        .map(|text| who::alias(app, text))
        .collect::<Result<_, _>>()?;
    let rules = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, &aliases).await?;
    for alias in &aliases {
        if cast.id_of(alias).is_some() {
            continue;
        }
        let contact = cast.create(std::slice::from_ref(alias), None)?;
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
