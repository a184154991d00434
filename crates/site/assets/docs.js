// The page about the API: a call is found by its words, and opened when the address points at it.

const field = document.getElementById('sift');
const told = document.getElementById('sifted');
const calls = [...document.querySelectorAll('.call[id]')];
const words = new Map(calls.map((call) => [call, call.querySelector('summary').textContent.toLowerCase()]));

/** Shows the calls and shapes that have every word in their first line. */
function sift() {
  const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const call of calls) {
    const fits = wanted.every((word) => words.get(call).includes(word));
    call.hidden = !fits;
    found += fits;
  }
  for (const part of document.querySelectorAll('.part')) {
    part.hidden = wanted.length > 0 && !part.querySelector('.call[id]:not([hidden])');
  }
  told.textContent = wanted.length ? `${found} found` : '';
}

/** Opens what the address points at. */
function open() {
  const target = document.getElementById(location.hash.slice(1));
  if (!(target instanceof HTMLDetailsElement)) return;
  if (target.hidden) {
    field.value = '';
    sift();
  }
  target.open = true;
  target.scrollIntoView();
}

field.closest('.sift').hidden = false;
field.addEventListener('input', sift);
addEventListener('hashchange', open);
if (field.value) sift();
open();
