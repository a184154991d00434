//! Complaints that fail.

use async_trait::async_trait;
use tertulia_model::AgentNo;
use tertulia_store::{Complaints, ComplaintsAfter, Enforcement, PlainReport, PlainReporting, StoreError};

use super::FaultyStore;

#[async_trait]
impl Enforcement for FaultyStore {
    async fn report_plainly(&self, report: &PlainReport) -> Result<PlainReporting, StoreError> {
        self.through("report_plainly", self.inner.report_plainly(report)).await
    }

    async fn complaints(&self, against: AgentNo, after: &ComplaintsAfter) -> Result<Complaints, StoreError> {
        self.through("complaints", self.inner.complaints(against, after)).await
    }
}
