//! Campaigns of people who write what they should not, and a look at every page of them.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    guests::{Guests, phone},
    look::Look,
    strings::template,
};
use crate::house::NUMBER;

/// How many strings lie between two that a campaign is made of.
const APART: usize = 7;
/// Campaigns that are looked at from every side.
const LOOKED_AT: usize = 24;
/// The template that all of them send.
const TEMPLATE: &str = "000 campaign";

impl Guests {
    /// They name campaigns, tags, lawful bases, reasons, and what fills gaps.
    pub async fn campaigns(&mut self) {
        let mut line = template(0, "campaign");
        line.name = TEMPLATE.to_owned();
        line.components = json!([{"type": "BODY", "text": "Hello {{1}}"}]).to_string();
        let mut tx = self.house.app.store.begin().await.unwrap();
        tx.put_templates(&[line]).await.unwrap();
        tx.commit().await.unwrap();
        let campaigns = ("POST", "/api/v1/campaigns");
        for n in (0..self.len()).step_by(APART) {
            let to = format!("+{}", phone(n / 10));
            let body = |more: serde_json::Value| {
                let mut body = json!({"name": format!("Campaign {n}"), "number": NUMBER, "basis": "consent",
                    "template": {"name": TEMPLATE, "language": "en_US"}, "variables": {"body": ["{{c0|friend}}"]},
                    "audience": {"numbers": [to]}});
                for (name, value) in more.as_object().unwrap() {
                    body[name] = value.clone();
                }
                body
            };
            let made = match n / APART % 4 {
                0 => {
                    let named = |word: &str| body(json!({"name": word}));
                    self.offer(("campaign", n), campaigns, named).await
                }
                1 => {
                    let tag = |word: &str| body(json!({"audience": {"tag": word}}));
                    self.offer(("campaign's tag", n), campaigns, tag).await
                }
                2 => {
                    let basis = |word: &str| {
                        body(
                            json!({"basis": word, "flight_recorder": "off", "flight_recorder_reason": word}),
                        )
                    };
                    self.offer(("campaign's basis", n), campaigns, basis).await
                }
                _ => {
                    let gap = |word: &str| body(json!({"variables": {"body": [word]}}));
                    self.offer(("campaign's gap", n), campaigns, gap).await
                }
            };
            if let Some(id) = made.as_ref().and_then(|made| made["id"].as_str()) {
                self.campaigns.push(format!("/campaigns/{id}"));
            }
        }
    }
}

impl Look<'_> {
    /// The list, the form with templates of every name, and a number of campaigns from every side.
    pub async fn campaigns(&mut self) {
        let mut here = "/campaigns?whole=1".to_owned();
        loop {
            let links = self.open("/campaigns", &here).await;
            let next = links.into_iter().find(|link| link.contains("after="));
            match next {
                Some(next) => here = next,
                None => break,
            }
        }
        let links = self.open("room campaigns new", "/campaigns/new").await;
        let forms = links.into_iter().filter(|link| link.contains("template="));
        for form in forms.collect::<BTreeSet<_>>() {
            self.open("room campaigns form", &form).await;
        }
        for campaign in self.campaigns_of_guests().into_iter().take(LOOKED_AT) {
            for side in [
                "?whole=1",
                "/edit",
                "/copy",
                "/in",
                "/in.csv",
                "/out",
                "/out.csv",
                "/recipients",
                "/recipients.csv",
                "/report?whole=1",
                "/series.csv",
            ] {
                let path = format!("{campaign}{side}");
                self.open("room campaigns one", &path).await;
            }
        }
    }
}
