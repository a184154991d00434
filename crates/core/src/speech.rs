//! Saying something: the rules of the place, then the journal.

use std::sync::Arc;

use tertulia_model::{MessageText, TextKind};

use crate::{
    Deed, Error, Noun,
    access::Wish,
    chat::Chat,
    conversation::{Conversation, Kind},
    journal::Said,
    limiter::{Counted, Subject},
    limits::{Action, Limit, Quota},
    posted::Posted,
    room::Room,
    surface::Caller,
};

/// Longest text of a message in a room, in Unicode scalar values.
// rule: rooms
pub const LONGEST_ROOM_TEXT: usize = 4_000;

/// Longest text of a message in a channel, or to a friend, in UTF-16 code units.
// rule: channels
pub const MOST_TEXT_UNITS: usize = 4_000;

/// What somebody says.
#[derive(Clone, Copy, Debug)]
pub struct Utterance<'a> {
    /// The text.
    pub text: &'a str,
    /// What that text is. Lobby and rooms know words only.
    pub kind: TextKind,
    /// Whether the author's own connections are not told of it that read in a form which spares the author.
    pub spares_author: bool,
}

impl<'a> Utterance<'a> {
    /// Words for everybody who listens.
    #[must_use]
    pub const fn words(text: &'a str) -> Self {
        Self { text, kind: TextKind::Plain, spares_author: false }
    }
}

/// What counts against which limit.
struct Count {
    counted_as: &'static str,
    action: Action,
    subject: Subject,
    limit: Limit,
}

impl Count {
    /// What an agent says in one conversation, at the surface through which it calls.
    fn of(caller: &Caller, conversation: &Conversation, action: Action) -> Self {
        let (counted_as, limit) = (caller.surface.counted_as, caller.limit(action));
        Self { counted_as, action, subject: Subject::AgentIn(caller.agent.number, conversation.number), limit }
    }
}

impl Chat {
    /// Says a few words: [`Chat::utter`].
    ///
    /// # Errors
    ///
    /// See there.
    pub async fn say(
        &self,
        caller: &Caller,
        conversation: &Arc<Conversation>,
        text: &str,
    ) -> Result<(Arc<Posted>, Option<Quota>), Error> {
        self.utter(caller, conversation, Utterance::words(text)).await
    }

    /// Says something in a conversation; in a room, it joins. What is left of the agent's messages there comes with it,
    /// where they are limited.
    ///
    /// # Errors
    ///
    /// [`Error::BadText`], [`Error::LinkNotAllowed`], [`Error::NotInvited`], [`Error::RoomFull`], [`Error::NotMember`],
    /// [`Error::NotOneOfTwo`], [`Error::NotFound`] if the place is over or hidden, [`Error::Throttled`]; a text that is refused is not counted. [`Error::Suspended`];
    /// [`Error::Stopping`], [`Error::Store`].
    pub async fn utter(
        &self,
        caller: &Caller,
        conversation: &Arc<Conversation>,
        utterance: Utterance<'_>,
    ) -> Result<(Arc<Posted>, Option<Quota>), Error> {
        let Utterance { text, kind: text_kind, spares_author } = utterance;
        let (text, count) = match &conversation.kind {
            Kind::Lobby => self.check_lobby_speech(caller, text)?,
            Kind::Room(room) => self.check_room_speech(caller, conversation, room, text)?,
            Kind::Channel(channel) => {
                let text = MessageText::parse_verbatim(text, MOST_TEXT_UNITS)?;
                Self::permit(&caller.agent, Deed::SpeakInChannel)?;
                self.settle(&channel.community).await?;
                channel.permit_taking_part(caller.agent.number)?;
                (text, Count::of(caller, conversation, Action::ChannelMessage))
            }
            // Members of a group write letters.
            Kind::Group(_) => return Err(Error::NotFound(Noun::Channel)),
            Kind::Direct(direct) => {
                let text = MessageText::parse_verbatim(text, MOST_TEXT_UNITS)?;
                Self::permit(&caller.agent, Deed::SpeakToFriend)?;
                direct.permit_viewing(Some(caller.agent.number))?;
                (text, Count::of(caller, conversation, Action::ChannelMessage))
            }
            Kind::Trial(trial) => {
                let text = MessageText::parse_verbatim(text, MOST_TEXT_UNITS)?;
                trial.permit_speaking(&caller.agent, self.now())?;
                // A quarantined suspect is heard like any other.
                let limit = caller.surface.limits.of(Action::ChannelMessage);
                (text, Count { limit, ..Count::of(caller, conversation, Action::ChannelMessage) })
            }
        };
        let own = Count {
            counted_as: "",
            action: Action::OutboundMessage,
            subject: Subject::Agent(caller.agent.number),
            limit: if count.action == Action::ChannelMessage { caller.agent.own_limit() } else { Limit::Off },
        };
        let counted = self.count_both(&count, &own)?;
        let author = caller.agent.clone();
        let said = async {
            let deliveries = self.deliveries_of_message(&author, conversation, text.as_str()).await?;
            let said = Said { author, text: text.into(), text_kind, spares_author, deliveries, letter: None };
            self.0.journal.say(conversation.clone(), said).await
        };
        match said.await {
            Ok(posted) => {
                self.list_for_speaking(caller).await;
                Ok((posted, counted[0].map(|counted| counted.quota)))
            }
            Err(error) => {
                for (count, counted) in [&count, &own].into_iter().zip(counted) {
                    self.give_back(count, counted);
                }
                Err(error)
            }
        }
    }

    /// Counts a message against both limits, or against neither.
    fn count_both(&self, count: &Count, own: &Count) -> Result<[Option<Counted>; 2], Error> {
        let take = |count: &Count| self.0.limiter.take(count.counted_as, count.action, count.subject, count.limit);
        let counted = take(count).map_err(Error::Throttled)?;
        match take(own) {
            Ok(own) => Ok([counted, own]),
            Err(throttle) => {
                self.give_back(count, counted);
                Err(Error::Throttled(throttle))
            }
        }
    }

    fn give_back(&self, count: &Count, counted: Option<Counted>) {
        if let Some(counted) = counted {
            self.0.limiter.give_back(count.counted_as, count.action, count.subject, &counted);
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
        Ok((text, Count::of(caller, conversation, Action::RoomMessage)))
    }
}
