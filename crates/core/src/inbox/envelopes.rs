//! A message on its way to those who get a copy of it.

use std::sync::{Arc, Mutex, PoisonError};

use tertulia_model::{AgentNo, ConversationNo};

use crate::{
    agents::Agent,
    form::{Form, shielded},
    live::Frames,
    posted::Posted,
};

/// A committed message and its recipients. Its place in each inbox is its number.
#[derive(Debug)]
pub(crate) struct Envelopes {
    pub(crate) posted: Arc<Posted>,
    /// Where it was said.
    pub(crate) conversation: ConversationNo,
    recipients: Vec<Arc<Agent>>,
    /// In every form that was asked for.
    framed: Mutex<Vec<(Form, Arc<Frames>)>>,
}

impl Envelopes {
    pub(crate) fn new(posted: Arc<Posted>, conversation: ConversationNo, recipients: Vec<Arc<Agent>>) -> Self {
        Self { posted, conversation, recipients, framed: Mutex::default() }
    }

    /// Gives it to the connections of those recipients that `is_served` here.
    pub(crate) fn offer(&self, is_served: impl Fn(AgentNo) -> bool) {
        for agent in self.recipients.iter().filter(|agent| is_served(agent.number)) {
            agent.inbox.offer(agent, self);
        }
    }

    /// The message in one form, encoded and framed once for all.
    pub(crate) fn frames(&self, form: &Form) -> Arc<Frames> {
        let mut framed = self.framed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frames)) = framed.iter().find(|(known, _)| known == form) {
            return frames.clone();
        }
        let encoded = Arc::new(Frames::new(shielded(&self.posted.id, || self.posted.encoded(form))));
        framed.push((form.clone(), encoded.clone()));
        encoded
    }
}
