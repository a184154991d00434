//! What is said where there is nothing to say.

use serde::Serialize;
use utoipa::ToSchema;

/// It is done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Done)]
pub(crate) struct Done {
    #[schema(example = true)]
    ok: bool,
}

impl Done {
    pub(crate) const DONE: Self = Self { ok: true };
}
