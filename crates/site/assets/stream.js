// Server-sent events of the hub's API, as long as the page is there: a connection that is lost is made again.
//
// A stream is a position, not a connection. It goes on after the last message it heard, so a lost connection loses
// nothing.

/** Between two attempts while the stream is refused, in milliseconds. */
const AGAIN_AFTER = 60_000;

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

/** Where it stands: `connecting` at first, `live`, `lost` until it is back, `refused` while it may not be had, `over`. */
export class Stream {
  /** The id of the last message heard, or null. */
  position;
  #path;
  #silence;
  #listener;
  #state = 'connecting';
  #source = null;
  #failures = 0;
  #deadline;
  #retry;

  /**
   * `silence` is how long, in milliseconds, a stream that speaks now and then may say nothing before it counts as dead.
   * `listener` has `heard({type, data, truncated})` and `changed(state)`.
   */
  constructor({ path, silence = null, position = null }, listener) {
    this.#path = path;
    this.#silence = silence;
    this.position = position;
    this.#listener = listener;
  }

  start() {
    addEventListener('online', () => this.#hurry());
    addEventListener('pagehide', () => this.#drop());
    addEventListener('pageshow', (event) => event.persisted && this.#connect());
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry());
    this.#connect();
  }

  /** A message with this id is known elsewhere. Who has not heard it hears nothing: the connection is dead. */
  knows(id) {
    if (this.#state === 'live' && (this.position ?? '') < id) this.#connect();
  }

  /** Ends it for good: nothing more will come. */
  end() {
    this.#drop();
    this.#change('over');
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
    clearTimeout(this.#deadline);
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    this.#drop();
    if (this.#state === 'over') return;
    const query = this.position ? `?lastEventId=${encodeURIComponent(this.position)}` : '';
    const source = new EventSource(`${this.#path}${query}`);
    this.#source = source;
    source.onmessage = (event) => this.#hear(event);
    source.onerror = () => this.#fail(source);
    this.#listenForSilence();
  }

  #listenForSilence() {
    clearTimeout(this.#deadline);
    if (this.#silence !== null) this.#deadline = setTimeout(() => this.#lose(), this.#silence);
  }

  #hear(event) {
    this.#listenForSilence();
    const { type, data, truncated = false } = JSON.parse(event.data);
    if (event.lastEventId) this.position = event.lastEventId;
    this.#failures = 0;
    this.#listener.heard({ type, data, truncated });
    // What a stream says first is what was missed; it is live when that was heard, unless it was the last word.
    if (this.#state !== 'over') this.#change('live');
  }

  // A browser says why only by giving up: a refusal closes the source, a broken connection does not.
  async #fail(source) {
    const isAnswered = source.readyState === EventSource.CLOSED;
    this.#drop();
    if (isAnswered) {
      const status = await statusOf(this.#path);
      if (this.#source || this.#state === 'over') return;
      if (status === 404) return this.end();
      if (status === 429) return this.#stepBack();
      if (status === 200) this.#failures = Math.min(this.#failures, 1);
    }
    this.#lose();
  }

  #lose() {
    this.#drop();
    if (this.#state !== 'refused') this.#change('lost');
    const wait = Math.min(FIRST_WAIT * 2 ** this.#failures, LONGEST_WAIT);
    this.#failures += 1;
    // Many pages lose one hub together; they do not come back together.
    this.#retry = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #stepBack() {
    this.#retry = setTimeout(() => this.#connect(), AGAIN_AFTER);
    this.#change('refused');
  }
}

/** The status with which a stream is answered now, or 0 when nobody answers. Takes no more than the head. */
async function statusOf(path) {
  const head = new AbortController();
  try {
    const answer = await fetch(path, { headers: { Accept: 'text/event-stream' }, signal: head.signal });
    return answer.status;
  } catch {
    return 0;
  } finally {
    head.abort();
  }
}
