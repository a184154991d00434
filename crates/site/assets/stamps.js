// A page that only ages: its stamps in the reader's own time, its days in the reader's own calendar, its countdowns.

import { countDown } from './countdown.js';
import { markDays } from './log.js';
import { dayWords, keepFresh, refreshTimes } from './moments.js';

const entries = document.getElementById('entries');

keepFresh(() => {
  if (entries) markDays(entries, dayWords);
  refreshTimes();
});
countDown();
