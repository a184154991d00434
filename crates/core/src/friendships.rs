//! Friend requests and friendships. Friends have a view of their direct conversation, which opens and ends with the
//! friendship.

use std::{collections::HashMap, sync::Arc};

use tertulia_model::{AgentNo, AgentState, ConversationId, FriendRequestId, Timestamp, ViewId, random_uuid};
use tertulia_store::{
    Acceptance, EndedView, FriendRequest, NewFriendRequest, NewView, Occasion, RequestOutcome, StoreError,
};

use crate::{
    AgentEvent, Deed, Error, Noun, agents::Agent, chat::Chat, conversation::Conversation, conversations::DirectKey,
    direct::View, fanout::Announcement, limiter::Subject, limits::Action, notice::Event, participation::AgentRef,
    surface::Caller,
};

/// Friends, requests or blocks on one list at the most: the newest.
pub(crate) const MOST_LISTED: u32 = 10_000;

/// A friend of the caller.
#[derive(Clone, Debug)]
pub struct Friend {
    /// Who.
    pub agent: Arc<Agent>,
    /// Under which id the two see their conversation.
    pub view: ViewId,
    /// Since when.
    pub since: Timestamp,
}

/// A friend request that waits for an answer.
#[derive(Clone, Debug)]
pub struct WaitingRequest {
    /// Its id.
    pub id: FriendRequestId,
    /// Who else is concerned: who asks the caller, or whom the caller asks.
    pub with: Arc<Agent>,
    /// Since when.
    pub since: Timestamp,
}

impl Chat {
    /// Asks another agent to be the caller's friend, and tells it. Every call counts against the limit, whatever comes of
    /// it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Oneself`], [`Error::Throttled`], [`Error::Blocked`], [`Error::AlreadyFriends`],
    /// [`Error::RequestExists`]; [`Error::Suspended`], [`Error::Store`].
    // rule: friends
    pub async fn request_friendship(&self, caller: &Caller, target: &AgentRef) -> Result<FriendRequestId, Error> {
        let Caller { agent: from, surface, .. } = caller;
        let (subject, limit) = (Subject::Agent(from.number), caller.limit(Action::RequestFriendship));
        let counted = self.0.limiter.take(surface.counted_as, Action::RequestFriendship, subject, limit);
        Self::permit(from, Deed::RequestFriendship)?;
        let to = self.find(target).await?.filter(|agent| agent.state() == AgentState::Active);
        let to = other_than(from, to)?;
        counted.map_err(Error::Throttled)?;
        let id = FriendRequestId::from_uuid(random_uuid(self.random()));
        let told = self.delivery_to(&to, self.occurrence(from, Occasion::FriendRequested { request: id })).await?;
        let is_told = told.is_some();
        let request = NewFriendRequest { id, from: from.number, to: to.number, now: self.now(), told };
        match self.0.store.request_friendship(&request).await? {
            RequestOutcome::Requested => {}
            RequestOutcome::Blocked => return Err(Error::Blocked),
            RequestOutcome::AlreadyFriends => return Err(Error::AlreadyFriends),
            RequestOutcome::RequestExists => return Err(Error::RequestExists),
        }
        if is_told {
            self.0.webhooks.bell.notify_one();
        }
        self.tell_agent(&to, &AgentEvent::FriendRequested { from: from.clone(), request: id });
        Ok(id)
    }

    /// Makes the caller a friend of who has asked it, and tells that one. A view of their conversation opens.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if no such request waits for the caller's answer; [`Error::Suspended`], [`Error::Stopping`],
    /// [`Error::Store`].
    // rule: friends
    pub async fn accept_request(&self, caller: &Caller, request: FriendRequestId) -> Result<Friend, Error> {
        let by = caller.agent.clone();
        Self::permit(&by, Deed::AcceptFriendship)?;
        let new = NewView {
            view: ViewId::from_uuid(random_uuid(self.random())),
            direct: ConversationId::from_uuid(random_uuid(self.random())),
            now: self.now(),
        };
        let (chat, number) = (self.clone(), by.number);
        let acceptance = async move {
            match chat.0.store.accept_request(request, number, &new).await? {
                Acceptance::NotFound => Err(Error::NotFound(Noun::FriendRequest)),
                Acceptance::Accepted { friend, direct } => {
                    chat.0.conversations.set_view(direct.direct.number, direct.view.as_ref().map(View::of));
                    chat.0.conversations.set_established(direct.direct.number);
                    Ok(friend)
                }
            }
        };
        let friend = self.0.journal.exclusively(acceptance).await?;
        let agent = self.0.directory.by_numbers(&[friend]).await?.remove(&friend);
        let agent = agent.ok_or(StoreError::Unreadable("friend"))?;
        self.tell_agent(&agent, &AgentEvent::FriendAccepted { by, view: new.view });
        Ok(Friend { agent, view: new.view, since: new.now })
    }

    /// Turns a friend request down. It may be made again.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if no such request waits for the caller's answer; [`Error::Suspended`], [`Error::Store`].
    pub async fn reject_request(&self, caller: &Caller, request: FriendRequestId) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let is_rejected = self.0.store.reject_request(request, caller.agent.number).await?;
        if is_rejected { Ok(()) } else { Err(Error::NotFound(Noun::FriendRequest)) }
    }

    /// Ends a friendship, and the view with it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such agent, [`Error::NotFriends`]; [`Error::Suspended`], [`Error::Stopping`],
    /// [`Error::Store`].
    // rule: friends
    pub async fn unfriend(&self, caller: &Caller, friend: &AgentRef) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let pair = [caller.agent.number, self.require_other(caller, friend).await?.number];
        let (chat, now) = (self.clone(), self.now());
        let ending = async move {
            let ended = chat.0.store.end_friendship(pair[0], pair[1], now).await;
            let ended = chat.heard(pair, ended).await?.ok_or(Error::NotFriends)?;
            chat.withdraw(&ended).await;
            Ok(())
        };
        self.0.journal.exclusively(ending).await
    }

    /// The requests that wait for the caller's answer, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn incoming_requests(&self, caller: &Caller) -> Result<Vec<WaitingRequest>, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let requests = self.0.store.incoming_requests(caller.agent.number, MOST_LISTED).await?;
        self.with_agents(&requests, |request| request.from).await
    }

    /// The requests by which the caller waits for an answer, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn outgoing_requests(&self, caller: &Caller) -> Result<Vec<WaitingRequest>, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let requests = self.0.store.outgoing_requests(caller.agent.number, MOST_LISTED).await?;
        self.with_agents(&requests, |request| request.to).await
    }

    /// The caller's friends, newest first. Who is suspended is left out until it is back.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn friends(&self, caller: &Caller) -> Result<Vec<Friend>, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let friends = self.0.store.friends_of(caller.agent.number, MOST_LISTED).await?;
        let agents = self.visible(friends.iter().map(|friend| friend.agent)).await?;
        let friend = |record: tertulia_store::FriendRecord| {
            Some(Friend { agent: agents.get(&record.agent)?.clone(), view: record.view, since: record.since })
        };
        Ok(friends.into_iter().filter_map(friend).collect())
    }

    /// The direct conversation of which this is the open view.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if no open view has this id; [`Error::Store`].
    pub(crate) async fn viewed(&self, view: ConversationId) -> Result<Arc<Conversation>, Error> {
        let found = self.0.conversations.direct(DirectKey::View(view), &self.0.directory).await?;
        found.ok_or(Error::NotFound(Noun::Channel))
    }

    /// Somebody else, who may be suspended by now: what was begun with it can be ended.
    pub(crate) async fn require_other(&self, caller: &Caller, other: &AgentRef) -> Result<Arc<Agent>, Error> {
        let agent = self.find(other).await?;
        let is_there = |agent: &Arc<Agent>| matches!(agent.state(), AgentState::Active | AgentState::Suspended);
        other_than(&caller.agent, agent.filter(is_there))
    }

    /// What the store says about the relation of two agents. If it has failed, it is asked what holds now, so that memory
    /// does not go on believing what is over. Runs between two batches.
    pub(crate) async fn heard<T>(&self, pair: [AgentNo; 2], answer: Result<T, StoreError>) -> Result<T, Error> {
        let error = match answer {
            Ok(answer) => return Ok(answer),
            // It says for certain that nothing was written.
            Err(StoreError::Full) => return Err(StoreError::Full.into()),
            Err(error @ (StoreError::Unreadable(_) | StoreError::Database(_))) => error,
        };
        if let Some(conversation) = self.0.conversations.doubt(pair) {
            let stored = self.0.store.direct(conversation.id).await;
            let view = stored.ok().flatten().and_then(|direct| direct.view);
            self.set_view(&conversation, view.as_ref().map(View::of)).await;
        }
        Err(error.into())
    }

    /// Ends a view in memory, for those who listen, too. Runs between two batches.
    pub(crate) async fn withdraw(&self, ended: &EndedView) {
        if let Some(conversation) = self.0.conversations.set_view(ended.direct, None) {
            self.announce_withdrawal(conversation).await;
        }
    }

    pub(crate) async fn set_view(&self, conversation: &Conversation, view: Option<View>) {
        if let Some(conversation) = self.0.conversations.set_view(conversation.number, view) {
            self.announce_withdrawal(conversation).await;
        }
    }

    /// Ends the subscriptions of those who may not read on.
    pub(crate) async fn announce_withdrawal(&self, conversation: Arc<Conversation>) {
        let announcement = Announcement { conversation, events: vec![Event::Withdrawal] };
        self.0.fanout.announce(vec![announcement].into()).await;
    }

    async fn with_agents(
        &self,
        requests: &[FriendRequest],
        other: impl Fn(&FriendRequest) -> AgentNo,
    ) -> Result<Vec<WaitingRequest>, Error> {
        let agents = self.visible(requests.iter().map(&other)).await?;
        let waiting = |request: &FriendRequest| {
            let with = agents.get(&other(request))?.clone();
            Some(WaitingRequest { id: request.id, with, since: request.requested_at })
        };
        Ok(requests.iter().filter_map(waiting).collect())
    }

    /// Those of the agents who stand on lists.
    pub(crate) async fn visible(
        &self,
        numbers: impl Iterator<Item = AgentNo>,
    ) -> Result<HashMap<AgentNo, Arc<Agent>>, Error> {
        let mut agents = self.0.directory.by_numbers(&numbers.collect::<Vec<_>>()).await?;
        agents.retain(|_, agent| agent.state() == AgentState::Active);
        Ok(agents)
    }
}

/// The agent, if it is there and somebody else.
pub(crate) fn other_than(oneself: &Agent, agent: Option<Arc<Agent>>) -> Result<Arc<Agent>, Error> {
    let agent = agent.ok_or(Error::NotFound(Noun::Agent))?;
    if agent.number == oneself.number { Err(Error::Oneself) } else { Ok(agent) }
}
