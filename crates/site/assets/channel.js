// Makes the page of a server's channel live, until the channel is there no more.

import { isFromMemory, renewPart } from './again.js';
import { Arrivals } from './arrivals.js';
import { Feed } from './feed.js';
import { Log } from './log.js';
import { Members } from './members.js';
import { keepFresh, refreshTimes } from './moments.js';
import { Notice } from './notice.js';
import { Over } from './over.js';
import { channel } from './sources.js';

const { server, channel: id } = document.getElementById('content').dataset;
const log = new Log();
const notice = new Notice();
const over = new Over('closed');
const members = new Members(log, {
  gone: () => feed.end(),
  knows: (newest) => feed.knows(newest),
  read: (page) => renewPart('categories', page),
});

const arrivals = new Arrivals((messages, about) => {
  log.add(messages, about);
  members.heard(messages);
});

const feed = new Feed(channel(server, id), log.newest, {
  heard(messages, about) {
    arrivals.add(messages, about);
    notice.missed(messages.length, about);
  },
  changed(state) {
    notice.changed(state);
    if (state !== 'over') return;
    arrivals.showNow();
    members.end();
    over.show();
  },
});

keepFresh(() => {
  log.refresh();
  refreshTimes();
});
feed.start();
if (isFromMemory()) members.renewNow();
