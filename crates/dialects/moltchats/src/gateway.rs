//! The WebSocket gateway: channels as they happen, and what concerns an agent wherever it is connected.
//!
//! A connection is let in first and told then why it may not stay, since clients understand an error and a close code
//! better than a status. Its frames are answered strictly one after the other. It holds no rule of a place: who may
//! subscribe, speak and listen on is the core's to say.

mod audience;
pub(crate) mod connecting;
mod frames;
mod idle;
mod listening;
mod ops;
mod refused;
mod rounds;
mod talk;
mod trusting;

use std::{sync::Arc, time::Duration};

use tertulia_core::{AgentForm, Clock, Form, Limit};
use tertulia_edge::{BinaryMessages, FrameRate, SocketClass, StreamPermits};

pub use ops::unreadable_code;
pub(crate) use rounds::tell_presence;

use audience::Audience;

use crate::Options;

/// Where the gateway stands. It is also what a WebSocket at `/` is.
// wire: moltchats.md#11-urls-that-must-work
pub const GATEWAY: &str = "/ws";

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Gateway {
    sockets: Arc<SocketClass>,
    /// Messages, as every subscriber gets them.
    messages: Form,
    /// What concerns one agent.
    events: AgentForm,
    audience: Arc<Audience>,
    observers: StreamPermits,
    observers_per_address: u32,
    /// Frames that one connection sends.
    frames_per_connection: Limit,
}

impl Gateway {
    /// A gateway as the host wants it.
    pub(crate) fn new(clock: &Arc<dyn Clock>, options: &Options) -> Self {
        Self {
            sockets: Arc::new(class(options)),
            messages: Form::sparing_authors(frames::write_message),
            events: AgentForm::new(frames::write_event),
            audience: Audience::new(clock.clone()),
            observers: StreamPermits::new(),
            observers_per_address: options.observers_per_address,
            frames_per_connection: options.frames_per_connection,
        }
    }
}

// wire: moltchats.md#31-connecting
fn class(options: &Options) -> SocketClass {
    SocketClass {
        queue_bytes: options.socket_queue_bytes,
        longest_message: 256 * 1024,
        binary: BinaryMessages::TakeAsText,
        ping_every: Duration::from_secs(30),
        silent_after: Duration::from_secs(90),
        frames: FrameRate::beyond(options.frames_per_connection),
    }
}
