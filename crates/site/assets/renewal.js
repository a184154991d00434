// What is read again when it may have changed, and not more often than anybody can see.

/** Between two readings at the least, in milliseconds. */
const NOT_BEFORE = 5_000;

/** Many pages hear of the same thing together; they do not ask together. */
const SPREAD = 1_000;

export class Renewal {
  #read;
  #readAt = Date.now();
  #isDue = false;
  #isReading = false;
  #isOver = false;
  #timer = null;
  #regular;

  /** `read` reads; while the page is seen it does so every so many milliseconds at the least. */
  constructor(read, every) {
    this.#read = read;
    this.#regular = setInterval(() => document.hidden || this.soon(), every);
    document.addEventListener('visibilitychange', () => this.#plan());
  }

  /** Something may have changed. Who does not look is told when looking again. */
  soon() {
    this.#isDue = true;
    this.#plan();
  }

  /** Reads at once. */
  async now() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#isDue = false;
    this.#isReading = true;
    this.#readAt = Date.now();
    try {
      await this.#read();
    } catch {
      // What is shown stays as it was; the feed says when the hub is away.
    }
    this.#isReading = false;
    this.#plan();
  }

  /** Reads no more. */
  end() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearInterval(this.#regular);
  }

  #plan() {
    if (!this.#isDue || this.#isReading || this.#isOver || this.#timer !== null || document.hidden) return;
    const wait = Math.max(0, this.#readAt + NOT_BEFORE - Date.now()) + Math.random() * SPREAD;
    this.#timer = setTimeout(() => this.now(), wait);
  }
}
