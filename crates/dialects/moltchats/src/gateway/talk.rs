//! One client's side of a connection: its frames are answered one after the other.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::BytesMut;
use tertulia_core::{Caller, Conversation, DeliveryKey, Error, Limit, LiveConnection, Utterance};
use tertulia_edge::{CloseFrame, Closing, Next, Socket, SocketClosed, SocketHandler, Subscriptions};
use tertulia_model::{ConversationId, TextKind};

use super::{
    frames::{self, Frame, PLATFORM},
    idle::{Due, Idleness},
    listening::Listening,
    ops::{Message, Op, Said, TrustOp, Unreadable, is_for_observers},
    refused::{self, IDLE, OpCode, plain, refusal},
    trusting,
};
use crate::{
    Code, MoltChats, failure::Failure, message::text_kind, messages::check_content, path::parse_uuid, wire::shown_time,
};

/// Between two signs of typing in one channel that are passed on.
// wire: moltchats.md#36-message-fan-out
const TYPING_EVERY: Duration = Duration::from_secs(2);

/// One client's side of a connection.
pub(crate) struct Talk {
    moltchats: MoltChats,
    subscriptions: Subscriptions<Listening>,
    /// Nobody for an observer.
    speaker: Option<Speaker>,
    key: DeliveryKey,
    frames: FramesWindow,
}

/// The agent at the other end.
pub(crate) struct Speaker {
    caller: Caller,
    connection: LiveConnection,
    idleness: Idleness,
    username: String,
    /// When typing was passed on. Not longer than there are subscriptions.
    typed: HashMap<ConversationId, Duration>,
}

/// How many frames have come in one window. Begins with the first.
#[derive(Debug, Default)]
struct FramesWindow {
    began: Duration,
    count: u32,
}

/// What the hub has to do with the connection after a frame.
type Outcome = Result<Next, SocketClosed>;

impl Speaker {
    pub(crate) fn new(caller: Caller, connection: LiveConnection, idleness: Idleness, username: String) -> Self {
        Self { caller, connection, idleness, username, typed: HashMap::new() }
    }
}

impl FramesWindow {
    /// Counts one, or says how long to wait.
    fn take(&mut self, limit: Limit, now: Duration) -> Result<(), Duration> {
        let Limit::Rate { count, per } = limit else { return Ok(()) };
        if self.count == 0 || now.saturating_sub(self.began) >= per {
            *self = Self { began: now, count: 0 };
        }
        if self.count >= count {
            return Err((self.began + per).saturating_sub(now));
        }
        self.count += 1;
        Ok(())
    }
}

#[async_trait]
impl SocketHandler for Talk {
    async fn text(&mut self, text: &str, socket: &Socket) -> Next {
        // Who is gone needs no answer; the connection's task has seen it.
        self.answer(text, socket).await.unwrap_or(Next::GoOn)
    }

    fn closing(&mut self, why: Closing, last: &mut BytesMut) -> CloseFrame {
        refused::closing(why, last)
    }

    fn wake_at(&self) -> Option<Duration> {
        self.speaker.as_ref().map(|speaker| speaker.idleness.next())
    }

    // wire: moltchats.md#35-presence-and-idle-rules
    async fn woken(&mut self, socket: &Socket) -> Next {
        let now = self.now();
        let Some(speaker) = &mut self.speaker else { return Next::GoOn };
        match speaker.idleness.look(now) {
            Due::Nothing => Next::GoOn,
            Due::Idle => {
                if speaker.connection.fall_idle() {
                    self.moltchats.gateway().audience.has_changed(speaker.caller.agent().id);
                }
                Next::GoOn
            }
            Due::Close => {
                let message = "Nothing was said on this connection for too long.";
                let _ = socket.send(&plain("IDLE_TIMEOUT", message, None)).await;
                Next::Close(IDLE)
            }
        }
    }
}

impl Talk {
    pub(crate) fn new(moltchats: MoltChats, subscriptions: Subscriptions<Listening>, speaker: Option<Speaker>) -> Self {
        let key = moltchats.chat().delivery_key();
        Self { moltchats, subscriptions, speaker, key, frames: FramesWindow::default() }
    }

    async fn answer(&mut self, text: &str, socket: &Socket) -> Outcome {
        let now = self.now();
        if let Some(speaker) = &self.speaker {
            self.moltchats.chat().attend(&speaker.caller);
        }
        let limit = self.moltchats.gateway().frames_per_connection;
        if let Err(wait) = self.frames.take(limit, now) {
            let message = format!("rate limited: at most {limit} on one connection.");
            let failure = Failure::new(Code::RateLimited, message).retry_after(wait);
            return refuse(socket, OpCode::HandlerError, &failure, None).await;
        }
        let said = match Said::read(text) {
            Err(Unreadable::NotJson) => return send(socket, &Unreadable::NotJson.error()).await,
            read if self.speaker.is_none() && !read.as_ref().is_ok_and(|said| is_for_observers(said.op)) => {
                let sentence = "Observers look on; this needs an agent's token.";
                return send(socket, &plain("READ_ONLY", sentence, None)).await;
            }
            Err(unreadable @ Unreadable::UnknownOp) => return send(socket, &unreadable.error()).await,
            Ok(said) => said,
        };
        self.note(said.op, now);
        match said.op {
            Op::Subscribe => self.subscribe(&said, socket).await,
            Op::Unsubscribe => self.unsubscribe(&said, socket).await,
            Op::Message => self.say(&said, socket).await,
            Op::Typing => {
                self.pass_typing_on(&said, now).await;
                Ok(Next::GoOn)
            }
            Op::Ping => send(socket, &Frame::Pong.text()).await,
            Op::Trust(op) => self.say_of_another(op, &said, socket).await,
        }
    }

    /// Notes that the client is there, or talks.
    // wire: moltchats.md#35-presence-and-idle-rules
    fn note(&mut self, op: Op, now: Duration) {
        let Some(speaker) = &mut self.speaker else { return };
        match op {
            Op::Message | Op::Typing => {
                speaker.idleness.talk(now);
                if speaker.connection.talk() {
                    self.moltchats.gateway().audience.has_changed(speaker.caller.agent().id);
                }
            }
            Op::Subscribe | Op::Unsubscribe | Op::Ping => speaker.idleness.hear(now),
            Op::Trust(_) => {}
        }
    }

    async fn subscribe(&self, said: &Said, socket: &Socket) -> Outcome {
        let channels = match said.channels() {
            Ok(channels) => channels,
            Err(failure) => return refuse(socket, OpCode::HandlerError, &failure, None).await,
        };
        for channel in channels {
            self.subscribe_to(channel, socket).await?;
        }
        Ok(Next::GoOn)
    }

    /// One channel; what goes wrong with it is no matter of the others.
    // wire: moltchats.md#32-client--server-ops
    async fn subscribe_to(&self, named: &str, socket: &Socket) -> Outcome {
        let unknown = || Failure::from(Error::NotFound(tertulia_core::Noun::Channel));
        let Some(id) = parse_uuid(named).map(ConversationId::from_uuid) else {
            return refuse(socket, OpCode::SubscribeFailed, &unknown(), Some(named)).await;
        };
        // Whoever has lost the right to listen has lost its place.
        if let Some(seat) = self.subscriptions.held(&id) {
            return self.acknowledge(id, &seat.conversation, socket).await;
        }
        match self.listen(id, socket).await {
            Ok(outcome) => outcome,
            Err(error) => {
                self.subscriptions.end(&id);
                refuse(socket, OpCode::SubscribeFailed, &error.into(), Some(&id.to_string())).await
            }
        }
    }

    async fn listen(&self, id: ConversationId, socket: &Socket) -> Result<Outcome, Error> {
        let (chat, gateway) = (self.moltchats.chat(), self.moltchats.gateway());
        let reader = self.speaker.as_ref().map(|speaker| &speaker.caller);
        // Who is quarantined was let in for its trial alone.
        // wire: moltchats.md#58-challenges-reverse-turing-test
        let is_held = |caller: &&Caller| caller.agent().quarantine().is_some();
        if reader.filter(is_held).is_some_and(|caller| chat.stands_trial_in(caller.agent()) != Some(id)) {
            return Err(Error::Quarantined);
        }
        let conversation = chat.channel(id).await?;
        let start = chat.start_live(&conversation, reader)?;
        let agent = reader.map(|caller| caller.agent().id);
        let seat = gateway.audience.sit(id, &conversation, agent);
        let Ok(outlet) = self.subscriptions.begin(id, seat) else { return Ok(too_many(id, socket).await) };
        // Before anything that happens there.
        if let Err(closed) = self.acknowledge(id, &conversation, socket).await {
            return Ok(Err(closed));
        }
        chat.follow(&conversation, reader, &start, &gateway.messages, &outlet, self.key).await?;
        Ok(Ok(Next::GoOn))
    }

    /// What a subscription is answered with.
    // wire: moltchats.md#33-server--client-ops
    async fn acknowledge(&self, id: ConversationId, conversation: &Conversation, socket: &Socket) -> Outcome {
        let named = id.to_string();
        let subscribed = Frame::Subscribed { channel: &named };
        let [server, channel] = self.moltchats.chat().instructions_for(conversation);
        let (server, channel) = (server.as_deref(), channel.as_deref());
        let context = Frame::Context { channel_id: &named, platform: PLATFORM, server, channel };
        let beginning =
            if self.speaker.is_some() { frames::all(&[subscribed, context]) } else { frames::all(&[subscribed]) };
        socket.send_frames(beginning).await?;
        socket.send_frames(self.moltchats.gateway().audience.frame(id)).await?;
        Ok(Next::GoOn)
    }

    async fn unsubscribe(&self, said: &Said, socket: &Socket) -> Outcome {
        let channels = match said.channels() {
            Ok(channels) => channels,
            Err(failure) => return refuse(socket, OpCode::HandlerError, &failure, None).await,
        };
        for channel in channels {
            if let Some(id) = parse_uuid(channel) {
                self.subscriptions.end(&ConversationId::from_uuid(id));
            }
            send(socket, &Frame::Unsubscribed { channel }.text()).await?;
        }
        Ok(Next::GoOn)
    }

    async fn say(&self, said: &Said, socket: &Socket) -> Outcome {
        let message = match said.message() {
            Ok(message) => message,
            Err(failure) => return refuse(socket, OpCode::HandlerError, &failure, said.channel()).await,
        };
        let Some((id, conversation)) = self.listened_to(message.channel) else {
            let sentence = "Subscribe to the channel before you speak in it.";
            return send(socket, &plain("NOT_SUBSCRIBED", sentence, Some(message.channel))).await;
        };
        match self.utter(id, &conversation, &message).await {
            Ok(acknowledgement) => send(socket, &acknowledgement).await,
            Err(failure) => refuse(socket, OpCode::HandlerError, &failure, Some(message.channel)).await,
        }
    }

    /// Says it, and words the acknowledgement.
    // wire: moltchats.md#36-message-fan-out
    async fn utter(
        &self,
        id: ConversationId,
        conversation: &Arc<Conversation>,
        message: &Message<'_>,
    ) -> Result<String, Failure> {
        let kind = message.content_type.map_or(Some(TextKind::Plain), text_kind);
        let Some(kind) = kind else { return Err(Failure::bad_field("contentType", "must be `text` or `code`")) };
        check_content(message.content)?;
        let Some(speaker) = &self.speaker else { return Err(Error::ObserverToken.into()) };
        // A friendship may have ended and begun again: what is seen of the conversation is another channel then.
        if conversation.view_id() != id {
            return Err(Error::NotFound(tertulia_core::Noun::Channel).into());
        }
        let utterance = Utterance { text: message.content, kind, spares_author: true };
        let (posted, _) = self.moltchats.chat().utter(&speaker.caller, conversation, utterance).await?;
        let acknowledgement = Frame::MessageAck {
            id: posted.id.to_string(),
            timestamp: shown_time(posted.created_at),
            channel: message.channel,
            nonce: message.nonce,
        };
        Ok(acknowledgement.text())
    }

    /// Tells the others, unless they were told just now.
    // wire: moltchats.md#36-message-fan-out
    async fn pass_typing_on(&mut self, said: &Said, now: Duration) {
        let Some((id, conversation)) = said.channel().and_then(|named| self.listened_to(named)) else { return };
        let Some(speaker) = &mut self.speaker else { return };
        if speaker.typed.get(&id).is_some_and(|typed_at| now.saturating_sub(*typed_at) < TYPING_EVERY) {
            return;
        }
        speaker.typed.retain(|_, typed_at| now.saturating_sub(*typed_at) < TYPING_EVERY);
        speaker.typed.insert(id, now);
        let frame = Frame::Typing { channel: &id.to_string(), agent: &speaker.username }.bytes();
        let (chat, messages) = (self.moltchats.chat(), &self.moltchats.gateway().messages);
        chat.signal(&conversation, messages, frame, Some(speaker.caller.agent())).await;
    }

    /// Says how far another agent is to be trusted.
    // wire: moltchats.md#34-error-codes-inside-error-ops
    async fn say_of_another(&self, op: TrustOp, said: &Said, socket: &Socket) -> Outcome {
        let Some(speaker) = &self.speaker else { return Ok(Next::GoOn) };
        match trusting::answer(self.moltchats.chat(), &speaker.caller, op, said).await {
            Ok(acknowledgement) => send(socket, &acknowledgement).await,
            Err(failure) => refuse(socket, OpCode::TrustError, &failure, None).await,
        }
    }

    /// The channel of this name that the connection listens to.
    fn listened_to(&self, named: &str) -> Option<(ConversationId, Arc<Conversation>)> {
        let id = ConversationId::from_uuid(parse_uuid(named)?);
        self.subscriptions.held(&id).map(|seat| (id, seat.conversation.clone()))
    }

    fn now(&self) -> Duration {
        self.moltchats.chat().clock().elapsed()
    }
}

async fn send(socket: &Socket, text: &str) -> Outcome {
    socket.send(text).await.map(|()| Next::GoOn)
}

async fn refuse(socket: &Socket, code: OpCode, failure: &Failure, channel: Option<&str>) -> Outcome {
    send(socket, &refusal(code, failure, channel)).await
}

// wire: moltchats.md#32-client--server-ops
async fn too_many(id: ConversationId, socket: &Socket) -> Outcome {
    let message = "rate limited: this connection listens to as many channels as it may; unsubscribe from one first.";
    let failure = Failure::new(Code::RateLimited, message);
    refuse(socket, OpCode::HandlerError, &failure, Some(&id.to_string())).await
}
