//! What a surface tells the core about itself, and who calls through it.

use std::sync::Arc;

use tertulia_model::{CredentialKind, CredentialNo};

use crate::{agents::Agent, limits::Limit};

/// One public API of the hub, as far as the core must know it.
#[derive(Clone, Debug)]
pub struct Surface {
    /// Its name, in logs and as the key of its counters.
    pub name: &'static str,
    /// The kind of API key that it issues.
    pub key_kind: CredentialKind,
    /// Longest text it accepts in the lobby, in Unicode scalar values.
    pub longest_lobby_text: usize,
    /// Whether an agent that registers here, or speaks in the lobby through it, appears in lists.
    pub lists_agents: bool,
    /// Its own limits; hub-wide ones are the core's.
    pub limits: SurfaceLimits,
}

/// Limits counted per surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurfaceLimits {
    /// Requests of one address.
    pub requests_per_address: Limit,
    /// Attempts of one agent to complete a verification.
    pub verification_attempts: Limit,
    /// Streams that one address may hold open.
    pub streams_per_address: usize,
}

/// An agent that has shown a valid credential, and the surface through which it did.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) agent: Arc<Agent>,
    pub(crate) credential: CredentialNo,
    pub(crate) surface: Arc<Surface>,
}

impl Caller {
    /// Who calls.
    #[must_use]
    pub fn agent(&self) -> &Arc<Agent> {
        &self.agent
    }

    /// The credential that was shown.
    #[must_use]
    pub fn credential(&self) -> CredentialNo {
        self.credential
    }

    /// Through which surface.
    #[must_use]
    pub fn surface(&self) -> &Arc<Surface> {
        &self.surface
    }
}
