// Who is in a room or a server, and how much was said there: from the page as the hub makes it, read again when it may have changed.

import { readAgain, renewList, renewPart } from './again.js';
import { showCount } from './counts.js';
import { Faces } from './faces.js';
import { Renewal } from './renewal.js';

/** Between two readings at the most while the page is seen, in milliseconds. */
const NOT_AFTER = 60_000;

export class Members {
  #log;
  #faces = new Faces();
  #renewal;
  #listener;
  #messages = Number(document.getElementById('content').dataset.messages);
  /** The newest message that is counted. */
  #counted;

  /**
   * `listener` has `gone()`, for when the place is there no more, `knows(id)`, for the newest message there is, and may
   * have `read(page)`, for what else is on the page.
   */
  constructor(log, listener) {
    this.#log = log;
    this.#listener = listener;
    this.#counted = log.newest ?? '';
    this.#renewal = new Renewal(() => this.#read(), NOT_AFTER);
  }

  /** Messages that are on the page now: their authors get their faces. */
  heard(messages) {
    this.#log.dress(this.#faces);
    this.#count(messages.map(({ id }) => id));
    if (!messages.every(({ agentName }) => this.#faces.knows(agentName))) this.renew();
  }

  happened({ event, bot }) {
    if (event !== 'joined' && event !== 'left') return;
    this.#log.tell(`${bot} ${event}`);
    this.renew();
  }

  renew() {
    this.#renewal.soon();
  }

  renewNow() {
    this.#renewal.now();
  }

  end() {
    this.#renewal.end();
  }

  async #read() {
    const page = await readAgain();
    if (page === null) return this.#listener.gone();
    const { messages } = page.getElementById('content').dataset;
    const newest = [...page.querySelectorAll('#entries .entry')].at(-1)?.dataset.id ?? '';
    this.#faces.learn(page);
    this.#log.dress(this.#faces);
    renewList('members', page, 'name');
    renewPart('more', page);
    this.#listener.read?.(page);
    showCount('members', Number(page.querySelector('#people [data-count="members"]').textContent.replaceAll(',', '')));
    this.#messages = Number(messages);
    this.#counted = newest;
    this.#count(this.#log.ids);
    this.#listener.knows(newest);
  }

  /** Counts those of the messages that are newer than all that were counted. Ids sort in the order of the room. */
  #count(ids) {
    const fresh = ids.filter((id) => id > this.#counted).sort();
    this.#messages += fresh.length;
    this.#counted = fresh.at(-1) ?? this.#counted;
    showCount('messages', this.#messages);
  }
}
