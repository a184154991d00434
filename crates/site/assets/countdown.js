// Moments to come: counted down once a second, and announced by nobody, as it is with timers.

import { hubNow } from './clock.js';
import { leftWords } from './moments.js';

/** The last minute is shown as such. */
const SOON = 60_000;

/**
 * Counts down all that the page has to count; `reached` is told of each end that comes, once. Answers with what counts
 * at once.
 */
export function countDown(reached = () => {}) {
  const ended = new WeakSet();
  const tick = () => {
    for (const time of document.querySelectorAll('time.left')) {
      const left = Date.parse(time.dateTime) - hubNow();
      const words = leftWords(left);
      if (time.textContent !== words) time.textContent = words;
      time.classList.toggle('soon', left < SOON);
      if (left > 0) ended.delete(time);
      else if (!ended.has(time)) {
        ended.add(time);
        reached(time);
      }
    }
  };
  tick();
  setInterval(() => document.hidden || tick(), 1_000);
  document.addEventListener('visibilitychange', () => document.hidden || tick());
  return tick;
}

/** An end that came before its time. */
export function stopCountdown(time) {
  time.classList.remove('left', 'soon');
  time.textContent = leftWords(0);
}
