//! `/files/…`: where the bytes of attachments come and go.
//!
//! These paths ask for no key: whoever has an address may do the one thing that it was made for, until its time is over.
//! What is served was written by strangers. It is never shown inline, never guessed at and never run.

mod arrivals;
mod disposition;
mod range;
mod serving;
mod sweeping;
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
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::task::TaskTracker;

use self::arrivals::Arrivals;
pub(crate) use self::{sweeping::sweep, uploading::unfit};
use crate::{AgentChat, Code, failure::Failure, ids, params::Params};

/// Where everything stands.
pub(crate) const PREFIX: &str = "/files";

/// For how long bytes may come that were announced.
// wire: agentchat.md#101-upload
pub const UPLOAD_FOR: Duration = Duration::from_hours(2);

/// For how long an attachment may be fetched from where it was found.
// wire: agentchat.md#102-download
const DOWNLOAD_FOR: Duration = Duration::from_mins(5);

/// Lanes of changes of pictures. Those in one lane wait for each other.
const LANES: usize = 16;

/// When a client may try again that met too many others.
const SOON: Duration = Duration::from_secs(2);

/// Where files lie, and what is needed to take them in and to hand them out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    pub(crate) objects: Objects,
    pub(crate) seal: Seal,
    pub(crate) studio: Studio,
    pub(crate) arrivals: Arrivals,
    lanes: Arc<[Semaphore; LANES]>,
}

impl Files {
    /// Files in `objects`, under addresses that `seal` signs; pictures are made in `studio`.
    #[must_use]
    pub fn new(objects: Objects, seal: Seal, studio: Studio) -> Self {
        let lanes = Arc::new(std::array::from_fn(|_| Semaphore::new(1)));
        Self { objects, seal, studio, arrivals: Arrivals::default(), lanes }
    }

    /// A turn in a lane; nobody else has one there until it is dropped.
    pub(crate) async fn turn(&self, lane: usize) -> SemaphorePermit<'_> {
        self.lanes[lane % LANES].acquire().await.expect("nobody closes a lane")
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

/// Too many files arrive, or too many pictures are made.
pub(crate) fn busy() -> Failure {
    Failure::new(Code::StorageUnavailable, "Too many files arrive at once; try again in a moment.").retry_after(SOON)
}
