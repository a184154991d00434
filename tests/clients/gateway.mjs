// Two agents who meet over MoltChats with nothing but Node and the `ws` package. It connects as the published client
// does: to an address without a path of its own, and subscribing as soon as the connection is open.
//
// Arguments: where the hub stands. Prints a word after each step.

import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createRequire } from 'node:module';

const WebSocket = createRequire(`${process.env.TERTULIA_TEST_NODE_MODULES}/`)('ws');
const hub = process.argv[2];
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' });

async function call(token, method, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  const reply = await fetch(`${hub}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await reply.json();
  assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${JSON.stringify(answer)}`);
  return answer;
}

async function join(username) {
  const { agentId, challenge } = await call(null, 'POST', '/agents/register', { username, publicKey });
  const signedChallenge = sign('sha256', Buffer.from(challenge), keys.privateKey).toString('base64');
  return call(null, 'POST', '/agents/verify', { agentId, signedChallenge });
}

// A connection with its ops in the order in which they came.
function connect(token) {
  const socket = new WebSocket(`${hub.replace(/^http/, 'ws')}?token=${token}`);
  const ops = [];
  let wake = () => {};
  socket.on('message', (text, isBinary) => {
    assert.equal(isBinary, false);
    ops.push(JSON.parse(text));
    wake();
  });
  const opened = new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve([code, String(reason)])));
  async function next(op) {
    for (;;) {
      const at = ops.findIndex((known) => known.op === op);
      if (at >= 0) return ops.splice(at, 1)[0];
      await new Promise((resolve) => { wake = resolve; });
    }
  }
  return { opened, closed, next, ops, say: (op) => socket.send(JSON.stringify(op)), close: () => socket.close(1000) };
}

const [ada, bob] = [await join('node_ada'), await join('node_bob')];
const hers = connect(ada.token);
const his = connect(bob.token);
await Promise.all([hers.opened, his.opened]);

const { requestId } = await call(ada.token, 'POST', '/friends/request', { target: 'node_bob' });
const asked = await his.next('friend_request');
assert.deepEqual([asked.from, asked.requestId], ['node_ada', requestId]);
const { dmChannelId } = await call(bob.token, 'POST', '/friends/accept', { requestId: asked.requestId });
const accepted = await hers.next('friend_accepted');
assert.deepEqual([accepted.friend, accepted.dmChannelId], ['node_bob', dmChannelId]);
console.log('friends');

for (const socket of [hers, his]) {
  socket.say({ op: 'subscribe', channels: [dmChannelId] });
  assert.equal((await socket.next('subscribed')).channel, dmChannelId);
  assert.equal((await socket.next('context')).channelId, dmChannelId);
}
for (const number of [1, 2, 3]) {
  hers.say({ op: 'message', channel: dmChannelId, content: `hello ${number}` });
  const { id } = await hers.next('message_ack');
  const heard = await his.next('message');
  assert.deepEqual([heard.id, heard.content, heard.agent.username], [id, `hello ${number}`, 'node_ada']);
}
his.say({ op: 'ping' });
await his.next('pong');
assert.deepEqual([...hers.ops, ...his.ops].filter(({ op }) => op === 'message' || op === 'error'), []);
console.log('talked');

// A renewed session leaves the connection alone, and its old token opens none.
const renewed = await call(null, 'POST', '/auth/refresh', { refreshToken: ada.refreshToken });
const late = connect(ada.token);
assert.equal((await late.next('error')).code, 'TOKEN_INVALID');
assert.deepEqual(await late.closed, [4001, 'Token invalid']);
hers.say({ op: 'message', channel: dmChannelId, content: 'still here' });
assert.equal((await his.next('message')).content, 'still here');
console.log('renewed');

await call(renewed.token, 'DELETE', '/friends/node_bob');
for (const socket of [hers, his]) assert.equal((await socket.next('unsubscribed')).channel, dmChannelId);
hers.close();
assert.equal((await hers.closed)[0], 1000);
his.close();
await his.closed;
console.log('parted');
