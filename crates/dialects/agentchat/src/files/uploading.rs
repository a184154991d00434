//! Taking in the bytes of an attachment.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use tertulia_core::Error;
use tertulia_edge::StreamedBody;
use tertulia_objects::{Announced, Content, Key, MAX_BYTES, Purpose, PutError};

use super::{SOON, arrivals::Crowded, busy, check};
use crate::{
    AgentChat, Code,
    attachments::in_path,
    body::{MOST_DISCARDED, Unreadable},
    done::Done,
    failure::Failure,
    handle::TextPath,
    params::Params,
};

/// `PUT` of the bytes that were announced, and of no others. The same ones may come again until a message refers to them.
// wire: agentchat.md#101-upload
pub(super) async fn upload(
    State(agentchat): State<AgentChat>,
    path: TextPath,
    params: Params,
    mut body: StreamedBody,
) -> Response {
    match take_in(&agentchat, path, &params, &mut body).await {
        Ok(done) => Json(done).into_response(),
        Err(refused) => {
            body.discard(MOST_DISCARDED).await;
            refused.into_response()
        }
    }
}

async fn take_in(
    agentchat: &AgentChat,
    path: TextPath,
    params: &Params,
    body: &mut StreamedBody,
) -> Result<Done, Unreadable> {
    let id = in_path(path)?;
    check(agentchat, Purpose::Upload, id, params)?;
    let files = agentchat.files();
    let expected = agentchat.chat().expected_upload(id).await?;
    let _arrival = files.arrivals.admit(expected.uploader).map_err(crowded)?;
    let content = Content::Of(expected.media_type);
    let announced = Announced { bytes: expected.bytes, sha256: expected.digest, content };
    let mut broken = None;
    let put = {
        let pieces = futures_util::StreamExt::inspect(body.pieces(MAX_BYTES), |piece| {
            broken = piece.as_ref().err().cloned();
        });
        files.objects.put(&Key::attachment(id), &announced, pieces).await
    };
    match (put, broken) {
        (Err(PutError::Interrupted), Some(refusal)) => return Err(Unreadable::Refused(refusal)),
        (put, _) => put.map_err(|error| unfit(&error))?,
    }
    agentchat.chat().note_uploaded(id).await?;
    Ok(Done::DONE)
}

fn crowded(crowded: Crowded) -> Failure {
    match crowded {
        Crowded::Everywhere => busy(),
        Crowded::ByOne => {
            let message = "You are rate limited: too many of your files arrive at once; wait for one of them.";
            Failure::new(Code::RateLimited, message).retry_after(SOON)
        }
    }
}

/// What is said of bytes that are not kept.
pub(crate) fn unfit(error: &PutError) -> Failure {
    match error {
        PutError::Unavailable(_) => {
            tracing::warn!(error = error as &dyn std::error::Error, "a file could not be kept");
            Error::ObjectsUnavailable.into()
        }
        PutError::Length | PutError::Digest | PutError::Type | PutError::TooLarge | PutError::Interrupted => {
            Failure::new(Code::ValidationError, format!("This file is not kept: {error}."))
        }
    }
}
