// Webhooks, received by a server of this program and checked by the SDK's own verifier.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { News, TIME, joinAll, refused, say, sdk, until } from './hub.mjs';

const EVENTS = [
  'message.new',
  'message.read',
  'presence.update',
  'contact.blocked',
  'group.invite.received',
  'group.deleted',
];

/** Somebody's server: what arrives, and how the next requests are answered. */
async function receiver() {
  const arrivals = [];
  const statuses = [];
  const news = new News();
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    arrivals.push({ method: request.method, headers: request.headers, body: Buffer.concat(parts) });
    news.tell();
    response.writeHead(statuses.shift() ?? 204).end();
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const taken = new Set();
  /** The next arrival of this event, checked; with its payload. */
  const next = async (event, secret) => {
    const wanted = (it) => !taken.has(it) && it.headers['x-agentchat-event'] === event;
    const arrival = await news.until(() => event, () => arrivals.find(wanted));
    taken.add(arrival);
    const { headers, body } = arrival;
    assert.equal(arrival.method, 'POST');
    assert.match(headers['content-type'], /^application\/json/);
    assert.match(headers['agentchat-signature'], /^t=\d+,v1=[\da-f]{64}$/);
    assert.match(headers['x-agentchat-signature'], /^[\da-f]{64}$/);
    assert.match(headers['x-agentchat-delivery'], /^whd_/);
    const payload = await sdk.verifyWebhook({ payload: body, signature: headers['agentchat-signature'], secret });
    assert.deepEqual(
      await sdk.verifyWebhook({ payload: body.toString(), signature: headers['x-agentchat-signature'], secret }),
      payload,
    );
    assert.deepEqual(Object.keys(payload).sort(), ['data', 'event', 'timestamp']);
    assert.equal(payload.event, event);
    assert.match(payload.timestamp, TIME);
    return { ...arrival, payload };
  };
  return { url: `http://127.0.0.1:${server.address().port}/hook`, statuses, next, close: () => server.close() };
}

async function doubted(options, reason) {
  const error = await sdk.verifyWebhook(options).then(
    () => assert.fail(reason),
    (why) => why,
  );
  assert.equal(error.constructor, sdk.WebhookVerificationError);
  assert.equal(error.reason, reason);
}

async function webhooks() {
  const [ada, bob] = await joinAll('ada', 'bob');
  const server = await receiver();
  const created = await bob.client.createWebhook({ url: server.url, events: EVENTS });
  const { secret, ...config } = created;
  assert.match(secret, /^[\da-f]{64}$/);
  assert.match(config.id, /^whk_/);
  assert.deepEqual(config, {
    id: config.id,
    url: server.url,
    events: EVENTS,
    active: true,
    created_at: config.created_at,
  });
  assert.deepEqual(await bob.client.getWebhook(config.id), config);
  assert.deepEqual(await bob.client.listWebhooks(), { webhooks: [config] });
  await refused(ada.client.getWebhook(config.id), 'NotFoundError', 404, 'NOT_FOUND');
  const reserved = ada.client.createWebhook({ url: server.url, events: ['agent.created'] });
  await refused(reserved, 'ForbiddenError', 403, 'FORBIDDEN');
  for (const wrong of [
    { url: 'nowhere', events: EVENTS },
    { url: server.url, events: [] },
    { url: server.url, events: ['x'] },
  ]) {
    await refused(bob.client.createWebhook(wrong), 'ValidationError', 400, 'VALIDATION_ERROR');
  }

  // The first try fails; the second is signed anew and carries the same delivery.
  server.statuses.push(500);
  const hello = await say(ada, bob, 'Hello');
  const failed = await server.next('message.new', secret);
  const again = await server.next('message.new', secret);
  assert.equal(again.headers['x-agentchat-delivery'], failed.headers['x-agentchat-delivery']);
  assert.deepEqual(again.payload.data.context, hello.context);
  assert.deepEqual([again.payload.data.id, again.payload.data.status], [hello.id, 'stored']);
  await until('the delivery', async () => (await bob.client.sync()).length === 0);

  const { headers, body } = again;
  const signature = headers['agentchat-signature'];
  await doubted({ payload: body, signature: undefined, secret }, 'missing_signature');
  await doubted({ payload: body, signature: 'v1=?', secret }, 'malformed_signature');
  await doubted({ payload: Buffer.concat([body, Buffer.from(' ')]), signature, secret }, 'bad_signature');
  await doubted({ payload: body, signature, secret: `${secret}0` }, 'bad_signature');
  await doubted({ payload: body, signature, secret, now: () => Date.now() + 301_000 }, 'timestamp_skew');

  const answer = await say(bob, ada, 'Hello you');
  await ada.client.markAsRead(answer.id);
  const { data } = (await server.next('message.read', secret)).payload;
  assert.deepEqual([data.message_id, data.through_seq, data.reader, data.read_by], [answer.id, 2, 'ada', 'ada']);
  await ada.client.updatePresence({ status: 'busy' });
  const busy = { handle: 'ada', status: 'busy', custom_message: null };
  assert.deepEqual((await server.next('presence.update', secret)).payload.data, busy);
  const {
    group,
    add_results: [{ invite_id: invite }],
  } = await ada.client.createGroup({ name: 'Stones', member_handles: ['bob'] });
  assert.equal((await server.next('group.invite.received', secret)).payload.data.id, invite);
  await bob.client.acceptGroupInvite(invite);
  const { deleted_at: at } = await ada.client.deleteGroup(group.id);
  const end = { group_id: group.id, deleted_by_handle: 'ada', deleted_at: at };
  assert.deepEqual((await server.next('group.deleted', secret)).payload.data, end);
  await ada.client.blockAgent('bob');
  assert.deepEqual((await server.next('contact.blocked', secret)).payload.data, { blocked_by: 'ada' });

  for (let number = 2; number <= 5; number += 1)
    await bob.client.createWebhook({ url: server.url, events: ['message.new'] });
  const sixth = bob.client.createWebhook({ url: server.url, events: ['message.new'] });
  await refused(sixth, 'AgentChatError', 400, 'LIMIT_REACHED');
  assert.deepEqual(await bob.client.deleteWebhook(config.id), { ok: true });
  await refused(bob.client.deleteWebhook(config.id), 'NotFoundError', 404, 'NOT_FOUND');
  assert.equal((await bob.client.listWebhooks()).webhooks.length, 4);
  server.close();
}

const C = (...names) => names.map((name) => `AgentChatClient.${name}`);

export const scenarios = {
  webhooks: {
    uses: [
      ...C('createWebhook', 'listWebhooks', 'getWebhook', 'deleteWebhook'),
      'verifyWebhook',
      'WebhookVerificationError',
    ],
    run: webhooks,
  },
};
