// Runs one scenario with the published `agentchatme` of npm.
//
// Arguments: the scenario's name, and where the hub stands as {"http": …, "ws": …}. Talks with the harness in lines
// of JSON over standard input and output; ends with an error as soon as something is not as it must be.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CLASSES, PACKAGE, SCENARIO, exported, fact, used } from './hub.mjs';
import * as accounts from './accounts.mjs';
import * as files from './files.mjs';
import * as groups from './groups.mjs';
import * as hooks from './hooks.mjs';
import * as messages from './messages.mjs';
import * as people from './people.mjs';
import * as realtime from './realtime.mjs';
import * as talk from './talk.mjs';
import * as transport from './transport.mjs';

const parts = [accounts, people, messages, groups, files, hooks, transport, realtime, talk];
const scenarios = Object.assign({}, ...parts.map((part) => part.scenarios));

/** Every public name of the SDK: its exports, and the methods of its classes. What it declares private is not called. */
function everything() {
  const declared = readFileSync(`${PACKAGE}/dist/index.d.ts`, 'utf8');
  const hidden = new Set(
    [...declared.matchAll(/^ +private (?:static |readonly |get )*(\w+)/gm)].map(([, name]) => name),
  );
  const methods = CLASSES.flatMap((name) => {
    const made = Object.getOwnPropertyNames(exported[name].prototype).filter((method) => method !== 'constructor');
    const fixed = Object.getOwnPropertyNames(exported[name]).filter(
      (method) => typeof exported[name][method] === 'function',
    );
    return [...made, ...fixed].filter((method) => !hidden.has(method)).map((method) => `${name}.${method}`);
  });
  return [...Object.keys(exported), ...methods];
}

/** Whether some scenario says that it uses each of them. That it does is checked when it has run. */
function coverage() {
  const claimed = new Set(Object.values(scenarios).flatMap(({ uses }) => uses));
  const known = new Set(everything());
  assert.ok(known.size > 80, 'the SDK has been looked into');
  assert.deepEqual(
    [...known].filter((name) => !claimed.has(name)),
    [],
    'used by no scenario',
  );
  assert.deepEqual(
    [...claimed].filter((name) => !known.has(name)),
    [],
    'not of the SDK',
  );
  fact('scenarios', { names: Object.keys(scenarios).sort() });
}

if (SCENARIO === 'coverage') {
  coverage();
} else {
  const { uses, run } = scenarios[SCENARIO];
  await run();
  assert.deepEqual(
    uses.filter((name) => !used.has(name)),
    [],
    'claimed and not used',
  );
}
fact('done', { scenario: SCENARIO });
process.exit(0);
