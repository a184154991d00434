//! HTTP mechanics without wire shapes: accepting connections, what every request passes through before and after its
//! handler, and streams that outlive their response head.
//!
//! A surface gives a router, a [`Surface`] (its path prefix, how it words a [`Refusal`], its body limit and admission
//! rule) and opens streams with [`StreamOpener`] and WebSockets with [`SocketOpener`]. The host joins the routers, builds an [`Edge`] and runs a [`Server`].
//!
//! Edge knows no envelope and no dialect, and of JSON only how encoded items become an array. It answers nothing in its own words: every refusal, the router's own
//! 404 and 405 included, is rendered by the surface whose prefix is the longest match.

mod address;
mod admission;
mod body;
mod connection;
mod cors;
mod credential;
mod edge;
mod forwarded;
mod head;
mod hosts;
mod json;
mod keep_alive;
mod link;
mod live;
mod metrics;
mod negotiation;
mod paths;
mod permits;
mod queue;
mod queue_body;
mod queue_budget;
mod quota;
mod refusal;
mod report;
mod server;
mod socket;
pub mod sse;
mod streamed;
mod surfaces;
mod taken;
mod timer;
mod tracked;
mod wire;
pub mod ws;

pub use address::{ClientAddress, ForwardedHeader, TrustedProxies};
pub use admission::Admission;
pub use body::{BodyLimit, WholeBody};
pub use cors::CorsPolicy;
pub use credential::bearer_token;
pub use edge::{Edge, EdgeContext, EdgeOptions};
pub use forwarded::{forwarded_for, x_forwarded_for};
pub use head::{Head, RequestHead, RequestId};
pub use hosts::AllowedHosts;
pub use json::{json_bytes, put_array};
pub use live::{LiveStream, StreamClass, StreamOpener};
pub use metrics::EdgeMetrics;
pub use negotiation::weight_of;
pub use permits::{StreamPermit, StreamPermits};
pub use queue::SendQueue;
pub use queue_budget::QueueBudget;
pub use quota::{
    has_quota, insert_quota, insert_retry_after, local_hint, throttled_in_words, wait_in_words, whole_seconds,
};
pub use refusal::{PlainRenderer, Refusal, Renderer};
pub use server::{Server, ServerOptions, listen};
pub use socket::{
    AfterEnd, BinaryMessages, CloseFrame, Closing, FrameRate, Next, OpeningSocket, Place, Rest, Socket, SocketClass,
    SocketClosed, SocketHandler, SocketOpener, Subscription, Subscriptions, TooManySubscriptions,
};
pub use streamed::StreamedBody;
pub use surfaces::Surface;
pub use tracked::{Tracked, tracked};
