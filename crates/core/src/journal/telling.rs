//! What is made of a batch once it has been committed: what memory takes over, whom to answer, what to announce.

use std::sync::Arc;

use tertulia_store::Append;

use super::{
    batch::{Batch, Copies, Decided, Draft, Effect, Tells},
    entry::{Entry, Outcome, Reply, Said, Told, Wanted, answer},
};
use crate::{
    Error,
    agents::Agent,
    conversation::Conversation,
    direct::Bond,
    fanout::Announcement,
    history::SaidIn,
    inbox::Envelopes,
    notice::{Event, Happening, Notice},
    posted::{Message, Posted},
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
}

/// Whom to answer what.
#[derive(Default)]
pub(super) struct Answers {
    said: Vec<Answer<Outcome>>,
    changed: Vec<Answer<Vec<Arc<Agent>>>>,
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
                let message = message_of(append, &place.conversation, spares_author);
                let posted = Arc::new(Posted::new(message, author, profile));
                place.events.push(Event::Posted(posted.clone()));
                let Copies { recipients, skipped, spilled, waited } = copies;
                place.letting_go.extend(spilled);
                if !recipients.is_empty() {
                    let conversation = place.conversation.number;
                    place.copies.extend(recipients.iter().cloned());
                    place.events.push(Event::Envelopes(Arc::new(Envelopes::new(
                        posted.clone(),
                        conversation,
                        recipients,
                    ))));
                }
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
            (Wanted::Speech { .. }, Effect::Changed { .. })
            | (Wanted::Change { .. }, Effect::Said { .. } | Effect::Repeated(_)) => {
                debug_assert!(false, "an effect belongs to its entry");
            }
        }
    }
    Telling { places, answers }
}

fn message_of(append: Append, conversation: &Conversation, spares_author: bool) -> Message {
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
        group,
        spares_author,
        removed: false,
    }
}

impl Place {
    fn of(draft: Draft) -> Self {
        let Draft { conversation, standings, is_ended, bond, .. } = draft;
        let (copies, letting_go) = (Vec::new(), Vec::new());
        Self { conversation, events: Vec::new(), standings, is_ended, bond, copies, letting_go }
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
        self.copies.iter().for_each(|agent| agent.inbox.add(1));
        self.letting_go.iter().for_each(|agent| agent.inbox.take(1));
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
        for (mut entry, refused) in self.refused {
            entry.refuse(refused);
        }
    }
}
