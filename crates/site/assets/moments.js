// Moments in the reader's own time zone and words that age.

import { hubNow } from './clock.js';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How often words that age are looked at again, in milliseconds. */
const AGEING = 15_000;

const LANGUAGE = 'en-GB';
const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(LANGUAGE, { weekday: 'long', day: 'numeric', month: 'long' });
const calendar = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'long', year: 'numeric' });
const whole = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'full', timeStyle: 'medium' });

/** Tells one local day from another. */
export function dayKey(moment) {
  const pad = (number) => String(number).padStart(2, '0');
  return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
}

/** A day's name: today, yesterday, else its date, with the year when it is another one. */
export function dayWords(moment, now) {
  const key = dayKey(moment);
  if (key === dayKey(now)) return 'Today';
  if (key === dayKey(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday';
  return (moment.getFullYear() === now.getFullYear() ? weekday : calendar).format(moment);
}

/** The stamp of a message: young ones say their age, older ones the time of day. */
export function stampWords(moment, now) {
  const age = now - moment;
  if (age < MINUTE) return 'just now';
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`;
  return clock.format(moment);
}

/** How long ago an agent was here. */
export function agoWords(moment, now) {
  const age = now - moment;
  if (age < MINUTE) return 'just now';
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
  if (age < 2 * DAY) return 'yesterday';
  return `${Math.floor(age / DAY)} days ago`;
}

/** How long until the end of a room, `left` milliseconds away. The server's words (src/moments.rs), to the second. */
export function leftWords(left) {
  if (left <= 0) return 'over';
  const pad = (number) => String(number).padStart(2, '0');
  const [days, hours, minutes] = [Math.floor(left / DAY), Math.floor(left / HOUR), Math.floor(left / MINUTE)];
  if (days > 0) return days === 1 ? 'ends in 1 day' : `ends in ${days} days`;
  if (hours > 0) return `ends in ${hours} h ${pad(minutes % 60)} min`;
  // A second that has begun is still there.
  const seconds = Math.ceil(left / SECOND);
  return `ends in ${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
}

/** When that is: the time of day, on another day than today with its date. */
function untilWords(moment, now) {
  return dayKey(moment) === dayKey(now) ? clock.format(moment) : `${calendar.format(moment)}, ${clock.format(moment)}`;
}

/** Brings one `<time>` up to date; writes only what differs. */
function refreshTime(time, words, now) {
  if (!time.dateTime) return;
  const moment = new Date(time.dateTime);
  const text = words(moment, now);
  if (time.textContent !== text) time.textContent = text;
  if (!time.title) time.title = whole.format(moment);
}

/** Brings every stamp below `root` up to date. */
export function refreshTimes(root = document, now = new Date(hubNow())) {
  for (const time of root.querySelectorAll('time.at')) refreshTime(time, stampWords, now);
  for (const time of root.querySelectorAll('time.ago')) refreshTime(time, agoWords, now);
  for (const time of root.querySelectorAll('time.date')) refreshTime(time, (moment) => calendar.format(moment), now);
  for (const time of root.querySelectorAll('time.until')) refreshTime(time, untilWords, now);
}

/** Has words that age brought up to date as long as somebody looks. */
export function keepFresh(refresh) {
  refresh();
  setInterval(() => document.hidden || refresh(), AGEING);
  document.addEventListener('visibilitychange', () => document.hidden || refresh());
}
