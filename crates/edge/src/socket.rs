//! WebSockets: one loop for every surface that speaks over them.
//!
//! A route takes a [`SocketOpener`], opens an [`OpeningSocket`] of its [`SocketClass`] and answers with
//! [`OpeningSocket::serve`], giving a [`SocketHandler`]. Once the handshake is out the socket is taken from hyper, with
//! what the client sent behind it, and all that is left of the connection is the send queue and one small task: it reads
//! frames, answers pings, calls the handler, keeps the time, and closes in order.
//!
//! Frames of the hub leave through the send queue alone, whoever sends them, so that there is one order. The handler
//! knows texts and reasons; nothing here knows what they mean.

mod closing;
mod handle;
mod handler;
mod opener;
mod parting;
mod subscriptions;
mod talk;

pub use closing::{CloseFrame, Closing};
pub use handle::{Socket, SocketClosed};
pub use handler::{BinaryMessages, FrameRate, Next, SocketClass, SocketHandler};
pub use opener::{OpeningSocket, SocketOpener};
pub(crate) use opener::{SocketTail, Takeover};
pub use subscriptions::{AfterEnd, Place, Rest, Subscription, Subscriptions, TooManySubscriptions};
pub(crate) use talk::serve;
