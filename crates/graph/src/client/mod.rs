//! The way to Meta: the one function that posts messages, and what is handed through.

mod answer;
mod forward;
mod gauge;
mod manage;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use consent::{id::NumberId, permit::Permit};
use reqwest::{
    Method, RequestBuilder, Url,
    header::{AUTHORIZATION, CONTENT_TYPE},
    redirect::Policy,
};

use self::{
    answer::chain,
    gauge::{Gauge, Lapsed, Live},
};
use crate::{
    bearer::Bearer,
    message::Receipt,
    outcome::{Outcome, Unknown},
    route::{Passage, SendRoute, Version, What, newest},
    template,
};

pub use self::{
    answer::{Answer, CallError},
    forward::Payload,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
const FORWARD_TIMEOUT: Duration = Duration::from_secs(300);
const IDLE: Duration = Duration::from_secs(300);
const TEMPLATES_PER_PAGE: u16 = 200;

/// Where Meta is, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The base of all calls, `https://graph.facebook.com`.
    pub graph_url: String,
    /// The version for calls of our own.
    pub version: Version,
    /// How long a connection may take; after that nothing was sent.
    pub connect_timeout: Duration,
    /// How long a send may take in all; after that its outcome is unknown.
    pub send_timeout: Duration,
    /// How long a call that is handed through may take in all.
    pub forward_timeout: Duration,
}

impl Settings {
    /// The usual times for a base address.
    #[must_use]
    pub fn new(graph_url: &str) -> Self {
        Self {
            graph_url: graph_url.to_owned(),
            version: newest(),
            connect_timeout: CONNECT_TIMEOUT,
            send_timeout: SEND_TIMEOUT,
            forward_timeout: FORWARD_TIMEOUT,
        }
    }
}

/// A pool of connections to Meta. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    settings: Settings,
}

/// The client cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadClient {
    /// The base address is none.
    #[error(
        "`{0}` is not an address for graph_url: want something like https://graph.facebook.com"
    )]
    Url(String),
    /// TLS could not be set up.
    #[error("the connection to Meta cannot be set up: {0}")]
    Setup(String),
}

/// What a number says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberInfo {
    /// Its id.
    pub id: NumberId,
    /// The number as people write it.
    pub display: Option<String>,
    /// The name that people see.
    pub name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `NA` or `UNKNOWN`.
    pub quality: Option<String>,
    /// How many people it may write to first in a day: `TIER_…`. Only where it was asked for.
    pub limit: Option<String>,
    /// `STANDARD`, `HIGH` or `NOT_APPLICABLE`. Only where it was asked for.
    pub throughput: Option<String>,
    /// `CONNECTED`, `FLAGGED`, `RESTRICTED`, …: an open list. Only where it was asked for.
    pub status: Option<String>,
}

impl Client {
    /// A client with an empty pool. HTTP/1.1 only, no redirects, no proxy from the environment.
    ///
    /// # Errors
    /// [`BadClient`] when the address is none or TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, BadClient> {
        let bad = || BadClient::Url(settings.graph_url.clone());
        let url: Url = settings.graph_url.parse().map_err(|_| bad())?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
            return Err(bad());
        }
        let mut builder = reqwest::Client::builder();
        if url.scheme() == "http" {
            // The sandbox needs no certificates, and a machine without any must be able to run it.
            builder = builder.tls_certs_only(std::iter::empty::<reqwest::Certificate>());
        }
        let http = builder
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| BadClient::Setup(chain(&error)))?;
        Ok(Self {
            http,
            base: url.as_str().trim_end_matches('/').to_owned(),
            settings,
        })
    }

    /// Posts a message. The permit is checked just before the first byte; spent either way.
    pub async fn send(
        &self,
        permit: Permit,
        route: &SendRoute,
        authorization: &Bearer,
        body: Bytes,
    ) -> Outcome {
        if permit.number() != &route.number {
            let why = format!("the permit is not for number {}", route.number);
            return Outcome::NotSent { why };
        }
        let live: Live = Box::new(move |now| permit.start(now));
        self.post(live, route, authorization, body).await
    }

    async fn post(
        &self,
        live: Live,
        route: &SendRoute,
        authorization: &Bearer,
        body: Bytes,
    ) -> Outcome {
        if body.is_empty() {
            // Nobody asks an empty body for a frame, so nobody would ask the permit.
            let why = "the body is empty".to_owned();
            return Outcome::NotSent { why };
        }
        let (gauge, start) = Gauge::new(body, live);
        let request = self
            .send_request(route, authorization)
            .body(reqwest::Body::wrap(gauge));
        match request.send().await {
            Ok(response) => match Answer::read(response).await {
                Ok(answer) => Outcome::of(answer.status.as_u16(), answer.body),
                Err((status, why)) => Outcome::Unknown(Box::new(Unknown {
                    why: format!("the answer broke off: {why}"),
                    answer: Some((status.as_u16(), Bytes::new())),
                })),
            },
            Err(error) if Lapsed::caused(&error) => Outcome::Lapsed,
            Err(error) => {
                let why = chain(&error.without_url());
                if start.call_off() {
                    Outcome::NotSent { why }
                } else {
                    Outcome::Unknown(Box::new(Unknown { why, answer: None }))
                }
            }
        }
    }

    /// Posts a read receipt or typing indicator. It needs no permit, and cannot be a message.
    ///
    /// # Errors
    /// [`CallError`] when no answer came; an answer of Meta's, whatever its status, is an [`Answer`].
    pub async fn receipt(
        &self,
        route: &SendRoute,
        authorization: &Bearer,
        receipt: &Receipt,
    ) -> Result<Answer, CallError> {
        let request = self
            .send_request(route, authorization)
            .body(receipt.to_bytes());
        Answer::of(request.send().await).await
    }

    /// Opens a connection and leaves it in the pool, for the next send to find.
    ///
    /// # Errors
    /// [`CallError`] when Meta cannot be reached.
    pub async fn warm(&self) -> Result<(), CallError> {
        let url = format!("{}/{}/", self.base, self.settings.version.as_str());
        let request = self.http.get(url).timeout(self.settings.send_timeout);
        Answer::of(request.send().await).await.map(drop)
    }

    /// One page of the templates of an account, from the cursor `after`.
    ///
    /// # Errors
    /// [`CallError`] when no page came back.
    pub async fn templates(
        &self,
        account: &str,
        authorization: &Bearer,
        after: Option<&str>,
    ) -> Result<template::Page, CallError> {
        const FIELDS: &str =
            "id,name,language,status,category,correct_category,components,quality_score";
        let mut query = format!("fields={FIELDS}&limit={TEMPLATES_PER_PAGE}");
        if let Some(after) = after {
            query.push_str("&after=");
            query.push_str(&escaped(after));
        }
        let answer = self
            .ask(What::ListTemplates, account, authorization, query)
            .await?;
        template::read(&answer.body).map_err(|error| CallError::Unreadable(error.to_string()))
    }

    /// What a number says about itself: an answer proves that the token may use it.
    ///
    /// # Errors
    /// [`CallError`] when the token is not good for this number, or no answer came.
    pub async fn number(
        &self,
        number: &NumberId,
        authorization: &Bearer,
    ) -> Result<NumberInfo, CallError> {
        self.number_with("", number, authorization).await
    }

    /// The same with its limits. Where Meta does not know one of them, what it does know.
    ///
    /// # Errors
    /// As for [`Client::number`].
    pub async fn number_limits(
        &self,
        number: &NumberId,
        authorization: &Bearer,
    ) -> Result<NumberInfo, CallError> {
        const UNKNOWN_FIELD: i64 = 100;
        const FIELDS: &str = ",throughput,status,whatsapp_business_manager_messaging_limit";
        match self.number_with(FIELDS, number, authorization).await {
            Err(CallError::Refused { fault, .. }) if fault.code == UNKNOWN_FIELD => {
                self.number(number, authorization).await
            }
            other => other,
        }
    }

    async fn number_with(
        &self,
        more: &str,
        number: &NumberId,
        authorization: &Bearer,
    ) -> Result<NumberInfo, CallError> {
        let query = format!("fields=id,display_phone_number,verified_name,quality_rating{more}");
        let answer = self
            .ask(What::ReadNode, number.as_str(), authorization, query)
            .await?;
        NumberInfo::read(&answer.body)
            .filter(|info| &info.id == number)
            .ok_or_else(|| CallError::Unreadable("it does not name the number".to_owned()))
    }

    /// A read of our own, with Meta's refusals as errors.
    async fn ask(
        &self,
        what: What,
        node: &str,
        authorization: &Bearer,
        query: String,
    ) -> Result<Answer, CallError> {
        let passage = Passage::new(self.settings.version.clone(), what, node)
            .map_err(|error| CallError::Unreadable(error.to_string()))?
            .with_query(query);
        let request = self
            .request(passage.method(), &passage.to_string(), authorization)
            .timeout(self.settings.send_timeout);
        Answer::of(request.send().await).await?.good()
    }

    fn send_request(&self, route: &SendRoute, authorization: &Bearer) -> RequestBuilder {
        let proof = route.proof.as_deref();
        let proof = proof.map_or_else(String::new, |proof| format!("?appsecret_proof={proof}"));
        self.request(Method::POST, &format!("{route}{proof}"), authorization)
            .header(CONTENT_TYPE, "application/json")
            .timeout(self.settings.send_timeout)
    }

    fn request(&self, method: Method, path: &str, authorization: &Bearer) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .header(AUTHORIZATION, authorization.header())
    }
}

/// A cursor as it may stand in a query.
fn escaped(text: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let one = |byte: u8| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
