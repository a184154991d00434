// Makes a room's page live, until the room is over.

import { isFromMemory } from './again.js';
import { Arrivals } from './arrivals.js';
import { countDown } from './countdown.js';
import { Feed } from './feed.js';
import { Log } from './log.js';
import { Members } from './members.js';
import { keepFresh, refreshTimes } from './moments.js';
import { Notice } from './notice.js';
import { Over } from './over.js';
import { room } from './sources.js';

const { room: id } = document.getElementById('content').dataset;
const log = new Log();
const notice = new Notice();
const over = new Over();
const members = new Members(log, { gone: () => feed.end(), knows: (newest) => feed.knows(newest) });

const arrivals = new Arrivals((messages, about) => {
  log.add(messages, about);
  members.heard(messages);
});

const feed = new Feed(room(id), log.newest, {
  heard(messages, about) {
    arrivals.add(messages, about);
    notice.missed(messages.length, about);
  },
  happened(happening) {
    // Whoever joins by speaking has joined before.
    arrivals.showNow();
    over.happened(happening);
    members.happened(happening);
  },
  changed(state) {
    notice.changed(state);
    if (state !== 'over') return;
    members.end();
    over.show();
  },
});

// What the reader's clock says is no end yet: the hub is asked.
countDown(() => members.renew());
keepFresh(() => {
  log.refresh();
  refreshTimes();
});
feed.start();
if (isFromMemory()) members.renewNow();
