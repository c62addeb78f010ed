//! The inbox: conversations, what is said in them, who looks after them, and news of them.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use consent::id::ContactId;
use serde::{Deserialize, Serialize};
use store::conversation::{Assigned, Filter, Key, State as Stage};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, Path, Query},
        page::{self, Page, PageQuery},
        problem::{Kind, Problem},
    },
    live::events,
    services::{
        inbox::{
            self, ConversationAnswer,
            chat::{self, ChatItem},
            handle::{self, AssignBody},
            layers::{self, Layers},
            offers::{self, Offers},
            reply::{self, ReplyAnswer, ReplyBody},
        },
        notes::{self, NoteAnswer, NoteBody},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(items, reply))
        .routes(routes!(offers))
        .routes(routes!(assign))
        .routes(routes!(close))
        .routes(routes!(reopen))
        .routes(routes!(read))
        .routes(routes!(note))
        .routes(routes!(remove_note))
        .routes(routes!(live))
}

/// Which conversations.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `open` (the default) or `closed`.
    state: Option<String>,
    /// The id of a member of the staff, or `nobody`; whoever, when nothing is said.
    assigned: Option<String>,
    /// A business number.
    number: Option<String>,
    /// Part of a name, a number or an id.
    search: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items on the page, 1 to 500.
    limit: Option<u32>,
}

impl ListQuery {
    fn filter(self) -> Result<Filter, Problem> {
        let unknown = |name: &'static str, text: &str, want: &str| {
            let detail = format!("`{text}` is not known here: want {want}");
            Problem::of(Kind::Malformed, detail).at(name)
        };
        let state = self.state.as_deref().unwrap_or(Stage::Open.word());
        let assigned = match self.assigned.as_deref() {
            None => Assigned::Anybody,
            Some("nobody") => Assigned::Nobody,
            Some(id) => Assigned::To(id.parse().map_err(|_| {
                unknown(
                    "assigned",
                    id,
                    "`nobody` or the id of a member of the staff",
                )
            })?),
        };
        Ok(Filter {
            state: Stage::read(state)
                .ok_or_else(|| unknown("state", state, "`open` or `closed`"))?,
            assigned,
            number: self.number,
            search: self.search.filter(|text| !text.trim().is_empty()),
            after: self.cursor.as_deref().map(inbox::place).transpose()?,
            limit: page::limit(self.limit)?,
        })
    }
}

/// What names a conversation.
#[derive(Debug, Deserialize)]
struct Named {
    contact: Uuid,
    number: String,
}

impl Named {
    fn key(&self) -> Key<'_> {
        (ContactId::new(self.contact), &self.number)
    }
}

/// A conversation, with both layers of consent.
#[derive(Debug, Serialize, ToSchema)]
struct Shown {
    /// The conversation.
    #[serde(flatten)]
    conversation: ConversationAnswer,
    /// What the person told us, and what they set in WhatsApp.
    layers: Layers,
}

/// What names a note.
#[derive(Debug, Deserialize)]
struct NamedNote {
    contact: Uuid,
    id: Uuid,
}

/// Which templates to offer.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OffersQuery {
    /// Part of the names of templates.
    search: Option<String>,
}

/// Conversations, newest first.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "inbox", params(ListQuery),
    responses((status = 200, body = Page<ConversationAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ConversationAnswer>>, Problem> {
    let (items, next) = inbox::list(&app, query.filter()?).await?;
    Ok(Json(Page { items, next }))
}

/// A conversation, with both layers of consent.
#[utoipa::path(get, path = "/api/v1/conversations/{contact}/{number}", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path)), responses((status = 200, body = Shown)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(named): Path<Named>,
) -> Result<Json<Shown>, Problem> {
    Ok(Json(Shown {
        conversation: inbox::one(&app, named.key()).await?,
        layers: layers::layers(&app, ContactId::new(named.contact)).await?,
    }))
}

/// What is in a conversation, newest first: messages, changes of consent, refusals, notes.
#[utoipa::path(get, path = "/api/v1/conversations/{contact}/{number}/messages", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path), PageQuery), responses((status = 200, body = Page<ChatItem>)))]
async fn items(
    State(app): State<App>,
    _: Reader,
    Path(named): Path<Named>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ChatItem>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let (items, next) = chat::page(&app, named.key(), after, limit).await?;
    Ok(Json(Page { items, next }))
}

/// Sends a reply, if the gate lets it. A refusal is an answer too; the same token sends once.
#[utoipa::path(post, path = "/api/v1/conversations/{contact}/{number}/messages", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path)), request_body = ReplyBody,
    responses((status = 201, body = ReplyAnswer), (status = 200, body = ReplyAnswer)))]
async fn reply(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(named): Path<Named>,
    body: JsonBody<ReplyBody>,
) -> Result<Response, Problem> {
    let sent = reply::reply(&app, named.key(), &body.value, &caller.name).await?;
    let status = if sent.repeated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(sent)).into_response())
}

/// What may be sent right now: an own text, or which templates; and what the gate would say. Sends nothing.
#[utoipa::path(get, path = "/api/v1/conversations/{contact}/{number}/offers", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path), OffersQuery), responses((status = 200, body = Offers)))]
async fn offers(
    State(app): State<App>,
    _: Reader,
    Path(named): Path<Named>,
    Query(query): Query<OffersQuery>,
) -> Result<Json<Offers>, Problem> {
    let search = query.search.as_deref();
    Ok(Json(offers::offers(&app, named.key(), search).await?))
}

/// Gives a conversation to a member of the staff, or to nobody.
#[utoipa::path(post, path = "/api/v1/conversations/{contact}/{number}/assign", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path)), request_body = AssignBody,
    responses((status = 200, body = ConversationAnswer)))]
async fn assign(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(named): Path<Named>,
    body: JsonBody<AssignBody>,
) -> Result<Json<ConversationAnswer>, Problem> {
    let member = body.value.member;
    Ok(Json(
        handle::assign(&app, named.key(), member, &caller.name).await?,
    ))
}

/// Closes a conversation. The next message opens it again.
#[utoipa::path(post, path = "/api/v1/conversations/{contact}/{number}/close", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path)), responses((status = 200, body = ConversationAnswer)))]
async fn close(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(named): Path<Named>,
) -> Result<Json<ConversationAnswer>, Problem> {
    Ok(Json(
        handle::set(&app, named.key(), Stage::Closed, &caller.name).await?,
    ))
}

/// Opens a conversation again.
#[utoipa::path(post, path = "/api/v1/conversations/{contact}/{number}/reopen", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path)), responses((status = 200, body = ConversationAnswer)))]
async fn reopen(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(named): Path<Named>,
) -> Result<Json<ConversationAnswer>, Problem> {
    Ok(Json(
        handle::set(&app, named.key(), Stage::Open, &caller.name).await?,
    ))
}

/// Notes that somebody has read a conversation.
#[utoipa::path(post, path = "/api/v1/conversations/{contact}/{number}/read", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path)), responses((status = 204)))]
async fn read(
    State(app): State<App>,
    _: Admin,
    Path(named): Path<Named>,
) -> Result<StatusCode, Problem> {
    handle::read(&app, named.key()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a note beside a conversation: for the staff only, sealed under the person's key.
#[utoipa::path(post, path = "/api/v1/conversations/{contact}/{number}/notes", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path)), request_body = NoteBody,
    responses((status = 201, body = NoteAnswer)))]
async fn note(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(named): Path<Named>,
    body: JsonBody<NoteBody>,
) -> Result<(StatusCode, Json<NoteAnswer>), Problem> {
    inbox::find(&app, named.key()).await?;
    let written = notes::add(&app, named.key(), &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(written)))
}

/// Destroys a note.
#[utoipa::path(delete, path = "/api/v1/conversations/{contact}/{number}/notes/{id}", tag = "inbox",
    params(("contact" = String, Path), ("number" = String, Path), ("id" = String, Path)), responses((status = 204)))]
async fn remove_note(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(named): Path<NamedNote>,
) -> Result<StatusCode, Problem> {
    let contact = ContactId::new(named.contact);
    notes::remove(&app, contact, named.id, &caller.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// News of conversations, as server-sent events: `changed` names them, `reload` asks to read everything again.
#[utoipa::path(get, path = "/api/v1/inbox/live", tag = "inbox",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn live(State(app): State<App>, _: Reader) -> Result<Response, Problem> {
    Ok(events::events(&app.live)?.into_response())
}
