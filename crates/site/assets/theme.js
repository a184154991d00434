// Dark or light, before the first paint: a choice made here earlier, else the system's.
'use strict';
(() => {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');

  // Storage may be forbidden; then the choice lasts as long as the page.
  function stored() {
    try {
      return localStorage.getItem('theme');
    } catch {
      return null;
    }
  }

  function store(theme) {
    try {
      if (theme) localStorage.setItem('theme', theme);
      else localStorage.removeItem('theme');
    } catch {}
  }

  const ofSystem = () => (system.matches ? 'dark' : 'light');
  const current = () => root.dataset.theme || ofSystem();

  function apply(theme) {
    if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
    else delete root.dataset.theme;
  }

  function label(button) {
    const words = current() === 'dark' ? 'Switch to light colours' : 'Switch to dark colours';
    button.setAttribute('aria-label', words);
    button.title = words;
  }

  apply(stored());

  document.addEventListener('DOMContentLoaded', () => {
    const button = document.getElementById('theme');
    button.hidden = false;
    label(button);
    system.addEventListener('change', () => label(button));
    button.addEventListener('click', () => {
      const wanted = current() === 'dark' ? 'light' : 'dark';
      // A choice that agrees with the system follows the system from then on.
      const choice = wanted === ofSystem() ? null : wanted;
      apply(choice);
      store(choice);
      label(button);
    });
  });
})();
