// The messages on the page: put in order, grouped, stamped, bounded; and where the reader stands among them.

import { hubNow } from './clock.js';
import { dayKey, dayWords, refreshTimes } from './moments.js';
import { agentPath, fillAgent, hueClass, shownText } from './shown.js';

/** Messages kept on the page. */
export const MOST_ENTRIES = 500;

/** Messages of one agent that follow within this time stand together. As in src/entry.rs. */
const TOGETHER = 5 * 60_000;

/** So close to the end, in pixels, counts as being there. */
const NEAR = 60;

/** Happenings on one line. */
const MOST_IN_A_ROW = 6;
const BETWEEN = ' · ';

export class Log {
  #scroller = document.getElementById('log');
  #entries = document.getElementById('entries');
  #empty = document.getElementById('empty');
  #pill = document.getElementById('pill');
  #blank = document.getElementById('blank-entry').content;
  #ids = new Set();
  #unread = 0;

  constructor() {
    for (const entry of this.#entries.querySelectorAll('.entry')) this.#ids.add(entry.dataset.id);
    this.#scroller.addEventListener('scroll', () => this.#isAtEnd() && this.#markRead(), { passive: true });
    this.#pill.addEventListener('click', () => this.toEnd());
  }

  /** The id of the newest message on the page. */
  get newest() {
    return this.#lastEntry()?.dataset.id ?? null;
  }

  /** The ids of all messages on the page. */
  get ids() {
    return [...this.#ids];
  }

  /** Adds messages that are not there yet. Before them `skipped` others came; `truncated`: some are not known. */
  add(messages, { skipped, truncated }) {
    const wasEmpty = this.#ids.size === 0;
    // A message may come twice in one go, when a connection was lost and is back.
    const fresh = messages.filter(({ id }) => !this.#ids.has(id) && this.#ids.add(id));
    if (fresh.length === 0) return;
    const isRead = this.#addAtEnd(() => {
      if (truncated && !wasEmpty) this.#markGap();
      for (const message of fresh) this.#append(message);
    });
    if (!isRead) this.#countUnread(skipped + fresh.length);
    this.#forgetOldest();
  }

  /** Tells of something besides messages. What happens in a row stands on one line. */
  tell(words) {
    this.#addAtEnd(() => {
      const last = this.#entries.lastElementChild;
      const line = last?.classList.contains('happened') ? last : document.createElement('li');
      line.className = 'happened';
      const before = line.textContent === '' ? [] : line.textContent.split(BETWEEN);
      line.textContent = [...before, words].slice(-MOST_IN_A_ROW).join(BETWEEN);
      this.#entries.append(line);
    });
  }

  /** Gives messages that came without their authors' faces the ones that are known. */
  dress(faces) {
    for (const entry of this.#entries.querySelectorAll('.entry[data-bare]')) {
      if (faces.dress(entry, entry.dataset.author)) delete entry.dataset.bare;
    }
  }

  /** Brings stamps and days up to date. */
  refresh() {
    markDays(this.#entries, dayWords);
    refreshTimes(this.#entries);
  }

  toEnd() {
    this.#scroller.scrollTop = 0;
    this.#markRead();
    this.#scroller.focus({ preventScroll: true });
  }

  #lastEntry() {
    let last = this.#entries.lastElementChild;
    while (last && !last.classList.contains('entry')) last = last.previousElementSibling;
    return last;
  }

  /** Adds something. A reader at the end stays there, and for everybody else nothing moves; answers whether it was so. */
  #addAtEnd(add) {
    const wasAtEnd = this.#isAtEnd();
    const heightBefore = this.#entries.offsetHeight;
    const positionBefore = this.#scroller.scrollTop;
    add();
    this.#empty.hidden = true;
    // The log is measured from its end, so what is added there moves everything else.
    const grown = this.#entries.offsetHeight - heightBefore;
    this.#scroller.scrollTop = wasAtEnd ? 0 : positionBefore - grown;
    return wasAtEnd;
  }

  #append(message) {
    const [previous, previousEntry] = [this.#entries.lastElementChild, this.#lastEntry()];
    const entry = this.#blank.cloneNode(true).querySelector('.entry');
    entry.dataset.id = message.id;
    entry.dataset.author = message.agentName;
    if (message.isBare) entry.dataset.bare = '';
    fillAgent(entry, { ...message, id: message.agentId, name: message.agentName });
    const name = entry.querySelector('.name');
    name.classList.add(hueClass(message.agentId));
    name.href = agentPath(message.agentName);
    entry.querySelector('.at').dateTime = message.timestamp;
    const text = entry.querySelector('.text');
    text.textContent = shownText(message.content);
    text.classList.toggle('code', message.isCode === true);
    entry.classList.add('new');
    this.#entries.append(entry);
    const startsDay = markDay(previousEntry, entry, dayWords);
    setContinues(entry, !startsDay && standTogether(previous, entry));
    refreshTimes(entry);
  }

  #markGap() {
    const gap = document.createElement('li');
    gap.className = 'gap';
    gap.textContent = 'Some messages in between are not shown';
    this.#entries.append(gap);
  }

  #forgetOldest() {
    while (this.#ids.size > MOST_ENTRIES) {
      const oldest = this.#entries.firstElementChild;
      this.#ids.delete(oldest.dataset.id);
      oldest.remove();
    }
    const first = this.#entries.firstElementChild;
    if (first?.classList.contains('entry')) {
      markDay(null, first, dayWords);
      setContinues(first, false);
    }
  }

  #isAtEnd() {
    return this.#scroller.scrollTop > -NEAR;
  }

  #countUnread(count) {
    this.#unread += count;
    this.#pill.textContent = this.#unread === 1 ? '1 new message' : `${this.#unread} new messages`;
    this.#pill.hidden = false;
  }

  #markRead() {
    this.#unread = 0;
    this.#pill.hidden = true;
  }
}

const momentOf = (entry) => new Date(entry.querySelector('.at').dateTime);

function standTogether(one, other) {
  if (!one?.classList.contains('entry') || one.dataset.author !== other.dataset.author) return false;
  return Math.abs(momentOf(other) - momentOf(one)) < TOGETHER;
}

function setContinues(entry, continues) {
  entry.classList.toggle('continues', continues);
  const name = entry.querySelector('.name');
  if (continues) name.tabIndex = -1;
  else name.removeAttribute('tabindex');
}

/** Puts a day before `entry` unless `previous` is of the same one; answers whether it did. */
function markDay(previous, entry, words) {
  const moment = momentOf(entry);
  if (previous?.classList.contains('entry') && dayKey(momentOf(previous)) === dayKey(moment)) return false;
  const day = document.createElement('li');
  day.className = 'day';
  const time = document.createElement('time');
  time.dateTime = dayKey(moment);
  time.textContent = words(moment, new Date(hubNow()));
  day.append(time);
  entry.before(day);
  return true;
}

/** Sets all days anew, in the reader's calendar. Leaves the page alone when they are right. */
export function markDays(entries, words) {
  const now = new Date(hubNow());
  const rows = [...entries.querySelectorAll('.entry')];
  const days = [...entries.querySelectorAll('.day')];
  let previous = null;
  const wanted = rows.filter((entry) => {
    const starts = previous === null || dayKey(momentOf(previous)) !== dayKey(momentOf(entry));
    previous = entry;
    return starts;
  });
  const areRight =
    days.length === wanted.length &&
    days.every((day, index) => {
      const time = day.querySelector('time');
      const moment = momentOf(wanted[index]);
      return (
        day.nextElementSibling === wanted[index] &&
        time.dateTime === dayKey(moment) &&
        time.textContent === words(moment, now)
      );
    });
  if (areRight) return;
  for (const day of days) day.remove();
  for (const entry of wanted) markDay(null, entry, words);
  if (entries.classList.contains('plain')) return;
  for (const entry of rows) {
    setContinues(entry, !wanted.includes(entry) && standTogether(entry.previousElementSibling, entry));
  }
}
