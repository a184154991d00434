//! Mutes: by whom, and from where, an agent does not want to be woken. What is muted still reaches it: it waits like
//! everything else, and is found by who asks. Nobody else is told.
//!
//! They change between two batches of the journal, so that their order with messages is total, and each agent's are kept
//! in memory once somebody has asked for them.

mod book;

use std::sync::Arc;

use tertulia_model::{AgentNo, ConversationId, ConversationKind, Timestamp};
use tertulia_store::{MuteRecord, MuteTarget, NewMute, StoreError};

pub(crate) use self::book::{Mutes, read};
use crate::{
    Deed, Error, Noun, Protected, agents::Agent, chat::Chat, group::Group, limiter::Subject, limits::Action,
    participation::AgentRef, surface::Caller,
};

/// Mutes of one agent at the most.
const MOST_MUTES: usize = 10_000;

/// What is muted, as who mutes it names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MuteRef {
    /// An agent, wherever it speaks.
    Agent(AgentRef),
    /// A conversation, whoever speaks in it.
    Conversation(ConversationId),
}

/// What is muted.
#[derive(Clone, Debug)]
pub enum Muted {
    /// An agent.
    Agent(Arc<Agent>),
    /// A conversation.
    Conversation(ConversationKind, ConversationId),
}

/// A mute of the caller.
#[derive(Clone, Debug)]
pub struct Mute {
    /// Of what.
    pub of: Muted,
    /// Until when; nothing: until it is taken back.
    pub until: Option<Timestamp>,
    /// Since when.
    pub since: Timestamp,
}

impl Chat {
    /// Mutes an agent or a conversation, or replaces until when it is muted.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Protected`], [`Error::NotParticipant`], [`Error::Throttled`];
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // rule: mutes
    pub async fn mute(&self, caller: &Caller, of: &MuteRef, until: Option<Timestamp>) -> Result<Mute, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let target = self.mutable(caller, of).await?;
        self.count_mute_write(caller)?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let new = NewMute { agent: agent.number, target, until, now: self.now() };
        let muting = async move {
            chat.mutes_of(&agent).await?;
            if agent.mutes.count_without(target, new.now) >= MOST_MUTES {
                return Err(Protected::TooManyMutes.into());
            }
            let muted = chat.0.store.mute(&new).await;
            agent.mutes.doubt();
            chat.mutes_of(&agent).await?;
            Ok(muted?)
        };
        let record = self.0.journal.exclusively(muting).await?;
        self.shown_mutes(vec![record]).await?.pop().ok_or(Error::NotFound(Noun::Mute))
    }

    /// Ends a mute of the caller.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none; [`Error::Throttled`], [`Error::Suspended`], [`Error::Stopping`],
    /// [`Error::Store`].
    // rule: mutes
    pub async fn unmute(&self, caller: &Caller, of: &MuteRef) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let target = self.own_mute(caller, of).await?.target;
        self.count_mute_write(caller)?;
        let (chat, agent, now) = (self.clone(), caller.agent.clone(), self.now());
        let unmuting = async move {
            let ended = chat.0.store.unmute(agent.number, target, now).await;
            agent.mutes.doubt();
            chat.mutes_of(&agent).await?;
            if ended? { Ok(()) } else { Err(Error::NotFound(Noun::Mute)) }
        };
        self.0.journal.exclusively(unmuting).await
    }

    /// The caller's mutes, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn mutes(&self, caller: &Caller) -> Result<Vec<Mute>, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        self.mutes_of(&caller.agent).await?;
        self.shown_mutes(caller.agent.mutes.all(self.now())).await
    }

    /// The caller's mute of this.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none; [`Error::Suspended`], [`Error::Store`].
    pub async fn mute_of(&self, caller: &Caller, of: &MuteRef) -> Result<Mute, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let record = self.own_mute(caller, of).await?;
        self.shown_mutes(vec![record]).await?.pop().ok_or(Error::NotFound(Noun::Mute))
    }

    /// Reads an agent's mutes into memory, unless they are there: [`Agent::mutes`] knows them from then on.
    pub(crate) async fn mutes_of(&self, agent: &Arc<Agent>) -> Result<(), StoreError> {
        book::read(&*self.0.store, std::slice::from_ref(agent), self.now()).await
    }

    /// What the caller may mute. Only who had part in a conversation once is told that it has none now.
    async fn mutable(&self, caller: &Caller, of: &MuteRef) -> Result<MuteTarget, Error> {
        match of {
            MuteRef::Agent(other) => {
                let agent = self.find_seen(other).await?.ok_or(Error::NotFound(Noun::Agent))?;
                let is_other = agent.number != caller.agent.number;
                if is_other { Ok(MuteTarget::Agent(agent.number)) } else { Err(Protected::SelfMute.into()) }
            }
            MuteRef::Conversation(id) => {
                let found = self.own_conversation(&caller.agent, *id).await?;
                let conversation = found.ok_or(Error::NotFound(Noun::Conversation))?;
                if let Some(gone) = conversation.group().and_then(Group::gone) {
                    return Err(gone.into());
                }
                let is_party = conversation.has_member(caller.agent.number);
                if is_party { Ok(MuteTarget::Conversation(conversation.number)) } else { Err(Error::NotParticipant) }
            }
        }
    }

    /// The caller's mute of what it names. What it has muted it may name, whatever has become of that.
    async fn own_mute(&self, caller: &Caller, of: &MuteRef) -> Result<MuteRecord, Error> {
        self.mutes_of(&caller.agent).await?;
        let (mutes, now) = (&caller.agent.mutes, self.now());
        let record = match of {
            MuteRef::Agent(other) => self.find(other).await?.and_then(|agent| mutes.of_agent(agent.number, now)),
            MuteRef::Conversation(id) => mutes.of_conversation(*id, now),
        };
        record.ok_or(Error::NotFound(Noun::Mute))
    }

    fn count_mute_write(&self, caller: &Caller) -> Result<(), Error> {
        let (surface, subject) = (&caller.surface, Subject::Agent(caller.agent.number));
        let counted = self.0.limiter.take(surface.counted_as, Action::Mute, subject, caller.limit(Action::Mute));
        counted.map(drop).map_err(Error::Throttled)
    }

    async fn shown_mutes(&self, records: Vec<MuteRecord>) -> Result<Vec<Mute>, Error> {
        let agent = |record: &MuteRecord| match record.target {
            MuteTarget::Agent(agent) => Some(agent),
            MuteTarget::Conversation(_) => None,
        };
        let agents: Vec<AgentNo> = records.iter().filter_map(agent).collect();
        let agents = self.0.directory.by_numbers(&agents).await?;
        let shown = |record: MuteRecord| {
            let of = match (record.target, record.place) {
                (MuteTarget::Agent(agent), _) => Muted::Agent(agents.get(&agent)?.clone()),
                (MuteTarget::Conversation(_), place) => place.map(|(kind, id)| Muted::Conversation(kind, id))?,
            };
            Some(Mute { of, until: record.until, since: record.muted_at })
        };
        Ok(records.into_iter().filter_map(shown).collect())
    }
}
