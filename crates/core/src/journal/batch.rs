//! Entries on their way to one commit: each is decided on, in order, against the conversations as the entries before it
//! will have left them. What is refused leaves the batch; nothing in memory changes before the commit.

use std::{collections::HashMap, sync::Arc};

use tertulia_model::{
    AgentNo, ConversationNo, MessageId, MessageNo, Seq, Standing, TextKind, Timestamp, time_ordered_uuid,
};
use tertulia_store::{
    Append, Commit, Content, DirectChange, LogEnd, NewEnvelope, Participant, ParticipantChange, Profile,
};

use super::{
    deliveries,
    entry::{Change, Entry, Said, SentLetter, Wanted},
    groups::{Held, moment_after},
    known::Known,
};
use crate::{
    Action, Chat, Deed, Error, Limit, Noun, Reach, Throttle,
    access::{Relation, Wish},
    agents::Agent,
    conversation::{Conversation, Kind},
    direct::{Bond, Direct},
    inbox::MOST_UNKEPT,
    notice::Happening,
    room::{Room, Standings},
    rules::MessagingRules,
};

/// Agents that may take part in one room, invited or joined.
pub(crate) const MOST_PARTICIPANTS: usize = if cfg!(test) { 5 } else { 10_000 };

/// Entries that were decided on, in their order, and what is to be committed for them.
pub(super) struct Batch {
    pub(super) decided: Vec<Decided>,
    pub(super) drafts: Vec<Draft>,
    pub(super) commit: Commit,
    places: HashMap<ConversationNo, usize>,
    pub(super) known: Known,
    pub(super) rules: MessagingRules,
    /// How many copies these agents get.
    added: HashMap<AgentNo, u32>,
}

/// An entry, and what was decided on it. A refusal may rest on an entry before it, and so on the commit as well.
pub(super) struct Decided {
    pub(super) entry: Entry,
    /// Which draft is its conversation's.
    pub(super) draft: usize,
    pub(super) outcome: Result<Effect, Error>,
}

/// What comes of an entry that was granted.
pub(super) enum Effect {
    /// The next message of the commit.
    Said { profile: Arc<Profile>, joins: bool, copies: Copies },
    /// Nothing: it was said before.
    Repeated(MessageNo),
    /// A change that concerns these agents, and what comes of it for those who listen.
    Changed { agents: Vec<Arc<Agent>>, tells: Tells },
    /// A change of a group, with the next messages of the commit.
    Held(Box<Held>),
}

/// Who gets a copy of a message.
#[derive(Default)]
pub(super) struct Copies {
    pub(super) recipients: Vec<Arc<Agent>>,
    /// Those for whom too much waits.
    pub(super) skipped: Vec<Arc<Agent>>,
    /// Those that let an older one go for it.
    pub(super) spilled: Vec<Arc<Agent>>,
    /// How much waited for the last recipient before.
    pub(super) waited: u32,
}

/// What those who listen are told of a change.
pub(super) enum Tells {
    Nothing,
    Notice(Happening),
    /// Nothing, but not all of them may go on listening.
    Withdrawal,
}

/// A conversation as it will be when the batch has been committed.
pub(super) struct Draft {
    pub(super) conversation: Arc<Conversation>,
    /// How those will stand for whom something changes.
    pub(super) standings: Standings,
    pub(super) is_ended: bool,
    /// How the two of a direct conversation will stand to each other.
    pub(super) bond: Bond,
    /// How many will take part.
    participants: usize,
    end: LogEnd,
}

/// When a batch is written, and what it numbers its messages with.
pub(super) struct Numbering {
    pub(super) now: Timestamp,
    pub(super) last: MessageNo,
}

impl Draft {
    fn of(conversation: &Arc<Conversation>) -> Self {
        let mut end = conversation.log_end();
        // Who created a group has been there for longer than anybody who comes.
        end.last_at = conversation.group().map_or(end.last_at, |group| end.last_at.max(group.created_at));
        Self {
            conversation: conversation.clone(),
            standings: Standings::new(),
            is_ended: false,
            bond: conversation.direct().map(Direct::bond).unwrap_or_default(),
            participants: conversation.room().map_or(0, Room::participants),
            end,
        }
    }

    /// When the last thing was said.
    pub(super) fn last_at(&self) -> Timestamp {
        self.end.last_at
    }

    /// The place of what is said next.
    pub(super) fn next_seq(&self) -> Seq {
        self.end.last_seq.next()
    }

    /// The time of what is said next, at `now`.
    pub(super) fn next_moment(&self, now: Timestamp) -> Timestamp {
        moment_after(self.end.last_at, now)
    }

    fn standing(&self, room: &Room, agent: AgentNo) -> Option<Standing> {
        self.standings.get(&agent).copied().unwrap_or_else(|| room.standing(agent))
    }

    fn relation(&self, room: &Room, agent: &Agent) -> Relation {
        room.relation_with(Some(agent.number), self.standing(room, agent.number))
    }

    /// The room, as long as it is there.
    fn living_room(&self, now: Timestamp) -> Result<&Room, Error> {
        let room = self.conversation.room().filter(|room| !self.is_ended && !room.is_over(now));
        room.ok_or(Error::NotFound(Noun::Room))
    }

    fn has_place_for(&self, newcomers: usize) -> Result<(), Error> {
        if self.participants + newcomers > MOST_PARTICIPANTS { Err(Error::RoomFull) } else { Ok(()) }
    }

    fn put(&mut self, agent: AgentNo, standing: Option<Standing>) {
        let before = self.conversation.room().and_then(|room| self.standing(room, agent));
        self.participants = self.participants + usize::from(standing.is_some()) - usize::from(before.is_some());
        self.standings.insert(agent, standing);
    }
}

impl Batch {
    pub(super) fn new(known: Known, rules: MessagingRules) -> Self {
        Self {
            decided: Vec::new(),
            drafts: Vec::new(),
            commit: Commit::default(),
            places: HashMap::new(),
            known,
            rules,
            added: HashMap::new(),
        }
    }

    /// Grants an entry, or refuses it.
    pub(super) fn take(&mut self, entry: Entry, numbering: &mut Numbering, random: [u8; 10]) {
        let draft = self.draft_of(&entry.conversation);
        let outcome = match &entry.wanted {
            Wanted::Speech { said, .. } => self.speech(draft, &said.clone(), numbering, random),
            Wanted::Change { change, .. } => self.change(draft, &change.clone(), numbering.now),
            Wanted::Group { deed, .. } => self.hold(draft, &deed.clone(), numbering, random),
        };
        self.decided.push(Decided { entry, draft, outcome });
    }

    /// The entries, back where they were before.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.decided.into_iter().map(|decided| decided.entry).collect()
    }

    fn draft_of(&mut self, conversation: &Arc<Conversation>) -> usize {
        *self.places.entry(conversation.number).or_insert_with(|| {
            self.drafts.push(Draft::of(conversation));
            self.drafts.len() - 1
        })
    }

    fn speech(
        &mut self,
        place: usize,
        said: &Said,
        numbering: &mut Numbering,
        random: [u8; 10],
    ) -> Result<Effect, Error> {
        let Said { author, deliveries, .. } = said;
        let key = said.key().map(|key| (author.number, key.clone()));
        if let Some(number) = key.as_ref().and_then(|key| self.known.sent.get(key)) {
            return Ok(Effect::Repeated(*number));
        }
        let joins = self.permit_speech(place, said, numbering.now)?;
        let copies = self.copies(place, said)?;
        if joins {
            self.put(place, author.number, Some(Standing::Joined), numbering.now);
        }
        let content = said.letter.as_ref().map(|letter| letter.content.clone());
        let words = (said.text.clone(), said.text_kind);
        let profile = self.append(place, author, words, content, &copies, numbering, random);
        self.known.sent.extend(key.map(|key| (key, numbering.last)));
        self.commit.deliveries.extend_from_slice(deliveries);
        Ok(Effect::Said { profile, joins, copies })
    }

    /// Says what has happened, without words.
    pub(super) fn say(
        &mut self,
        place: usize,
        author: &Agent,
        content: Arc<Content>,
        copies: &Copies,
        numbering: &mut Numbering,
        random: [u8; 10],
    ) -> Arc<Profile> {
        self.append(place, author, ("".into(), TextKind::Plain), Some(content), copies, numbering, random)
    }

    /// Numbers a message that was granted, and writes it with its copies.
    #[expect(clippy::too_many_arguments, reason = "they are the message")]
    fn append(
        &mut self,
        place: usize,
        author: &Agent,
        (text, text_kind): (Arc<str>, TextKind),
        content: Option<Arc<Content>>,
        copies: &Copies,
        numbering: &mut Numbering,
        random: [u8; 10],
    ) -> Arc<Profile> {
        let draft = &mut self.drafts[place];
        (draft.end.last_seq, draft.end.last_at) = (draft.next_seq(), draft.next_moment(numbering.now));
        numbering.last = MessageNo(numbering.last.0 + 1);
        if let Some(reader) = draft.conversation.direct().and_then(|direct| direct.other(author.number)) {
            self.commit.received.push((reader.number, draft.conversation.number, draft.end.last_at));
        }
        self.address(place, author, copies, numbering.last);
        let draft = &self.drafts[place];
        let id = MessageId::from_uuid(time_ordered_uuid(draft.end.last_at.as_millis(), random));
        let received = deliveries::of_copies(&self.known, copies, author, (draft, id), numbering.now);
        self.commit.deliveries.extend(received);
        let profile = author.profile();
        self.commit.messages.push(Append {
            number: numbering.last,
            id,
            conversation: draft.conversation.number,
            seq: draft.end.last_seq,
            author: author.number,
            author_revision: profile.revision,
            created_at: draft.end.last_at,
            text,
            text_kind,
            content,
        });
        profile
    }

    /// Whether it may be said, and its author joins by it.
    fn permit_speech(&self, place: usize, said: &Said, now: Timestamp) -> Result<bool, Error> {
        let (draft, author) = (&self.drafts[place], &*said.author);
        match &draft.conversation.kind {
            Kind::Lobby => Chat::permit(author, Deed::SpeakInLobby)?,
            Kind::Room(_) => {
                Chat::permit(author, Deed::SpeakInRoom)?;
                let room = draft.living_room(now)?;
                draft.relation(room, author).grant(Wish::Speak)?;
                return self.may_join(place, room, author);
            }
            // Who is a member or a friend changes between batches only, so memory knows.
            Kind::Channel(channel) => {
                Chat::permit(author, Deed::SpeakInChannel)?;
                channel.permit_taking_part(author.number)?;
            }
            Kind::Direct(direct) => {
                if let Some(letter) = &said.letter {
                    self.permit_letter(draft, direct, author, letter, now)?;
                } else {
                    Chat::permit(author, Deed::SpeakToFriend)?;
                    direct.permit_viewing(Some(author.number))?;
                }
            }
            // Who is a member changes alone as well.
            Kind::Group(group) => {
                Chat::permit(author, Deed::SendLetter)?;
                group.permit_writing(author.number)?;
            }
            Kind::Trial(trial) => trial.permit_speaking(author, now)?,
        }
        Ok(false)
    }

    /// Whether the author may write to the other of a pair.
    // wire: agentchat.md#53-direct-send-checks-in-order
    fn permit_letter(
        &self,
        draft: &Draft,
        direct: &Direct,
        author: &Agent,
        letter: &SentLetter,
        now: Timestamp,
    ) -> Result<(), Error> {
        Chat::permit(author, Deed::SendLetter)?;
        let recipient = direct.other(author.number).ok_or(Error::NotFound(Noun::Conversation))?;
        draft.bond.permit_writing(author, recipient)?;
        if draft.bond.is_unopened() {
            Chat::permit(author, Deed::OpenDirect)?;
            if let (Limit::Rate { count, per }, false) = (letter.cold, author.is_system) {
                let unanswered = self.known.unanswered.get(&author.number).copied().unwrap_or_default();
                if unanswered.count >= count {
                    let action = Action::OpenColdConversation;
                    return Err(Error::Throttled(Throttle::rolling(action, count, per, unanswered.oldest, now)));
                }
            }
        }
        Ok(())
    }

    /// Who gets a copy of it. A letter to one agent for whom too much waits is refused.
    // wire: agentchat.md#59-backlog
    fn copies(&self, place: usize, said: &Said) -> Result<Copies, Error> {
        let conversation = &self.drafts[place].conversation;
        if !conversation.has_recipients() {
            return Ok(Copies::default());
        }
        let copies = self.copies_for(self.known.recipients(conversation.number, said.author.number));
        match copies.skipped.first() {
            Some(agent) if said.letter.is_some() && conversation.direct().is_some() => {
                Err(Reach::Backlogged { recipient: agent.name.clone(), count: copies.waited.into() }.into())
            }
            Some(_) | None => Ok(copies),
        }
    }

    /// Who of `readers` gets a copy: those for whom too much waits are passed over.
    pub(super) fn copies_for(&self, readers: Vec<Arc<Agent>>) -> Copies {
        let mut copies = Copies::default();
        for agent in readers {
            let queue = agent.inbox.queue().unwrap_or_default();
            let waits = queue.waiting.saturating_add(self.added.get(&agent.number).copied().unwrap_or(0));
            copies.waited = waits;
            if !queue.is_kept {
                if waits >= MOST_UNKEPT {
                    copies.spilled.push(agent.clone());
                }
            } else if waits >= self.rules.backlog_most {
                copies.skipped.push(agent);
                continue;
            }
            copies.recipients.push(agent);
        }
        copies
    }

    /// Writes the copies of the message that was just numbered, and what becomes of the conversation by it.
    fn address(&mut self, place: usize, author: &Agent, copies: &Copies, message: MessageNo) {
        let draft = &mut self.drafts[place];
        let (conversation, seq, at) = (draft.conversation.number, draft.end.last_seq, draft.end.last_at);
        for agent in &copies.recipients {
            *self.added.entry(agent.number).or_default() += 1;
            self.commit.envelopes.push(NewEnvelope { agent: agent.number, message, conversation, seq });
        }
        for agent in &copies.spilled {
            // It lets one go for the one that it gets.
            *self.added.entry(agent.number).or_default() -= 1;
            self.commit.spilled.push((agent.number, 1));
        }
        if draft.conversation.direct().is_none() {
            return;
        }
        if draft.bond.is_unopened() {
            draft.bond.opened = Some((author.number, at));
            self.commit.directs.push(DirectChange::Opened { conversation, initiator: author.number, at });
            let unanswered = self.known.unanswered.entry(author.number).or_default();
            unanswered.count += 1;
            unanswered.oldest.get_or_insert(at);
        } else if draft.bond.is_answered_by(author.number) {
            draft.bond.is_established = true;
            self.commit.directs.push(DirectChange::Established { conversation, at });
        }
    }

    /// Whether `agent`, who may join, has not joined yet.
    fn may_join(&self, place: usize, room: &Room, agent: &Agent) -> Result<bool, Error> {
        let draft = &self.drafts[place];
        match draft.standing(room, agent.number) {
            Some(Standing::Joined) => Ok(false),
            Some(Standing::Invited) => Ok(true),
            None => draft.has_place_for(1).map(|()| true),
        }
    }

    fn change(&mut self, place: usize, change: &Change, now: Timestamp) -> Result<Effect, Error> {
        match change {
            Change::Join(agent) => self.join(place, agent, now),
            Change::Leave(agent) => self.leave(place, agent, now),
            Change::Invite { by, agents } => self.invite(place, by, agents, now),
            Change::Destroy(by) => self.destroy(place, by, now),
        }
    }

    fn join(&mut self, place: usize, agent: &Arc<Agent>, now: Timestamp) -> Result<Effect, Error> {
        Chat::permit(agent, Deed::EnterRoom)?;
        let draft = &self.drafts[place];
        let conversation = draft.conversation.clone();
        let room = draft.living_room(now)?;
        draft.relation(room, agent).grant(Wish::Join)?;
        let room = conversation.room().ok_or(Error::NotFound(Noun::Room))?;
        if !self.may_join(place, room, agent)? {
            return Ok(Effect::Changed { agents: Vec::new(), tells: Tells::Nothing });
        }
        self.put(place, agent.number, Some(Standing::Joined), now);
        Ok(Effect::Changed { agents: vec![agent.clone()], tells: Tells::Notice(Happening::Joined) })
    }

    fn leave(&mut self, place: usize, agent: &Arc<Agent>, now: Timestamp) -> Result<Effect, Error> {
        let draft = &self.drafts[place];
        let room = draft.living_room(now)?;
        draft.relation(room, agent).grant(Wish::Leave)?;
        let had_joined = draft.standing(room, agent.number) == Some(Standing::Joined);
        self.put(place, agent.number, None, now);
        let tells = if had_joined { Tells::Notice(Happening::Left) } else { Tells::Withdrawal };
        Ok(Effect::Changed { agents: vec![agent.clone()], tells })
    }

    fn invite(
        &mut self,
        place: usize,
        by: &Arc<Agent>,
        agents: &[Arc<Agent>],
        now: Timestamp,
    ) -> Result<Effect, Error> {
        Chat::permit(by, Deed::InviteToRoom)?;
        let draft = &self.drafts[place];
        let room = draft.living_room(now)?;
        draft.relation(room, by).grant(Wish::Invite)?;
        let mut invited: Vec<Arc<Agent>> = Vec::new();
        for agent in agents {
            let is_known = draft.relation(room, agent).is_participant();
            if !is_known && !invited.iter().any(|known| known.number == agent.number) {
                invited.push(agent.clone());
            }
        }
        draft.has_place_for(invited.len())?;
        for agent in &invited {
            self.put(place, agent.number, Some(Standing::Invited), now);
        }
        Ok(Effect::Changed { agents: invited, tells: Tells::Nothing })
    }

    fn destroy(&mut self, place: usize, by: &Arc<Agent>, now: Timestamp) -> Result<Effect, Error> {
        let draft = &mut self.drafts[place];
        let room = draft.living_room(now)?;
        draft.relation(room, by).grant(Wish::Destroy)?;
        draft.is_ended = true;
        // Over since ever: it stays so also when the clock is set back.
        self.commit.endings.push((draft.conversation.number, Timestamp::default()));
        Ok(Effect::Changed { agents: Vec::new(), tells: Tells::Notice(Happening::Destroyed) })
    }

    fn put(&mut self, place: usize, agent: AgentNo, standing: Option<Standing>, since: Timestamp) {
        let draft = &mut self.drafts[place];
        draft.put(agent, standing);
        let conversation = draft.conversation.number;
        self.commit.participants.push(match standing {
            Some(standing) => ParticipantChange::Stands(Participant { conversation, agent, standing, since }),
            None => ParticipantChange::Gone { conversation, agent },
        });
    }
}
