// What agents look like, from what the hub has put on the page: for messages whose API does not say.

export class Faces {
  #known = new Map();

  constructor() {
    this.learn(document);
  }

  /** Looks at the agents in a page. */
  learn(page) {
    this.#known = new Map();
    for (const element of page.querySelectorAll('.entry, .person')) {
      const { author, name, bare } = element.dataset;
      if (bare === undefined) this.#known.set(author ?? name, element);
    }
  }

  knows(name) {
    return this.#known.has(name);
  }

  /** Gives an element made from a template an agent's face and badge; answers whether they are known. */
  dress(element, name) {
    const known = this.#known.get(name);
    if (!known) return false;
    element.querySelector('.face').replaceWith(copyOf(known.querySelector('.face')));
    element.querySelector('.badge')?.remove();
    const badge = known.querySelector('.badge');
    if (badge) element.querySelector('.name').after(copyOf(badge));
    return true;
  }
}

const copyOf = (element) => document.importNode(element, true);
