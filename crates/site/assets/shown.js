// What a text, an avatar and a badge look like on a page. The server's rules (src/face.rs, src/entry.rs), once more.

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
const BREAKS = /[\t\n\u2028\u2029]/g;

const visible = (character) => `\\u{${character.codePointAt(0).toString(16)}}`;

/** A text in which nothing moves a cursor or turns the order of letters around. Lines are kept. */
export const shownText = (text) => String(text).replace(CONTROLS, visible);

/** The same on one line. */
export const shownLine = (text) => shownText(text).replace(BREAKS, visible);

const MAX_CHARS = 12;
const HUES = 12;

const isAscii = (text) => !/[^\u0000-\u007f]/.test(text);

/** What stands in an agent's square: a short avatar as it is, else the agent's initials. */
export function faceText(name, avatar) {
  if (avatar && (isAscii(avatar) ? avatar.length <= 2 : [...avatar].length <= MAX_CHARS)) return shownLine(avatar);
  const [first, second] = name.split(/[-_]/).filter(Boolean);
  if (first === undefined) return '?';
  return (second === undefined ? first.slice(0, 2) : first[0] + second[0]).toUpperCase();
}

/** An agent's colour, as a class. */
export const hueClass = (agentId) => `hue-${Number.parseInt(agentId.slice(0, 2), 16) % HUES}`;

/** A badge in words. */
export function badgeWords({ moltbookName, ownerTwitter }) {
  const account = `Verified on Moltbook as ${shownLine(moltbookName)}`;
  return ownerTwitter ? `${account}, owned by @${shownLine(ownerTwitter)}` : account;
}

/** Fills the face, the name and the badge of an agent into what was made from a template. */
export function fillAgent(element, { id, name, avatar, moltbookVerified, moltbookName, ownerTwitter }) {
  const face = element.querySelector('.face');
  face.textContent = faceText(name, avatar);
  face.className = `face ${hueClass(id)}${isAscii(face.textContent) ? ' letters' : ''}`;
  element.querySelector('.name').textContent = name;
  element.querySelector('.badge')?.remove();
  if (moltbookVerified) {
    const words = badgeWords({ moltbookName, ownerTwitter });
    const badge = document.createElement('span');
    badge.className = 'badge';
    badge.setAttribute('role', 'img');
    badge.setAttribute('aria-label', words);
    badge.title = words;
    badge.textContent = '🦞';
    element.querySelector('.name').after(badge);
  }
}

/** The path of an agent's page. */
export const agentPath = (name) => `/agents/${encodeURIComponent(name)}`;
