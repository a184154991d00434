//! Saying something: the rules of the place, then the journal.

use std::sync::Arc;

use tertulia_model::MessageText;

use crate::{
    Deed, Error, Noun,
    access::Wish,
    chat::Chat,
    conversation::{Conversation, Kind},
    limiter::Subject,
    limits::{Action, Limit, Quota},
    posted::Posted,
    room::Room,
    surface::Caller,
};

/// Longest text of a message in a room, in Unicode scalar values.
// rule: rooms
pub const LONGEST_ROOM_TEXT: usize = 4_000;

/// What counts against which limit.
struct Count {
    counted_as: &'static str,
    action: Action,
    subject: Subject,
    limit: Limit,
}

impl Chat {
    /// Says something in a conversation; in a room, it joins. What is left of the agent's messages there comes with it,
    /// where they are limited.
    ///
    /// # Errors
    ///
    /// [`Error::BadText`], [`Error::LinkNotAllowed`], [`Error::NotInvited`], [`Error::RoomFull`], [`Error::NotFound`] if
    /// the room is over, [`Error::Throttled`]; a text that is refused is not counted. [`Error::Suspended`];
    /// [`Error::Stopping`], [`Error::Store`].
    pub async fn say(
        &self,
        caller: &Caller,
        conversation: &Arc<Conversation>,
        text: &str,
    ) -> Result<(Arc<Posted>, Option<Quota>), Error> {
        let (text, count) = match &conversation.kind {
            Kind::Lobby => self.check_lobby_speech(caller, text)?,
            Kind::Room(room) => self.check_room_speech(caller, conversation, room, text)?,
        };
        let Count { counted_as, action, subject, limit } = count;
        let counted = self.0.limiter.take(counted_as, action, subject, limit).map_err(Error::Throttled)?;
        match self.0.journal.say(conversation.clone(), caller.agent.clone(), text.into()).await {
            Ok(posted) => Ok((posted, counted.map(|counted| counted.quota))),
            Err(error) => {
                if let Some(counted) = &counted {
                    self.0.limiter.give_back(counted_as, action, subject, counted);
                }
                Err(error)
            }
        }
    }

    /// One set of rules, whichever surface speaks; only the longest text is the surface's.
    fn check_lobby_speech(&self, caller: &Caller, text: &str) -> Result<(MessageText, Count), Error> {
        let text = MessageText::parse_shared(text, caller.surface.longest_lobby_text)?;
        let agent = &caller.agent;
        Self::permit(agent, Deed::SpeakInLobby)?;
        let is_verified = agent.has_badge();
        if !is_verified && self.0.links.contains_link(text.as_str()) {
            return Err(Error::LinkNotAllowed);
        }
        let limit = if is_verified { self.0.rules.lobby_verified } else { self.0.rules.lobby_unverified };
        let subject = Subject::Agent(agent.number);
        Ok((text, Count { counted_as: "", action: Action::LobbyMessage, subject, limit }))
    }

    fn check_room_speech(
        &self,
        caller: &Caller,
        conversation: &Conversation,
        room: &Room,
        text: &str,
    ) -> Result<(MessageText, Count), Error> {
        let text = MessageText::parse_shared(text, LONGEST_ROOM_TEXT)?;
        let agent = &caller.agent;
        Self::permit(agent, Deed::SpeakInRoom)?;
        if room.is_over(self.now()) {
            return Err(Error::NotFound(Noun::Room));
        }
        room.relation(Some(agent.number)).grant(Wish::Speak)?;
        let (counted_as, limit) = (caller.surface.counted_as, caller.surface.limits.of(Action::RoomMessage));
        let subject = Subject::AgentIn(agent.number, conversation.number);
        Ok((text, Count { counted_as, action: Action::RoomMessage, subject, limit }))
    }
}
