// A group's whole life: made, joined by consent, talked in, run, left, and deleted.

import assert from 'node:assert/strict';
import { TIME, joinAll, refused, say, sayIn, texts } from './hub.mjs';
import { listen } from './listener.mjs';

const handles = (group) => group.members.map(({ handle, role }) => [handle, role]);
const event = ({ type, content, sender }) => {
  assert.equal(type, 'system');
  const { schema_version: version, ...data } = content.data;
  assert.equal(version, 1);
  return { ...data, sender };
};

/** Accepts the one invitation that `agent` has; the group. */
async function accept(agent) {
  const [invite, ...more] = await agent.client.listGroupInvites();
  assert.deepEqual(more, []);
  return agent.client.acceptGroupInvite(invite.id);
}

async function groups() {
  const [ada, bob, carol, dora] = await joinAll('ada', 'bob', 'carol', 'dora');
  const his = await listen(bob);
  const made = await ada.client.createGroup({
    name: 'Stones',
    description: 'Counting',
    member_handles: ['@Bob', 'carol', 'nobody-here', 'ada', 'bob'],
  });
  const { group, add_results: added } = made;
  assert.match(group.id, /^grp_/);
  assert.match(group.created_at, TIME);
  assert.deepEqual(group, {
    id: group.id,
    name: 'Stones',
    description: 'Counting',
    avatar_url: null,
    created_by: 'ada',
    settings: { who_can_invite: 'admin' },
    member_count: 1,
    created_at: group.created_at,
    last_message_at: group.last_message_at,
    members: [{ handle: 'ada', display_name: null, role: 'admin', joined_at: group.members[0].joined_at }],
    your_role: 'admin',
  });
  assert.deepEqual(
    added.map(({ handle, outcome }) => [handle, outcome]),
    [
      ['bob', 'invited'],
      ['carol', 'invited'],
    ],
  );

  const [invite] = await bob.client.listGroupInvites();
  assert.deepEqual(invite, {
    id: added[0].invite_id,
    group_id: group.id,
    group_name: 'Stones',
    group_description: 'Counting',
    group_avatar_url: null,
    group_member_count: 1,
    inviter_handle: 'ada',
    created_at: invite.created_at,
  });
  assert.deepEqual(await his.next('group.invite.received'), invite);
  await refused(carol.client.acceptGroupInvite(invite.id), 'NotFoundError', 404, 'INVITE_NOT_FOUND');
  const joined = await bob.client.acceptGroupInvite(invite.id);
  assert.deepEqual(handles(joined), [
    ['ada', 'admin'],
    ['bob', 'member'],
  ]);
  assert.equal(joined.your_role, 'member');
  await refused(carol.client.getGroup(group.id), 'NotFoundError', 404, 'GROUP_NOT_FOUND');
  const [hers] = await carol.client.listGroupInvites();
  assert.deepEqual(await carol.client.rejectGroupInvite(hers.id), { message: 'Invite rejected' });
  await refused(carol.client.rejectGroupInvite(hers.id), 'NotFoundError', 404, 'INVITE_NOT_FOUND');

  const one = await sayIn(ada, group.id, 'Before Carol, @bob');
  assert.deepEqual(one.context.conversation, { type: 'group', group_name: 'Stones', member_count: 2 });
  assert.equal((await his.next('message.new', ({ id }) => id === one.id)).context.mentions[0], 'bob');
  await refused(bob.client.addGroupMember(group.id, 'carol'), 'ForbiddenError', 403, 'FORBIDDEN');
  const invited = await ada.client.addGroupMember(group.id, '@Carol');
  assert.deepEqual(await ada.client.addGroupMember(group.id, 'carol'), invited);
  assert.deepEqual(await ada.client.addGroupMember(group.id, 'bob'), { handle: 'bob', outcome: 'already_member' });
  assert.equal((await accept(carol)).member_count, 3);
  await sayIn(bob, group.id, 'Welcome');
  const seen = await carol.client.getMessages(group.id, { afterSeq: 0 });
  assert.deepEqual(event(seen[0]), { event: 'member_joined', agent_handle: 'carol', sender: 'ada' });
  assert.deepEqual(texts(seen.slice(1)), ['Welcome']);

  const renamed = await ada.client.updateGroup(group.id, { name: 'Pebbles', description: null });
  assert.deepEqual([renamed.name, renamed.description], ['Pebbles', null]);
  await refused(bob.client.updateGroup(group.id, { name: 'Rocks' }), 'ForbiddenError', 403, 'FORBIDDEN');
  const act = ada.client;
  assert.deepEqual(await act.promoteGroupMember(group.id, 'bob'), { message: 'Member promoted to admin' });
  assert.deepEqual(await act.demoteGroupMember(group.id, 'bob'), { message: 'Admin demoted to member' });
  await refused(act.demoteGroupMember(group.id, 'bob'), 'AgentChatError', 400, 'NOT_ADMIN');
  await refused(act.promoteGroupMember(group.id, 'dora'), 'NotFoundError', 404, 'NOT_MEMBER');
  await act.promoteGroupMember(group.id, 'carol');
  await refused(carol.client.demoteGroupMember(group.id, 'ada'), 'ForbiddenError', 403, 'FORBIDDEN');
  await refused(carol.client.removeGroupMember(group.id, 'ada'), 'ForbiddenError', 403, 'FORBIDDEN');
  await act.demoteGroupMember(group.id, 'carol');
  assert.deepEqual(await act.removeGroupMember(group.id, 'bob'), { message: 'Member removed' });
  await refused(bob.client.getGroup(group.id), 'NotFoundError', 404, 'GROUP_NOT_FOUND');
  await refused(sayIn(bob, group.id, 'Hey'), 'NotFoundError', 404, 'GROUP_NOT_FOUND');
  await refused(sayIn(dora, group.id, 'Hey'), 'NotFoundError', 404, 'GROUP_NOT_FOUND');
  const participants = await carol.client.getConversationParticipants(group.id);
  assert.deepEqual(participants.map(({ handle }) => handle).sort(), ['ada', 'carol']);
  const context = await carol.client.getConversationContext(group.id);
  assert.deepEqual(context.group, { name: 'Pebbles', description: null, member_count: 2, your_role: 'member' });

  assert.deepEqual(await act.leaveGroup(group.id), { message: 'Left group', promoted_handle: 'carol' });
  const alone = await carol.client.getGroup(group.id);
  assert.deepEqual([alone.your_role, handles(alone)], ['admin', [['carol', 'admin']]]);
  const log = (await carol.client.getMessages(group.id, { afterSeq: 0 })).filter(({ type }) => type === 'system');
  assert.deepEqual(log.slice(1).map(event), [
    { event: 'name_changed', new_name: 'Pebbles', actor_handle: 'ada', sender: 'ada' },
    { event: 'description_changed', actor_handle: 'ada', sender: 'ada' },
    { event: 'admin_promoted', agent_handle: 'bob', actor_handle: 'ada', sender: 'ada' },
    { event: 'admin_demoted', agent_handle: 'bob', actor_handle: 'ada', sender: 'ada' },
    { event: 'admin_promoted', agent_handle: 'carol', actor_handle: 'ada', sender: 'ada' },
    { event: 'admin_demoted', agent_handle: 'carol', actor_handle: 'ada', sender: 'ada' },
    { event: 'member_removed', agent_handle: 'bob', actor_handle: 'ada', sender: 'ada' },
    { event: 'member_left', agent_handle: 'ada', sender: 'ada' },
    { event: 'admin_promoted', agent_handle: 'carol', actor_handle: null, sender: 'carol' },
  ]);
  his.close();
}

async function deletion() {
  const [ada, bob, carol] = await joinAll('ada', 'bob', 'carol');
  const { group } = await ada.client.createGroup({ name: 'Stones', member_handles: ['bob', 'carol'] });
  await accept(bob);
  const once = { client_msg_id: 'said-before-the-end' };
  const said = await sayIn(bob, group.id, 'Still here', once);
  const his = await listen(bob);
  await refused(bob.client.deleteGroup(group.id), 'ForbiddenError', 403, 'FORBIDDEN');
  const { deleted_at: at } = await ada.client.deleteGroup(group.id);
  assert.match(at, TIME);

  const notice = await his.next(
    'message.new',
    ({ type, content }) => type === 'system' && content.data.event === 'group_deleted',
  );
  assert.deepEqual(event(notice), { event: 'group_deleted', actor_handle: 'ada', sender: 'ada' });
  const end = { group_id: group.id, deleted_by_handle: 'ada', deleted_at: at };
  assert.deepEqual(await his.next('group.deleted'), end);
  for (const work of [
    () => bob.client.getGroup(group.id),
    () => sayIn(bob, group.id, 'Hello?'),
    () => bob.client.getMessages(group.id),
    () => bob.client.leaveGroup(group.id),
    () => ada.client.deleteGroup(group.id),
  ]) {
    const error = await refused(work(), 'GroupDeletedError', 410, 'GROUP_DELETED');
    assert.deepEqual([error.groupId, error.deletedByHandle, error.deletedAt], [group.id, 'ada', at]);
    assert.deepEqual(error.details, end);
  }
  assert.equal((await sayIn(bob, group.id, 'Still here', once)).id, said.id);
  assert.deepEqual(await carol.client.listGroupInvites(), []);
  await refused(carol.client.getGroup(group.id), 'NotFoundError', 404, 'GROUP_NOT_FOUND');
  assert.deepEqual(await bob.client.listConversations(), []);
  await say(bob, ada, 'It was good');
  his.close();
}

const C = (...names) => names.map((name) => `AgentChatClient.${name}`);

export const scenarios = {
  groups: {
    uses: C(
      'createGroup',
      'getGroup',
      'updateGroup',
      'addGroupMember',
      'removeGroupMember',
      'promoteGroupMember',
      'demoteGroupMember',
      'leaveGroup',
      'listGroupInvites',
      'acceptGroupInvite',
      'rejectGroupInvite',
    ),
    run: groups,
  },
  deletion: { uses: [...C('deleteGroup'), 'GroupDeletedError'], run: deletion },
};
