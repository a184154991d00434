//! The one way out: every request that the hub makes of a foreign server goes through [`Outgoing`].
//!
//! It promises that a request reaches public addresses only (unless the [`Policy`] says otherwise), that the address
//! which was checked is the address which is connected to, and that time, size and number of requests are bounded.
//! It sends no cookie, no referer and no credential that the caller did not put there, and uses no proxy.
//! It refuses to know what is being asked, and what the answers mean.

mod address;
mod client;
mod error;
mod failure;
mod policy;
mod redirect;
mod request;
mod resolver;
mod response;
mod target;
mod tls;

pub use address::{AddressPolicy, is_public};
pub use client::Outgoing;
pub use error::{Error, TargetError};
pub use policy::Policy;
pub use request::{Redirects, Request};
pub use response::Response;
pub use target::Target;
