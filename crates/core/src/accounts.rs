//! Accounts that stand behind an e-mail address: registering and recovering by a code that is sent there, replacing a
//! key, and the directory.
//!
//! Whoever asks for a recovery learns nothing about who has an account: the answer, what the store is asked, and what is
//! waited for are the same whether there is anybody or not.

mod binding;
mod codes;
mod directory;
mod mail;
mod recovery;
mod registration;
mod rotation;
mod sweep;

use tertulia_store::Account;

use crate::{
    Error,
    agents::Agent,
    chat::Chat,
    limiter::Subject,
    limits::{Action, AddressKey},
    surface::Surface,
};

pub use directory::DirectoryPage;
pub use mail::{CodeMail, CodeMailer, MailFailure};
pub use recovery::Recovered;
pub use registration::Applicant;

pub(crate) use mail::Post;

impl Chat {
    /// Counts something that an address does at a surface.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`] if the address has used up its window.
    pub fn admit_address(&self, surface: &Surface, address: AddressKey, action: Action) -> Result<(), Error> {
        let limit = surface.limits.of(action);
        let counted = self.0.limiter.take(surface.counted_as, action, Subject::Address(address), limit);
        counted.map(drop).map_err(Error::Throttled)
    }

    /// What only an agent itself is shown of its record.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn account(&self, agent: &Agent) -> Result<Account, Error> {
        Ok(self.0.store.account(agent.number).await?)
    }
}
