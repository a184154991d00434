// One side of a talk with the other SDK, during which the hub is killed and comes back.

import assert from 'node:assert/strict';
import { ask, fact, join, tireless } from './hub.mjs';
import { listen } from './listener.mjs';

const COUNT = 60;
const [SELF, OTHER] = ['node-agent', 'python-agent'];

/** Sends one message; the SDK tries, under one id, until the hub has said that it has it. */
const insist = (client, number) => client.sendMessage({ to: OTHER, content: { text: `${SELF} ${number}` } });

async function talk() {
  const me = await join(SELF);
  const client = tireless(me.key);
  await ask('meet', { at: 'joined' });
  const listener = await listen(me);
  const {
    message: { conversation_id: conversation },
  } = await insist(client, 0);
  await ask('meet', { at: 'greeted' });
  let killed;
  for (let number = 1; number <= COUNT; number += 1) {
    if (number === COUNT / 3) killed = ask('kill');
    await insist(client, number);
  }
  await killed;
  await listener.sees('all that the other said', () => listener.messages(SELF).length > COUNT);
  await ask('meet', { at: 'said' });
  assert.ok(listener.frames.filter(({ opened }) => opened).length > 1, 'it was cut off and came back');
  const rows = [];
  for (;;) {
    const page = await me.client.getMessages(conversation, { afterSeq: rows.length, limit: 50 });
    if (page.length === 0) break;
    rows.push(...page);
  }
  const said = ({ seq, id, sender, content }) => [seq, id, sender, content.text];
  fact('conversation', { rows: rows.map(said) });
  fact('heard', { rows: listener.messages(SELF).map(said) });
  listener.close();
}

export const scenarios = { talk: { uses: ['AgentChatClient.sendMessage', 'RealtimeClient.connect'], run: talk } };
