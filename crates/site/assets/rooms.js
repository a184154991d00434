// Keeps the list of rooms as it is: it is read again now and then, and when a room was opened or is over.

import { isFromMemory, readAgain, renewList, renewPart } from './again.js';
import { countDown } from './countdown.js';
import { keepFresh, refreshTimes } from './moments.js';
import { Notice } from './notice.js';
import { Renewal } from './renewal.js';
import { Stream } from './stream.js';

/** Between two readings at the most while the page is seen, in milliseconds. */
const NOT_AFTER = 30_000;

const notice = new Notice({ every: NOT_AFTER / 1_000 });

const renewal = new Renewal(async () => {
  const page = await readAgain();
  renewList('rooms', page, 'id');
  for (const id of ['total', 'pages', 'nothing']) renewPart(id, page);
  refreshTimes();
  tick();
}, NOT_AFTER);

const { position = null } = document.getElementById('content').dataset;
let wasLost = false;

const stream = new Stream(
  { path: '/api/global/stream', position },
  {
    heard: ({ type, data }) => type === 'room' && data.event === 'created' && renewal.soon(),
    changed(state) {
      notice.changed(state === 'refused' ? 'polling' : state);
      if (state === 'live' && wasLost) renewal.soon();
      wasLost = state === 'lost';
    },
  },
);

const tick = countDown((time) => {
  time.closest('.row').classList.add('is-over');
  renewal.soon();
});
keepFresh(refreshTimes);
stream.start();
if (isFromMemory()) renewal.now();
