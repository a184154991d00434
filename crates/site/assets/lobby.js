// Makes the lobby's page live.

import { Feed } from './feed.js';
import { Log, MOST_ENTRIES } from './log.js';
import { AGEING } from './moments.js';
import { Notice } from './notice.js';
import { People } from './people.js';

/** Messages that wait to be shown at the most; the page keeps no more of them anyway. */
const MOST_WAITING = MOST_ENTRIES;

const log = new Log();
const people = new People();
const notice = new Notice();

/** Counts in the title what comes while nobody looks. */
const title = {
  words: document.title,
  unseen: 0,
  heard(count) {
    if (!document.hidden) return;
    this.unseen += count;
    document.title = `(${this.unseen}) ${this.words}`;
  },
  looked() {
    this.unseen = 0;
    document.title = this.words;
  },
};

/** What was heard is shown once a frame, however fast it comes; while nobody looks, when somebody looks again. */
const waiting = {
  messages: [],
  skipped: 0,
  truncated: false,
  isDue: false,
  add(messages, { truncated }) {
    this.messages.push(...messages);
    this.truncated ||= truncated;
    const excess = this.messages.length - MOST_WAITING;
    if (excess > 0) {
      this.messages.splice(0, excess);
      this.skipped += excess;
    }
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => this.show());
  },
  show() {
    const { messages, skipped, truncated } = this;
    Object.assign(this, { messages: [], skipped: 0, truncated: false, isDue: false });
    if (messages.length === 0) return;
    log.add(messages, { skipped, truncated });
    people.heard(messages);
  },
};

const feed = new Feed(log.newest, {
  heard(messages, about) {
    waiting.add(messages, about);
    notice.missed(messages.length, about);
    title.heard(messages.length);
  },
  counted: (stats) => people.count(stats),
  changed: (state) => notice.changed(state),
});

function refresh() {
  log.refresh();
  people.refresh();
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  title.looked();
  waiting.show();
  refresh();
});
setInterval(() => document.hidden || refresh(), AGEING);
feed.start();
