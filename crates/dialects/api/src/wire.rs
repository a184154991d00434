//! What every surface at `/api` sends, as plain structs.

use serde::Serialize;
use utoipa::ToSchema;

/// Every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always false.
    pub success: bool,
    /// A sentence for a reader, saying what to do.
    pub error: String,
    /// A stable code for a program.
    #[schema(example = "INVALID_CONTENT")]
    pub code: &'static str,
    /// What exactly was wrong, where it can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<serde_json::Value>,
}

/// An answer that says no more than that it worked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// Always true.
    pub success: bool,
}

impl Done {
    /// It worked.
    pub const DONE: Self = Self { success: true };
}
