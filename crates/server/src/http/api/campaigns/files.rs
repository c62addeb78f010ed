//! Files of a campaign, made page by page while they are taken.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use consent::id::ContactId;
use futures::stream;
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    services::campaigns::{
        preflight::people::{self, Half, Told},
        report,
    },
};

/// People of an audience who are looked at for one page of who is in or out.
pub const SEATS: u32 = 1_000;

/// How an address is written for a reader.
type Written = fn(&str) -> String;

/// The file of everybody of a campaign that was drawn.
pub fn everybody(app: App, id: Uuid) -> Response {
    paged(
        &format!("campaign-{id}.csv"),
        move |after: Option<ContactId>| {
            let app = App::clone(&app);
            async move {
                let page = report::rows(&app, id, after).await?;
                Ok(page.map(|(rows, last)| (rows, Some(last))))
            }
        },
    )
}

/// The file of everybody who would get a campaign, or who would not, with their addresses as the reader may see them.
pub fn half(app: App, (id, half): (Uuid, Half), (written, told): (Written, Told)) -> Response {
    let name = match half {
        Half::In => format!("campaign-{id}-in.csv"),
        Half::Out(_) => format!("campaign-{id}-out.csv"),
    };
    let kept = Arc::new((half, told));
    paged(&name, move |cursor: Option<String>| {
        let (app, kept) = (App::clone(&app), Arc::clone(&kept));
        async move {
            let (half, told) = &*kept;
            let bounds = (cursor.as_deref(), SEATS);
            let (mut seats, next) = people::of(&app, (id, half), bounds).await?;
            for seat in &mut seats {
                seat.address = written(&seat.address);
            }
            let rows = people::rows((half, told), seats, cursor.is_none())?;
            Ok(Some((rows, next)))
        }
    })
}

/// A file of CSV: `page` gives the rows from a place on, and where the next ones begin.
fn paged<T, F>(name: &str, page: impl Fn(Option<T>) -> F + Send + 'static) -> Response
where
    T: Send + 'static,
    F: Future<Output = Result<Option<(Vec<u8>, Option<T>)>, Error>> + Send + 'static,
{
    let pages = stream::try_unfold(Some(None), move |at: Option<Option<T>>| {
        let piece = at.map(&page);
        async move {
            let Some(piece) = piece else { return Ok(None) };
            let piece = piece.await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(piece.map(|(rows, next)| (Bytes::from(rows), next.map(Some))))
        }
    });
    csv(Body::from_stream(pages), name)
}

/// A body of CSV, to be kept as a file.
pub fn csv(body: Body, name: &str) -> Response {
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Ok(place) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, place);
    }
    response
}
