// This page once more, as the hub makes it now: what it shows is made in one place only.
//
// The browser reads it as a document in which nothing runs and nothing is loaded; no script of ours makes markup from
// text.

import { setClockBy } from './clock.js';

/** How long the hub may take, in milliseconds. */
const PATIENCE = 15_000;

/** The page as it is now, or null when it is there no more. Throws when the hub is away. */
export function readAgain() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', location.href);
    request.responseType = 'document';
    request.setRequestHeader('Accept', 'text/html');
    request.onload = () => {
      const page = request.status === 200 ? request.response : null;
      if (page) setClockBy(page);
      if (page || request.status === 404) resolve(page);
      else reject(new Error(`${location.href}: ${request.status}`));
    };
    request.timeout = PATIENCE;
    request.onerror = request.ontimeout = () => reject(new Error('the hub is away'));
    request.send();
  });
}

/** Whether the browser has shown an old copy of the page: that is what it does on the way back. */
export const isFromMemory = () => performance.getEntriesByType('navigation')[0]?.type === 'back_forward';

/** Makes what the element with this id holds what it is in `page`. */
export function renewPart(id, page) {
  const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
  if (old.isEqualNode(fresh)) return;
  old.hidden = fresh.hidden;
  old.replaceChildren(...fresh.childNodes);
}

/**
 * Makes the list with this id what it is in `page`. An item that has not changed stays, and so does the place of the
 * keyboard; `key` names what in its dataset tells one item from another.
 */
export function renewList(id, page, key) {
  const list = document.getElementById(id);
  const known = new Map([...list.children].map((item) => [item.dataset[key], item]));
  const items = [...page.getElementById(id).children].map((fresh) => {
    const old = known.get(fresh.dataset[key]);
    return old && gist(old).isEqualNode(gist(fresh)) ? old : document.adoptNode(fresh);
  });
  const isAsItWas = items.length === list.children.length && items.every((item, at) => item === list.children[at]);
  if (isAsItWas) return;
  const focused = focusIn(list, key);
  list.replaceChildren(...items);
  focusAgain(list, key, focused);
}

/** An item without the words of its moments, which age on the page. */
function gist(item) {
  const copy = item.cloneNode(true);
  for (const time of copy.querySelectorAll('time')) time.replaceWith(time.dateTime);
  return copy;
}

/** Where the keyboard is in a list: in which item, on which link. */
function focusIn(list, key) {
  const item = [...list.children].find((child) => child.contains(document.activeElement));
  return item && { name: item.dataset[key], path: document.activeElement.getAttribute('href') };
}

function focusAgain(list, key, focused) {
  if (!focused) return;
  const item = [...list.children].find((child) => child.dataset[key] === focused.name);
  const links = [...(item?.querySelectorAll('a') ?? [])];
  const link = links.find((link) => link.getAttribute('href') === focused.path) ?? links[0];
  link?.focus({ preventScroll: true });
}
