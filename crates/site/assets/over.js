// The end of a room or a channel: the page says so, offers the way on, and keeps what was said.

import { stopCountdown } from './countdown.js';

const WORDS = {
  expired: 'The time of this room is up.',
  destroyed: 'This room was closed by its creator.',
  gone: 'This room is over.',
  closed: 'This channel is not here any more.',
};

export class Over {
  #words = document.getElementById('over-words');
  #way = document.getElementById('over-way');
  #why;

  /** `why` is what is said when the end itself says nothing. */
  constructor(why = 'gone') {
    this.#why = why;
  }

  happened({ event }) {
    if (event in WORDS) this.#why = event;
  }

  show() {
    document.body.classList.add('is-over');
    for (const time of document.querySelectorAll('time.left')) stopCountdown(time);
    this.#words.textContent = `${WORDS[this.#why]} What was said stays on this page until you leave it.`;
    this.#words.hidden = false;
    this.#way.hidden = false;
  }
}
