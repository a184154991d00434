// A conversation as it happens, through the hub's public API: its stream while it can be had, else a page every ten
// seconds. Whichever way a message was heard, the other one goes on after it.

import { Stream } from './stream.js';

/** Between two pages while the stream is refused, in milliseconds. */
export const POLL_EVERY = 10_000;

const PAGE = 100;
/** Pages read in one go while catching up. */
const MOST_PAGES = 10;

/** What ends a conversation. */
const ENDS = ['expired', 'destroyed'];

/** Where the feed stands: that of its stream, but `polling` for `refused` once a page was read. */
export class Feed {
  #source;
  #stream;
  #listener;
  #state = 'connecting';
  #isRefused = false;
  #poll;

  /**
   * `source` is one of `sources.js`, `position` the id of the last message that is known. `listener` has
   * `heard(messages, {truncated})`, `changed(state)`, `counted(stats)` and `happened({event, bot})`; the last two only
   * for a source that tells of such.
   */
  constructor(source, position, listener) {
    this.#source = source;
    this.#listener = listener;
    this.#stream = new Stream(
      { ...source.stream, position },
      { heard: (event) => this.#hear(event), changed: (state) => this.#follow(state) },
    );
  }

  start() {
    this.#stream.start();
  }

  /** A message with this id is known elsewhere. Ids sort in the order of the conversation. */
  knows(id) {
    this.#stream.knows(id);
  }

  /** The conversation is over: nothing more will come, and nobody asks for it. */
  end() {
    this.#stream.end();
  }

  #change(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.changed(state);
  }

  #hear({ type, data, truncated }) {
    if (type === 'history') {
      this.#tell(data, truncated);
    } else if (type === 'message') {
      this.#tell([data], false);
    } else if (type === 'stats') {
      this.#listener.counted(data);
    } else if (type === 'room') {
      this.#listener.happened(data);
      if (ENDS.includes(data.event)) this.end();
    }
  }

  #tell(messages, truncated) {
    this.#listener.heard(messages.map(this.#source.message), { truncated });
  }

  #follow(state) {
    this.#isRefused = state === 'refused';
    clearTimeout(this.#poll);
    if (this.#isRefused) this.#pollNow();
    else this.#change(state);
  }

  async #pollNow() {
    try {
      await this.#readPages();
      if (this.#isRefused) this.#change('polling');
    } catch (error) {
      if (error.status === 404) return this.end();
      if (this.#isRefused) this.#change('lost');
    }
    if (this.#isRefused) this.#poll = setTimeout(() => this.#pollNow(), POLL_EVERY);
  }

  async #readPages() {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { messages, truncated = false } = await getJson(this.#source.page(PAGE, this.#stream.position));
      // A stream that came back meanwhile has gone on from the same position.
      if (!this.#isRefused) return;
      if (messages.length > 0) {
        this.#stream.position = messages.at(-1).id;
        this.#tell(messages, truncated);
      }
      if (messages.length < PAGE) return;
    }
  }
}

/** Reads JSON from the hub's API; everything but success throws, with the status if there is one. */
export async function getJson(path) {
  const answer = await fetch(path, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw Object.assign(new Error(`${path}: ${answer.status}`), { status: answer.status });
  return answer.json();
}
