// A page that only ages: its stamps in the reader's own time, its days in the reader's own calendar.

import { AGEING, dayWords, refreshTimes } from './moments.js';
import { markDays } from './log.js';

const entries = document.getElementById('entries');

function refresh() {
  if (entries) markDays(entries, dayWords);
  refreshTimes();
}

refresh();
setInterval(refresh, AGEING);
