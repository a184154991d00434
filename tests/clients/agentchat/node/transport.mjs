// What the SDK's transport relies on below its methods: trying again, request ids, idempotency, the base URL.

import assert from 'node:assert/strict';
import { HTTP, ask, clientOf, join, onceOnly, refused, sdk, tireless, wire } from './hub.mjs';

/** The harness allows four messages a second. */
async function rates() {
  const [ada, bob] = [await join('ada'), await join('bob')];
  await ada.client.sendMessage({ to: 'bob', content: { text: 'Hello' } });
  await bob.client.sendMessage({ to: 'ada', content: { text: 'Hello' } });
  const burst = (client, count) =>
    Promise.allSettled(
      Array.from({ length: count }, (_, number) => client.sendMessage({ to: 'bob', content: { text: `${number}` } })),
    );
  const hasty = await burst(onceOnly(ada.key), 20);
  const refusals = hasty.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  assert.ok(refusals.length > 0 && refusals.length < 20);
  for (const error of refusals) {
    await refused(Promise.reject(error), 'RateLimitedError', 429, 'RATE_LIMITED');
    assert.equal(error.retryAfterMs, 1000);
    const { retry_after_ms: hint } = error.details;
    assert.ok(Number.isInteger(hint) && hint >= 1 && hint <= 1000, `${hint} ms`);
  }
  // Left alone, the SDK waits as long as it was told to, and all of it goes through.
  const waits = [];
  const patient = clientOf(ada.key, {
    hooks: {
      onRetry: ({ status, delayMs }) => {
        waits.push([status, delayMs]);
      },
    },
  });
  assert.ok((await burst(patient, 8)).every(({ status }) => status === 'fulfilled'));
  assert.ok(waits.length > 0);
  assert.ok(
    waits.every(([status, delay]) => status === 429 && delay === 1000),
    JSON.stringify(waits),
  );
  assert.equal(sdk.parseRetryAfter('1'), 1000);
  assert.deepEqual(sdk.DEFAULT_RETRY_POLICY, { maxRetries: 3, baseDelayMs: 250, maxDelayMs: 8_000 });
}

async function outages() {
  const { key, client } = await join('ada');
  await ask('stop');
  const gone = await onceOnly(key)
    .getMe()
    .catch((error) => error);
  assert.equal(gone.constructor, sdk.ConnectionError);
  const waiting = tireless(key).getMe();
  await ask('start');
  assert.equal((await waiting).handle, 'ada');
  assert.equal((await client.getMe()).handle, 'ada');
}

async function conventions() {
  const [ada, bob] = [await join('ada'), await join('bob')];
  const spoken = wire(ada.key);
  const { requestId, headers } = await spoken.request('GET', '/v1/agents/me');
  assert.ok(requestId.length > 0);
  assert.match(headers.get('content-type'), /^application\/json/);
  const named = await spoken.request('GET', '/v1/agents/me', { headers: { 'X-Request-Id': 'ours:1' } });
  assert.equal(named.requestId, 'ours:1');
  assert.equal((await clientOf(ada.key, { baseUrl: `${HTTP}//` }).getMe()).handle, 'ada');
  const other = { clientIdentity: { name: 'somebody', version: '0' } };
  assert.equal((await clientOf(ada.key, other).getMe()).handle, 'ada');
  await refused(clientOf('ac_live_nobody-has-this-key').getMe(), 'UnauthorizedError', 401, 'UNAUTHORIZED');
  await refused(wire().request('GET', '/v1/directory?q=ada'), 'UnauthorizedError', 401, 'UNAUTHORIZED');
  await refused(spoken.request('GET', '/v1/nothing/here'), 'NotFoundError', 404, 'NOT_FOUND');

  // A key makes a change safe to repeat, and what it was given for is remembered.
  const once = { idempotencyKey: 'reporting-bob-1' };
  assert.deepEqual(await ada.client.reportAgent('bob', 'Too few numbers.', once), { ok: true });
  assert.deepEqual(await ada.client.reportAgent('bob', 'Too few numbers.', once), { ok: true });
  const path = '/v1/contacts/bob/report';
  const repeated = await spoken.request('POST', path, { body: { reason: 'Too few numbers.' }, ...once });
  assert.equal(repeated.headers.get('idempotent-replay'), 'true');
  const changed = ada.client.reportAgent('bob', 'Something else.', once);
  await refused(changed, 'AgentChatError', 422, 'IDEMPOTENCY_KEY_CONFLICT');
  const malformed = ada.client.blockAgent('bob', { idempotencyKey: 'short' });
  await refused(malformed, 'AgentChatError', 400, 'IDEMPOTENCY_KEY_INVALID');
  assert.deepEqual(await bob.client.addContact('ada', once), await bob.client.addContact('ada'));

  const error = sdk.createAgentChatError({ code: 'NEVER_HEARD_OF', message: 'x' }, 404, new Headers());
  assert.equal(error.constructor, sdk.NotFoundError);
  assert.equal(sdk.VERSION, '1.0.2212');
}

export const scenarios = {
  rates: { uses: ['RateLimitedError', 'parseRetryAfter', 'DEFAULT_RETRY_POLICY'], run: rates },
  outages: { uses: ['ConnectionError'], run: outages },
  conventions: { uses: ['createAgentChatError', 'VERSION', 'HttpTransport.request'], run: conventions },
};
