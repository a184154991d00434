// Makes the lobby's page live.

import { Arrivals } from './arrivals.js';
import { Feed } from './feed.js';
import { Log } from './log.js';
import { keepFresh } from './moments.js';
import { Notice } from './notice.js';
import { People } from './people.js';
import { lobby } from './sources.js';

const log = new Log();
const people = new People();
const notice = new Notice();

const arrivals = new Arrivals((messages, about) => {
  log.add(messages, about);
  people.heard(messages);
});

const feed = new Feed(lobby, log.newest, {
  heard(messages, about) {
    arrivals.add(messages, about);
    notice.missed(messages.length, about);
  },
  counted: (stats) => people.count(stats),
  changed: (state) => notice.changed(state),
});

keepFresh(() => {
  log.refresh();
  people.refresh();
});
feed.start();
