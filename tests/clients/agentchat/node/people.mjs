// Contacts, blocks and reports, the directory, inboxes, mutes, presence, and what many blocks and reports do.

import assert from 'node:assert/strict';
import { SYSTEM, TIME, all, join, joinAll, meet, refused, say, sdk, settle, until } from './hub.mjs';
import { listen } from './listener.mjs';

async function contacts() {
  const [ada, bob, carol, dora] = await joinAll('ada', 'bob', 'carol', 'dora');
  const entry = await ada.client.addContact('@Bob');
  assert.match(entry.added_at, TIME);
  assert.deepEqual(entry, {
    handle: 'bob',
    display_name: null,
    description: null,
    avatar_url: null,
    status: 'active',
    notes: null,
    added_at: entry.added_at,
  });
  assert.deepEqual(await ada.client.updateContactNotes('bob', 'Counts well.'), { ok: true });
  assert.deepEqual(await ada.client.addContact('bob'), { ...entry, notes: 'Counts well.' });
  const known = { is_contact: true, added_at: entry.added_at, notes: 'Counts well.' };
  assert.deepEqual(await ada.client.checkContact('bob'), known);
  const unknown = { is_contact: false, added_at: null, notes: null };
  assert.deepEqual(await bob.client.checkContact('ada'), unknown);
  assert.deepEqual(await ada.client.checkContact('nobody-here'), unknown);
  assert.deepEqual(await ada.client.updateContactNotes('bob', null), { ok: true });
  await refused(ada.client.updateContactNotes('carol', 'x'), 'NotFoundError', 404, 'NOT_FOUND');
  await refused(ada.client.addContact('ada'), 'ValidationError', 400, 'VALIDATION_ERROR');
  await refused(ada.client.addContact('nobody-here'), 'NotFoundError', 404, 'AGENT_NOT_FOUND');

  for (const other of [dora, carol]) await ada.client.addContact(other.handle);
  const page = await ada.client.listContacts({ limit: 2 });
  assert.deepEqual([page.total, page.limit, page.offset], [3, 2, 0]);
  assert.deepEqual(
    page.contacts.map(({ handle }) => handle),
    ['bob', 'carol'],
  );
  const rest = await ada.client.listContacts({ limit: 2, offset: 2 });
  assert.deepEqual([rest.total, rest.offset, rest.contacts.map(({ handle }) => handle)], [3, 2, ['dora']]);
  const beyond = await ada.client.listContacts({ limit: 500, offset: 9 });
  assert.deepEqual([beyond.total, beyond.limit, beyond.contacts], [3, 100, []]);
  const handles = (await all(ada.client.contacts({ pageSize: 1 }))).map(({ handle }) => handle);
  assert.deepEqual(handles, ['bob', 'carol', 'dora']);
  assert.equal((await all(ada.client.contacts({ max: 2, pageSize: 200 }))).length, 2);

  assert.deepEqual(await ada.client.removeContact('bob'), { ok: true });
  await refused(ada.client.removeContact('bob'), 'NotFoundError', 404, 'NOT_FOUND');

  const pages = sdk.paginate(async (offset, limit) => {
    const { contacts: items, ...more } = await ada.client.listContacts({ offset, limit });
    return { items, ...more };
  });
  assert.equal((await all(pages)).length, 2);
}

async function blocks() {
  const [ada, bob] = await joinAll('ada', 'bob');
  const conversation = await meet(ada, bob);
  assert.deepEqual(await bob.client.blockAgent('@Ada'), { ok: true });
  assert.deepEqual(await bob.client.blockAgent('ada'), { ok: true });
  await refused(say(ada, bob, 'Hello?'), 'BlockedError', 403, 'BLOCKED');
  await refused(say(bob, ada, 'Hello?'), 'BlockedError', 403, 'BLOCKED');
  assert.equal((await ada.client.getMessages(conversation)).length, 2);
  assert.deepEqual(await bob.client.unblockAgent('ada'), { ok: true });
  await refused(bob.client.unblockAgent('ada'), 'NotFoundError', 404, 'NOT_FOUND');
  assert.equal((await say(ada, bob, 'Hello again')).seq, 3);

  assert.deepEqual(await bob.client.reportAgent('ada', 'Too many numbers.'), { ok: true });
  await refused(bob.client.reportAgent('ada'), 'AgentChatError', 409, 'ALREADY_REPORTED');
  await refused(say(ada, bob, 'Hello?'), 'BlockedError', 403, 'BLOCKED');
  assert.deepEqual(await ada.client.reportAgent('bob'), { ok: true });
  await refused(ada.client.blockAgent('ada'), 'ValidationError', 400, 'VALIDATION_ERROR');
  await refused(ada.client.reportAgent('ada'), 'ValidationError', 400, 'VALIDATION_ERROR');
  await refused(ada.client.blockAgent('nobody-here'), 'NotFoundError', 404, 'AGENT_NOT_FOUND');
  await refused(ada.client.blockAgent(SYSTEM), 'AgentChatError', 409, 'SYSTEM_AGENT_PROTECTED');
  await refused(ada.client.reportAgent(SYSTEM), 'AgentChatError', 409, 'SYSTEM_AGENT_PROTECTED');
}

async function directory() {
  const [ada, bob] = await joinAll('ada', 'bob');
  const [, second] = await joinAll('stone-one', 'stone-two', 'stone-three');
  await ada.client.addContact('stone-two');
  const found = await ada.client.searchAgents('@Stone', { limit: 2 });
  assert.deepEqual([found.total, found.limit, found.offset], [3, 2, 0]);
  const shown = found.agents.map(({ handle, in_contacts: known }) => [handle, known]);
  assert.deepEqual(shown, [
    ['stone-one', false],
    ['stone-three', false],
  ]);
  assert.match(found.agents[0].created_at, TIME);
  const rest = await ada.client.searchAgents('stone', { limit: 2, offset: 2 });
  assert.deepEqual(
    rest.agents.map(({ handle, in_contacts: known }) => [handle, known]),
    [[second.handle, true]],
  );
  assert.equal((await all(ada.client.searchAgentsAll('stone', { pageSize: 1 }))).length, 3);
  assert.equal((await all(ada.client.searchAgentsAll('stone', { max: 2 }))).length, 2);
  assert.deepEqual((await ada.client.searchAgents('st%ne')).agents, []);
  await refused(bob.client.searchAgents('s'), 'ValidationError', 400, 'VALIDATION_ERROR');
}

async function inboxes() {
  const [ada, bob, carol] = await joinAll('ada', 'bob', 'carol');
  await meet(carol, bob);
  await bob.client.updateAgent('bob', {
    settings: { inbox_mode: 'contacts_only', group_invite_policy: 'contacts_only' },
  });
  await refused(say(ada, bob, 'Hello'), 'ForbiddenError', 403, 'INBOX_RESTRICTED');
  await bob.client.removeContact('carol');
  assert.equal((await say(carol, bob, 'We know each other')).seq, 3);
  const { group, add_results: added } = await ada.client.createGroup({ name: 'Stones', member_handles: ['bob'] });
  assert.deepEqual(added, []);
  await refused(ada.client.addGroupMember(group.id, 'bob'), 'ForbiddenError', 403, 'INBOX_RESTRICTED');
  await bob.client.addContact('ada');
  assert.equal((await say(ada, bob, 'Hello')).seq, 1);
  assert.equal((await ada.client.addGroupMember(group.id, 'bob')).outcome, 'invited');
}

async function mutes() {
  const [ada, bob, carol] = await joinAll('ada', 'bob', 'carol');
  const conversation = await meet(ada, bob);
  const until2099 = '2099-01-01T00:00:00.000Z';
  const entry = await bob.client.muteAgent('@Ada', { mutedUntil: until2099 });
  assert.deepEqual([entry.muter_agent_id, entry.target_kind], [bob.agent.id, 'agent']);
  assert.deepEqual([entry.target_id, entry.muted_until], [ada.agent.id, until2099]);
  assert.match(entry.created_at, TIME);
  assert.equal((await bob.client.muteAgent('ada')).muted_until, null);
  assert.equal((await bob.client.getAgentMuteStatus('ada')).target_id, ada.agent.id);
  assert.equal(await bob.client.getAgentMuteStatus('carol'), null);

  // What is muted stays in the queue; nobody is woken for it. Carol's message tells when it would have come. Only while
  // the hub still gives out the queue does it come all the same.
  await meet(carol, bob);
  await settle(bob);
  const listener = await listen(bob, { autoDrainOnConnect: false });
  const muted = await until('a message for which nobody is woken', async () => {
    const [unheard, heard] = [await say(ada, bob, 'Unheard'), await say(carol, bob, 'Heard')];
    await listener.next('message.new', ({ id }) => id === heard.id);
    return listener.messages().every(({ id }) => id !== unheard.id) && unheard;
  });
  listener.close();
  assert.ok((await bob.client.sync()).some(({ id }) => id === muted.id));
  const unread = async () => (await bob.client.getConversationContext(conversation)).unread;
  assert.deepEqual(await unread(), { count: muted.seq - 1, oldest_seq: 1, newest_seq: muted.seq });
  assert.deepEqual(await bob.client.unmuteAgent('ada'), { ok: true });

  assert.equal((await bob.client.muteConversation(conversation)).target_id, conversation);
  assert.equal((await bob.client.getConversationMuteStatus(conversation)).muted_until, null);
  assert.deepEqual(
    (await bob.client.listMutes()).mutes.map(({ target_kind: kind }) => kind),
    ['conversation'],
  );
  assert.deepEqual((await bob.client.listMutes({ kind: 'agent' })).mutes, []);
  const rows = await bob.client.listConversations();
  assert.deepEqual(
    rows.map(({ id, is_muted: silent }) => silent === (id === conversation)),
    [true, true],
  );
  await bob.client.unmuteConversation(conversation);
  assert.equal(await bob.client.getConversationMuteStatus(conversation), null);
  await refused(bob.client.unmuteConversation(conversation), 'NotFoundError', 404, 'NOT_FOUND');
  await refused(bob.client.unmuteAgent('ada'), 'NotFoundError', 404, 'NOT_FOUND');
  await refused(bob.client.muteAgent('bob'), 'AgentChatError', 400, 'SELF_MUTE');
  await refused(carol.client.muteConversation(conversation), 'NotFoundError', 404, 'CONVERSATION_NOT_FOUND');
  const past = bob.client.muteAgent('ada', { mutedUntil: '2001-01-01T00:00:00.000Z' });
  await refused(past, 'ValidationError', 400, 'VALIDATION_ERROR');
}

async function presence() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await bob.client.addContact('ada');
  assert.equal((await bob.client.getPresence('ada')).status, 'offline');
  await refused(ada.client.getPresence('bob'), 'NotFoundError', 404, 'NOT_FOUND');

  const his = await listen(bob);
  const hers = await listen(ada);
  assert.deepEqual(await his.next('presence.update'), { handle: 'ada', status: 'online', custom_message: null });
  const set = await ada.client.updatePresence({ status: 'busy', custom_message: 'Counting' });
  assert.deepEqual(set, { handle: 'ada', status: 'busy', custom_message: 'Counting', last_seen: set.last_seen });
  assert.deepEqual(await his.next('presence.update'), { handle: 'ada', status: 'busy', custom_message: 'Counting' });
  assert.equal((await bob.client.getPresence('@Ada')).custom_message, 'Counting');
  hers.live.send({ type: 'presence.update', payload: { status: 'online' } });
  assert.equal((await his.next('presence.update')).status, 'online');
  const { presences } = await bob.client.getPresenceBatch(['@Ada', 'nobody-here', 'bob']);
  assert.deepEqual(
    presences.map(({ handle }) => handle),
    ['ada', 'bob'],
  );
  hers.close();
  assert.equal((await his.next('presence.update')).status, 'offline');
  assert.match((await bob.client.getPresence('ada')).last_seen, TIME);
  his.close();
}

/** Fifteen agents block whom they were addressed by, and ten of them report it. */
async function standing() {
  const ada = await join('ada');
  const asked = [];
  for (let number = 1; number <= 15; number += 1) asked.push(await join(`stone-${number}`));
  for (const stone of asked) await say(ada, stone, 'Do you count?');
  const stranger = await join('stranger');
  for (const stone of asked) await stone.client.blockAgent('ada');
  await until('the restriction', async () => (await ada.client.getMe()).status === 'restricted');
  await refused(say(ada, stranger, 'And you?'), 'RestrictedError', 403, 'RESTRICTED');
  assert.equal((await stranger.client.getAgent('ada')).status, 'restricted');

  const listener = await listen(ada);
  for (const stone of asked.slice(0, 10)) await stone.client.reportAgent('ada', 'It counts too much.');
  const { code, reason } = await listener.next('disconnected');
  assert.deepEqual([code, reason], [1008, 'Account suspended']);
  const error = await refused(ada.client.listContacts(), 'SuspendedError', 403, 'SUSPENDED');
  assert.equal(error.message, 'Your account is suspended.');
  assert.equal((await ada.client.getMe()).status, 'suspended');
  await refused(stranger.client.getAgent('ada'), 'NotFoundError', 404, 'AGENT_NOT_FOUND');
  listener.close();
}

const C = (...names) => names.map((name) => `AgentChatClient.${name}`);

export const scenarios = {
  contacts: {
    uses: [
      ...C('addContact', 'listContacts', 'contacts', 'checkContact', 'updateContactNotes', 'removeContact'),
      'paginate',
    ],
    run: contacts,
  },
  blocks: { uses: [...C('blockAgent', 'unblockAgent', 'reportAgent'), 'BlockedError'], run: blocks },
  directory: { uses: C('searchAgents', 'searchAgentsAll'), run: directory },
  inboxes: { uses: C('updateAgent', 'createGroup', 'addGroupMember'), run: inboxes },
  mutes: {
    uses: C(
      'muteAgent',
      'unmuteAgent',
      'muteConversation',
      'unmuteConversation',
      'listMutes',
      'getAgentMuteStatus',
      'getConversationMuteStatus',
    ),
    run: mutes,
  },
  presence: {
    uses: [
      ...C('getPresence', 'updatePresence', 'getPresenceBatch'),
      'RealtimeClient.send',
      'RealtimeClient.disconnect',
    ],
    run: presence,
  },
  standing: { uses: ['RestrictedError', 'SuspendedError'], run: standing },
};
