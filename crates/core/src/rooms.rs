//! Rooms: creating them, finding them, and what may be seen of them.

use std::{collections::HashMap, sync::Arc};

use tertulia_model::{
    About, AgentNo, ConversationId, ConversationNo, RoomName, Standing, TimeToLive, Timestamp, Visibility, random_uuid,
};
use tertulia_store::{LogEnd, NewRoom, Participant, RoomListing, RoomRecord};

use crate::{
    Attendee, Deed, Error, Noun,
    agents::Agent,
    chat::Chat,
    conversation::Conversation,
    fanout::Announcement,
    journal::MOST_PARTICIPANTS,
    limiter::Subject,
    limits::{Action, Quota},
    notice::{Event, Happening, Notice},
    participation::AgentRef,
    room::Room,
    surface::Caller,
};

/// A room that somebody wants.
#[derive(Clone, Debug)]
pub struct RoomPlan {
    /// What it is called.
    pub name: RoomName,
    /// What it is for.
    pub description: Option<About>,
    /// Who may know what is said in it.
    pub visibility: Visibility,
    /// How long it lives.
    pub ttl: TimeToLive,
    /// Who is invited from the beginning.
    pub invited: Vec<AgentRef>,
    /// Whether only its creator may invite.
    pub only_creator_invites: bool,
}

/// A room as one reader may see it.
#[derive(Clone, Debug)]
pub struct RoomView {
    number: ConversationNo,
    /// Its public id.
    pub id: ConversationId,
    /// What it is called.
    pub name: Arc<str>,
    /// Who may know what is said in it.
    pub visibility: Visibility,
    /// Who created it.
    pub creator: Arc<Agent>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
    /// How many have joined.
    pub members: u64,
    /// How many messages it has, removed ones left out.
    pub messages: u64,
    /// The rest, for those who may read it.
    pub details: Option<RoomDetails>,
}

/// What only those see of a room who may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomDetails {
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// When something was last said in it; nothing if nothing ever was.
    pub last_message_at: Option<Timestamp>,
}

impl RoomView {
    /// How long it lives from its creation, in seconds.
    #[must_use]
    pub fn ttl_secs(&self) -> u64 {
        self.expires_at.since(self.created_at).as_secs()
    }

    fn listed(listing: RoomListing, creator: Arc<Agent>, viewer: Option<AgentNo>) -> Self {
        let RoomListing { room, members, end, is_participant } = listing;
        let LogEnd { last_seq, last_at, removed } = end;
        let is_creator = viewer == Some(creator.number);
        let may_read = is_participant || is_creator || room.visibility == Visibility::Public;
        let RoomRecord { number, id, name, description, visibility, created_at, expires_at, .. } = room;
        let last_message_at = (last_seq.0 > 0).then_some(last_at);
        let details = may_read.then_some(RoomDetails { description, last_message_at });
        let messages = last_seq.0.saturating_sub(removed);
        Self { number, id, name, visibility, creator, created_at, expires_at, members, messages, details }
    }
}

impl Chat {
    /// Creates a room, whole or not at all. What is left of the agent's rooms comes with it, where they are limited.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAgent`], [`Error::RoomFull`] if more are invited than may take part, [`Error::Blocked`],
    /// [`Error::Throttled`], [`Error::Suspended`], [`Error::Store`].
    pub async fn create_room(
        &self,
        caller: &Caller,
        plan: RoomPlan,
    ) -> Result<(Arc<Conversation>, Option<Quota>), Error> {
        let (creator, surface) = (&caller.agent, &caller.surface);
        Self::permit(creator, Deed::CreateRoom)?;
        let invited = self.agents_named(&plan.invited).await?;
        if invited.len() >= MOST_PARTICIPANTS {
            return Err(Error::RoomFull);
        }
        self.permit_inviting(creator, &invited).await?;
        let (subject, limit) = (Subject::Agent(creator.number), surface.limits.of(Action::CreateRoom));
        let counted = self.0.limiter.take(surface.counted_as, Action::CreateRoom, subject, limit);
        let counted = counted.map_err(Error::Throttled)?;
        let (new, expected) = (self.planned(plan, creator, &invited), self.0.conversations.expect());
        let record = match self.0.store.create_room(&new).await {
            Ok(record) => record,
            Err(error) => {
                if let Some(counted) = &counted {
                    self.0.limiter.give_back(surface.counted_as, Action::CreateRoom, subject, counted);
                }
                return Err(error.into());
            }
        };
        let participants = participants_of(&record, &new);
        let (conversations, directory) = (&self.0.conversations, &self.0.directory);
        let conversation = conversations.welcome(expected, record, creator.clone(), &participants, directory).await?;
        if new.visibility == Visibility::Public {
            self.announce_room(conversation.id, creator).await;
        }
        Ok((conversation, counted.map(|counted| counted.quota)))
    }

    fn planned(&self, plan: RoomPlan, creator: &Agent, invited: &[Arc<Agent>]) -> NewRoom {
        let now = self.now();
        NewRoom {
            id: ConversationId::from_uuid(random_uuid(self.random())),
            name: plan.name.into(),
            description: plan.description.map(|about| about.as_str().into()),
            visibility: plan.visibility,
            only_creator_invites: plan.only_creator_invites,
            creator: creator.number,
            invited: invited.iter().map(|agent| agent.number).filter(|agent| *agent != creator.number).collect(),
            created_at: now,
            expires_at: now + plan.ttl.as_duration(),
        }
    }

    /// Tells those who listen to the lobby of a new public room.
    async fn announce_room(&self, room: ConversationId, creator: &Arc<Agent>) {
        let notice = Notice::new(room, Happening::Created, Some(creator.clone()));
        let events = vec![Event::Notice(Arc::new(notice))];
        let announcement = Announcement { conversation: self.0.lobby.clone(), events };
        self.0.fanout.announce(vec![announcement].into()).await;
    }

    /// The lobby.
    #[must_use]
    pub fn lobby(&self) -> &Arc<Conversation> {
        &self.0.lobby
    }

    /// The room with this id.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none, or it is over; [`Error::Store`].
    pub async fn room(&self, id: ConversationId) -> Result<Arc<Conversation>, Error> {
        let conversation = self.0.conversations.room(id, &self.0.directory).await?;
        conversation.filter(|room| !room.is_over(self.now())).ok_or(Error::NotFound(Noun::Room))
    }

    /// A room as `reader` may see it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is no room, or it is over.
    pub fn view_room(&self, conversation: &Conversation, reader: Option<&Caller>) -> Result<RoomView, Error> {
        let room = self.living(conversation)?;
        let may_read = conversation.may_be_read_by(reader.map(|caller| caller.agent.number));
        let details = || RoomDetails { description: room.description.clone(), last_message_at: conversation.last_at() };
        Ok(RoomView {
            number: conversation.number,
            id: conversation.id,
            name: room.name.clone(),
            visibility: room.visibility,
            creator: room.creator.clone(),
            created_at: room.created_at,
            expires_at: room.expires_at,
            members: room.members(),
            messages: conversation.count(),
            details: may_read.then(details),
        })
    }

    /// The room that a conversation is, as long as it is there.
    pub(crate) fn living<'a>(&self, conversation: &'a Conversation) -> Result<&'a Room, Error> {
        conversation.room().filter(|room| !room.is_over(self.now())).ok_or(Error::NotFound(Noun::Room))
    }

    /// Who has joined a room, those first who joined first, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is over, [`Error::NotParticipant`] if `reader` may not read it, [`Error::Store`].
    pub async fn members(
        &self,
        conversation: &Conversation,
        reader: Option<&Caller>,
        limit: usize,
    ) -> Result<Vec<Attendee>, Error> {
        let reader = reader.map(|caller| caller.agent.number);
        conversation.permit_reading(reader, self.now())?;
        let members = self.members_of(&[conversation.number], limit).await?;
        // Once more, for who has come while they were read.
        conversation.permit_reading(reader, self.now())?;
        Ok(members.into_iter().map(|(_, member)| member).collect())
    }

    /// Who has joined rooms, those first who joined first, at most `limit` of each. Of a room whose details the view does
    /// not show, nobody.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn members_of_rooms(
        &self,
        rooms: &[RoomView],
        limit: usize,
    ) -> Result<HashMap<ConversationId, Vec<Attendee>>, Error> {
        let readable = rooms.iter().filter(|room| room.details.is_some());
        let ids: HashMap<_, _> = readable.map(|room| (room.number, room.id)).collect();
        let numbers: Vec<_> = ids.keys().copied().collect();
        let mut by_room: HashMap<_, Vec<_>> = HashMap::with_capacity(ids.len());
        for (room, member) in self.members_of(&numbers, limit).await? {
            by_room.entry(ids[&room]).or_default().push(member);
        }
        Ok(by_room)
    }

    async fn members_of(
        &self,
        rooms: &[ConversationNo],
        limit: usize,
    ) -> Result<Vec<(ConversationNo, Attendee)>, Error> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let joined = self.0.store.members(rooms, limit).await?;
        let mut numbers: Vec<_> = joined.iter().map(|one| one.agent).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let agents = self.0.directory.by_numbers(&numbers).await?;
        let known = joined.iter().filter_map(|one| Some((one.conversation, agents.get(&one.agent)?.clone())));
        let (rooms, agents): (Vec<_>, Vec<_>) = known.unzip();
        Ok(rooms.into_iter().zip(self.with_presence(agents).await?).collect())
    }

    /// Rooms, newest first, as `reader` may see them, and how many there are.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn rooms(
        &self,
        visibility: Option<Visibility>,
        reader: Option<&Caller>,
        limit: u32,
        offset: u64,
    ) -> Result<(Vec<RoomView>, u64), Error> {
        let (store, now) = (&self.0.store, self.now());
        let viewer = reader.map(|caller| caller.agent.number);
        let listings = store.list_rooms(visibility, viewer, now, limit, offset).await?;
        let total = store.count_rooms(visibility, now).await?;
        let mut numbers: Vec<_> = listings.iter().map(|listing| listing.room.creator).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let creators = self.0.directory.by_numbers(&numbers).await?;
        let view = |listing: RoomListing| {
            let creator = creators.get(&listing.room.creator)?.clone();
            Some(RoomView::listed(listing, creator, viewer))
        };
        Ok((listings.into_iter().filter_map(view).collect(), total))
    }
}

/// Who takes part in a room that was created just now.
fn participants_of(room: &RoomRecord, new: &NewRoom) -> Vec<Participant> {
    let (conversation, since) = (room.number, room.created_at);
    let invited = new.invited.iter().map(|agent| (*agent, Standing::Invited));
    let all = std::iter::once((new.creator, Standing::Joined)).chain(invited);
    all.map(|(agent, standing)| Participant { conversation, agent, standing, since }).collect()
}
