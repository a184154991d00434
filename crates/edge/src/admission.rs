//! The question asked before a request is routed.

use tertulia_core::Quota;

use crate::{head::RequestHead, refusal::Refusal};

/// A surface's rule per address ("120 requests a minute"). The rule itself lives in the core; edge only asks.
pub trait Admission: Send + Sync + 'static {
    /// Counts the request and says what is left, if anything was counted; or says why it may not go on.
    ///
    /// # Errors
    ///
    /// The refusal to answer with, as a rule [`Refusal::Throttled`].
    fn admit(&self, head: &RequestHead) -> Result<Option<Quota>, Refusal>;
}
