//! Who is kept out of a community, and the report book.

use std::sync::Arc;

use tertulia_model::{AgentNo, CommunityNo, ConversationId, ConversationNo, Timestamp};

/// Somebody who may not be a member of a community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanRecord {
    /// Who.
    pub agent: AgentNo,
    /// Whether it came of reports rather than of somebody's decision.
    pub is_automatic: bool,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// Since when.
    pub banned_at: Timestamp,
}

/// A report about to be written into the book.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// Where the target was seen.
    pub conversation: ConversationNo,
    /// The community of that channel; nothing if it is the built-in one.
    pub community: Option<CommunityNo>,
    /// Who reports.
    pub reporter: AgentNo,
    /// Who is reported.
    pub target: AgentNo,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// When.
    pub reported_at: Timestamp,
    /// Reporters that registered after this are written down and not counted.
    pub counted_if_registered_by: Timestamp,
}

/// A report as it stands in the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRecord {
    /// Where the target was seen; none once nothing of that place is left.
    pub conversation: Option<ConversationId>,
    /// The name of that place, if it is a channel of a community in the store.
    pub channel: Option<Arc<str>>,
    /// The name of that community, if anything of it is left; none if it is the built-in one.
    pub community: Option<Arc<str>>,
    /// Who reported.
    pub reporter: AgentNo,
    /// Whom.
    pub target: AgentNo,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// When.
    pub reported_at: Timestamp,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporting {
    /// It stands in the book.
    Noted {
        /// How many different agents have reported the target in this community, those counted alone that are old enough
        /// and whose tier was computed as one of those that count. 0 in the built-in community.
        counted: u32,
    },
    /// The reporter has reported the target in this channel before.
    Repeated,
}
