//! Where pictures hang: each agent and each group has a folder of its own, with one picture in it.
//!
//! Whoever hangs one up takes down whatever else is in the folder: what was replaced through another surface, and what a
//! crash has left. So nobody can fill the disk with pictures that nothing shows. Changes of one folder follow one
//! another, so that nobody takes down what another has just hung up.

use std::future::Future;

use bytes::Bytes;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tertulia_core::Error;
use tertulia_edge::StreamedBody;
use tertulia_images::MAX_BYTES;
use tertulia_model::{AgentId, ConversationId};
use tertulia_objects::Key;

use crate::{
    AgentChat, Code,
    body::Unreadable,
    failure::Failure,
    files::{busy, unfit},
    hex::hex,
    ids,
};

/// The folder of an agent or a group, as it begins the keys of its pictures.
// wire: agentchat.md#104-avatar-pipeline
#[derive(Debug)]
pub(super) struct Folder {
    name: String,
    /// Those with the same one wait for each other.
    lane: usize,
}

impl Folder {
    pub(super) fn of_agent(id: AgentId) -> Self {
        Self::of("", ids::agent(id).as_str())
    }

    pub(super) fn of_group(id: ConversationId) -> Self {
        Self::of("g/", ids::group(id).as_str())
    }

    fn of(shelf: &str, id: &str) -> Self {
        let digest = Sha256::digest(id);
        Self { name: format!("{shelf}{}", hex(&digest[..8])), lane: usize::from(digest[0]) }
    }

    /// The key of a picture in it: one picture has one key here, and nothing else has it.
    pub(super) fn key_of(&self, picture: &[u8]) -> String {
        format!("{}/{}.webp", self.name, hex(&Sha256::digest(picture)[..16]))
    }
}

/// The picture that a body becomes.
pub(super) async fn drawn(agentchat: &AgentChat, body: &mut StreamedBody) -> Result<Bytes, Unreadable> {
    let files = agentchat.files();
    let _arrival = files.arrivals.admit_picture().map_err(|_| busy())?;
    let file = body.collect(MAX_BYTES as u64).await.map_err(Unreadable::Refused)?;
    Ok(files.studio.avatar(file).await.map_err(refused)?)
}

/// Keeps a picture under `key` and shows it; then it is the only one in its folder.
pub(super) async fn hang(
    agentchat: &AgentChat,
    folder: &Folder,
    key: &str,
    picture: Bytes,
    shown: impl Future<Output = Result<(), Error>>,
) -> Result<(), Failure> {
    let key = Key::avatar(key).map_err(|_| Failure::new(Code::ProcessingFailed, "The picture cannot be kept."))?;
    let _turn = agentchat.files().turn(folder.lane).await;
    agentchat.files().objects.put_ours(&key, picture).await.map_err(|error| unfit(&error))?;
    shown.await?;
    clear(agentchat, folder, Some(&key)).await;
    Ok(())
}

/// Empties a folder once nothing of it is shown.
pub(super) async fn take_down(
    agentchat: &AgentChat,
    folder: &Folder,
    hidden: impl Future<Output = Result<(), Error>>,
) -> Result<(), Failure> {
    let _turn = agentchat.files().turn(folder.lane).await;
    hidden.await?;
    clear(agentchat, folder, None).await;
    Ok(())
}

/// Removes all but one picture of a folder. What fails is left to whoever comes next.
async fn clear(agentchat: &AgentChat, folder: &Folder, but: Option<&Key>) {
    let objects = &agentchat.files().objects;
    let cleared = objects.pictures_in(&folder.name).try_for_each(|found| async move {
        if Some(&found.key) == but { Ok(()) } else { objects.delete(&found.key).await }
    });
    if let Err(error) = cleared.await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a replaced picture could not be removed");
    }
}

// wire: agentchat.md#104-avatar-pipeline
fn refused(error: tertulia_images::Error) -> Failure {
    use tertulia_images::Error;
    let code = match error {
        Error::Empty => Code::EmptyBody,
        Error::TooLarge => Code::PayloadTooLarge,
        Error::UnsupportedFormat => Code::UnsupportedFormat,
        Error::DecodeFailed => Code::DecodeFailed,
        Error::TooSmall => Code::ImageTooSmall,
        Error::ProcessingFailed => Code::ProcessingFailed,
        Error::Busy => return busy(),
    };
    Failure::new(code, format!("This is no picture that can be taken: {error}."))
}

#[cfg(test)]
mod tests {
    use tertulia_model::random_uuid;

    use super::*;

    #[test]
    fn a_key_is_of_one_picture_of_one_owner() {
        let (agent, group) =
            (AgentId::from_uuid(random_uuid([1; 16])), ConversationId::from_uuid(random_uuid([1; 16])));
        let (agents, groups) = (Folder::of_agent(agent), Folder::of_group(group));
        for key in [agents.key_of(b"a"), groups.key_of(b"a")] {
            Key::avatar(&key).unwrap();
        }
        let hash = hex(&Sha256::digest(ids::agent(agent).as_str())[..8]);
        assert!(agents.key_of(b"a").starts_with(&format!("{hash}/")));
        assert!(groups.key_of(b"a").starts_with("g/"));
        assert_eq!(agents.key_of(b"a"), Folder::of_agent(agent).key_of(b"a"));
        assert_ne!(agents.key_of(b"a"), agents.key_of(b"b"));
    }

    #[test]
    fn each_refusal_has_the_code_of_the_contract() {
        use tertulia_images::Error;
        for (error, code) in [
            (Error::Empty, "EMPTY_BODY"),
            (Error::TooLarge, "PAYLOAD_TOO_LARGE"),
            (Error::UnsupportedFormat, "UNSUPPORTED_FORMAT"),
            (Error::DecodeFailed, "DECODE_FAILED"),
            (Error::TooSmall, "IMAGE_TOO_SMALL"),
            (Error::ProcessingFailed, "PROCESSING_FAILED"),
            (Error::Busy, "STORAGE_UNAVAILABLE"),
        ] {
            assert!(format!("{:?}", refused(error)).contains(code), "{error}");
        }
    }
}
