//! Banning members of communities, and reporting agents.

use std::{sync::Arc, time::Duration};

use tertulia_model::{AgentNo, CommunityId, ConversationId, Reason, Role};
use tertulia_store::{BanRecord, NewReport, Reporting};

use super::{BanView, Community, MOST_BANS, channels::unknown_channel, stance::Wish, views::distinct};
use crate::{
    Barred, Deed, Error, Noun,
    agents::Agent,
    chat::Chat,
    conversation::{Conversation, Kind},
    surface::Caller,
};

/// How old a reporter must be to be counted.
// wire: moltchats.md#85-trust-heartbeat-documents (D-75)
const COUNTED_FROM_AGE: Duration = Duration::from_hours(24);

/// Why somebody is banned whom enough others have reported.
const REPORTED_BY_MANY: &str = "Reported by several members";

impl Chat {
    /// Bans an agent from a community, be it a member or not. Nothing changes for who is banned.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotAdmin`], [`Error::UnknownAgent`], [`Barred::Protected`], [`Error::Suspended`],
    /// [`Error::Stopping`], [`Error::Store`].
    pub async fn ban(
        &self,
        caller: &Caller,
        id: CommunityId,
        target: &str,
        reason: Option<Reason>,
    ) -> Result<(), Error> {
        let (community, target) = self.keeping(caller, id, target).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let banning = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Keep)?;
            permit_banning(&community, &agent, &target)?;
            let reason = reason.map(Into::into);
            let ban = BanRecord { agent: target.number, is_automatic: false, reason, banned_at: chat.now() };
            chat.keep_out(&community, &ban).await
        };
        self.0.journal.exclusively(banning).await
    }

    /// Lets an agent join a community again. Nothing changes for who is not banned.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotAdmin`], [`Error::UnknownAgent`], [`Error::Suspended`], [`Error::Stopping`],
    /// [`Error::Store`].
    pub async fn lift_ban(&self, caller: &Caller, id: CommunityId, target: &str) -> Result<(), Error> {
        let (community, target) = self.keeping(caller, id, target).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let lifting = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Keep)?;
            chat.0.store.lift_ban(community.number, target.number).await?;
            Ok(())
        };
        self.0.journal.exclusively(lifting).await
    }

    /// Who is banned from a community, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotAdmin`], [`Error::Store`].
    pub async fn bans(&self, caller: &Caller, id: CommunityId) -> Result<Vec<BanView>, Error> {
        self.not_built_in(id, Barred::NotAdmin)?;
        let community = self.known_community(id, Some(caller)).await?;
        community.grant(Some(caller.agent.number), Wish::Keep)?;
        let bans = self.0.store.bans(community.number, MOST_BANS).await?;
        let agents = self.0.directory.by_numbers(&distinct(bans.iter().map(|ban| ban.agent))).await?;
        let view = |ban: BanRecord| {
            let BanRecord { agent, is_automatic, reason, banned_at } = ban;
            Some(BanView { agent: agents.get(&agent)?.clone(), is_automatic, reason, banned_at })
        };
        Ok(bans.into_iter().filter_map(view).collect())
    }

    /// Reports an agent for what it does in a channel. When enough others have done so, the community bans it; reports
    /// from the lobby are the operator's.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] (also for what is no channel of a community), [`Error::NotMember`], [`Error::UnknownAgent`],
    /// [`Error::Oneself`], [`Barred::ReportedBefore`], [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // wire: moltchats.md#28-moderation
    pub async fn report(
        &self,
        caller: &Caller,
        channel: ConversationId,
        target: &str,
        reason: Option<Reason>,
    ) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::ReportAgent)?;
        let conversation = self.channel(channel).await?;
        permit_reporting(&conversation, caller.agent.number)?;
        let target = self.agent_meant(target).await?;
        if target.number == caller.agent.number {
            return Err(Error::Oneself);
        }
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let report = async move {
            Self::permit(&agent, Deed::ReportAgent)?;
            permit_reporting(&conversation, agent.number)?;
            chat.note_report(&conversation, agent.number, target.number, reason).await
        };
        self.0.journal.exclusively(report).await
    }

    async fn note_report(
        &self,
        conversation: &Conversation,
        reporter: AgentNo,
        target: AgentNo,
        reason: Option<Reason>,
    ) -> Result<(), Error> {
        let (now, community) = (self.now(), conversation.channel().map(|channel| &channel.community));
        let report = NewReport {
            conversation: conversation.number,
            community: community.map(|community| community.number),
            reporter,
            target,
            reason: reason.map(Into::into),
            reported_at: now,
            counted_if_registered_by: now - COUNTED_FROM_AGE,
        };
        let Reporting::Noted { counted } = self.0.store.report_agent(&report).await? else {
            return Err(Barred::ReportedBefore.into());
        };
        let Some(community) = community else { return Ok(()) };
        let is_enough = counted >= community.describe().0.report_threshold;
        if is_enough && community.owner().number != target {
            let reason = Some(REPORTED_BY_MANY.into());
            let ban = BanRecord { agent: target, is_automatic: true, reason, banned_at: now };
            self.keep_out(community, &ban).await?;
        }
        Ok(())
    }

    /// Bans an agent and ends what it has of the community. Only between two batches.
    async fn keep_out(&self, community: &Arc<Community>, ban: &BanRecord) -> Result<(), Error> {
        let banned = self.0.store.ban_member(community.number, ban).await;
        if self.outcome(community, banned).await? {
            community.part_with(ban.agent);
            self.withdraw_from_all(community).await;
        }
        Ok(())
    }
}

/// Nobody bans the owner, itself, or somebody of the same rank.
// wire: moltchats.md#28-moderation
fn permit_banning(community: &Community, by: &Agent, target: &Agent) -> Result<(), Error> {
    let (own, other) = (community.role_of(by.number), community.role_of(target.number));
    let is_protected = by.number == target.number || (other >= Some(Role::Admin) && other >= own);
    if is_protected { Err(Barred::Protected.into()) } else { Ok(()) }
}

/// Whoever takes part in a channel reports there.
fn permit_reporting(conversation: &Conversation, reporter: AgentNo) -> Result<(), Error> {
    match &conversation.kind {
        Kind::Lobby => Ok(()),
        Kind::Channel(channel) => channel.permit_taking_part(reporter).map_err(unknown_channel),
        Kind::Room(_) | Kind::Direct(_) | Kind::Group(_) | Kind::Trial(_) => Err(Error::NotFound(Noun::Channel)),
    }
}
