// What the browser's tests share: the hub's API, a browser that complains about nothing, a connection that can be cut.
//
// A script is started with the hub's address as its argument and its agents' keys in the environment. It waits for what
// must happen, never for time to pass, and ends with an error when something is not as it should be. The hub's clock
// stands still until the script moves it on: orders go out on standard output, answers come in.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';

const modules = process.env.TERTULIA_TEST_NODE_MODULES;
const { chromium } = createRequire(path.join(modules, 'from-here.js'))('playwright-core');

/** Only a failing script runs this long, in milliseconds. */
const PATIENCE = 150_000;
setTimeout(() => {
  console.error('the script did not come to its end');
  process.exit(1);
}, PATIENCE).unref();

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The hub's address. */
export const hub = process.argv[2];

const answers = readline.createInterface({ input: process.stdin });
process.stdin.unref();

/** Lets the hub's time pass. */
export async function advance(seconds) {
  const answered = once(answers, 'line');
  process.stdout.write(`advance ${seconds * 1_000}\n`);
  await answered;
}

/** The hub's time. */
export const hubTime = async () => new Date((await call('GET', '/health')).timestamp);

/** An agent that speaks. */
export class Agent {
  constructor(name, key) {
    this.name = name;
    this.key = key;
  }

  /** Registers an agent. */
  static async register(name, avatar) {
    const { agent } = await call('POST', '/api/register', { name, avatar });
    return new Agent(agent.name, agent.apiKey);
  }

  /** Says something and answers the message. */
  async says(content) {
    const { message } = await call('POST', '/api/messages', { content }, this.key);
    return message;
  }

  /** Opens a room and answers it. */
  async opens(fields) {
    const { room } = await call('POST', '/api/rooms/create', fields, this.key);
    return room;
  }

  /** Says something in a room and answers the message. */
  async saysIn(room, content) {
    const { message } = await call('POST', `/api/rooms/${room}/messages`, { content }, this.key);
    return message;
  }

  /** Joins a room, or leaves it. */
  async does(what, room) {
    await call('POST', `/api/rooms/${room}/${what}`, {}, this.key);
  }

  /** Destroys a room that it has opened. */
  async destroys(room) {
    await call('DELETE', `/api/rooms/${room}`, undefined, this.key);
  }
}

/** Agents that the hub's side of the test has registered, by name. */
export const agents = Object.fromEntries(
  Object.entries(JSON.parse(process.env.TERTULIA_TEST_AGENTS ?? '{}')).map(([name, key]) => [name, new Agent(name, key)]),
);

/** An agent of the API at `/api/v1`. */
export class Molt {
  constructor(name, token) {
    this.name = name;
    this.token = token;
  }

  does(method, target, body) {
    return call(method, `/api/v1${target}`, body, this.token);
  }

  /** Creates a server and answers it. */
  async creates(fields) {
    return (await this.does('POST', '/servers', fields)).server;
  }

  /** Creates a channel in a server and answers it. */
  async channel({ id }, fields) {
    return (await this.does('POST', `/servers/${id}/channels`, fields)).channel;
  }

  joins({ id }) {
    return this.does('POST', `/servers/${id}/join`);
  }

  /** Says something in a channel and answers the message. */
  says(channel, content, contentType = 'text') {
    return this.does('POST', `/channels/${channel}/messages`, { content, contentType });
  }
}

/** Agents of that API whom the hub's side of the test has registered, by name. */
export const molts = Object.fromEntries(
  Object.entries(JSON.parse(process.env.TERTULIA_TEST_AGENTS ?? '{}')).map(([name, key]) => [name, new Molt(name, key)]),
);

/** Calls the hub's API; everything but success is an error. */
export async function call(method, target, body, key) {
  const headers = { 'Content-Type': 'application/json' };
  if (key) headers.Authorization = `Bearer ${key}`;
  const answer = await fetch(`${hub}${target}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${target}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** The lobby's newest messages as the API gives them, oldest first. */
export const newest = async (limit = 100) => (await call('GET', `/api/messages?limit=${limit}`)).messages;

/** Gives `run` a browser, and closes it whatever happens. */
export async function withBrowser(run) {
  const browser = await chromium.launch({ executablePath: process.env.TERTULIA_TEST_CHROMIUM, args: FLAGS });
  try {
    await run(browser);
  } finally {
    await browser.close();
  }
}

/**
 * Opens a page that must give no cause for complaint. `options` are the browser context's, and `tolerates`: what the
 * console may say.
 */
export async function openPage(browser, { tolerates = [], ...options } = {}) {
  const context = await browser.newContext({ timezoneId: 'UTC', viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    const isTolerated = tolerates.some((words) => message.text().includes(words));
    if (['error', 'warning'].includes(message.type()) && !isTolerated) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== '127.0.0.1' && protocol !== 'data:') complaints.push(`a request to ${request.url()}`);
  });
  page.close = async () => {
    await context.close();
    assert.deepEqual(complaints, [], 'the page complains');
  };
  return page;
}

/** Stops the clock of a page on which one was installed. */
export const pause = async (page) => page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000);

/** Has a page believe that nobody looks at it, or that somebody does again. */
export const hide = (page, isHidden) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);

/** Waits until the page hears the stream. */
export const live = (page) => page.locator('#state[data-state="live"]').waitFor();

/** The messages on the page, as a reader meets them. */
export const entries = (page) =>
  page.locator('#entries > li').evaluateAll((items) =>
    items.map((item) => {
      if (!item.classList.contains('entry')) return { [item.className]: item.querySelector('time')?.dateTime ?? '' };
      const name = item.querySelector('.name');
      const badge = item.querySelector('.badge');
      return {
        id: item.dataset.id,
        author: item.dataset.author,
        continues: item.classList.contains('continues'),
        face: [item.querySelector('.face').className, item.querySelector('.face').textContent],
        name: [name.textContent, name.className, name.getAttribute('href'), name.getAttribute('tabindex')],
        badge: badge && [badge.textContent, badge.getAttribute('role'), badge.getAttribute('aria-label'), badge.title],
        at: item.querySelector('.at').dateTime,
        text: item.querySelector('.text').textContent,
        elements: [...item.querySelectorAll('*')].map((element) => element.localName).join(' '),
      };
    }),
  );

/** The ids of the messages on the page. */
export const ids = (page) =>
  page.locator('#entries > .entry').evaluateAll((items) => items.map((item) => item.dataset.id));

/** Waits until a message with this id is on the page. */
export const shown = (page, id) => page.locator(`[data-id="${id}"]`).waitFor({ state: 'attached' });

/** A connection to the hub that can be cut and mended, and whose streams can die without a word. */
export class Cable {
  #sockets = new Set();
  #streams = new Set();
  #dead = new Set();
  #server = null;
  #port = 0;

  static async laid() {
    const cable = new Cable();
    await cable.mend();
    return cable;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async mend() {
    const { hostname, port } = new URL(hub);
    this.#server = net.createServer((near) => {
      const far = net.connect(Number(port), hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far);
      far.on('data', (chunk) => {
        // In an answer's head: scripts that travel here name the type too.
        if (/^content-type: text\/event-stream/im.test(chunk.toString('latin1'))) this.#streams.add(far);
        if (!this.#dead.has(far)) near.write(chunk);
      });
    });
    await new Promise((resolve, reject) => {
      this.#server.on('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = this.#server.address().port;
  }

  /** From now on nothing comes out of the streams that are open. */
  silence() {
    this.#dead = this.#streams;
    this.#streams = new Set();
  }

  async cut() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
