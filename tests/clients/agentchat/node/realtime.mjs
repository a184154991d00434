// The realtime client: greeting, acknowledgements, order, what waited while it was away, gaps, coming back.

import assert from 'node:assert/strict';
import { TIME, ask, clientOf, join, joinAll, meet, say, settle, texts, until } from './hub.mjs';
import { Listener, listen } from './listener.mjs';

async function hello() {
  const ada = await join('ada');
  const listener = await listen(ada);
  const [opened, asked, greeted] = listener.frames;
  assert.ok(opened.opened.endsWith('/v1/ws'));
  const { api_key: key, client_version: version, ...rest } = asked.sent;
  assert.deepEqual(rest, { type: 'hello', capabilities: ['ack'], client: 'typescript_sdk' });
  assert.deepEqual([key, version], [ada.key, '1.0.2212']);
  assert.deepEqual(greeted.received, { type: 'hello.ok', capabilities: ['ack'] });
  assert.equal(listener.live.isConnected, true);
  listener.close();
  assert.equal(listener.live.isConnected, false);

  const wrong = new Listener({ key: 'ac_live_nobody-has-this-key', client: clientOf('ac_live_nobody') });
  await wrong.live.connect();
  const { code, reason } = await wrong.next('disconnected');
  assert.deepEqual([code, reason], [1008, 'Invalid token']);
  await wrong.next('error', ({ error }) => error.message.includes('terminal code 1008'));
  assert.ok(!process.getActiveResourcesInfo().includes('Timeout'), 'it does not wait to come back');
  wrong.close();
}

async function live() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await meet(ada, bob);
  await settle(bob);
  const listener = await listen(bob);
  const said = [];
  for (let number = 1; number <= 20; number += 1) said.push(await say(ada, bob, `${number}`));
  await listener.sees('twenty messages', () => listener.messages().length === 20);
  const got = listener.messages();
  assert.deepEqual(
    got.map(({ delivery_id: _, ...message }) => message),
    said.map(({ delivery_id: _, ...message }) => message),
  );
  await listener.sees('twenty acknowledgements', () => said.every(({ id }) => listener.acks().includes(id)));
  await until('an empty queue', async () => (await bob.client.sync()).length === 0);
  const delivered = (await ada.client.getMessages(said[0].conversation_id)).filter(({ id }) =>
    said.some((one) => one.id === id),
  );
  assert.ok(delivered.every(({ status, delivered_at: at }) => status === 'delivered' && TIME.test(at)));
  listener.close();
}

/** What a handler could not deal with is not acknowledged, and comes again. */
async function unhandled() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await meet(ada, bob);
  await settle(bob);
  let fails = true;
  const onMessage = async ({ content }) => {
    if (fails && content.text === 'Bitter') throw new Error('not this one');
  };
  const listener = await listen(bob, { onMessage });
  const bitter = await say(ada, bob, 'Bitter');
  const sweet = await say(ada, bob, 'Sweet');
  await listener.next('error', ({ error }) => error.message === 'not this one');
  await listener.next('message.new', ({ id }) => id === sweet.id);
  await until('one acknowledgement', async () => (await bob.client.sync()).length === 1);
  assert.deepEqual(
    (await bob.client.sync()).map(({ id }) => id),
    [bitter.id],
  );
  fails = false;
  listener.close();
  const again = await listen(bob, { onMessage });
  await again.next('message.new', ({ id }) => id === bitter.id);
  await until('an empty queue', async () => (await bob.client.sync()).length === 0);
  again.close();
}

async function away() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await meet(ada, bob);
  await settle(bob);
  const said = [];
  for (let round = 1; round <= 25; round += 1) {
    const twenty = Array.from({ length: 20 }, (_, number) => say(ada, bob, `${round} ${number}`));
    said.push(...(await Promise.all(twenty)));
  }
  said.sort((one, other) => one.seq - other.seq);
  const listener = await listen(bob);
  await listener.sees('five hundred messages', () => listener.messages().length >= 500);
  // What came over both ways at once is acknowledged by one of them, or by the next drain.
  await until('an empty queue', async () => {
    await listener.live.drainOfflineEnvelopes();
    return (await bob.client.sync()).length === 0;
  });
  assert.deepEqual(texts(listener.messages()), texts(said), 'all of it, in order, once');
  listener.close();
}

/** Without a drain of the client's own, the hub's is enough. */
async function drained() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await meet(ada, bob);
  await settle(bob);
  const said = [];
  for (let number = 1; number <= 50; number += 1) said.push((await say(ada, bob, `${number}`)).content.text);
  const listener = await listen(bob, { autoDrainOnConnect: false });
  await listener.sees('fifty messages', () => listener.messages().length >= 50);
  assert.deepEqual(texts(listener.messages()), said);
  await until('an empty queue', async () => (await bob.client.sync()).length === 0);
  listener.close();
}

/** An own answer is a hole in what is pushed, which the client fills from history. */
async function gaps() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await meet(ada, bob);
  await settle(bob);
  const listener = await listen(bob);
  const before = await say(ada, bob, 'Before');
  await listener.next('message.new', ({ id }) => id === before.id);
  const own = await say(bob, ada, 'Mine');
  const after = await say(ada, bob, 'After');
  await listener.sees('both', () => listener.messages().length === 2 && listener.gaps.length > 0);
  assert.deepEqual(
    listener.messages().map(({ id }) => id),
    [own.id, after.id],
  );
  const [gap, ...more] = listener.gaps;
  assert.deepEqual(more, []);
  assert.deepEqual(
    [gap.conversationId, gap.expectedSeq, gap.recovered, gap.reason],
    [own.conversation_id, own.seq, true, 'gap_filled'],
  );
  // It acknowledges its own message too; the hub takes that without a word.
  await listener.sees('both acknowledgements', () => [own, after].every(({ id }) => listener.acks().includes(id)));
  await until('an empty queue', async () => (await bob.client.sync()).length === 0);
  listener.close();
}

async function restart() {
  const [ada, bob] = await joinAll('ada', 'bob');
  await meet(ada, bob);
  await settle(bob);
  const listener = await listen(bob);
  await ask('stop');
  const { code, reason } = await listener.next('disconnected');
  assert.deepEqual([code, reason], [1001, 'Server shutting down']);
  await ask('start');
  const missed = await say(ada, bob, 'While you were away');
  await listener.next('connected');
  await listener.next('message.new', ({ id }) => id === missed.id);
  const back = await say(ada, bob, 'Now that you are back');
  await listener.next('message.new', ({ id }) => id === back.id);
  assert.deepEqual(listener.messages(), []);
  listener.close();
}

async function signals() {
  const [ada, bob] = await joinAll('ada', 'bob');
  const conversation = await meet(ada, bob);
  const [hers, his] = [await listen(ada), await listen(bob)];
  hers.live.sendTypingStart(conversation);
  assert.deepEqual(await his.next('typing.start'), { conversation_id: conversation, sender: 'ada' });
  hers.live.sendTypingStop(conversation);
  assert.deepEqual(await his.next('typing.stop'), { conversation_id: conversation, sender: 'ada' });
  const last = await say(ada, bob, 'Read this');
  his.live.sendReadAck(conversation, last.seq);
  const read = await hers.next('message.read');
  assert.match(read.at, TIME);
  assert.deepEqual(read, {
    message_id: last.id,
    conversation_id: conversation,
    seq: last.seq,
    through_seq: last.seq,
    reader: 'bob',
    read_by: 'bob',
    read_at: read.at,
    at: read.at,
  });
  const { unread } = await bob.client.getConversationContext(conversation);
  assert.deepEqual(unread, { count: 0, oldest_seq: null, newest_seq: null });
  const one = await say(bob, ada, 'And you this');
  await ada.client.markAsRead(one.id);
  assert.equal((await his.next('message.read')).message_id, one.id);
  assert.ok(!hers.has('typing.start') && !his.has('message.read'));
  hers.close();
  his.close();
}

const R = (...names) => names.map((name) => `RealtimeClient.${name}`);

export const scenarios = {
  hello: {
    uses: [
      'RealtimeClient',
      ...R('connect', 'disconnect', 'isConnected', 'on', 'onConnect', 'onDisconnect', 'onError'),
    ],
    run: hello,
  },
  live: { uses: R('on'), run: live },
  unhandled: { uses: R('onError'), run: unhandled },
  away: { uses: R('drainOfflineEnvelopes'), run: away },
  drained: { uses: R('on'), run: drained },
  gaps: { uses: R('on'), run: gaps },
  restart: { uses: R('onDisconnect'), run: restart },
  signals: { uses: R('sendTypingStart', 'sendTypingStop', 'sendReadAck'), run: signals },
};
