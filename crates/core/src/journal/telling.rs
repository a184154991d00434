//! What is made of a batch once it has been committed: what memory takes over, whom to answer, what to announce.

use std::sync::Arc;

use tertulia_store::Append;

use super::{
    batch::{Batch, Copies, Decided, Draft, Effect, Tells},
    entry::{Entry, Outcome, Reply, Said, Told, Wanted, answer},
    groups::{GroupOutcome, Held, HeldNotice},
};
use crate::{
    AgentEvent, Error,
    agents::Agent,
    conversation::Conversation,
    direct::Bond,
    fanout::Announcement,
    group::GroupState,
    history::SaidIn,
    inbox::Envelopes,
    notice::{Event, Happening, Notice},
    posted::{GroupNews, Message, Posted},
    room::Standings,
};

/// What is made of a batch.
pub(super) struct Telling {
    pub(super) places: Vec<Place>,
    pub(super) answers: Answers,
}

/// What happened in one conversation.
pub(super) struct Place {
    pub(super) conversation: Arc<Conversation>,
    pub(super) events: Vec<Event>,
    standings: Standings,
    is_ended: bool,
    bond: Bond,
    /// Who got copies, once for each.
    copies: Vec<Arc<Agent>>,
    /// Who let one go, once for each.
    letting_go: Vec<Arc<Agent>>,
    /// How the group stands, and what it is called, if that has changed.
    group: Option<(GroupState, Option<Arc<str>>)>,
    /// For whom what waited counts as delivered.
    emptied: Vec<Arc<Agent>>,
}

/// Whom to answer what.
#[derive(Default)]
pub(super) struct Answers {
    said: Vec<Answer<Outcome>>,
    changed: Vec<Answer<Vec<Arc<Agent>>>>,
    held: Vec<Answer<GroupOutcome>>,
    refused: Vec<(Entry, Error)>,
}

/// Whom to answer, and what.
type Answer<T> = (Reply<T>, T);

/// What is made of `batch`.
pub(super) fn of(batch: Batch) -> Telling {
    let Batch { decided, drafts, commit, .. } = batch;
    let mut places: Vec<_> = drafts.into_iter().map(Place::of).collect();
    let mut answers = Answers::default();
    let mut messages = commit.messages.into_iter();
    for Decided { entry, draft, outcome } in decided {
        let effect = match outcome {
            Ok(effect) => effect,
            Err(refused) => {
                answers.refused.push((entry, refused));
                continue;
            }
        };
        let place = &mut places[draft];
        match (entry.wanted, effect) {
            (Wanted::Speech { reply, .. }, Effect::Repeated(number)) => {
                answers.said.push((reply, Outcome::Repeated(number)));
            }
            (Wanted::Speech { said, reply }, Effect::Said { profile, joins, copies }) => {
                let Said { author, spares_author, .. } = said;
                let append = messages.next().expect("every speech that was granted has its message");
                if joins {
                    place.note(Happening::Joined, Some(author.clone()));
                }
                let message = message_of(append, &place.conversation, spares_author, None);
                let posted = Arc::new(Posted::new(message, author, profile));
                let Copies { recipients, skipped, spilled, waited } = copies;
                place.hand_out(&posted, recipients, spilled);
                answers.said.push((reply, Outcome::Said(Told { posted, skipped, waited })));
            }
            (Wanted::Change { reply, .. }, Effect::Changed { agents, tells }) => {
                match tells {
                    Tells::Nothing => {}
                    Tells::Notice(what) => place.note(what, agents.first().cloned()),
                    Tells::Withdrawal => place.events.push(Event::Withdrawal),
                }
                answers.changed.push((reply, agents));
            }
            (Wanted::Group { reply, .. }, Effect::Held(held)) => {
                let Held { notices, state, name, emptied, dismissed, outcome } = *held;
                place.say_all(notices, &mut messages);
                if let (Some((at, by)), false) = (&state.deleted, dismissed.is_empty()) {
                    let event = AgentEvent::GroupDeleted { group: place.conversation.id, by: by.clone(), at: *at };
                    place.events.push(Event::ToAgents(dismissed.into(), event));
                }
                if outcome.is_changed {
                    place.group = Some((state, name));
                }
                place.emptied.extend(emptied);
                answers.held.push((reply, outcome));
            }
            (Wanted::Speech { .. }, Effect::Changed { .. } | Effect::Held(_))
            | (Wanted::Change { .. }, Effect::Said { .. } | Effect::Repeated(_) | Effect::Held(_))
            | (Wanted::Group { .. }, Effect::Said { .. } | Effect::Repeated(_) | Effect::Changed { .. }) => {
                debug_assert!(false, "an effect belongs to its entry");
            }
        }
    }
    Telling { places, answers }
}

fn message_of(
    append: Append,
    conversation: &Conversation,
    spares_author: bool,
    news: Option<Arc<GroupNews>>,
) -> Message {
    let Append { number, id, seq, created_at, text, text_kind, content, .. } = append;
    let SaidIn { conversation, view, group } = SaidIn::of(conversation);
    Message {
        number,
        id,
        conversation,
        view,
        seq,
        created_at,
        text: Some(text),
        text_kind,
        content,
        news,
        group,
        spares_author,
        removed: false,
    }
}

impl Place {
    fn of(draft: Draft) -> Self {
        let Draft { conversation, standings, is_ended, bond, .. } = draft;
        let (copies, letting_go, emptied) = (Vec::new(), Vec::new(), Vec::new());
        let (events, group) = (Vec::new(), None);
        Self { conversation, events, standings, is_ended, bond, copies, letting_go, group, emptied }
    }

    /// Notes a message, and who gets copies of it.
    fn hand_out(&mut self, posted: &Arc<Posted>, recipients: Vec<Arc<Agent>>, spilled: Vec<Arc<Agent>>) {
        self.events.push(Event::Posted(posted.clone()));
        self.letting_go.extend(spilled);
        if !recipients.is_empty() {
            self.copies.extend(recipients.iter().cloned());
            let envelopes = Envelopes::new(posted.clone(), self.conversation.number, recipients);
            self.events.push(Event::Envelopes(Arc::new(envelopes)));
        }
    }

    /// Notes what has happened to the group, with the messages of the commit that say so.
    fn say_all(&mut self, notices: Vec<HeldNotice>, messages: &mut impl Iterator<Item = Append>) {
        for HeldNotice { author, profile, news, copies } in notices {
            let append = messages.next().expect("every notice has its message");
            let message = message_of(append, &self.conversation, false, Some(news));
            let posted = Arc::new(Posted::new(message, author, profile));
            self.hand_out(&posted, copies.recipients, copies.spilled);
        }
    }

    fn note(&mut self, what: Happening, agent: Option<Arc<Agent>>) {
        self.events.push(Event::Notice(Arc::new(Notice::new(self.conversation.id, what, agent))));
    }

    /// Takes over in memory what was committed: first who may read it, then what was said. Who looks at them the other
    /// way round, and may read, has found nothing that was said after it lost the right.
    pub(super) fn remember(&self) {
        if let Some(room) = self.conversation.room() {
            room.apply(&self.standings);
            if self.is_ended {
                room.end();
            }
        }
        if let Some(direct) = self.conversation.direct() {
            direct.change_bond(|bond| *bond = self.bond);
        }
        if let (Some(group), Some((state, name))) = (self.conversation.group(), &self.group) {
            if let Some(name) = name {
                group.card.rename(name.clone());
            }
            group.change(|known| known.clone_from(state));
        }
        self.copies.iter().for_each(|agent| agent.inbox.add(1));
        self.letting_go.iter().for_each(|agent| agent.inbox.take(1));
        self.emptied.iter().for_each(|agent| agent.inbox.forget());
        self.conversation.extend(&self.events);
    }

    /// What those who listen are told, if anything.
    pub(super) fn into_announcement(self) -> Option<Announcement> {
        let Self { conversation, events, .. } = self;
        (!events.is_empty()).then_some(Announcement { conversation, events })
    }
}

impl Answers {
    pub(super) fn give(self) {
        for (mut reply, outcome) in self.said {
            answer(&mut reply, Ok(outcome));
        }
        for (mut reply, agents) in self.changed {
            answer(&mut reply, Ok(agents));
        }
        for (mut reply, outcome) in self.held {
            answer(&mut reply, Ok(outcome));
        }
        for (mut entry, refused) in self.refused {
            entry.refuse(refused);
        }
    }
}
