//! The WebSocket: what comes into an agent's inbox as it comes, and what its client says it has got.
//!
//! A connection says who it is in its first frame, or in a header of the handshake. Then it is given what waits, oldest
//! first, and after that whatever comes. It holds no rule of messages; what it is told, it hands to the core.

mod closing;
pub(crate) mod connecting;
mod frames;
mod hello;
mod talk;

use std::sync::Arc;

use tertulia_core::{AgentForm, Form};
use tertulia_edge::{BinaryMessages, FrameRate, SocketClass};

use crate::Options;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Gateway {
    sockets: Arc<SocketClass>,
    /// Messages, as every connection is given them.
    messages: Form,
    /// What concerns one agent.
    events: AgentForm,
}

impl Gateway {
    pub(crate) fn new(options: &Options) -> Self {
        let public_url = options.public_url.clone();
        Self {
            sockets: Arc::new(class(options)),
            messages: Form::new(frames::write_message),
            events: AgentForm::new(move |event, out| frames::write_event(event, &public_url, out)),
        }
    }
}

// wire: agentchat.md#72-close-codes, agentchat.md#76-connections-presence-heartbeat
fn class(options: &Options) -> SocketClass {
    SocketClass {
        queue_bytes: options.socket_queue_bytes,
        longest_message: 64 * 1024,
        binary: BinaryMessages::Ignore,
        ping_every: options.socket.ping_every,
        silent_after: options.socket.silence,
        // Whoever has been given ten thousand messages acknowledges as many at once.
        frames: FrameRate { most: 100_000, ..FrameRate::default() },
    }
}
