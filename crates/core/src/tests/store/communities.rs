//! Communities of a store that fails or waits where a test wants it to.

use async_trait::async_trait;
use tertulia_model::{AgentNo, CommunityId, CommunityNo, ConversationId, ConversationNo, Role, Timestamp};
use tertulia_store::{
    Admission, BanRecord, Belonging, ChannelCreation, ChannelEdit, Communities, CommunityEdit, CommunityListing,
    CommunityQuery, CommunityRecord, Invitation, NewChannel, NewCommunity, NewReport, ReportRecord, Reporting,
    Standpoint, StoreError, SweptCommunities, WholeCommunity,
};

use super::FaultyStore;

#[async_trait]
impl Communities for FaultyStore {
    async fn create_community(&self, community: &NewCommunity) -> Result<WholeCommunity, StoreError> {
        self.through("create_community", self.inner.create_community(community)).await
    }

    async fn whole_community(&self, id: CommunityId) -> Result<Option<WholeCommunity>, StoreError> {
        self.through("whole_community", self.inner.whole_community(id)).await
    }

    async fn home_of_channel(&self, channel: ConversationId) -> Result<Option<CommunityId>, StoreError> {
        self.through("home_of_channel", self.inner.home_of_channel(channel)).await
    }

    async fn edit_community(
        &self,
        community: CommunityNo,
        edit: &CommunityEdit,
    ) -> Result<Option<CommunityRecord>, StoreError> {
        self.through("edit_community", self.inner.edit_community(community, edit)).await
    }

    async fn delete_community(&self, community: CommunityNo, now: Timestamp) -> Result<bool, StoreError> {
        self.through("delete_community", self.inner.delete_community(community, now)).await
    }

    async fn admit_member(
        &self,
        community: CommunityNo,
        agent: AgentNo,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        self.through("admit_member", self.inner.admit_member(community, agent, now)).await
    }

    async fn remove_member(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
        self.through("remove_member", self.inner.remove_member(community, agent)).await
    }

    async fn set_role(&self, community: CommunityNo, agent: AgentNo, role: Role) -> Result<bool, StoreError> {
        self.through("set_role", self.inner.set_role(community, agent, role)).await
    }

    async fn invite_member(
        &self,
        community: CommunityNo,
        agent: AgentNo,
        by: AgentNo,
        now: Timestamp,
        most: u32,
    ) -> Result<Invitation, StoreError> {
        self.through("invite_member", self.inner.invite_member(community, agent, by, now, most)).await
    }

    async fn withdraw_invitation(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
        self.through("withdraw_invitation", self.inner.withdraw_invitation(community, agent)).await
    }

    async fn ban_member(&self, community: CommunityNo, ban: &BanRecord) -> Result<bool, StoreError> {
        self.through("ban_member", self.inner.ban_member(community, ban)).await
    }

    async fn lift_ban(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
        self.through("lift_ban", self.inner.lift_ban(community, agent)).await
    }

    async fn bans(&self, community: CommunityNo, limit: u32) -> Result<Vec<BanRecord>, StoreError> {
        self.through("bans", self.inner.bans(community, limit)).await
    }

    async fn create_channel(
        &self,
        community: CommunityNo,
        channel: &NewChannel,
        most: u32,
    ) -> Result<ChannelCreation, StoreError> {
        self.through("create_channel", self.inner.create_channel(community, channel, most)).await
    }

    async fn edit_channel(&self, channel: ConversationNo, edit: &ChannelEdit) -> Result<bool, StoreError> {
        self.through("edit_channel", self.inner.edit_channel(channel, edit)).await
    }

    async fn delete_channel(&self, channel: ConversationNo, now: Timestamp) -> Result<bool, StoreError> {
        self.through("delete_channel", self.inner.delete_channel(channel, now)).await
    }

    async fn report_agent(&self, report: &NewReport) -> Result<Reporting, StoreError> {
        self.through("report_agent", self.inner.report_agent(report)).await
    }

    async fn reports(&self, target: Option<AgentNo>, limit: u32) -> Result<Vec<ReportRecord>, StoreError> {
        self.through("reports", self.inner.reports(target, limit)).await
    }

    async fn list_communities(
        &self,
        query: CommunityQuery<'_>,
        now: Timestamp,
        limit: u32,
        offset: u64,
    ) -> Result<Vec<CommunityListing>, StoreError> {
        self.through("list_communities", self.inner.list_communities(query, now, limit, offset)).await
    }

    async fn count_communities_before(
        &self,
        query: CommunityQuery<'_>,
        standpoint: Standpoint,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.through("count_communities_before", self.inner.count_communities_before(query, standpoint, now)).await
    }

    async fn communities_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<Belonging>, StoreError> {
        self.through("communities_of", self.inner.communities_of(agent, limit)).await
    }

    async fn sweep_communities(&self, now: Timestamp, most_rows: u32) -> Result<SweptCommunities, StoreError> {
        self.through("sweep_communities", self.inner.sweep_communities(now, most_rows)).await
    }
}
