//! Communities with their channels, members, invitations and bans, and the report book.
//!
//! What is deleted is gone at once for every method but [`Communities::sweep_communities`], which deletes its rows slice
//! by slice. A community that is not public is found by whoever asks: who may know of it is decided above the store.

use std::fmt::Debug;

use async_trait::async_trait;
use tertulia_model::{AgentNo, CommunityId, CommunityNo, ConversationId, ConversationNo, Role, Timestamp};

use crate::{
    Admission, BanRecord, Belonging, ChannelCreation, ChannelEdit, CommunityEdit, CommunityListing, CommunityQuery,
    CommunityRecord, Invitation, NewChannel, NewCommunity, NewReport, ReportRecord, Reporting, Standpoint, StoreError,
    SweptCommunities, WholeCommunity,
};

/// Communities.
#[async_trait]
pub trait Communities: Debug + Send + Sync + 'static {
    /// Creates a community with its owner as its one member and with its first channel, or nothing at all. No number of a
    /// community or a conversation is given twice.
    async fn create_community(&self, community: &NewCommunity) -> Result<WholeCommunity, StoreError>;

    /// The community with this id and all that belongs to it, of one moment.
    async fn whole_community(&self, id: CommunityId) -> Result<Option<WholeCommunity>, StoreError>;

    /// The community of which the conversation is a channel.
    async fn home_of_channel(&self, channel: ConversationId) -> Result<Option<CommunityId>, StoreError>;

    /// Changes what a community says about itself; as it is then.
    async fn edit_community(
        &self,
        community: CommunityNo,
        edit: &CommunityEdit,
    ) -> Result<Option<CommunityRecord>, StoreError>;

    /// Deletes a community with its channels. `false`: it was gone before.
    async fn delete_community(&self, community: CommunityNo, now: Timestamp) -> Result<bool, StoreError>;

    /// Makes an agent a member. Who is a member, banned, invited, and whether there is room for one more is decided here.
    async fn admit_member(
        &self,
        community: CommunityNo,
        agent: AgentNo,
        now: Timestamp,
    ) -> Result<Admission, StoreError>;

    /// Ends a membership that is not the owner's. `false`: there was none.
    async fn remove_member(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError>;

    /// Gives a member a role. The owner keeps its own, and nobody becomes owner. `false`: there is no such member.
    async fn set_role(&self, community: CommunityNo, agent: AgentNo, role: Role) -> Result<bool, StoreError>;

    /// Invites an agent in the name of another, as long as fewer than `most` are invited.
    async fn invite_member(
        &self,
        community: CommunityNo,
        agent: AgentNo,
        by: AgentNo,
        now: Timestamp,
        most: u32,
    ) -> Result<Invitation, StoreError>;

    /// Takes an invitation back. `false`: there was none.
    async fn withdraw_invitation(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError>;

    /// Keeps an agent out, and ends its membership and its invitation. `false`: it was kept out before, and the first ban
    /// stays as it is; or it is the owner; or the community is gone.
    async fn ban_member(&self, community: CommunityNo, ban: &BanRecord) -> Result<bool, StoreError>;

    /// Lets a banned agent join again. `false`: it was not banned.
    async fn lift_ban(&self, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError>;

    /// Who is banned, newest first, at most `limit`.
    async fn bans(&self, community: CommunityNo, limit: u32) -> Result<Vec<BanRecord>, StoreError>;

    /// Creates a channel, as long as the community has fewer than `most`.
    async fn create_channel(
        &self,
        community: CommunityNo,
        channel: &NewChannel,
        most: u32,
    ) -> Result<ChannelCreation, StoreError>;

    /// Changes what a channel says about itself. `false`: it is gone.
    async fn edit_channel(&self, channel: ConversationNo, edit: &ChannelEdit) -> Result<bool, StoreError>;

    /// Deletes a channel. `false`: it was gone before.
    async fn delete_channel(&self, channel: ConversationNo, now: Timestamp) -> Result<bool, StoreError>;

    /// Writes a report into the book, once for each channel, reporter and target.
    async fn report_agent(&self, report: &NewReport) -> Result<Reporting, StoreError>;

    /// Reports (of one target, if one is named), newest first, at most `limit`.
    async fn reports(&self, target: Option<AgentNo>, limit: u32) -> Result<Vec<ReportRecord>, StoreError>;

    /// Public communities as asked for. `now` is what their age is reckoned from.
    async fn list_communities(
        &self,
        query: CommunityQuery<'_>,
        now: Timestamp,
        limit: u32,
        offset: u64,
    ) -> Result<Vec<CommunityListing>, StoreError>;

    /// How many of the communities that [`Communities::list_communities`] gives would come before one at this standpoint.
    async fn count_communities_before(
        &self,
        query: CommunityQuery<'_>,
        standpoint: Standpoint,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// The communities of which an agent is a member, by the moment since when, then by number, at most `limit`.
    async fn communities_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<Belonging>, StoreError>;

    /// Deletes rows of what was deleted by `now`, at most `most_rows` in one go: of each channel its messages, newest first,
    /// with the reactions to them, then the channel itself; of each community that has no channels left who belonged to
    /// it, then the community itself; of each trial that was over by `now` its conversation. Reports stay, and forget where
    /// it was. To be called again as long as it fills its measure. No number that was ever given, to a message, a
    /// conversation or a community, is given again.
    async fn sweep_communities(&self, now: Timestamp, most_rows: u32) -> Result<SweptCommunities, StoreError>;
}
