// Registering, recovering, rotating keys, the own record, and how many agents an e-mail address may have.

import assert from 'node:assert/strict';
import { HTTP, TIME, clientOf, codeFor, counted, join, refused, sdk, sent, wire, wrong } from './hub.mjs';
import { listen } from './listener.mjs';

const at = { baseUrl: HTTP };
const client = () => sdk.AgentChatClient;

async function register() {
  const email = 'ada@example.com';
  const asked = { email, handle: 'ada', display_name: 'Ada', description: 'Counts.', ...at };
  const pending = await client().register(asked);
  sent(email);
  assert.match(pending.pending_id, /^pnd_/);
  assert.equal(pending.message, 'Verification code sent to email');
  const code = await codeFor(email);
  await refused(client().verify(pending.pending_id, '12345', at), 'ValidationError', 400, 'VALIDATION_ERROR');
  await refused(client().verify(pending.pending_id, wrong(code), at), 'AgentChatError', 400, 'INVALID_CODE');
  await refused(client().verify('pnd_unheard-of', code, at), 'AgentChatError', 400, 'EXPIRED');
  const { agent, apiKey, client: made } = await client().verify(pending.pending_id, code, at);
  const ada = counted('AgentChatClient', made);
  assert.match(apiKey, /^ac_live_[\w-]{43}$/);
  const { id, created_at: created, updated_at: updated, ...rest } = agent;
  assert.match(id, /^agt_/);
  assert.match(created, TIME);
  assert.match(updated, TIME);
  assert.deepEqual(rest, {
    handle: 'ada',
    email,
    email_masked: 'a****@example.com',
    display_name: 'Ada',
    description: 'Counts.',
    avatar_url: null,
    status: 'active',
    paused_by_owner: 'none',
    is_system: false,
    settings: { inbox_mode: 'open', group_invite_policy: 'open' },
  });
  assert.deepEqual(await ada.getMe(), agent);
  await refused(client().verify(pending.pending_id, code, at), 'AgentChatError', 400, 'EXPIRED');

  const again = (handle) => client().register({ email: 'bob@example.com', handle, ...at });
  await refused(again('ada'), 'AgentChatError', 409, 'HANDLE_TAKEN');
  await refused(again('admin'), 'AgentChatError', 400, 'INVALID_HANDLE');
  const grammar = await refused(again('a--b'), 'AgentChatError', 400, 'INVALID_HANDLE');
  assert.ok(grammar.details.fieldErrors.handle.length > 0);
  await refused(
    client().register({ email: 'nobody', handle: 'bob', ...at }),
    'ValidationError',
    400,
    'VALIDATION_ERROR',
  );
}

async function attempts() {
  const email = 'ada@example.com';
  const { pending_id: pending } = await client().register({ email, handle: 'ada', ...at });
  sent(email);
  const code = await codeFor(email);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await refused(client().verify(pending, wrong(code), at), 'AgentChatError', 400, 'INVALID_CODE');
  }
  const late = await refused(client().verify(pending, code, at), 'RateLimitedError', 429, 'OTP_ATTEMPTS_EXHAUSTED');
  assert.equal(late.retryAfterMs, null);
  await refused(client().verify(pending, code, at), 'AgentChatError', 400, 'EXPIRED');
}

async function recover() {
  const ada = await join('ada');
  const listener = await listen(ada);
  const message = 'If an account is registered with this email, a verification code has been sent.';
  const pending = await client().recover(ada.email, at);
  sent(ada.email);
  assert.deepEqual(pending, { pending_id: pending.pending_id, message });
  const got = await client().recoverVerify(pending.pending_id, await codeFor(ada.email), at);
  assert.equal(got.handle, 'ada');
  assert.notEqual(got.apiKey, ada.key);
  assert.equal((await counted('AgentChatClient', got.client).getMe()).handle, 'ada');
  await refused(ada.client.getMe(), 'UnauthorizedError', 401, 'UNAUTHORIZED');
  const { code, reason } = await listener.next('disconnected');
  assert.deepEqual([code, reason], [1008, 'API key rotated']);
  await listener.next('error', ({ error }) => error.message.includes('terminal'));

  const nobody = await client().recover('nobody@example.com', at);
  assert.deepEqual(nobody, { pending_id: nobody.pending_id, message });
  assert.equal(nobody.pending_id.length, pending.pending_id.length);
  await refused(client().recoverVerify(nobody.pending_id, '123456', at), 'AgentChatError', 400, 'INVALID_CODE');

  await join('ada-two', { email: ada.email });
  const unclear = await client().recover(ada.email, at);
  sent(ada.email);
  const proved = client().recoverVerify(unclear.pending_id, await codeFor(ada.email), at);
  const { details } = await refused(proved, 'AgentChatError', 409, 'HANDLE_REQUIRED');
  assert.deepEqual(details.handles, ['ada', 'ada-two']);
  listener.close();
}

async function rotate() {
  const [ada, bob] = [await join('ada'), await join('bob')];
  await refused(bob.client.rotateKey('ada'), 'ForbiddenError', 403, 'FORBIDDEN');
  const pending = await ada.client.rotateKey('@Ada');
  sent(ada.email);
  assert.equal(pending.message, 'Verification code sent to registered email');
  const code = await codeFor(ada.email);
  const id = pending.pending_id;
  await refused(ada.client.rotateKeyVerify('ada', id, wrong(code)), 'AgentChatError', 400, 'INVALID_CODE');
  await refused(bob.client.rotateKeyVerify('bob', id, code), 'ForbiddenError', 403, 'FORBIDDEN');
  const rotated = await ada.client.rotateKeyVerify('ada', id, code);
  assert.deepEqual(rotated, { handle: 'ada', api_key: rotated.api_key });
  await refused(ada.client.getMe(), 'UnauthorizedError', 401, 'UNAUTHORIZED');
  assert.equal((await clientOf(rotated.api_key).getMe()).handle, 'ada');
}

async function profile() {
  const [ada, bob] = [await join('ada'), await join('bob')];
  const shown = await bob.client.getAgent('@Ada');
  const { created_at: created, ...rest } = shown;
  assert.match(created, TIME);
  assert.deepEqual(rest, {
    handle: 'ada',
    display_name: null,
    description: null,
    avatar_url: null,
    status: 'active',
    is_system: false,
  });
  const changed = await ada.client.updateAgent('ada', {
    display_name: 'Ada L.',
    description: 'Counts on.',
    settings: { inbox_mode: 'contacts_only', discoverable: true },
    status: 'suspended',
  });
  assert.deepEqual(changed, {
    ...ada.agent,
    display_name: 'Ada L.',
    description: 'Counts on.',
    settings: { inbox_mode: 'contacts_only', group_invite_policy: 'open' },
    updated_at: changed.updated_at,
  });
  assert.deepEqual(await ada.client.updateAgent('ada', {}), changed);
  assert.deepEqual(await ada.client.getMe(), changed);
  assert.equal((await bob.client.getAgent('ada')).display_name, 'Ada L.');
  await refused(bob.client.updateAgent('ada', { description: 'x' }), 'ForbiddenError', 403, 'FORBIDDEN');
  await refused(bob.client.deleteAgent('ada'), 'ForbiddenError', 403, 'FORBIDDEN');
  const tooLong = ada.client.updateAgent('ada', { display_name: 'x'.repeat(101) });
  assert.ok((await refused(tooLong, 'ValidationError', 400, 'VALIDATION_ERROR')).details.fieldErrors.display_name);

  const listener = await listen(ada);
  assert.deepEqual(await ada.client.deleteAgent('ada'), { message: 'Account deleted' });
  const { code, reason } = await listener.next('disconnected');
  assert.deepEqual([code, reason], [1008, 'Account deleted']);
  await refused(ada.client.getMe(), 'UnauthorizedError', 401, 'UNAUTHORIZED');
  await refused(bob.client.getAgent('ada'), 'NotFoundError', 404, 'AGENT_NOT_FOUND');
  const taken = client().register({ email: 'carol@example.com', handle: 'ada', ...at });
  await refused(taken, 'AgentChatError', 409, 'HANDLE_TAKEN');
  listener.close();
}

/** The harness allows two agents at a time and three in all for one address. */
async function addresses() {
  const email = 'many@example.com';
  await join('many-one', { email });
  const second = await join('many-two', { email });
  const more = (handle) => client().register({ email, handle, ...at });
  const full = await refused(more('many-three'), 'AgentChatError', 409, 'EMAIL_LIMIT_REACHED');
  assert.deepEqual(full.details, { limit: 2 });
  await second.client.deleteAgent('many-two');
  const third = await join('many-three', { email });
  await third.client.deleteAgent('many-three');
  const spent = await refused(more('many-four'), 'AgentChatError', 409, 'EMAIL_EXHAUSTED');
  assert.deepEqual(spent.details, { limit: 3 });
  assert.equal(sdk.ErrorCode.EMAIL_EXHAUSTED, spent.code);
}

/** The harness lets nobody have two codes within a minute. */
async function cooldown() {
  const email = 'ada@example.com';
  await client().register({ email, handle: 'ada', ...at });
  const early = client().register({ email, handle: 'ada', ...at });
  const { retryAfterMs } = await refused(early, 'RateLimitedError', 429, 'OTP_COOLDOWN');
  assert.ok(retryAfterMs % 1000 === 0 && retryAfterMs >= 1000 && retryAfterMs <= 60_000, `${retryAfterMs} ms`);
}

/** The harness has a mail server that nobody answers for. */
async function unsent() {
  const registering = client().register({ email: 'ada@example.com', handle: 'ada', ...at });
  const error = await refused(registering, 'ServerError', 500, 'OTP_FAILED');
  assert.equal(error.details, undefined);
  const { data } = await wire().request('GET', '/v1/health');
  assert.equal(data.status, 'ok');
}

const C = (...names) => names.map((name) => `AgentChatClient.${name}`);

export const scenarios = {
  register: {
    uses: [...C('register', 'verify', 'getMe'), 'AgentChatClient', 'AgentChatError', 'ValidationError'],
    run: register,
  },
  attempts: { uses: ['RateLimitedError'], run: attempts },
  recover: { uses: [...C('recover', 'recoverVerify'), 'UnauthorizedError'], run: recover },
  rotate: { uses: [...C('rotateKey', 'rotateKeyVerify'), 'ForbiddenError'], run: rotate },
  profile: { uses: [...C('getAgent', 'updateAgent', 'deleteAgent'), 'NotFoundError'], run: profile },
  addresses: { uses: ['ErrorCode'], run: addresses },
  cooldown: { uses: ['RateLimitedError'], run: cooldown },
  unsent: { uses: ['ServerError', 'HttpTransport', 'HttpTransport.request'], run: unsent },
};
