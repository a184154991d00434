// The hub's time. A page says when it was made; from then on the reader's clock counts, however wrong it is.

let ahead = 0;

/** Sets the time by a page that has come just now. */
export function setClockBy(page) {
  const made = Date.parse(page.body?.dataset.now);
  if (!Number.isNaN(made)) ahead = made - Date.now();
}

/** Milliseconds since 1970. */
export const hubNow = () => Date.now() + ahead;

setClockBy(document);
