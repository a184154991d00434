//! Letters: what agents write to one another, and in groups. Each has a key of its sender's, so that it is sent once
//! however often it is tried; its recipients get copies, which wait until they are delivered.
//!
//! What was sent before under the same key is answered as it was, whatever would refuse it now. Since the checks in
//! between change nothing, it is looked for only where they refuse, and by the writer where the store refuses it.

use std::sync::Arc;

use tertulia_model::{AgentNo, AgentState, AttachmentId, ConversationId, MessageNo, SentKey, TextKind, random_uuid};
use tertulia_store::{Attached, AttachmentScope, Content, Receipt};

use crate::{
    ContentRefused, Deed, Error, Limit, Noun, Reach,
    agents::Agent,
    chat::Chat,
    conversation::Conversation,
    conversations::DirectKey,
    direct::Bond,
    journal::{Outcome, Said, SentLetter, Told},
    limiter::{Counted, Subject},
    limits::Action,
    posted::Posted,
    surface::Caller,
};

/// Most bytes of a letter: its content and what its surface adds, as JSON without spaces.
// wire: agentchat.md#53-direct-send-checks-in-order
pub const MOST_LETTER_BYTES: usize = 32_768;

/// What an agent writes to another, or in a group.
#[derive(Clone, Debug)]
pub struct Letter {
    /// What its sender calls it.
    pub key: SentKey,
    /// Words, if it has any.
    pub text: Option<Arc<str>>,
    /// Data as JSON, if it has any.
    pub data: Option<Arc<str>>,
    /// A file, if one goes with it.
    pub attachment: Option<AttachmentId>,
    /// What only the surface understands through which it is sent.
    pub extension: Option<Arc<str>>,
    /// How long all of it is, in bytes, as its surface counts.
    pub bytes: usize,
}

/// A letter that is on disk.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The letter.
    pub posted: Arc<Posted>,
    /// Where it was sent.
    pub conversation: Arc<Conversation>,
    /// Whether it was there before, sent under the same key.
    pub is_repeated: bool,
    /// How far it has come with the one recipient, where there is one.
    pub receipt: Receipt,
    /// Members of the group who got no copy, since too much waits for them.
    pub skipped: Vec<Arc<Agent>>,
    /// How much waited for the one recipient before, if that was enough to warn of.
    pub backlog: Option<u32>,
}

/// What was counted for a letter.
struct Sending {
    action: Action,
    subject: Subject,
    counted: Option<Counted>,
}

impl Chat {
    /// Writes to an agent. The first letter of two agents opens their conversation; the other's first one establishes it.
    ///
    /// # Errors
    ///
    /// In this order: [`ContentRefused::TooLarge`]; [`Error::UnknownAgent`]; [`Error::Oneself`]; [`Error::PausedByOwner`],
    /// [`Error::Suspended`]; [`Error::Blocked`]; [`Error::Restricted`]; [`Reach::ContactsOnly`]; [`Error::Throttled`];
    /// [`Reach::AwaitingReply`]; [`Error::Content`]; [`Reach::Backlogged`]. [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#53-direct-send-checks-in-order
    pub async fn send_to_agent(&self, caller: &Caller, name: &str, letter: &Letter) -> Result<Sent, Error> {
        let sent = self.try_agent(caller, name, letter).await;
        self.unless_sent_before(caller, letter, sent).await
    }

    /// Writes in a group.
    ///
    /// # Errors
    ///
    /// [`ContentRefused::TooLarge`]; [`Error::NotFound`], [`crate::GroupBarred::Gone`]; [`Error::PausedByOwner`];
    /// [`Error::Throttled`]; [`Error::Content`]; [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#54-group-send-checks-in-order
    pub async fn send_to_group(&self, caller: &Caller, id: ConversationId, letter: &Letter) -> Result<Sent, Error> {
        let sent = self.try_group(caller, id, letter).await;
        self.unless_sent_before(caller, letter, sent).await
    }

    async fn try_agent(&self, caller: &Caller, name: &str, letter: &Letter) -> Result<Sent, Error> {
        check_size(letter)?;
        let author = &caller.agent;
        let recipient = self.require_reachable(name).await?;
        if recipient.number == author.number {
            return Err(Error::Oneself);
        }
        Self::permit(author, Deed::SendLetter)?;
        let pair = [author.number, recipient.number];
        let known = self.0.conversations.direct(DirectKey::Pair(pair), &self.0.directory).await?;
        let bond = match known.as_ref().and_then(|known| known.direct()) {
            Some(direct) => direct.bond(),
            None => Bond { is_blocked: self.is_blocked(author, &recipient).await?, ..Bond::default() },
        };
        if bond.is_blocked {
            return Err(Error::Blocked);
        }
        if bond.is_unopened() {
            Self::permit(author, Deed::OpenDirect)?;
        }
        if !bond.is_established && !self.hears(&recipient, author).await? {
            return Err(Reach::ContactsOnly.into());
        }
        let counted = [self.count_sending(caller, None)?];
        let sent = async {
            bond.permit_writing(author, &recipient)?;
            let to = AttachmentScope::Agent(recipient.number);
            let attached = self.permit_attaching(author, letter.attachment, to).await?;
            let conversation = match known {
                Some(known) => known,
                None => self.make_direct(pair).await?,
            };
            self.dispatch(caller, conversation, letter, attached).await
        };
        self.or_give_back(caller, &counted, sent.await)
    }

    async fn try_group(&self, caller: &Caller, id: ConversationId, letter: &Letter) -> Result<Sent, Error> {
        check_size(letter)?;
        let author = &caller.agent;
        let conversation = self.living_group(author, id).await?;
        Self::permit(author, Deed::SendLetter)?;
        let group = conversation.group().ok_or(Error::NotFound(Noun::Group))?;
        group.permit_writing(author.number)?;
        let own = self.count_sending(caller, None)?;
        let counted = match self.count_sending(caller, Some(&conversation)) {
            Ok(shared) => [own, shared],
            Err(throttled) => return self.or_give_back(caller, &[own], Err(throttled)),
        };
        let sent = async {
            let to = AttachmentScope::Group(conversation.number);
            let attached = self.permit_attaching(author, letter.attachment, to).await?;
            self.dispatch(caller, conversation.clone(), letter, attached).await
        };
        self.or_give_back(caller, &counted, sent.await)
    }

    /// Hands a letter to the writer, and says what came of it.
    async fn dispatch(
        &self,
        caller: &Caller,
        conversation: Arc<Conversation>,
        letter: &Letter,
        attached: Option<Attached>,
    ) -> Result<Sent, Error> {
        let author = caller.agent.clone();
        let cold = if author.is_system { Limit::Off } else { caller.limit(Action::OpenColdConversation) };
        let content = Content {
            is_wordless: letter.text.is_none(),
            sent_key: Some(letter.key.shared()),
            data: letter.data.clone(),
            attachment: attached,
            extension: letter.extension.clone(),
            event: None,
        };
        let text: Arc<str> = letter.text.clone().unwrap_or_default();
        let deliveries = self.deliveries_of_message(&author, &conversation, &text).await?;
        let said = Said {
            author,
            text,
            text_kind: TextKind::Plain,
            spares_author: false,
            deliveries,
            letter: Some(SentLetter { content: Arc::new(content), cold }),
        };
        match self.0.journal.send(conversation.clone(), said).await? {
            Outcome::Said(Told { posted, skipped, waited }) => {
                let warns = conversation.direct().is_some() && waited >= self.0.rules.messaging.backlog_warning;
                let (receipt, backlog) = (Receipt::default(), warns.then_some(waited));
                Ok(Sent { posted, conversation, is_repeated: false, receipt, skipped, backlog })
            }
            Outcome::Repeated(number) => self.sent(&caller.agent, number).await,
        }
    }

    /// What was sent before under the letter's key, if it was refused now; what has come of it else.
    // wire: agentchat.md#52-idempotency-by-client_msg_id
    async fn unless_sent_before(
        &self,
        caller: &Caller,
        letter: &Letter,
        sent: Result<Sent, Error>,
    ) -> Result<Sent, Error> {
        let refused = match sent {
            Ok(sent) => return Ok(sent),
            Err(failed @ (Error::Store(_) | Error::Stopping)) => return Err(failed),
            Err(refused) => refused,
        };
        let key = [(caller.agent.number, letter.key.shared())];
        match self.0.store.sent_before(&key).await?.first().copied().flatten() {
            Some(number) => self.sent(&caller.agent, number).await,
            None => Err(refused),
        }
    }

    /// A letter that `author` has sent, as it stands now.
    async fn sent(&self, author: &Agent, number: MessageNo) -> Result<Sent, Error> {
        let (place, seq) = self.0.store.place_of(number).await?.ok_or(Error::NotFound(Noun::Message))?;
        let conversation = self.numbered(place).await?.ok_or(Error::NotFound(Noun::Conversation))?;
        let posted = self.message_in(&conversation, seq).await?.ok_or(Error::NotFound(Noun::Message))?;
        let recipient = conversation.direct().and_then(|direct| direct.other(author.number));
        let receipt = match recipient {
            Some(recipient) => self.0.store.receipts(&[(recipient.number, number)]).await?.pop().flatten(),
            None => None,
        };
        let receipt = receipt.unwrap_or_default();
        Ok(Sent { posted, conversation, is_repeated: true, receipt, skipped: Vec::new(), backlog: None })
    }

    /// The agent of this name that others may write to.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAgent`] if there is none, or not any more; [`Error::Store`].
    pub async fn require_reachable(&self, name: &str) -> Result<Arc<Agent>, Error> {
        let agent = self.agent_named(name).await?.filter(|agent| agent.state() == AgentState::Active);
        agent.ok_or_else(|| Error::UnknownAgent(name.to_owned()))
    }

    /// The conversation of two who have none yet. It is there for nobody before something was said in it.
    async fn make_direct(&self, pair: [AgentNo; 2]) -> Result<Arc<Conversation>, Error> {
        let id = ConversationId::from_uuid(random_uuid(self.random()));
        let made = self.0.store.direct_between(pair, id, self.now()).await?;
        let found = self.0.conversations.direct(DirectKey::Id(made.direct.id), &self.0.directory).await?;
        found.ok_or(Error::NotFound(Noun::Conversation))
    }

    /// Counts a letter against its sender's limit, or against that of a group.
    fn count_sending(&self, caller: &Caller, group: Option<&Conversation>) -> Result<Sending, Error> {
        let (action, subject) = match group {
            Some(group) => (Action::SendToGroup, Subject::In(group.number)),
            None if caller.agent.is_system => (Action::SendSystemMessage, Subject::Agent(caller.agent.number)),
            None => (Action::SendMessage, Subject::Agent(caller.agent.number)),
        };
        let counted = self.0.limiter.take(caller.surface.counted_as, action, subject, caller.limit(action));
        Ok(Sending { action, subject, counted: counted.map_err(Error::Throttled)? })
    }

    /// What was refused, or had been sent before, was not sent and does not count.
    fn or_give_back(&self, caller: &Caller, counted: &[Sending], sent: Result<Sent, Error>) -> Result<Sent, Error> {
        if !sent.as_ref().is_ok_and(|sent| !sent.is_repeated) {
            for Sending { action, subject, counted } in counted {
                if let Some(counted) = counted {
                    self.0.limiter.give_back(caller.surface.counted_as, *action, *subject, counted);
                }
            }
        }
        sent
    }
}

fn check_size(letter: &Letter) -> Result<(), Error> {
    if letter.bytes > MOST_LETTER_BYTES {
        return Err(ContentRefused::TooLarge { actual: letter.bytes, max: MOST_LETTER_BYTES }.into());
    }
    Ok(())
}
