//! What the sandbox begins with: a few people who have agreed.

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact},
    scope::Scope,
};

use crate::{
    app::App,
    error::Error,
    services::{
        cast::{Cast, Draft},
        policy, who,
    },
};

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
