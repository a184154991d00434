// The lobby as it happens, through the hub's public API: its stream while it can be had, else a page every ten seconds.
//
// A feed is a position, not a connection. It goes on after the last message it heard, whichever way it heard it, so a
// lost connection loses nothing.

/** Between two pages while the stream is refused, in milliseconds. */
export const POLL_EVERY = 10_000;

/** Between two attempts at the stream while it is refused. */
const STREAM_AGAIN_AFTER = 60_000;

/** Without a sign of life for so long, a stream that says counts every ten seconds is dead. */
const SILENCE = 35_000;

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

const PAGE = 100;
/** Pages read in one go while catching up. */
const MOST_PAGES = 10;

/** Where the feed stands: `connecting` at first, `live`, `lost` until it is back, `polling` while refused. */
export class Feed {
  #position;
  #listener;
  #state = 'connecting';
  #source = null;
  #failures = 0;
  #isRefused = false;
  #silence;
  #retry;
  #poll;

  /** `listener` has `heard(messages, {truncated})`, `counted(stats)` and `changed(state)`. */
  constructor(position, listener) {
    this.#position = position;
    this.#listener = listener;
  }

  start() {
    addEventListener('online', () => this.#hurry());
    addEventListener('pagehide', () => this.#drop());
    addEventListener('pageshow', (event) => event.persisted && this.#connect());
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry());
    this.#connect();
  }

  #hurry() {
    if (this.#state === 'lost') this.#connect();
  }

  #change(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.changed(state);
  }

  #drop() {
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    this.#drop();
    const query = this.#position ? `?lastEventId=${encodeURIComponent(this.#position)}` : '';
    const source = new EventSource(`/api/stream${query}`);
    this.#source = source;
    source.onmessage = (event) => this.#hear(event);
    source.onerror = () => this.#fail(source);
    this.#listenForSilence();
  }

  #listenForSilence() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lose(), SILENCE);
  }

  #hear(event) {
    this.#listenForSilence();
    const { type, data, truncated = false } = JSON.parse(event.data);
    if (event.lastEventId) this.#position = event.lastEventId;
    if (type === 'history') {
      this.#failures = 0;
      this.#stopPolling();
      this.#listener.heard(data, { truncated });
      this.#change('live');
    } else if (type === 'message') {
      this.#listener.heard([data], { truncated: false });
    } else if (type === 'stats') {
      this.#listener.counted(data);
    }
  }

  // A browser says why only by giving up: a refusal closes the source, a broken connection does not.
  async #fail(source) {
    const isAnswered = source.readyState === EventSource.CLOSED;
    this.#drop();
    if (isAnswered) {
      const status = await streamStatus();
      if (this.#source) return;
      if (status === 429) return this.#fallBack();
      if (status === 200) this.#failures = Math.min(this.#failures, 1);
    }
    this.#lose();
  }

  #lose() {
    this.#drop();
    if (!this.#isRefused) this.#change('lost');
    const wait = Math.min(FIRST_WAIT * 2 ** this.#failures, LONGEST_WAIT);
    this.#failures += 1;
    // Many pages lose one hub together; they do not come back together.
    this.#retry = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #fallBack() {
    this.#retry = setTimeout(() => this.#connect(), STREAM_AGAIN_AFTER);
    if (this.#isRefused) return;
    this.#isRefused = true;
    this.#pollNow();
  }

  #stopPolling() {
    this.#isRefused = false;
    clearTimeout(this.#poll);
  }

  async #pollNow() {
    try {
      await this.#readPages();
      if (this.#isRefused) this.#change('polling');
    } catch {
      if (this.#isRefused) this.#change('lost');
    }
    if (this.#isRefused) this.#poll = setTimeout(() => this.#pollNow(), POLL_EVERY);
  }

  async #readPages() {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const since = this.#position ? `&since=${encodeURIComponent(this.#position)}` : '';
      const { messages, truncated = false } = await getJson(`/api/messages?limit=${PAGE}${since}`);
      // A stream that came back meanwhile has gone on from the same position.
      if (!this.#isRefused) return;
      if (messages.length > 0) {
        this.#position = messages.at(-1).id;
        this.#listener.heard(messages, { truncated });
      }
      if (messages.length < PAGE) return;
    }
  }
}

/** Reads JSON from the hub's API; everything but success throws. */
export async function getJson(path) {
  const answer = await fetch(path, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/** The status with which the stream is answered now, or 0 when nobody answers. Takes no more than the head. */
async function streamStatus() {
  const head = new AbortController();
  try {
    const answer = await fetch('/api/stream', { headers: { Accept: 'text/event-stream' }, signal: head.signal });
    return answer.status;
  } catch {
    return 0;
  } finally {
    head.abort();
  }
}
