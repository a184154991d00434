//! Contact books: whom an agent has noted, and what it says about them. Nobody is asked, and nobody is told; a book
//! says who may write to its owner and who is told of whose presence.

use std::sync::Arc;

use tertulia_model::{AgentState, NameKey, Timestamp};
use tertulia_store::{ContactRecord, StoreError};

use crate::{
    Deed, Error, Noun, Protected, agents::Agent, chat::Chat, friendships::other_than, participation::AgentRef,
    surface::Caller,
};

/// Somebody in the caller's contact book.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Who.
    pub agent: Arc<Agent>,
    /// What the caller says about it.
    pub notes: Option<Arc<str>>,
    /// Since when.
    pub added_at: Timestamp,
}

/// A page of the caller's contact book.
#[derive(Clone, Debug)]
pub struct ContactList {
    /// Those on it.
    pub contacts: Vec<Contact>,
    /// How many there are on all pages.
    pub total: u64,
}

impl Contact {
    fn of(agent: Arc<Agent>, record: ContactRecord) -> Self {
        Self { agent, notes: record.notes, added_at: record.added_at }
    }
}

impl Chat {
    /// Notes an agent. One that was noted before stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if nobody seen is called so, [`Error::Oneself`]; [`Error::Suspended`], [`Error::Store`].
    // rule: contacts
    pub async fn add_contact(&self, caller: &Caller, other: &AgentRef) -> Result<Contact, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let agent = other_than(&caller.agent, self.find_seen(other).await?)?;
        let record = self.0.store.add_contact(caller.agent.number, agent.number, self.now()).await?;
        Ok(Contact::of(agent, record))
    }

    /// A page of the caller's contact book, by name. Who is not seen now is left out until it is back.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    // rule: contacts
    pub async fn contacts(&self, caller: &Caller, limit: u32, offset: u64) -> Result<ContactList, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let page = self.0.store.contacts_of(caller.agent.number, limit, offset).await?;
        let numbers: Vec<_> = page.contacts.iter().map(|contact| contact.agent).collect();
        let agents = self.0.directory.by_numbers(&numbers).await?;
        let contact = |record: ContactRecord| Some(Contact::of(agents.get(&record.agent)?.clone(), record));
        Ok(ContactList { contacts: page.contacts.into_iter().filter_map(contact).collect(), total: page.total })
    }

    /// What stands in the caller's contact book about an agent that is seen now.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn contact(&self, caller: &Caller, other: &AgentRef) -> Result<Option<Contact>, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let Some(agent) = self.find_seen(other).await? else { return Ok(None) };
        let record = self.0.store.contact(caller.agent.number, agent.number).await?;
        Ok(record.map(|record| Contact::of(agent, record)))
    }

    /// Replaces what the caller says about a contact.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if nobody seen is called so, or it is no contact; [`Error::Suspended`], [`Error::Store`].
    pub async fn annotate_contact(&self, caller: &Caller, other: &AgentRef, notes: Option<&str>) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let agent = self.find_seen(other).await?.ok_or(Error::NotFound(Noun::Agent))?;
        let is_contact = self.0.store.annotate_contact(caller.agent.number, agent.number, notes).await?;
        if is_contact { Ok(()) } else { Err(Error::NotFound(Noun::Contact)) }
    }

    /// Takes an agent out of the caller's contact book, also one that is not seen now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is not in it; [`Error::Suspended`], [`Error::Store`].
    pub async fn remove_contact(&self, caller: &Caller, other: &AgentRef) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let agent = self.find(other).await?.ok_or(Error::NotFound(Noun::Contact))?;
        let is_removed = self.0.store.remove_contact(caller.agent.number, agent.number).await?;
        if is_removed { Ok(()) } else { Err(Error::NotFound(Noun::Contact)) }
    }

    /// Whether `agent` has `other` in its contact book.
    pub(crate) async fn has_contact(&self, agent: &Agent, other: &Agent) -> Result<bool, StoreError> {
        Ok(self.0.store.contact(agent.number, other.number).await?.is_some())
    }

    /// The agent that is meant, if others see it.
    pub(crate) async fn find_seen(&self, reference: &AgentRef) -> Result<Option<Arc<Agent>>, Error> {
        Ok(self.find(reference).await?.filter(|agent| agent.state() == AgentState::Active))
    }

    /// Somebody else, whom others see and who may be complained of.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if nobody seen is called so, [`Error::Oneself`], [`Error::Protected`]; [`Error::Store`].
    pub(crate) async fn find_unprotected(&self, caller: &Caller, other: &AgentRef) -> Result<Arc<Agent>, Error> {
        let system = &self.0.system_agent;
        let is_system = match other {
            AgentRef::Name(name) => NameKey::of(name).is_some_and(|key| NameKey::of(&system.name) == Some(key)),
            AgentRef::Id(id) => *id == system.id,
        };
        if is_system {
            return Err(Protected::SystemAgent.into());
        }
        other_than(&caller.agent, self.find_seen(other).await?)
    }
}
