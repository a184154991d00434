//! What the writer asks the store before it decides on a batch: what its own memory does not hold.

use std::{collections::HashMap, sync::Arc};

use tertulia_model::{AgentNo, ConversationNo, GroupInvitationId, MessageNo, Timestamp, WebhookTopic};
use tertulia_store::{StoreError, Unanswered};

use super::{
    WriterParts,
    entry::{Entry, Said, Wanted},
    groups::GroupDeed,
};
use crate::{
    Limit,
    agents::Agent,
    mutes,
    webhooks::{Topics, read_wants},
};

/// What is thought of the keys of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// That none of them was used before. The store refuses the batch if that is wrong.
    TakenForNew,
    /// What the store says.
    LookedUp,
}

/// What was found for one batch.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Messages that were sent under these keys before; the batch adds its own.
    pub(super) sent: HashMap<(AgentNo, Arc<str>), MessageNo>,
    /// Conversations that these agents have opened and nobody has answered; the batch adds its own.
    pub(super) unanswered: HashMap<AgentNo, Unanswered>,
    /// The invitation that somebody takes up, if it waits.
    pub(super) invitation: Option<GroupInvitationId>,
    /// Who gets copies of what is said in these conversations, authors included.
    readers: HashMap<ConversationNo, Vec<Arc<Agent>>>,
    /// What those of them want to be told elsewhere that want anything.
    wants: HashMap<AgentNo, Topics>,
}

impl Known {
    /// Asks what has to be known of `entries`: nothing, unless there is a message to an agent or to a group among them.
    pub(super) async fn of(entries: &[Entry], keys: Keys, parts: &WriterParts) -> Result<Self, StoreError> {
        let mut known = Self::default();
        let speeches = entries.iter().filter_map(|entry| match &entry.wanted {
            Wanted::Speech { said, .. } if entry.conversation.has_recipients() => Some((entry, said)),
            Wanted::Speech { .. } | Wanted::Change { .. } | Wanted::Group { .. } => None,
        });
        let speeches: Vec<_> = speeches.collect();
        for entry in entries {
            if let Wanted::Group { deed, .. } = &entry.wanted {
                known.look_into(entry, deed, parts).await?;
            }
        }
        if speeches.is_empty() {
            return Ok(known);
        }
        if keys == Keys::LookedUp {
            known.look_for_keys(&speeches, parts).await?;
        }
        known.count_unanswered(&speeches, parts).await?;
        for (entry, _) in &speeches {
            let conversation = &entry.conversation;
            known.readers.entry(conversation.number).or_insert_with(|| conversation.readers());
        }
        known.load_queues(parts).await;
        known.load_mutes(parts).await;
        known.load_wants(parts).await;
        Ok(known)
    }

    /// What is to be known of a group before something happens to it. Who enters is told of it as well.
    async fn look_into(&mut self, entry: &Entry, deed: &GroupDeed, parts: &WriterParts) -> Result<(), StoreError> {
        let mut readers = entry.conversation.readers();
        if let GroupDeed::Enter { agent, invitation, .. } = deed {
            let waiting = parts.store.group_invitation(*invitation).await?;
            self.invitation = waiting.filter(|waiting| waiting.invitee == agent.number).map(|waiting| waiting.id);
            readers.push(agent.clone());
        }
        self.readers.insert(entry.conversation.number, readers);
        self.load_queues(parts).await;
        self.load_mutes(parts).await;
        self.load_wants(parts).await;
        Ok(())
    }

    async fn look_for_keys(&mut self, speeches: &[(&Entry, &Said)], parts: &WriterParts) -> Result<(), StoreError> {
        let keys = speeches.iter().filter_map(|(_, said)| Some((said.author.number, said.key()?.clone())));
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            return Ok(());
        }
        let found = parts.store.sent_before(&keys).await?;
        self.sent.extend(keys.into_iter().zip(found).filter_map(|(key, message)| Some((key, message?))));
        Ok(())
    }

    /// For those who write first to somebody.
    async fn count_unanswered(&mut self, speeches: &[(&Entry, &Said)], parts: &WriterParts) -> Result<(), StoreError> {
        for (entry, said) in speeches {
            let is_first = entry.conversation.direct().is_some_and(|direct| direct.bond().is_unopened());
            let Some(Limit::Rate { per, .. }) = said.letter.as_ref().map(|letter| letter.cold) else { continue };
            if is_first && !self.unanswered.contains_key(&said.author.number) {
                let per = i64::try_from(per.as_micros()).unwrap_or(i64::MAX);
                let since = Timestamp::from_micros(parts.clock.now().as_micros().saturating_sub(per));
                let unanswered = parts.store.unanswered(said.author.number, since).await?;
                self.unanswered.insert(said.author.number, unanswered);
            }
        }
        Ok(())
    }

    /// Reads how much waits for those of whom it is not in memory. If that fails, none of it counts: a limit that cannot
    /// be looked up stops nobody.
    async fn load_queues(&self, parts: &WriterParts) {
        let mut unknown: Vec<_> =
            self.readers.values().flatten().filter(|agent| agent.inbox.queue().is_none()).cloned().collect();
        unknown.sort_unstable_by_key(|agent| agent.number);
        unknown.dedup_by_key(|agent| agent.number);
        if !unknown.is_empty()
            && let Err(error) = parts.receipts.load(unknown).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "how much waits for agents could not be read");
        }
    }

    /// Reads whom and what those mute of whom it is not in memory. If that fails, they are woken.
    async fn load_mutes(&self, parts: &WriterParts) {
        for readers in self.readers.values() {
            if let Err(error) = mutes::read(&*parts.store, readers, parts.clock.now()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "what agents mute could not be read");
            }
        }
    }

    /// Reads what those want to be told elsewhere of whom it is not in memory. If that fails, all that happens is handed to
    /// the store, which leaves out what nobody wants to know.
    async fn load_wants(&mut self, parts: &WriterParts) {
        for readers in self.readers.values() {
            match read_wants(&*parts.store, readers).await {
                Ok(wants) => self.wants.extend(wants),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "what agents want to know is not known");
                    self.wants.extend(readers.iter().map(|agent| (agent.number, Topics::ALL)));
                }
            }
        }
    }

    /// Whether an agent wants to be told of this elsewhere.
    pub(super) fn wants(&self, agent: AgentNo, topic: WebhookTopic) -> bool {
        self.wants.get(&agent).is_some_and(|topics| topics.contain(topic))
    }

    /// Who gets copies of what `author` says there.
    pub(super) fn recipients(&self, conversation: ConversationNo, author: AgentNo) -> Vec<Arc<Agent>> {
        let readers = self.readers.get(&conversation).into_iter().flatten();
        readers.filter(|agent| agent.number != author).cloned().collect()
    }
}
