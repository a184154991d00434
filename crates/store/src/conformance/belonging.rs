//! Who belongs to a community: joining, leaving, inviting, banning, roles.

use tertulia_model::{AgentNo, CommunityNo, Role};

use super::fixtures::{community, found, join, minute, open};
use crate::{
    Admission, BanRecord, CommunityRecord, Invitation, Member, NewCommunity, Store, StoreError, WholeCommunity,
};

fn ban(agent: AgentNo, at: i64) -> BanRecord {
    BanRecord { agent, is_automatic: false, reason: Some("because".into()), banned_at: minute(at) }
}

async fn whole(store: &dyn Store, community: &CommunityRecord) -> Result<WholeCommunity, StoreError> {
    let mut whole = store.whole_community(community.id).await?.expect("the community is there");
    whole.members.sort_unstable_by_key(|member| member.agent);
    Ok(whole)
}

/// How many members the lists say that it has.
async fn counted(store: &dyn Store, owner: AgentNo) -> Result<u32, StoreError> {
    Ok(store.communities_of(owner, 10).await?[0].listing.members)
}

/// And is counted; a second time changes nothing.
pub async fn who_joins_is_a_member(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = found(store, "den", ada).await?.community;
    assert_eq!(store.admit_member(den.number, bob, minute(1)).await?, Admission::Admitted);
    assert_eq!(store.admit_member(den.number, bob, minute(2)).await?, Admission::AlreadyMember);
    assert_eq!(store.admit_member(den.number, ada, minute(2)).await?, Admission::AlreadyMember);
    let expected = Member { agent: bob, role: Role::Member, since: minute(1) };
    assert_eq!(whole(store, &den).await?.members[1], expected);
    assert_eq!(counted(store, ada).await?, 2);
    let own = store.communities_of(bob, 10).await?;
    assert_eq!((own[0].listing.community.clone(), own[0].role, own[0].since), (den, Role::Member, minute(1)));
    Ok(())
}

/// And may come back. The owner stays.
pub async fn who_leaves_is_no_member(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = found(store, "den", ada).await?.community;
    store.admit_member(den.number, bob, minute(1)).await?;
    assert!(store.remove_member(den.number, bob).await?);
    assert!(!store.remove_member(den.number, bob).await?);
    assert!(!store.remove_member(den.number, ada).await?);
    assert_eq!(whole(store, &den).await?.members.len(), 1);
    assert_eq!(counted(store, ada).await?, 1);
    assert!(store.communities_of(bob, 10).await?.is_empty());
    assert_eq!(store.admit_member(den.number, bob, minute(2)).await?, Admission::Admitted);
    Ok(())
}

/// Also when ten come at once.
pub async fn a_full_community_admits_nobody(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let small = NewCommunity { most_members: 4, ..community("den", ada) };
    let den = store.create_community(&small).await?.community;
    let mut agents = Vec::new();
    for number in 0..10 {
        agents.push(join(store, &format!("agent-{number}")).await?);
    }
    let all = agents.iter().map(|agent| store.admit_member(den.number, *agent, minute(1)));
    let answers = futures_util::future::try_join_all(all).await?;
    assert_eq!(answers.iter().filter(|answer| **answer == Admission::Admitted).count(), 3);
    assert_eq!(answers.iter().filter(|answer| **answer == Admission::Full).count(), 7);
    assert_eq!((whole(store, &den).await?.members.len(), counted(store, ada).await?), (4, 4));
    Ok(())
}

/// An invitation opens it once.
pub async fn a_private_community_is_entered_by_invitation(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let private = NewCommunity { is_public: false, ..community("den", ada) };
    let den = store.create_community(&private).await?.community;
    assert_eq!(store.admit_member(den.number, bob, minute(1)).await?, Admission::NotInvited);
    assert_eq!(store.invite_member(den.number, bob, ada, minute(1), 10).await?, Invitation::Invited);
    assert_eq!(store.invite_member(den.number, bob, ada, minute(2), 10).await?, Invitation::AlreadyInvited);
    assert_eq!(whole(store, &den).await?.invited, [bob]);
    assert_eq!(store.admit_member(den.number, bob, minute(3)).await?, Admission::Admitted);
    assert!(whole(store, &den).await?.invited.is_empty());
    assert_eq!(store.invite_member(den.number, bob, ada, minute(4), 10).await?, Invitation::AlreadyMember);
    assert!(store.remove_member(den.number, bob).await?);
    assert_eq!(store.admit_member(den.number, bob, minute(5)).await?, Admission::NotInvited);
    Ok(())
}

/// And opens nothing any more.
pub async fn an_invitation_is_taken_back(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let private = NewCommunity { is_public: false, ..community("den", ada) };
    let den = store.create_community(&private).await?.community;
    store.invite_member(den.number, bob, ada, minute(1), 10).await?;
    assert!(store.withdraw_invitation(den.number, bob).await?);
    assert!(!store.withdraw_invitation(den.number, bob).await?);
    assert_eq!(store.admit_member(den.number, bob, minute(2)).await?, Admission::NotInvited);
    Ok(())
}

/// Beyond that nobody is.
pub async fn so_many_are_invited(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = found(store, "den", ada).await?.community;
    assert_eq!(store.invite_member(den.number, bob, ada, minute(1), 1).await?, Invitation::Invited);
    assert_eq!(store.invite_member(den.number, eve, ada, minute(1), 1).await?, Invitation::TooMany);
    assert_eq!(whole(store, &den).await?.invited, [bob]);
    Ok(())
}

/// Neither as a member nor as one who is invited, until the ban is lifted; who was a member is none then.
pub async fn who_is_banned_stays_out(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = found(store, "den", ada).await?.community;
    store.admit_member(den.number, bob, minute(1)).await?;
    store.invite_member(den.number, eve, ada, minute(1), 10).await?;
    for agent in [bob, eve] {
        assert!(store.ban_member(den.number, &ban(agent, 2)).await?);
        assert_eq!(store.admit_member(den.number, agent, minute(3)).await?, Admission::Banned);
        assert_eq!(store.invite_member(den.number, agent, ada, minute(3), 10).await?, Invitation::Banned);
    }
    let now = whole(store, &den).await?;
    assert_eq!((now.members.len(), now.invited.len(), counted(store, ada).await?), (1, 0, 1));
    assert!(store.lift_ban(den.number, bob).await?);
    assert!(!store.lift_ban(den.number, bob).await?);
    assert_eq!(whole(store, &den).await?.members.len(), 1);
    assert_eq!(store.admit_member(den.number, bob, minute(4)).await?, Admission::Admitted);
    Ok(())
}

/// The first ban stays as it is; the owner cannot be banned.
pub async fn a_ban_is_made_once(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = found(store, "den", ada).await?.community;
    assert!(store.ban_member(den.number, &ban(bob, 1)).await?);
    assert!(!store.ban_member(den.number, &BanRecord { is_automatic: true, ..ban(bob, 2) }).await?);
    assert!(!store.ban_member(den.number, &ban(ada, 2)).await?);
    let automatic = BanRecord { agent: eve, is_automatic: true, reason: None, banned_at: minute(3) };
    assert!(store.ban_member(den.number, &automatic).await?);
    assert_eq!(store.bans(den.number, 10).await?, [automatic.clone(), ban(bob, 1)]);
    assert_eq!(store.bans(den.number, 1).await?, [automatic]);
    assert_eq!(whole(store, &den).await?.members.len(), 1);
    Ok(())
}

/// Never the owner's, and never to owner.
pub async fn roles_are_given_to_members(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = found(store, "den", ada).await?.community;
    store.admit_member(den.number, bob, minute(1)).await?;
    assert!(store.set_role(den.number, bob, Role::Admin).await?);
    assert_eq!(whole(store, &den).await?.members[1].role, Role::Admin);
    assert_eq!(store.communities_of(bob, 10).await?[0].role, Role::Admin);
    for (agent, role) in [(bob, Role::Owner), (ada, Role::Member), (eve, Role::Admin)] {
        assert!(!store.set_role(den.number, agent, role).await?, "{role:?}");
    }
    let roles: Vec<_> = whole(store, &den).await?.members.iter().map(|member| member.role).collect();
    assert_eq!(roles, [Role::Owner, Role::Admin]);
    Ok(())
}

/// Neither joining nor inviting nor banning.
pub async fn what_is_gone_takes_nobody(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = found(store, "den", ada).await?.community;
    store.delete_community(den.number, minute(1)).await?;
    for number in [den.number, CommunityNo(999)] {
        assert_eq!(store.admit_member(number, bob, minute(2)).await?, Admission::Gone);
        assert_eq!(store.invite_member(number, bob, ada, minute(2), 10).await?, Invitation::Gone);
        assert!(!store.ban_member(number, &ban(bob, 2)).await?);
    }
    Ok(())
}
