//! Groups, who is a member, and who is invited.

use std::sync::Arc;

use tertulia_model::{
    AgentNo, ConversationId, ConversationKind, ConversationNo, GroupEvent, GroupInvitationId, GroupRole, MessageNo,
    Seq, random_uuid,
};

use super::fixtures::{AppendOnly, START, join, minute, open, room, said_at};
use crate::{
    Append, Commit, Content, EventRecord, FormerMemberRecord, GroupChange, GroupEdit, GroupInvitationRecord,
    GroupMemberRecord, GroupRecord, InvitationsMade, LogEnd, NewEnvelope, NewGroup, NewGroupInvitation, Part, Store,
    StoreError, WholeGroup,
};

fn group_id(number: u8) -> ConversationId {
    ConversationId::from_uuid(random_uuid([number; 16]))
}

fn invitation_id(number: u8) -> GroupInvitationId {
    GroupInvitationId::from_uuid(random_uuid([number; 16]))
}

fn new(number: u8, creator: AgentNo) -> NewGroup {
    NewGroup {
        id: group_id(number),
        name: "ops".into(),
        description: Some("what breaks".into()),
        avatar_url: Some("https://example.org/a.png".into()),
        creator,
        created_at: START,
    }
}

async fn members<const COUNT: usize>(store: &dyn Store, names: [&str; COUNT]) -> Result<[AgentNo; COUNT], StoreError> {
    open(store).await?;
    let mut agents = [AgentNo(0); COUNT];
    for (agent, name) in agents.iter_mut().zip(names) {
        *agent = join(store, name).await?;
    }
    Ok(agents)
}

fn member(agent: AgentNo, seq: u64) -> GroupMemberRecord {
    let at = i64::try_from(seq).expect("cases are short");
    GroupMemberRecord { agent, role: GroupRole::Member, joined_seq: Seq(seq), joined_at: minute(at) }
}

/// A message that says what has happened, with copies for `readers`.
fn told(
    group: ConversationNo,
    by: AgentNo,
    number: u64,
    seq: u64,
    readers: &[AgentNo],
    groups: Vec<GroupChange>,
) -> Commit {
    let event = EventRecord { what: GroupEvent::MemberJoined, agent: Some(by), actor: None, name: None };
    let content = Content { is_wordless: true, event: Some(event), ..Content::default() };
    let message = Append { content: Some(Arc::new(content)), ..said_at(group, by, number, seq) };
    let envelope =
        |agent: &AgentNo| NewEnvelope { agent: *agent, message: message.number, conversation: group, seq: message.seq };
    Commit { envelopes: readers.iter().map(envelope).collect(), messages: vec![message], groups, ..Commit::default() }
}

fn joined(conversation: ConversationNo, agent: AgentNo, seq: u64) -> GroupChange {
    GroupChange::Joined { conversation, member: member(agent, seq) }
}

fn left(conversation: ConversationNo, agent: AgentNo, at: i64) -> GroupChange {
    GroupChange::Left { conversation, agent, at: minute(at) }
}

async fn whole(store: &dyn Store, number: u8) -> Result<WholeGroup, StoreError> {
    let mut whole = store.whole_group(group_id(number)).await?.expect("the group is there");
    whole.members.sort_unstable_by_key(|member| member.agent);
    Ok(whole)
}

/// The places that wait for an agent.
async fn waiting(store: &dyn Store, agent: AgentNo) -> Result<Vec<i64>, StoreError> {
    let waiting = store.waiting(agent, MessageNo(0), 100).await?;
    Ok(waiting.iter().map(|waiting| waiting.message.number.0).collect())
}

/// With its creator as first member and admin, who sees all of it.
pub async fn a_created_group_is_whole(store: &dyn Store) -> Result<(), StoreError> {
    let [ada] = members(store, ["ada"]).await?;
    let created = store.create_group(&new(1, ada)).await?;
    let NewGroup { id, name, description, avatar_url, creator, created_at } = new(1, ada);
    let number = created.number;
    let expected =
        GroupRecord { number, id, name, description, avatar_url, avatar_key: None, creator, created_at, deleted: None };
    assert_eq!(created, expected);
    let first = GroupMemberRecord { agent: ada, role: GroupRole::Admin, joined_seq: Seq(1), joined_at: START };
    assert_eq!(whole(store, 1).await?, WholeGroup { group: expected, members: vec![first], end: LogEnd::default() });
    assert_eq!(store.conversation(number).await?, Some((ConversationKind::Group, id)));
    Ok(())
}

/// Neither nobody nor a room.
pub async fn what_is_no_group_is_not_found(store: &dyn Store) -> Result<(), StoreError> {
    let [ada] = members(store, ["ada"]).await?;
    let room = store.create_room(&room("kitchen", ada)).await?;
    for id in [group_id(1), room.id] {
        assert_eq!(store.whole_group(id).await?, None);
    }
    Ok(())
}

/// From the message that says so, in one commit with it.
pub async fn who_joins_a_group_is_a_member(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = members(store, ["ada", "bob"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    store.write(&told(group, ada, 1, 1, &[bob], vec![joined(group, bob, 1)])).await?;
    let stored = whole(store, 1).await?;
    assert_eq!((stored.members.len(), stored.members[1]), (2, member(bob, 1)));
    assert_eq!(stored.end.last_seq, Seq(1));
    assert_eq!(waiting(store, bob).await?, [1]);
    assert_eq!(store.former_member(group, bob).await?, None);
    Ok(())
}

/// What waits from elsewhere goes on waiting, and so does what waits for others.
pub async fn who_leaves_a_group_has_nothing_waiting_from_there(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = members(store, ["ada", "bob", "eve"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    let other = store.create_group(&new(2, ada)).await?.number;
    store.write(&told(group, ada, 1, 1, &[bob], vec![joined(group, bob, 1), joined(group, eve, 1)])).await?;
    store.write(&told(group, ada, 2, 2, &[bob, eve], Vec::new())).await?;
    store.write(&told(other, ada, 3, 1, &[bob], vec![joined(other, bob, 1)])).await?;
    store.write(&told(group, bob, 4, 3, &[ada, eve], vec![left(group, bob, 4)])).await?;
    assert_eq!(waiting(store, bob).await?, [3]);
    assert_eq!(waiting(store, eve).await?, [2, 4]);
    let receipts = store.receipts(&[(bob, MessageNo(1)), (bob, MessageNo(2))]).await?;
    assert!(receipts.iter().flatten().all(|receipt| receipt.delivered_at == Some(minute(4))), "{receipts:?}");
    let former = FormerMemberRecord { joined_seq: Seq(1), left_at: minute(4) };
    assert_eq!(store.former_member(group, bob).await?, Some(former));
    assert!(whole(store, 1).await?.members.iter().all(|member| member.agent != bob));
    Ok(())
}

/// With a new beginning, and as a plain member.
pub async fn who_comes_back_to_a_group_begins_anew(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = members(store, ["ada", "bob"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    let admin = GroupChange::Role { conversation: group, agent: bob, role: GroupRole::Admin };
    store.write(&told(group, ada, 1, 1, &[bob], vec![joined(group, bob, 1), admin])).await?;
    assert_eq!(whole(store, 1).await?.members[1].role, GroupRole::Admin);
    store.write(&told(group, bob, 2, 2, &[ada], vec![left(group, bob, 2)])).await?;
    store.write(&told(group, ada, 3, 3, &[bob], vec![joined(group, bob, 3)])).await?;
    assert_eq!(whole(store, 1).await?.members[1], member(bob, 3));
    assert_eq!(store.former_member(group, bob).await?, None);
    Ok(())
}

/// Whoever left, or is a member no more since nobody is; and nobody else, not even who is invited.
pub async fn a_part_in_a_group_is_remembered(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, zoe] = members(store, ["ada", "bob", "eve", "zoe"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    store.write(&told(group, ada, 1, 1, &[bob], vec![joined(group, bob, 1), joined(group, eve, 1)])).await?;
    invite(store, 1, group, zoe, ada).await?;
    let part = |has_ended| Some(Part { kind: ConversationKind::Group, has_ended });
    for agent in [ada, bob, eve] {
        assert_eq!(store.part_in(agent, group_id(1)).await?, part(false));
    }
    store.write(&told(group, bob, 2, 2, &[ada, eve], vec![left(group, bob, 2)])).await?;
    assert_eq!(store.part_in(bob, group_id(1)).await?, part(true));
    let at = minute(3);
    let deleted = GroupChange::Deleted { conversation: group, by: ada, at };
    store.write(&told(group, ada, 3, 3, &[eve], vec![deleted])).await?;
    for agent in [ada, bob, eve] {
        assert_eq!(store.part_in(agent, group_id(1)).await?, part(true));
    }
    for (agent, id) in [(zoe, group_id(1)), (ada, group_id(2))] {
        assert_eq!(store.part_in(agent, id).await?, None);
    }
    Ok(())
}

/// Nor is anything else of that commit written.
pub async fn who_is_no_member_has_no_role(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = members(store, ["ada", "bob"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    let admin = GroupChange::Role { conversation: group, agent: bob, role: GroupRole::Admin };
    store.write(&told(group, ada, 1, 1, &[bob], vec![admin])).await.expect_err("nobody is promoted who is no member");
    assert_eq!(whole(store, 1).await?.end.last_seq, Seq(0));
    assert_eq!(waiting(store, bob).await?, [0; 0]);
    Ok(())
}

/// What it does not name stays.
pub async fn an_edit_of_a_group_changes_what_it_names(store: &dyn Store) -> Result<(), StoreError> {
    let [ada] = members(store, ["ada"]).await?;
    let group = store.create_group(&new(1, ada)).await?;
    let edited = |edit| vec![GroupChange::Edited { conversation: group.number, edit }];
    let renamed = GroupEdit { name: Some("dev".into()), ..GroupEdit::default() };
    store.write(&told(group.number, ada, 1, 1, &[], edited(renamed))).await?;
    let expected = GroupRecord { name: "dev".into(), ..group.clone() };
    assert_eq!(whole(store, 1).await?.group, expected);
    let kept = GroupEdit {
        description: Some(None),
        avatar_url: Some(None),
        avatar_key: Some(Some("g/1.webp".into())),
        ..GroupEdit::default()
    };
    store.write(&told(group.number, ada, 2, 2, &[], edited(kept))).await?;
    let avatar_key = Some("g/1.webp".into());
    assert_eq!(
        whole(store, 1).await?.group,
        GroupRecord { description: None, avatar_url: None, avatar_key, ..expected }
    );
    Ok(())
}

/// But for the message that says so: it is the last that its members get. Nobody is invited any more.
pub async fn a_deleted_group_leaves_its_last_message_waiting(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = members(store, ["ada", "bob", "eve"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    store.write(&told(group, ada, 1, 1, &[bob], vec![joined(group, bob, 1)])).await?;
    invite(store, 1, group, eve, ada).await?;
    let deleted = GroupChange::Deleted { conversation: group, by: ada, at: minute(2) };
    store.write(&told(group, ada, 2, 2, &[bob], vec![deleted.clone()])).await?;
    let stored = whole(store, 1).await?;
    assert_eq!((stored.group.deleted, stored.members.len()), (Some((minute(2), ada)), 0));
    assert_eq!(waiting(store, bob).await?, [2]);
    assert_eq!(store.group_invitations_of(eve, 10).await?, []);
    for agent in [ada, bob] {
        assert_eq!(store.former_member(group, agent).await?.map(|former| former.left_at), Some(minute(2)));
    }
    assert_eq!(store.former_member(group, eve).await?, None);
    store.write(&told(group, ada, 3, 3, &[], vec![deleted])).await.expect_err("a group is deleted once");
    assert_eq!(whole(store, 1).await?.end.last_seq, Seq(2));
    Ok(())
}

/// A page at a time; those that it has left are none.
pub async fn the_groups_of_an_agent_are_paged(store: &dyn Store) -> Result<(), StoreError> {
    let [ada] = members(store, ["ada"]).await?;
    let mut numbers = Vec::new();
    for number in 1..=3 {
        numbers.push(store.create_group(&new(number, ada)).await?.number);
    }
    store.write(&told(numbers[1], ada, 1, 1, &[], vec![left(numbers[1], ada, 1)])).await?;
    let first = store.groups_of(ada, ConversationNo(0), 1).await?;
    assert_eq!(first, [(numbers[0], group_id(1))]);
    assert_eq!(store.groups_of(ada, numbers[0], 10).await?, [(numbers[2], group_id(3))]);
    Ok(())
}

async fn invite(
    store: &dyn Store,
    number: u8,
    group: ConversationNo,
    invitee: AgentNo,
    by: AgentNo,
) -> Result<GroupInvitationRecord, StoreError> {
    let (id, now) = (invitation_id(number), minute(number.into()));
    store.invite_to_group(&NewGroupInvitation { id, conversation: group, invitee, inviter: by, now }).await
}

/// Whoever asks again; another may wait as soon as it has ended.
pub async fn one_invitation_to_a_group_waits(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = members(store, ["ada", "bob", "eve"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    let first = invite(store, 1, group, eve, ada).await?;
    let expected = GroupInvitationRecord {
        id: invitation_id(1),
        conversation: group,
        group: group_id(1),
        invitee: eve,
        inviter: ada,
        invited_at: minute(1),
    };
    assert_eq!(first, expected);
    assert_eq!(invite(store, 2, group, eve, bob).await?, expected);
    assert_eq!(store.group_invitation(invitation_id(2)).await?, None);
    assert_eq!(store.waiting_invitation(group, eve).await?, Some(expected));
    assert_eq!(store.waiting_invitation(group, bob).await?, None);
    assert!(store.end_group_invitation(invitation_id(1), minute(3)).await?);
    assert!(!store.end_group_invitation(invitation_id(1), minute(3)).await?);
    assert_eq!(store.group_invitation(invitation_id(1)).await?, None);
    assert_eq!(invite(store, 4, group, eve, bob).await?.id, invitation_id(4));
    Ok(())
}

/// Joining ends what has invited, whoever that was, and no other invitation.
pub async fn an_invitation_ends_when_it_is_taken_up(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = members(store, ["ada", "bob", "eve"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    for (number, invitee) in [(1, bob), (2, eve)] {
        invite(store, number, group, invitee, ada).await?;
    }
    store.write(&told(group, ada, 1, 1, &[bob], vec![joined(group, bob, 1)])).await?;
    assert_eq!(store.group_invitation(invitation_id(1)).await?, None);
    assert!(store.group_invitation(invitation_id(2)).await?.is_some());
    Ok(())
}

/// At most so many of them.
pub async fn invitations_to_groups_come_oldest_first(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = members(store, ["ada", "bob"]).await?;
    for number in 1..=3 {
        let group = store.create_group(&new(number, ada)).await?.number;
        invite(store, number, group, bob, ada).await?;
    }
    let ids = |records: Vec<GroupInvitationRecord>| records.iter().map(|record| record.id).collect::<Vec<_>>();
    assert_eq!(ids(store.group_invitations_of(bob, 2).await?), [invitation_id(1), invitation_id(2)]);
    assert_eq!(store.group_invitations_of(ada, 10).await?, []);
    assert_eq!(store.end_group_invitations_of(bob, minute(9)).await?, 3);
    assert_eq!(store.group_invitations_of(bob, 10).await?, []);
    Ok(())
}

/// Answered or not, until they are swept; what waits never is.
pub async fn invitations_to_groups_are_counted(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = members(store, ["ada", "bob", "eve"]).await?;
    let group = store.create_group(&new(1, ada)).await?.number;
    invite(store, 1, group, bob, ada).await?;
    store.end_group_invitation(invitation_id(1), minute(2)).await?;
    invite(store, 3, group, bob, ada).await?;
    invite(store, 4, group, eve, bob).await?;
    let made = |count, oldest| InvitationsMade { count, oldest };
    assert_eq!(store.group_invitations_by(ada, START).await?, made(2, Some(minute(1))));
    assert_eq!(store.group_invitations_by(ada, minute(1)).await?, made(1, Some(minute(3))));
    assert_eq!(store.group_invitations_by(ada, minute(3)).await?, made(0, None));
    assert_eq!(store.sweep_group_invitations(minute(2), 10).await?, 0);
    assert_eq!(store.sweep_group_invitations(minute(9), 10).await?, 1);
    assert_eq!(store.group_invitations_by(ada, START).await?, made(1, Some(minute(3))));
    assert!(store.group_invitation(invitation_id(3)).await?.is_some());
    Ok(())
}
