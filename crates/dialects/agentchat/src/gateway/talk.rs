//! One client's side of a connection.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::BytesMut;
use serde::Deserialize;
use serde_json::Value;
use tertulia_core::{Caller, Chat, Deed, Error, InboxReader, LiveConnection, Outlet};
use tertulia_edge::{CloseFrame, Closing, Next, Socket, SocketHandler};
use tertulia_model::Seq;

use super::{
    closing::{self, LATE_HELLO, NO_HELLO},
    frames,
    hello::Hello,
};
use crate::{AgentChat, body::Fields, ids, ids::NamedConversation, presence, threads};

/// Messages that are read and sent at once while a connection is given what waits.
const PAGE: u32 = 200;

/// Frames that are read in one second, acknowledgements not counted; what is more is passed over.
// wire: agentchat.md#73-frames-from-client-to-server
const MOST_FRAMES: u32 = 100;
const WINDOW: Duration = Duration::from_secs(1);

/// One client's side of a connection.
pub(crate) struct Talk {
    agentchat: AgentChat,
    state: State,
    frames: Window,
}

/// Who is at the other end.
enum State {
    /// It has not said so. Until then it may.
    Unknown(Duration),
    /// It has shown its key in the handshake, and is not let in yet.
    Introduced(Box<(Caller, bool)>),
    Known(Box<Speaker>),
}

/// An agent.
struct Speaker {
    caller: Caller,
    /// Its inbox, for as long as the connection lasts.
    reader: InboxReader,
    acknowledges: bool,
    _connection: LiveConnection,
}

/// How many frames have come in one window.
#[derive(Debug, Default)]
struct Window {
    began: Duration,
    count: u32,
}

impl Window {
    fn takes(&mut self, now: Duration) -> bool {
        if self.count == 0 || now.saturating_sub(self.began) >= WINDOW {
            *self = Self { began: now, count: 0 };
        }
        self.count += 1;
        self.count <= MOST_FRAMES
    }
}

/// What a client says.
#[derive(Deserialize)]
struct Said {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    message_id: Value,
    #[serde(default)]
    payload: Value,
}

#[async_trait]
impl SocketHandler for Talk {
    async fn text(&mut self, text: &str, socket: &Socket) -> Next {
        match &self.state {
            State::Unknown(_) => self.introduce(text, socket).await,
            State::Introduced(_) => self.let_in(socket).await,
            State::Known(_) => {
                self.hear(text).await;
                Next::GoOn
            }
        }
    }

    fn closing(&mut self, why: Closing, last: &mut BytesMut) -> CloseFrame {
        closing::closing(why, last)
    }

    fn wake_at(&self) -> Option<Duration> {
        match &self.state {
            State::Unknown(until) => Some(*until),
            State::Introduced(_) => Some(Duration::ZERO),
            State::Known(_) => None,
        }
    }

    async fn woken(&mut self, socket: &Socket) -> Next {
        match &self.state {
            State::Unknown(until) if *until <= self.now() => Next::Close(LATE_HELLO),
            State::Introduced(_) => self.let_in(socket).await,
            State::Unknown(_) | State::Known(_) => Next::GoOn,
        }
    }

    fn wants_room(&mut self) -> bool {
        match &self.state {
            State::Known(speaker) => !speaker.reader.is_live() && !speaker.caller.agent().is_fully_paused(),
            State::Unknown(_) | State::Introduced(_) => false,
        }
    }

    /// Gives it the next of what waits.
    // wire: agentchat.md#77-connect-drain-and-ordering-rules
    async fn room(&mut self, socket: &Socket) -> Next {
        let State::Known(speaker) = &self.state else { return Next::GoOn };
        let Ok(page) = speaker.reader.next_page(PAGE).await else {
            return Next::Close(closing::refused(&Error::Stopping));
        };
        let mut bytes = BytesMut::new();
        for posted in &page {
            bytes.extend_from_slice(&posted.encoded(&self.agentchat.gateway().messages));
        }
        if !bytes.is_empty() && socket.send_frames(bytes.freeze()).await.is_ok() && !speaker.acknowledges {
            speaker.reader.note_sent(&page);
        }
        Next::GoOn
    }
}

impl Talk {
    pub(crate) fn new(agentchat: AgentChat, introduced: Option<(Caller, bool)>) -> Self {
        let until = agentchat.chat().clock().elapsed() + agentchat.options().socket.hello;
        let state = introduced.map_or(State::Unknown(until), |introduced| State::Introduced(Box::new(introduced)));
        Self { agentchat, state, frames: Window::default() }
    }

    fn now(&self) -> Duration {
        self.agentchat.chat().clock().elapsed()
    }

    /// Reads the first frame.
    // wire: agentchat.md#71-path-and-handshake
    async fn introduce(&mut self, text: &str, socket: &Socket) -> Next {
        let Some(Hello { key, acknowledges }) = Hello::read(text) else { return Next::Close(NO_HELLO) };
        let chat = self.agentchat.chat();
        let caller = chat.authenticate(self.agentchat.surface(), &key).await;
        let caller = caller.and_then(|caller| Chat::permit(caller.agent(), Deed::Attend).map(|()| caller));
        match caller {
            Ok(caller) => {
                self.state = State::Introduced(Box::new((caller, acknowledges)));
                self.let_in(socket).await
            }
            Err(error) => Next::Close(closing::refused(&error)),
        }
    }

    /// From here on the connection is the agent's: it is told so first, then it is given what waits.
    async fn let_in(&mut self, socket: &Socket) -> Next {
        let State::Introduced(introduced) = &self.state else { return Next::GoOn };
        let (caller, acknowledges) = &**introduced;
        match self.begin(caller.clone(), *acknowledges, socket).await {
            Ok(speaker) => {
                self.state = State::Known(Box::new(speaker));
                Next::GoOn
            }
            Err(error) => Next::Close(closing::refused(&error)),
        }
    }

    async fn begin(&self, caller: Caller, acknowledges: bool, socket: &Socket) -> Result<Speaker, Error> {
        let chat = self.agentchat.chat();
        let outlet: Arc<dyn Outlet> = socket.outlet();
        let connection = chat.remember_connection(&caller, &outlet).await?;
        chat.keep_queue(caller.agent()).await?;
        // Who is gone needs no welcome; the connection's task has seen it.
        let _ = socket.send(frames::welcome(acknowledges)).await;
        let gateway = self.agentchat.gateway();
        connection.hear(&gateway.events);
        let reader = chat.read_inbox(caller.agent(), &outlet, &gateway.messages, acknowledges);
        Ok(Speaker { caller, reader, acknowledges, _connection: connection })
    }

    /// Whatever it cannot make sense of, and whatever is not the client's to say, it passes over.
    // wire: agentchat.md#73-frames-from-client-to-server
    async fn hear(&mut self, text: &str) {
        let now = self.now();
        let Ok(said) = serde_json::from_str::<Said>(text) else {
            self.frames.takes(now);
            return;
        };
        let State::Known(speaker) = &self.state else { return };
        let chat = self.agentchat.chat();
        chat.attend(&speaker.caller);
        if said.kind == "ack" {
            let message = said.message_id.as_str().and_then(ids::parse_message);
            if let Some(message) = message.filter(|_| speaker.acknowledges) {
                chat.acknowledge_message(&speaker.caller, message);
            }
            return;
        }
        if !self.frames.takes(now) {
            return;
        }
        let done = match said.kind.as_str() {
            "typing.start" => type_on(chat, &speaker.caller, &said.payload, true).await,
            "typing.stop" => type_on(chat, &speaker.caller, &said.payload, false).await,
            "message.read_ack" => mark_read(chat, &speaker.caller, &said.payload).await,
            "presence.update" => declare(chat, &speaker.caller, said.payload).await,
            _ => Ok(()),
        };
        if let Err(refused) = done {
            tracing::debug!(%refused, frame = %said.kind, "a frame was passed over");
        }
    }
}

fn named(payload: &Value) -> Option<NamedConversation> {
    payload.get("conversation_id")?.as_str().and_then(NamedConversation::parse)
}

async fn type_on(chat: &Chat, caller: &Caller, payload: &Value, has_begun: bool) -> Result<(), Error> {
    match named(payload) {
        Some(NamedConversation::Direct(id)) => chat.type_to_agent(caller, id, has_begun).await,
        Some(NamedConversation::Group(id)) => chat.type_to_group(caller, id, has_begun).await,
        None => Ok(()),
    }
}

/// Everything up to a place is read.
// wire: agentchat.md#73-frames-from-client-to-server
async fn mark_read(chat: &Chat, caller: &Caller, payload: &Value) -> Result<(), Error> {
    let through = payload.get("through_seq").and_then(Value::as_u64);
    let Some((named, through)) = named(payload).zip(through) else { return Ok(()) };
    let conversation = chat.thread(caller, threads::of(named)).await?;
    chat.mark_read_through(caller.agent(), &conversation, Seq(through)).await
}

async fn declare(chat: &Chat, caller: &Caller, payload: Value) -> Result<(), Error> {
    let Ok(declaration) = presence::read(Fields::of(payload)) else { return Ok(()) };
    chat.declare(caller, declaration).await.map(drop)
}
