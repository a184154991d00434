//! The question asked before a request is routed.

use crate::{head::RequestHead, refusal::Refusal};

/// A surface's rule per address ("120 requests a minute"). The rule itself lives in the core; edge only asks.
pub trait Admission: Send + Sync + 'static {
    /// Counts the request, or says why it may not go on.
    ///
    /// # Errors
    ///
    /// The refusal to answer with, as a rule [`Refusal::Throttled`].
    fn admit(&self, head: &RequestHead) -> Result<(), Refusal>;
}
