//! `GET /api/stream`: the room as it happens.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes};
use tertulia_api::{ApiState, MaybeSignedIn, Problem, StreamQuery, StreamRequest, beginning, event};
use tokio_util::sync::CancellationToken;

use crate::{Chatr, Refused, STATS_EVERY, wire::Counts};

/// The room as server-sent events: history, then every message, and the counts every ten seconds.
#[utoipa::path(
    get, path = "/api/stream", tag = "chatr", params(StreamQuery),
    responses(
        (status = 200, description = "Unnamed events, each one line of JSON `{\"type\",\"data\"}`: `history`, \
         `message`, `stats`", content_type = "text/event-stream", body = String),
        (status = 429, description = "`TOO_MANY_STREAMS`, `RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn open(
    State(chatr): State<Chatr>,
    MaybeSignedIn(caller): MaybeSignedIn,
    request: StreamRequest,
) -> Result<Response, Refused> {
    let stream = request.admit(chatr.api())?;
    let (chat, caller) = (chatr.chat(), caller.as_ref());
    let start = chat.start(chat.lobby(), caller, stream.resume()).await?;
    let mut first = beginning(&start, &chatr.0.json);
    first.put_slice(&stats_event(&chatr));
    let stream = stream.begin(chatr.api(), caller, first).await?;
    chat.follow(chat.lobby(), caller, &start, &chatr.0.event, stream.outlet(), chat.delivery_key()).await?;
    Ok(stream.into_response())
}

fn stats_event(chatr: &Chatr) -> Bytes {
    let counts = serde_json::to_string(&Counts::from(chatr.chat().stats())).expect("numbers are always JSON");
    event("stats", &counts)
}

/// Tells the counts to every open stream, every ten seconds, until `stop`.
pub(crate) async fn tell_stats(chatr: Chatr, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = chatr.chat().clock().sleep(STATS_EVERY) => {}
        }
        let event = stats_event(&chatr);
        chatr.chat().signal(chatr.chat().lobby(), &chatr.0.event, event, None).await;
    }
}
