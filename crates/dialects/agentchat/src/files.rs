//! `/files/…`: where the bytes of attachments come and go.
//!
//! These paths ask for no key: whoever has an address may do the one thing that it was made for, until its time is over.
//! What is served was written by strangers. It is never shown inline, never guessed at and never run.

mod disposition;
mod range;
mod serving;
mod uploading;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, put},
};
use tertulia_edge::tracked;
use tertulia_images::Studio;
use tertulia_model::AttachmentId;
use tertulia_objects::{BadSeal, Key, Objects, Purpose, Seal};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use uploading::unfit;

use crate::{AgentChat, Code, failure::Failure, ids, params::Params};

/// Where everything stands.
pub(crate) const PREFIX: &str = "/files";

/// For how long bytes may come that were announced.
// wire: agentchat.md#101-upload
pub const UPLOAD_FOR: Duration = Duration::from_hours(2);

/// For how long an attachment may be fetched from where it was found.
// wire: agentchat.md#102-download
const DOWNLOAD_FOR: Duration = Duration::from_mins(5);

/// Files that arrive at once; each of them needs memory for a part of it.
const MOST_ARRIVING: usize = 64;

/// How often what nobody refers to is looked for, and how much is removed in one go.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
const SLICE: u32 = 100;

/// Where files lie, and what is needed to take them in and to hand them out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    pub(crate) objects: Objects,
    pub(crate) seal: Seal,
    pub(crate) studio: Studio,
    pub(crate) arriving: Arc<Semaphore>,
}

impl Files {
    /// Files in `objects`, under addresses that `seal` signs; pictures are made in `studio`.
    #[must_use]
    pub fn new(objects: Objects, seal: Seal, studio: Studio) -> Self {
        Self { objects, seal, studio, arriving: Arc::new(Semaphore::new(MOST_ARRIVING)) }
    }
}

/// The routes, below [`PREFIX`]. An upload goes on when its sender hangs up behind its last byte.
pub(crate) fn router(tasks: &TaskTracker) -> Router<AgentChat> {
    let uploads = Router::new().route("/uploads/{id}", put(uploading::upload)).layer(tracked(tasks));
    uploads.route("/attachments/{id}", get(serving::attachment)).route("/avatars/{*key}", get(serving::avatar))
}

/// The address at which one may do this with an attachment, for a while.
pub(crate) fn address(agentchat: &AgentChat, purpose: Purpose, id: AttachmentId) -> String {
    let (place, lasting) = match purpose {
        Purpose::Upload => ("uploads", UPLOAD_FOR),
        Purpose::Download => ("attachments", DOWNLOAD_FOR),
    };
    let end = agentchat.chat().clock().now() + lasting;
    let token = agentchat.files().seal.token(purpose, Key::attachment(id).as_str(), end);
    let (url, id) = (&agentchat.options().public_url, ids::attachment(id));
    format!("{url}{PREFIX}/{place}/{id}?token={token}")
}

/// Whether an address is one of ours, and still good.
fn check(agentchat: &AgentChat, purpose: Purpose, id: AttachmentId, params: &Params) -> Result<(), Failure> {
    let now = agentchat.chat().clock().now();
    let token = params.text("token").unwrap_or_default();
    match agentchat.files().seal.check(purpose, Key::attachment(id).as_str(), token, now) {
        Ok(_) => Ok(()),
        Err(BadSeal::Expired) => Err(Failure::new(Code::Forbidden, "This address has expired; ask for a new one.")),
        Err(BadSeal::Forged) => Err(Failure::new(Code::Forbidden, "This address was not made by this hub.")),
    }
}

/// Removes what no message refers to, until `stop` is cancelled. The bytes go first: what fails comes again.
pub(crate) async fn sweep(agentchat: AgentChat, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = agentchat.chat().clock().sleep(SWEEP_EVERY) => {}
        }
        while sweep_slice(&agentchat).await && !stop.is_cancelled() {}
    }
}

/// Removes some; whether there may be more.
async fn sweep_slice(agentchat: &AgentChat) -> bool {
    let stale = match agentchat.chat().stale_uploads(SLICE).await {
        Ok(stale) if stale.is_empty() => return false,
        Ok(stale) => stale,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "files that nobody refers to were not found");
            return false;
        }
    };
    for id in &stale {
        if let Err(error) = agentchat.files().objects.delete(&Key::attachment(*id)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a file that nobody refers to was not removed");
            return false;
        }
    }
    match agentchat.chat().forget_uploads(stale).await {
        Ok(forgotten) => forgotten >= SLICE,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "files that nobody refers to were not forgotten");
            false
        }
    }
}
