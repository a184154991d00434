//! Direct conversations in memory, found by their own id or by that of their open view.

use std::sync::Arc;

use tertulia_model::{AgentNo, ConversationId, ConversationNo, ViewId};
use tertulia_store::{StoreError, WholeDirect};

use super::{Conversations, Key, Known};
use crate::{
    agents::Directory,
    conversation::{Conversation, Kind},
    direct::{Bond, Direct, View},
};

/// By what a direct conversation is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DirectKey {
    /// Its own id.
    Id(ConversationId),
    /// The id of its view, as long as that is open.
    View(ConversationId),
    /// Whose it is.
    Pair([AgentNo; 2]),
}

impl Conversations {
    /// The direct conversation of this key.
    pub(crate) async fn direct(
        &self,
        key: DirectKey,
        directory: &Directory,
    ) -> Result<Option<Arc<Conversation>>, StoreError> {
        self.find(Key::Direct(key), directory).await
    }

    pub(super) async fn whole_direct(&self, key: DirectKey) -> Result<Option<WholeDirect>, StoreError> {
        match key {
            DirectKey::Id(id) => self.store.direct(id).await,
            DirectKey::View(view) => self.store.direct_by_view(ViewId::from_uuid(*view.as_uuid())).await,
            DirectKey::Pair(pair) => self.store.direct_of(pair).await,
        }
    }

    /// The direct conversation of two agents, of which something may have changed on disk, if it is in memory. What was
    /// read of any before is read again.
    pub(crate) fn doubt(&self, pair: [AgentNo; 2]) -> Option<Arc<Conversation>> {
        let is_theirs = |direct: &Direct| pair.iter().all(|agent| direct.other(*agent).is_some());
        let mut known = self.lock();
        known.let_go += 1;
        known.by_id.values().find(|conversation| conversation.direct().is_some_and(is_theirs)).cloned()
    }

    /// Takes over whether one of a pair blocks the other.
    pub(crate) fn set_blocked(&self, pair: [AgentNo; 2], is_blocked: bool) {
        let mut known = self.lock();
        known.let_go += 1;
        if let Some(conversation) = known.direct(DirectKey::Pair(pair))
            && let Some(direct) = conversation.direct()
        {
            direct.change_bond(|bond| bond.is_blocked = is_blocked);
        }
    }

    /// Takes over that the two of a direct conversation talk from now on.
    pub(crate) fn set_established(&self, number: ConversationNo) {
        let mut known = self.lock();
        known.let_go += 1;
        let id = known.ids.get(&number).copied();
        if let Some(conversation) = id.and_then(|id| known.asked_for(id))
            && let Some(direct) = conversation.direct()
        {
            direct.change_bond(|bond| bond.is_established = true);
        }
    }

    /// The direct conversations of an agent in memory, of which something may have changed on disk. What was read of any
    /// before is read again.
    pub(crate) fn doubt_all_of(&self, agent: AgentNo) -> Vec<Arc<Conversation>> {
        let is_its = |direct: &Direct| direct.other(agent).is_some();
        let mut known = self.lock();
        known.let_go += 1;
        known.by_id.values().filter(|conversation| conversation.direct().is_some_and(is_its)).cloned().collect()
    }

    /// Takes over that a view has opened or ended on disk; the conversation, if it is in memory. What was read of it
    /// before is read again: messages in memory say under which id they are seen.
    pub(crate) fn set_view(&self, number: ConversationNo, view: Option<View>) -> Option<Arc<Conversation>> {
        let conversation = {
            let mut known = self.lock();
            known.let_go += 1;
            let conversation = known.by_id.get(known.ids.get(&number)?)?.clone();
            known.set_view(&conversation, view);
            conversation
        };
        drop(conversation.shed());
        Some(conversation)
    }

    pub(super) async fn read_direct(
        &self,
        whole: &WholeDirect,
        directory: &Directory,
    ) -> Result<Conversation, StoreError> {
        let WholeDirect { direct, view, end, .. } = whole;
        let mut agents = directory.by_numbers(&direct.pair).await?;
        let mut agent = |number| agents.remove(&number).ok_or(StoreError::Unreadable("agent of a pair"));
        let pair = [agent(direct.pair[0])?, agent(direct.pair[1])?];
        let kind = Kind::Direct(Direct::new(pair, view.as_ref().map(View::of), Bond::of(whole)));
        Ok(Conversation::new(direct.number, direct.id, kind, *end, Vec::new(), &self.weight))
    }

    /// Adds what was read, unless it may be out of date. What is in memory already learns from it which view is open: if
    /// that differs, it had not been heard that the store did what it said it could not do.
    pub(super) fn remember_direct(&self, read: Conversation, let_go_before: u64) -> Option<Arc<Conversation>> {
        let mut known = self.lock();
        if let_go_before != known.let_go {
            return None;
        }
        let (view, bond) = (read.direct()?.view(), read.direct()?.bond());
        let (conversation, gone) = if let Some(conversation) = known.asked_for(read.id) {
            (conversation, Vec::new())
        } else {
            let conversation = Arc::new(read);
            let gone = known.add(&conversation);
            (conversation, gone)
        };
        known.set_view(&conversation, view);
        if let Some(direct) = conversation.direct() {
            direct.change_bond(|known| known.is_established |= bond.is_established);
        }
        drop(known);
        drop(gone);
        Some(conversation)
    }
}

impl Known {
    pub(super) fn direct(&mut self, key: DirectKey) -> Option<Arc<Conversation>> {
        let id = match key {
            DirectKey::Id(id) => id,
            DirectKey::View(view) => *self.views.get(&view)?,
            DirectKey::Pair(pair) => *self.pairs.get(&in_order(pair))?,
        };
        self.asked_for(id).filter(|conversation| conversation.direct().is_some())
    }

    fn set_view(&mut self, conversation: &Arc<Conversation>, view: Option<View>) {
        self.forget_view(conversation);
        if let Some(view) = view {
            self.views.insert(view.id, conversation.id);
        }
        if let Some(direct) = conversation.direct() {
            direct.set_view(view);
        }
    }

    /// The pair of a direct conversation leads to it.
    pub(super) fn note_pair(&mut self, conversation: &Conversation) {
        if let Some(direct) = conversation.direct() {
            self.pairs.insert(in_order(direct.pair.each_ref().map(|agent| agent.number)), conversation.id);
        }
    }

    /// It does no more.
    pub(super) fn forget_pair(&mut self, conversation: &Conversation) {
        if let Some(direct) = conversation.direct() {
            self.pairs.remove(&in_order(direct.pair.each_ref().map(|agent| agent.number)));
        }
    }

    /// The view of a conversation leads to it no more.
    pub(super) fn forget_view(&mut self, conversation: &Conversation) {
        if let Some(view) = conversation.direct().and_then(Direct::view) {
            self.views.remove(&view.id);
        }
    }
}

const fn in_order([one, other]: [AgentNo; 2]) -> [AgentNo; 2] {
    if one.0 <= other.0 { [one, other] } else { [other, one] }
}
