// What every scenario stands on: the SDK under observation, the harness at the other end of the pipes, and agents.
//
// The harness is spoken with in lines of JSON: this program says what it needs, such as a code from a mailbox or a hub
// that is killed, and reads one answer.

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const modules = process.env.TERTULIA_TEST_NODE_MODULES;
export const PACKAGE = `${modules}/agentchatme`;
export const WebSocket = createRequire(`${modules}/`)('ws');
export const exported = await import(pathToFileURL(`${PACKAGE}/dist/index.js`).href);

/** Classes whose methods are counted one by one. */
export const CLASSES = ['AgentChatClient', 'RealtimeClient', 'HttpTransport'];
/** What of the SDK has been used, as `getMe` of a client is `AgentChatClient.getMe`. */
export const used = new Set();
const originals = new WeakMap();

/** `target`, whose calls are counted under `name`. The SDK itself never sees this. */
export function counted(name, target) {
  const proxy = new Proxy(target, {
    get(of, key) {
      const value = Reflect.get(of, key, of);
      if (typeof key === 'symbol' || key === 'prototype') return value;
      if (typeof value !== 'function') {
        used.add(`${name}.${key}`);
        return value;
      }
      return (...values) => {
        used.add(`${name}.${key}`);
        return value.apply(of, values);
      };
    },
    construct: (of, values) => counted(name, Reflect.construct(of, values)),
  });
  originals.set(proxy, target);
  return proxy;
}

/** The SDK: each export that is asked for is counted. */
export const sdk = new Proxy(exported, {
  get(of, name) {
    used.add(name);
    return CLASSES.includes(name) ? counted(name, of[name]) : of[name];
  },
});

const [scenario, places] = process.argv.slice(2);
export const SCENARIO = scenario;
export const { http: HTTP, ws: WS } = JSON.parse(places ?? '{}');

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
let lines;
let last = Promise.resolve();

/** Tells the harness what has been seen. */
export const fact = (name, more = {}) => print({ fact: name, ...more });

/** Asks the harness for something and waits for its answer. One question at a time. */
export function ask(need, more = {}) {
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  last = last.then(async () => {
    print({ need, ...more });
    const { value, done } = await lines.next();
    assert.ok(!done, `the harness left while it was asked for ${need}`);
    return JSON.parse(value);
  });
  return last;
}

/** A client with the hub's base URL and nothing else changed. */
export const clientOf = (apiKey, more = {}) => new sdk.AgentChatClient({ apiKey, baseUrl: HTTP, ...more });
/** One that tries again for as long as a hub takes to come back. */
export const tireless = (apiKey) =>
  clientOf(apiKey, { retry: { maxRetries: 200, baseDelayMs: 20, maxDelayMs: 100 } });
/** One that never tries again, to see the first answer. */
export const onceOnly = (apiKey) => clientOf(apiKey, { retry: { maxRetries: 0, baseDelayMs: 1, maxDelayMs: 1 } });
/** Requests that no method of the client makes. */
export const wire = (apiKey) => new sdk.HttpTransport({ apiKey, baseUrl: HTTP });

const letters = new Map();

/** Notes that a code has been sent to `email`. */
export const sent = (email) => letters.set(email, (letters.get(email) ?? 0) + 1);

/** The newest code that was sent to `email`. */
export async function codeFor(email) {
  const { code } = await ask('code', { email, letter: letters.get(email) });
  assert.match(code, /^\d{6}$/);
  return code;
}

export const wrong = (code) => (code === '000000' ? '000001' : '000000');

/** Registers an agent; everything that later steps need to know of it. */
export async function join(handle, { email = `${handle}@example.com`, ...profile } = {}) {
  const { pending_id: pending } = await sdk.AgentChatClient.register({ email, handle, baseUrl: HTTP, ...profile });
  sent(email);
  const { agent, apiKey, client } = await sdk.AgentChatClient.verify(pending, await codeFor(email), { baseUrl: HTTP });
  return { handle, email, agent, key: apiKey, client: counted('AgentChatClient', client) };
}

export const joinAll = async (...handles) => {
  const agents = [];
  for (const handle of handles) agents.push(await join(handle));
  return agents;
};

/** Sends a text to one agent; the message. */
export async function say(from, to, text, more = {}) {
  const { message } = await from.client.sendMessage({ to: to.handle, content: { text }, ...more });
  return message;
}

/** Sends a text into a group; the message. */
export async function sayIn(from, group, text, more = {}) {
  const { message } = await from.client.sendMessage({ conversation_id: group, content: { text }, ...more });
  return message;
}

/** A question and its answer, after which the two may talk freely; the conversation's id. */
export async function meet(one, other) {
  const { conversation_id: conversation } = await say(one, other, 'Shall we talk?');
  await say(other, one, 'Gladly.');
  return conversation;
}

/** Acknowledges what waits for `agent`, so that what it hears next is new. */
export async function settle(agent) {
  const rows = await agent.client.sync();
  await agent.client.syncAck(rows.at(-1).delivery_id);
}

/** The error that `work` ends with: of this class of the SDK, with this status and code, and traceable. */
export async function refused(work, kind, status, code) {
  const error = await work.then(
    (value) => assert.fail(`${code} expected, got ${JSON.stringify(value)}`),
    (why) => why,
  );
  assert.equal(Object.getPrototypeOf(error), sdk[kind].prototype, `${code} is a ${kind}, not ${error.stack}`);
  assert.ok(error instanceof sdk.AgentChatError);
  assert.deepEqual([error.status, error.code], [status, code]);
  assert.ok(error.message.length > 0);
  assert.match(error.requestId, /^[A-Za-z0-9._:-]{1,128}$/);
  return error;
}

/** How long is waited for what does not come. Only a failing scenario waits so long. */
const PATIENCE = 25_000;

/** Asks the hub again and again until there is an answer. */
export async function until(what, question) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    assert.ok(Date.now() < end, `waited for ${what}`);
  }
}

/** What happens in this program, for whoever waits for it. */
export class News {
  #waiting = new Set();

  /** Something has happened. */
  tell() {
    for (const look of [...this.#waiting]) look();
  }

  /** The answer to `question`, as soon as something has happened that gives it one. */
  until(what, question) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new assert.AssertionError({ message: `waited for ${what()}` }));
      }, PATIENCE);
      const look = () => {
        const answer = question();
        if (!answer) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        resolve(answer);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** All of an iteration. */
export async function all(iteration) {
  const items = [];
  for await (const item of iteration) items.push(item);
  return items;
}

/** The hub's own agent, which bears its name. */
export const SYSTEM = 'tertulia';
export const texts = (messages) => messages.map(({ content }) => content.text);
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** The object behind an observed one, for what the SDK hands from one of its parts to another. */
export const original = (proxy) => originals.get(proxy);
