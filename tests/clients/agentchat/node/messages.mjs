// Direct messages: what they carry, what happens to a repeated one, history, lists, reading, hiding, the queue.

import assert from 'node:assert/strict';
import { TIME, clientOf, join, joinAll, meet, onceOnly, refused, say, sdk, texts } from './hub.mjs';

async function messages() {
  const ada = await join('ada', { display_name: 'Ada' });
  const bob = await join('bob');
  const statuses = [];
  const hooks = {
    onResponse: ({ status }) => {
      statuses.push(status);
    },
  };
  const client = clientOf(ada.key, { hooks });
  const asked = { to: '@Bob', content: { type: 'text', text: 'Hello @Bob, not a@bob.example' } };
  const { message: hello, backlogWarning } = await client.sendMessage(asked);
  assert.equal(backlogWarning, null);
  assert.match(hello.id, /^msg_/);
  assert.match(hello.conversation_id, /^conv_/);
  assert.match(hello.client_msg_id, /^[\da-f-]{36}$/);
  assert.match(hello.created_at, TIME);
  const { delivery_id: delivery = null, ...shown } = hello;
  assert.equal(delivery, null);
  assert.deepEqual(shown, {
    id: hello.id,
    conversation_id: hello.conversation_id,
    sender: 'ada',
    client_msg_id: hello.client_msg_id,
    seq: 1,
    type: 'text',
    content: { text: 'Hello @Bob, not a@bob.example' },
    metadata: {},
    context: {
      sender: { handle: 'ada', display_name: 'Ada', kind: 'agent' },
      conversation: { type: 'direct', group_name: null, member_count: null },
      mentions: ['bob'],
    },
    status: 'stored',
    created_at: hello.created_at,
    delivered_at: null,
    read_at: null,
  });
  const { message: answer } = await bob.client.sendMessage({
    to: 'ada',
    type: 'structured',
    content: { data: { sum: 3, parts: [1, 2] } },
    metadata: { reply_to: hello.id },
  });
  assert.deepEqual(answer.content, { data: { sum: 3, parts: [1, 2] } });
  assert.deepEqual([answer.type, answer.seq, answer.metadata], ['structured', 2, { reply_to: hello.id }]);

  // The same again, whatever it says, is the first one.
  const id = 'once-and-only-once';
  const first = (await client.sendMessage({ to: 'bob', content: { text: 'One' }, client_msg_id: id })).message;
  const again = (await client.sendMessage({ to: 'nobody', content: { text: 'Two' }, client_msg_id: id })).message;
  assert.deepEqual(again, first);
  assert.deepEqual(statuses, [201, 201, 200]);
  const same = { to: 'bob', content: { text: 'At once' }, client_msg_id: 'at-once' };
  const both = await Promise.all([1, 2, 3, 4].map(() => client.sendMessage(same)));
  assert.equal(new Set(both.map(({ message }) => message.id)).size, 1);
  assert.deepEqual([...statuses.slice(3)].sort(), [200, 200, 200, 201]);
  assert.equal(both[0].message.seq, 4);

  const rendered = sdk.renderMessageContext(hello, { selfHandle: 'bob', now: Date.parse(hello.created_at) });
  assert.deepEqual(rendered.split('\n').slice(0, 2), ['From: Ada (@ada)', 'Conversation: direct message']);
  const send = (body) => client.sendMessage(body);
  const words = { text: 'x' };
  for (const body of [
    { to: 'bob', content: {} },
    { content: words },
    { to: 'bob', conversation_id: hello.conversation_id, content: words },
    { to: 'ada', content: words },
    { to: 'bob', type: 'system', content: words },
    { to: 'bob', content: words, client_msg_id: 'x'.repeat(129) },
  ])
    await refused(send(body), 'ValidationError', 400, 'VALIDATION_ERROR');
  const direct = send({ conversation_id: hello.conversation_id, content: words });
  assert.match((await refused(direct, 'ValidationError', 400, 'VALIDATION_ERROR')).message, /\bto\b/);
  const large = send({ to: 'bob', content: { text: 'x'.repeat(32_768) } });
  await refused(large, 'AgentChatError', 413, 'CONTENT_TOO_LARGE');
  // The hub does not wait until all of it has come; the SDK, which is still sending, hears it all the same.
  const huge = send({ to: 'bob', content: { text: 'x'.repeat(16 * 1024 * 1024) } });
  await refused(huge, 'AgentChatError', 413, 'PAYLOAD_TOO_LARGE');
  await refused(send({ to: 'nobody-here', content: words }), 'NotFoundError', 404, 'AGENT_NOT_FOUND');
}

async function history() {
  const [ada, bob, carol] = await joinAll('ada', 'bob', 'carol');
  const conversation = await meet(ada, bob);
  const said = [];
  for (let number = 3; number <= 9; number += 1)
    said.push(await say(number % 2 ? ada : bob, number % 2 ? bob : ada, `${number}`));
  const seqs = async (options) => (await ada.client.getMessages(conversation, options)).map(({ seq }) => seq);
  assert.deepEqual(await seqs(), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual(await seqs({ limit: 2 }), [9, 8]);
  assert.deepEqual(await seqs({ beforeSeq: 5, limit: 3 }), [4, 3, 2]);
  assert.deepEqual(await seqs({ afterSeq: 0, limit: 200 }), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(await seqs({ afterSeq: 4, limit: 3 }), [5, 6, 7]);
  assert.deepEqual(await seqs({ aroundMessageId: said[2].id, limit: 3 }), [5, 4, 3]);
  assert.deepEqual(await seqs({ beforeSeq: 1 }), []);
  const rows = await bob.client.getMessages(conversation);
  assert.ok(rows.every(({ sender, delivery_id: id }) => (id === null) === (sender === 'bob')));
  assert.ok(rows.filter(({ sender }) => sender === 'ada').every(({ delivery_id: id }) => /^del_[\da-f]{32}$/.test(id)));
  assert.deepEqual(rows.find(({ id }) => id === said[0].id).context, said[0].context);

  const two = ada.client.getMessages(conversation, { beforeSeq: 5, afterSeq: 2 });
  await refused(two, 'ValidationError', 400, 'VALIDATION_ERROR');
  await refused(carol.client.getMessages(conversation), 'NotFoundError', 404, 'CONVERSATION_NOT_FOUND');
  const around = ada.client.getMessages(conversation, { aroundMessageId: 'msg_unheard-of' });
  await refused(around, 'NotFoundError', 404, 'MESSAGE_NOT_FOUND');

  assert.deepEqual(await ada.client.deleteMessage(said[0].id), { message: 'Message hidden from your view' });
  await ada.client.deleteMessage(said[0].id);
  assert.deepEqual(await seqs({ afterSeq: 1, limit: 3 }), [2, 4, 5]);
  assert.equal((await bob.client.getMessages(conversation)).length, 9);
  await refused(carol.client.deleteMessage(said[0].id), 'NotFoundError', 404, 'MESSAGE_NOT_FOUND');
}

async function conversations() {
  const [ada, bob, carol] = await joinAll('ada', 'bob', 'carol');
  const conversation = await meet(ada, bob);
  await bob.client.updateContactNotes('ada', 'Counts.');
  const second = await say(ada, bob, 'Are   you\nthere?');
  const [row] = await bob.client.listConversations();
  assert.deepEqual(row, {
    ...row,
    id: conversation,
    type: 'direct',
    participants: [{ handle: 'ada', display_name: null, avatar_url: null }],
    group_name: null,
    group_avatar_url: null,
    group_member_count: null,
    last_message_preview: 'Are you there?',
    last_message_is_own: false,
    last_message_type: 'text',
    last_message_at: second.created_at,
    unread_count: 2,
    oldest_unread_seq: 1,
    newest_unread_seq: 3,
    is_muted: false,
  });
  assert.match(row.updated_at, TIME);
  await say(carol, bob, 'Me too');
  const ids = async (options) => (await bob.client.listConversations(options)).map(({ id }) => id);
  assert.equal((await ids()).length, 2);
  assert.deepEqual(await ids({ limit: 1, offset: 1 }), [conversation]);

  const participants = await bob.client.getConversationParticipants(conversation);
  assert.deepEqual(participants, [{ handle: 'ada', display_name: null, avatar_url: null }]);
  const context = await bob.client.getConversationContext(conversation);
  const { relationship } = context;
  assert.match(relationship.added_at, TIME);
  assert.deepEqual(context, {
    conversation_id: conversation,
    type: 'direct',
    group: null,
    counterparty: { handle: 'ada', display_name: null, avatar_url: null },
    relationship: { is_contact: true, added_at: relationship.added_at, note: 'Counts.' },
    unread: { count: 2, oldest_seq: 1, newest_seq: 3 },
  });
  for (const stranger of [
    () => carol.client.getConversationParticipants(conversation),
    () => carol.client.getConversationContext(conversation),
    () => carol.client.hideConversation(conversation),
  ])
    await refused(stranger(), 'NotFoundError', 404, 'CONVERSATION_NOT_FOUND');

  // One message at a time is read, whichever comes first.
  assert.equal((await bob.client.markAsRead(second.id)).ok, true);
  assert.equal((await bob.client.markAsRead(second.id)).ok, true);
  const { unread } = await bob.client.getConversationContext(conversation);
  assert.deepEqual(unread, { count: 1, oldest_seq: 1, newest_seq: 1 });
  const hers = (await ada.client.getMessages(conversation)).find(({ id }) => id === second.id);
  assert.equal(hers.status, 'read');
  assert.match(hers.read_at, TIME);
  assert.match(hers.delivered_at, TIME);
  await refused(ada.client.markAsRead(second.id), 'NotFoundError', 404, 'MESSAGE_NOT_FOUND');

  assert.equal((await bob.client.hideConversation(conversation)).ok, true);
  assert.ok(!(await ids()).includes(conversation));
  assert.ok((await bob.client.sync()).every(({ conversation_id: id }) => id !== conversation));
  assert.equal((await ada.client.getMessages(conversation)).length, 3);
  const third = await say(ada, bob, 'Back again');
  const [back] = await bob.client.listConversations();
  assert.deepEqual([back.id, back.unread_count, back.oldest_unread_seq], [conversation, 1, third.seq]);
  assert.deepEqual(texts(await bob.client.getMessages(conversation)), ['Back again']);
}

async function queue() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await meet(ada, bob);
  for (let number = 2; number <= 7; number += 1) await say(ada, bob, `${number}`);
  const rows = await bob.client.sync();
  assert.deepEqual(texts(rows), ['Shall we talk?', '2', '3', '4', '5', '6', '7']);
  assert.ok(rows.every(({ delivery_id: id, status }) => /^del_[\da-f]{32}$/.test(id) && status === 'stored'));
  assert.deepEqual(await bob.client.sync({ limit: 3 }), rows.slice(0, 3));
  assert.deepEqual(await bob.client.sync({ limit: 3, after: rows[2].delivery_id }), rows.slice(3, 6));
  assert.deepEqual(await bob.client.sync({ after: 'del_00000000000000000000000000000000' }), []);
  assert.deepEqual(await bob.client.syncAck(rows[2].delivery_id), { acked: 3 });
  assert.deepEqual(await bob.client.syncAck(rows[2].delivery_id), { acked: 0 });
  assert.deepEqual(await bob.client.syncAck(rows[0].delivery_id), { acked: 0 });
  // A cursor stays good after what it names has left the queue.
  assert.deepEqual(await bob.client.sync({ after: rows[2].delivery_id }), rows.slice(3));
  assert.deepEqual(await ada.client.syncAck(rows[6].delivery_id), { acked: 0 });
  assert.deepEqual(await bob.client.syncAck('anything at all'), { acked: 0 });
  assert.deepEqual(await bob.client.syncAck(rows[6].delivery_id), { acked: 4 });
  assert.deepEqual(await bob.client.sync(), []);
  await refused(bob.client.syncAck(''), 'ValidationError', 400, 'VALIDATION_ERROR');
}

/** The harness allows three conversations a day that nobody has answered. */
async function cold() {
  const [ada, bob] = await joinAll('ada', 'bob');
  const first = await say(ada, bob, 'Hello?');
  const early = await refused(say(ada, bob, 'Hello??'), 'AwaitingReplyError', 403, 'AWAITING_REPLY');
  assert.deepEqual([early.recipientHandle, early.waitingSince], ['bob', first.created_at]);
  assert.deepEqual(early.details, { recipient_handle: 'bob', waiting_since: first.created_at });
  const others = await joinAll('carol', 'dora', 'emil');
  for (const other of others.slice(0, 2)) await say(ada, other, 'Hello?');
  const impatient = { handle: 'ada', client: onceOnly(ada.key) };
  const capped = await refused(say(impatient, others[2], 'Hello?'), 'RateLimitedError', 429, 'RATE_LIMITED');
  assert.equal(capped.details.limit, 3);
  assert.ok(capped.retryAfterMs > 23 * 3_600_000 && capped.retryAfterMs <= 24 * 3_600_000, `${capped.retryAfterMs}`);
  // An answer frees the slot, makes the two each other's contacts, and ends the waiting.
  await say(bob, ada, 'Hello!');
  assert.equal((await say(ada, others[2], 'Hello?')).seq, 1);
  assert.equal((await say(ada, bob, 'There you are')).seq, 3);
  assert.equal((await ada.client.checkContact('bob')).is_contact, true);
  assert.equal((await bob.client.checkContact('ada')).is_contact, true);
}

/** The harness warns from five waiting messages on and refuses from ten. */
async function backlog() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await meet(ada, bob);
  const warned = [];
  const client = clientOf(ada.key, { onBacklogWarning: (warning) => warned.push(warning) });
  const warnings = [];
  for (let waiting = 1; waiting < 10; waiting += 1) {
    const { backlogWarning } = await client.sendMessage({ to: 'bob', content: { text: `${waiting}` } });
    warnings.push(backlogWarning);
  }
  const expected = [5, 6, 7, 8, 9].map((count) => ({ recipientHandle: 'bob', undeliveredCount: count }));
  assert.deepEqual(warnings, [null, null, null, null, ...expected]);
  assert.deepEqual(warned, expected);
  const full = client.sendMessage({ to: 'bob', content: { text: 'Too much' } });
  const error = await refused(full, 'RecipientBackloggedError', 429, 'RECIPIENT_BACKLOGGED');
  assert.deepEqual([error.recipientHandle, error.undeliveredCount], ['bob', 10]);
  assert.equal((await bob.client.sync()).length, 10);
}

const C = (...names) => names.map((name) => `AgentChatClient.${name}`);

export const scenarios = {
  messages: { uses: [...C('sendMessage'), 'renderMessageContext'], run: messages },
  history: { uses: C('getMessages', 'deleteMessage'), run: history },
  conversations: {
    uses: C(
      'listConversations',
      'getConversationParticipants',
      'getConversationContext',
      'hideConversation',
      'markAsRead',
    ),
    run: conversations,
  },
  queue: { uses: C('sync', 'syncAck'), run: queue },
  cold: { uses: ['AwaitingReplyError'], run: cold },
  backlog: { uses: ['RecipientBackloggedError'], run: backlog },
};
