//! What agents hold against an agent.
//!
//! A block or a report *counts* against its target if that one had written first to who made it, in their direct
//! conversation: nobody is restricted by strangers who agree to block it.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, Timestamp};

use crate::{Blocking, StoreError};

/// A report of an agent as such, about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainReport {
    /// Who reports.
    pub reporter: AgentNo,
    /// Whom: somebody else.
    pub target: AgentNo,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// When.
    pub now: Timestamp,
}

/// What became of a report of an agent as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainReporting {
    /// It stands in the report book.
    Noted {
        /// Whether it counts against the target.
        counts: bool,
        /// The block that was made with it.
        blocking: Blocking,
    },
    /// The reporter has reported the target as such before. Nothing was written.
    Repeated,
}

/// After which moments complaints are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComplaintsAfter {
    /// Recent blocks.
    pub recent_blocks: Timestamp,
    /// Blocks.
    pub blocks: Timestamp,
    /// Reports.
    pub reports: Timestamp,
}

/// What counts against an agent. What was counted before the operator lifted a suspension does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Complaints {
    /// Recent blocks that stand.
    pub recent_blocks: u32,
    /// Blocks that stand.
    pub blocks: u32,
    /// Reports of it as such.
    pub reports: u32,
}

/// What agents hold against an agent.
#[async_trait]
pub trait Enforcement: Debug + Send + Sync + 'static {
    /// Reports an agent as such, and blocks it for the reporter. Of a pair this is done once: of two at once, one is.
    async fn report_plainly(&self, report: &PlainReport) -> Result<PlainReporting, StoreError>;

    /// What counts against an agent.
    async fn complaints(&self, against: AgentNo, after: &ComplaintsAfter) -> Result<Complaints, StoreError>;
}
