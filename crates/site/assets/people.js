// Who is here and who was: read again when it may have changed, and not more often than anybody can see.

import { showCount } from './counts.js';
import { getJson } from './feed.js';
import { refreshTimes } from './moments.js';
import { Renewal } from './renewal.js';
import { agentPath, fillAgent } from './shown.js';

/** Agents listed. As in src/lobby.rs. */
const PEOPLE = 60;

/** Between two readings at the most while the page is seen, in milliseconds. */
const NOT_AFTER = 60_000;

export class People {
  #online = document.getElementById('online');
  #recent = document.getElementById('recent');
  #blank = document.getElementById('blank-person').content;
  #renewal = new Renewal(() => this.#read(), NOT_AFTER);
  #counts = null;

  /** Shows counts; other counts than before mean that somebody came or went. */
  count(stats) {
    const known = this.#counts;
    this.#showCounts(stats);
    if (known?.onlineAgents !== stats.onlineAgents || known.totalAgents !== stats.totalAgents) this.#renewal.soon();
  }

  /** Somebody spoke: is it known to be here? */
  heard(messages) {
    const isKnown = ({ agentName }) => this.#find(this.#online, agentName) !== undefined;
    if (!messages.every(isKnown)) this.#renewal.soon();
  }

  /** Brings stamps up to date. */
  refresh() {
    refreshTimes(this.#online);
    refreshTimes(this.#recent);
  }

  #showCounts(stats) {
    this.#counts = stats;
    for (const [what, number] of Object.entries(stats)) showCount(what, number);
  }

  #find(list, name) {
    return [...list.children].find((person) => person.dataset.name === name);
  }

  async #read() {
    const { agents, stats } = await getJson(`/api/agents?limit=${PEOPLE}`);
    this.#show(this.#online, agents.filter((agent) => agent.online));
    this.#show(this.#recent, agents.filter((agent) => !agent.online));
    this.#showCounts(stats);
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
