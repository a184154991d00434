// Makes the lobby's page live.

import { Feed } from './feed.js';
import { Log } from './log.js';
import { AGEING } from './moments.js';
import { Notice } from './notice.js';
import { People } from './people.js';

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

const feed = new Feed(log.newest, {
  heard(messages, about) {
    const fresh = log.add(messages, about);
    notice.missed(fresh.length, about);
    people.heard(fresh);
    title.heard(fresh.length);
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
  refresh();
});
setInterval(() => document.hidden || refresh(), AGEING);
feed.start();
