//! A community in use: what it is, who belongs to it, and its channels.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tertulia_model::{AgentNo, CommunityId, CommunityNo, ConversationId, ConversationNo, Role};
use tertulia_store::{ChannelRecord, CommunityRecord, Member, StoreError, WholeCommunity};

use super::stance::{Stance, Wish};
use crate::{Error, agents::Agent};

/// A community in use. There is at most one of it in memory, so what changes about it is seen by all at once.
#[derive(Debug)]
pub(crate) struct Community {
    /// Its number inside the hub.
    pub(crate) number: CommunityNo,
    /// Its public id.
    pub(crate) id: CommunityId,
    owner: RwLock<Arc<Agent>>,
    present: RwLock<Present>,
    /// Whether a change may have been made that memory does not know.
    is_stale: AtomicBool,
    /// How often anybody had asked for any community when this one was last asked for.
    pub(super) last_asked: AtomicU64,
}

/// What changes.
#[derive(Debug)]
struct Present {
    record: CommunityRecord,
    members: HashMap<AgentNo, Member>,
    invited: HashSet<AgentNo>,
    /// By position, those of one position as they were created.
    channels: Vec<Arc<ChannelRecord>>,
    is_gone: bool,
}

impl Present {
    fn new(whole: WholeCommunity) -> Self {
        let WholeCommunity { community: record, members, invited, channels } = whole;
        Self {
            record,
            members: members.into_iter().map(|member| (member.agent, member)).collect(),
            invited: invited.into_iter().collect(),
            channels: channels.into_iter().map(Arc::new).collect(),
            is_gone: false,
        }
    }
}

impl Community {
    pub(super) fn new(whole: WholeCommunity, owner: Arc<Agent>) -> Self {
        Self {
            number: whole.community.number,
            id: whole.community.id,
            owner: RwLock::new(owner),
            present: RwLock::new(Present::new(whole)),
            is_stale: AtomicBool::new(false),
            last_asked: AtomicU64::new(0),
        }
    }

    /// Whose it is.
    pub(crate) fn owner(&self) -> Arc<Agent> {
        self.owner.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes whose it is from now on.
    pub(super) fn pass_to(&self, owner: Arc<Agent>) {
        {
            let mut present = self.write();
            present.record.owner = owner.number;
            if let Some(member) = present.members.get_mut(&owner.number) {
                member.role = Role::Owner;
            }
        }
        self.set_owner(owner);
    }

    /// Takes over whose the store says it is.
    pub(super) fn set_owner(&self, owner: Arc<Agent>) {
        *self.owner.write().unwrap_or_else(PoisonError::into_inner) = owner;
    }

    /// Whether it was deleted.
    pub(crate) fn is_gone(&self) -> bool {
        self.read().is_gone
    }

    /// Whether everybody may know of it.
    pub(crate) fn is_public(&self) -> bool {
        self.read().record.is_public
    }

    /// What an agent is in it; nothing if it is no member.
    pub(crate) fn role_of(&self, agent: AgentNo) -> Option<Role> {
        self.read().members.get(&agent).map(|member| member.role)
    }

    /// Whether `agent`, or somebody who is none, may do this.
    ///
    /// # Errors
    ///
    /// Those of [`Stance::grant`]; [`Error::Store`] as long as it must be read anew.
    pub(super) fn grant(&self, agent: Option<AgentNo>, wish: Wish) -> Result<(), Error> {
        if self.is_stale() {
            return Err(must_be_read_anew());
        }
        let present = self.read();
        if present.is_gone {
            return Err(Error::NotFound(crate::Noun::Community));
        }
        let stance = Stance {
            is_public: present.record.is_public,
            role: agent.and_then(|agent| present.members.get(&agent)).map(|member| member.role),
            is_invited: agent.is_some_and(|agent| present.invited.contains(&agent)),
        };
        stance.grant(wish)
    }

    /// Whether memory may have missed a change.
    pub(crate) fn is_stale(&self) -> bool {
        self.is_stale.load(Ordering::Acquire)
    }

    /// Notes that memory may have missed a change: until it is read anew, nobody is granted anything.
    pub(super) fn distrust(&self) {
        self.is_stale.store(true, Ordering::Release);
    }

    /// What it says about itself, and how many members it has.
    pub(super) fn describe(&self) -> (CommunityRecord, u64) {
        let present = self.read();
        (present.record.clone(), present.members.len() as u64)
    }

    /// Its members, those first who joined first.
    pub(super) fn members(&self) -> Vec<Member> {
        let mut members: Vec<_> = self.read().members.values().copied().collect();
        members.sort_unstable_by_key(|member| (member.since, member.agent));
        members
    }

    /// Its channels in their order.
    pub(super) fn channels(&self) -> Vec<Arc<ChannelRecord>> {
        self.read().channels.clone()
    }

    /// The channel with this public id.
    pub(crate) fn channel(&self, id: ConversationId) -> Option<Arc<ChannelRecord>> {
        self.read().channels.iter().find(|channel| channel.id == id).cloned()
    }

    /// Standing instructions for those who talk in it, and in one of its channels.
    pub(crate) fn instructions(&self, channel: ConversationNo) -> [Option<Arc<str>>; 2] {
        let present = self.read();
        let channel = present.channels.iter().find(|known| known.number == channel);
        [present.record.instructions.clone(), channel.and_then(|channel| channel.instructions.clone())]
    }

    /// Takes over what the store says; nothing: it was deleted.
    pub(super) fn replace(&self, whole: Option<WholeCommunity>) {
        let mut present = self.write();
        match whole {
            Some(whole) => *present = Present::new(whole),
            None => present.is_gone = true,
        }
        self.is_stale.store(false, Ordering::Release);
    }

    /// Takes over what it says about itself.
    pub(super) fn set_record(&self, record: CommunityRecord) {
        self.write().record = record;
    }

    /// Notes a new member, whose invitation is used up.
    pub(super) fn admit(&self, member: Member) {
        let mut present = self.write();
        present.invited.remove(&member.agent);
        present.members.insert(member.agent, member);
    }

    /// Notes that an agent is neither a member nor invited.
    pub(super) fn part_with(&self, agent: AgentNo) {
        let mut present = self.write();
        present.members.remove(&agent);
        present.invited.remove(&agent);
    }

    /// Notes a member's role.
    pub(super) fn set_role(&self, agent: AgentNo, role: Role) {
        if let Some(member) = self.write().members.get_mut(&agent) {
            member.role = role;
        }
    }

    /// Notes that an agent is invited, or not any more.
    pub(super) fn set_invited(&self, agent: AgentNo, is_invited: bool) {
        let mut present = self.write();
        if is_invited {
            present.invited.insert(agent);
        } else {
            present.invited.remove(&agent);
        }
    }

    /// Notes a channel as it is now, in its place.
    pub(super) fn put_channel(&self, channel: ChannelRecord) {
        let mut present = self.write();
        present.channels.retain(|known| known.number != channel.number);
        present.channels.push(Arc::new(channel));
        present.channels.sort_unstable_by_key(|channel| (channel.position, channel.number));
    }

    /// Notes that a channel was deleted.
    pub(super) fn remove_channel(&self, channel: ConversationNo) {
        self.write().channels.retain(|known| known.number != channel);
    }

    fn read(&self) -> RwLockReadGuard<'_, Present> {
        self.present.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Present> {
        self.present.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why nobody is granted anything in a community of which memory may have missed a change.
pub(crate) fn must_be_read_anew() -> Error {
    Error::Store(StoreError::Database("a community must be read anew".into()))
}
