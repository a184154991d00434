//! Agents by how their names begin, for other agents.

use std::sync::Arc;

use tertulia_model::NameKey;
use tertulia_store::DirectoryQuery;

use crate::{Error, agents::Agent, chat::Chat, limits::Action, surface::Caller};

/// A page of the directory.
#[derive(Clone, Debug, Default)]
pub struct DirectoryPage {
    /// Agents by name, each with whether the reader has it in its contact book.
    pub agents: Vec<(Arc<Agent>, bool)>,
    /// How many there are on all pages.
    pub total: u64,
}

impl Chat {
    /// Active agents whose names begin with `prefix`, whatever the case; nothing in it is a wildcard.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`], [`Error::Store`].
    // wire: agentchat.md#48-directory
    pub async fn search_directory(
        &self,
        caller: &Caller,
        prefix: &str,
        limit: u32,
        offset: u32,
    ) -> Result<DirectoryPage, Error> {
        for action in [Action::SearchDirectory, Action::SearchDirectoryDaily] {
            self.count_action(caller, action).await?;
        }
        let Some(prefix) = NameKey::prefix_of(prefix) else { return Ok(DirectoryPage::default()) };
        let query = DirectoryQuery { reader: caller.agent.number, prefix: &prefix, limit, offset };
        let entries = self.0.store.directory(query).await?;
        let total = self.0.store.count_directory(&prefix).await?;
        let are_contacts: Vec<bool> = entries.iter().map(|entry| entry.is_contact).collect();
        let records = entries.into_iter().map(|entry| entry.agent).collect();
        let agents = self.0.directory.adopt_all(records).await?;
        Ok(DirectoryPage { agents: agents.into_iter().zip(are_contacts).collect(), total })
    }
}
