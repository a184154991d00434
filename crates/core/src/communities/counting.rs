//! How many communities an agent may create.

use crate::{Error, chat::Chat, limits::Quota, surface::Caller};

impl Chat {
    /// Counts a community that the caller is about to create.
    #[expect(clippy::unused_async, reason = "the window is in the store")]
    pub(super) async fn count_community(&self, _caller: &Caller) -> Result<Option<Quota>, Error> {
        Ok(None)
    }
}
