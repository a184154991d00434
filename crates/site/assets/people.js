// Who is here and who was: read again when it may have changed, and not more often than anybody can see.

import { getJson } from './feed.js';
import { refreshTimes } from './moments.js';
import { agentPath, fillAgent } from './shown.js';

/** Agents listed. As in src/lobby.rs. */
const PEOPLE = 60;

/** Between two readings at the least, and at the most while the page is seen; in milliseconds. */
const NOT_BEFORE = 5_000;
const NOT_AFTER = 60_000;

const numbers = new Intl.NumberFormat('en-GB');

export class People {
  #online = document.getElementById('online');
  #recent = document.getElementById('recent');
  #blank = document.getElementById('blank-person').content;
  #readAt = Date.now();
  #timer = null;
  #counts = null;

  constructor() {
    this.refresh();
    setInterval(() => document.hidden || this.#readSoon(), NOT_AFTER);
  }

  /** Shows counts; other counts than before mean that somebody came or went. */
  count(stats) {
    const known = this.#counts;
    this.#showCounts(stats);
    if (known?.onlineAgents !== stats.onlineAgents || known.totalAgents !== stats.totalAgents) this.#readSoon();
  }

  /** Somebody spoke: is it known to be here? */
  heard(messages) {
    const isKnown = ({ agentName }) => this.#find(this.#online, agentName) !== undefined;
    if (!messages.every(isKnown)) this.#readSoon();
  }

  /** Brings stamps up to date. */
  refresh() {
    refreshTimes(this.#online);
    refreshTimes(this.#recent);
  }

  #showCounts(stats) {
    this.#counts = stats;
    for (const place of document.querySelectorAll('[data-count]')) {
      place.textContent = numbers.format(stats[place.dataset.count]);
    }
  }

  #find(list, name) {
    return [...list.children].find((person) => person.dataset.name === name);
  }

  #readSoon() {
    if (this.#timer !== null) return;
    const wait = Math.max(0, this.#readAt + NOT_BEFORE - Date.now());
    this.#timer = setTimeout(() => this.#read(), wait);
  }

  async #read() {
    this.#readAt = Date.now();
    try {
      const { agents, stats } = await getJson(`/api/agents?limit=${PEOPLE}`);
      this.#show(this.#online, agents.filter((agent) => agent.online));
      this.#show(this.#recent, agents.filter((agent) => !agent.online));
      this.#showCounts(stats);
    } catch {
      // The list stays as it was; the feed says when the hub is away.
    }
    this.#timer = null;
  }

  #show(list, agents) {
    const persons = agents.map((agent) => this.#find(list, agent.name) ?? this.#make());
    persons.forEach((person, index) => this.#fill(person, agents[index]));
    const isInOrder =
      persons.length === list.children.length && persons.every((person, index) => person === list.children[index]);
    if (!isInOrder) list.replaceChildren(...persons);
  }

  #make() {
    return this.#blank.cloneNode(true).querySelector('.person');
  }

  #fill(person, agent) {
    person.dataset.name = agent.name;
    person.classList.toggle('online', agent.online);
    person.querySelector('a').href = agentPath(agent.name);
    fillAgent(person, agent);
    const time = person.querySelector('.ago');
    time.dateTime = agent.lastSeen ?? '';
    time.removeAttribute('title');
    refreshTimes(person);
  }
}
