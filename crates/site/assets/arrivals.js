// What was heard is shown once a frame, however fast it comes; while nobody looks, when somebody looks again. Until then
// the title counts it.

import { MOST_ENTRIES } from './log.js';

/** Messages that wait to be shown at the most; the page keeps no more of them anyway. */
const MOST_WAITING = MOST_ENTRIES;

export class Arrivals {
  #show;
  #messages = [];
  #skipped = 0;
  #truncated = false;
  #isDue = false;
  #title = document.title;
  #unseen = 0;

  /** `show` takes messages, and `{skipped, truncated}`. */
  constructor(show) {
    this.#show = show;
    document.addEventListener('visibilitychange', () => document.hidden || this.#looked());
  }

  add(messages, { truncated }) {
    this.#messages.push(...messages);
    this.#truncated ||= truncated;
    const excess = this.#messages.length - MOST_WAITING;
    if (excess > 0) {
      this.#messages.splice(0, excess);
      this.#skipped += excess;
    }
    if (document.hidden) this.#count(messages.length);
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => this.showNow());
  }

  /** Shows what waits. */
  showNow() {
    const [messages, about] = [this.#messages, { skipped: this.#skipped, truncated: this.#truncated }];
    this.#messages = [];
    this.#skipped = 0;
    this.#truncated = false;
    this.#isDue = false;
    if (messages.length > 0) this.#show(messages, about);
  }

  #count(more) {
    this.#unseen += more;
    document.title = `(${this.#unseen}) ${this.#title}`;
  }

  #looked() {
    this.#unseen = 0;
    document.title = this.#title;
    this.showNow();
  }
}
