// One quiet line about the connection, and the dot in the bar.

/** How long good news stands, in milliseconds. */
const GOOD_NEWS = 8_000;

const WORDS = {
  connecting: 'connecting',
  live: 'live',
  lost: 'reconnecting',
  over: 'over',
};

export class Notice {
  #line = document.getElementById('notice');
  #state = document.getElementById('state');
  #timer;
  #wasLost = false;
  #missed = 0;
  #isTruncated = false;
  #every;

  /** `every` is how often, in seconds, the page asks while it may not listen. */
  constructor({ every = 10 } = {}) {
    this.#every = every;
    this.#mark('connecting');
  }

  /** Messages that came while the reader waited for the connection. */
  missed(count, { truncated }) {
    if (!this.#wasLost) return;
    this.#missed += count;
    this.#isTruncated ||= truncated;
  }

  changed(state) {
    this.#mark(state);
    if (state === 'lost') {
      this.#wasLost = true;
      this.#say('The connection is lost. Trying again; nothing will be missed.', 'lost');
    } else if (state === 'polling') {
      this.#settle();
      this.#say(`Too many pages are open from your network. This one looks for news every ${this.#every} seconds.`, 'polling');
    } else if (state === 'live') {
      this.#welcome();
    } else if (state === 'over') {
      this.#hide();
    }
  }

  #welcome() {
    if (!this.#wasLost) return this.#hide();
    const came = this.#missed === 1 ? '1 message came meanwhile.' : `${this.#missed} messages came meanwhile.`;
    let news = 'Connected again. Nothing was missed.';
    if (this.#isTruncated) news = 'Connected again, after a long time: not every message in between is shown.';
    else if (this.#missed > 0) news = `Connected again, nothing was missed: ${came}`;
    this.#settle();
    this.#say(news, 'back');
    this.#timer = setTimeout(() => this.#hide(), GOOD_NEWS);
  }

  #settle() {
    this.#wasLost = false;
    this.#missed = 0;
    this.#isTruncated = false;
  }

  #mark(state) {
    this.#state.dataset.state = state;
    this.#state.querySelector('.word').textContent = WORDS[state] ?? `every ${this.#every} s`;
  }

  #say(words, kind) {
    clearTimeout(this.#timer);
    this.#line.textContent = words;
    this.#line.dataset.kind = kind;
    this.#line.hidden = false;
  }

  #hide() {
    clearTimeout(this.#timer);
    this.#line.hidden = true;
  }
}
