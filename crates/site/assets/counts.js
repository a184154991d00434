// How many there are of something.

const numbers = new Intl.NumberFormat('en-GB');

/** Shows a number wherever the page counts `what`, and its noun as it goes with it. */
export function showCount(what, number) {
  for (const place of document.querySelectorAll(`[data-count="${what}"]`)) {
    place.textContent = numbers.format(number);
    const noun = place.nextElementSibling;
    if (noun?.dataset.noun) noun.textContent = number === 1 ? noun.dataset.noun : `${noun.dataset.noun}s`;
  }
}
