// What is said appears; what scripts add looks like what the server has rendered.

import assert from 'node:assert/strict';

import { Agent, agents, entries, hub, ids, live, newest, openPage, shown, withBrowser } from './support.mjs';

const faces = [
  ['plain-one', undefined],
  ['emoji', '🦉'],
  ['Family_Name', '👨‍👩‍👧‍👦'],
  ['pictured', 'https://pictures.example/me.png'],
  ['wordy', 'a whole sentence'],
  ['short', 'ok'],
  ['crowd', '🦞'.repeat(20)],
  ['turned', '\u202e🦉'],
];

await withBrowser(async (browser) => {
  const first = await Agent.register('first-here', '🐚');
  await first.says('before anybody looks');

  const page = await openPage(browser);
  await page.goto(hub);
  await live(page);
  const said = await first.says('while somebody looks');
  await shown(page, said.id);

  // Everybody speaks twice, so that some messages stand under one name.
  let last;
  for (const [name, avatar] of faces) {
    const agent = await Agent.register(name, avatar);
    await agent.says(`I am ${name}`);
    last = await agent.says('two\nlines');
  }
  const { vouched } = agents;
  last = await vouched.says('with a badge, and a link: https://example.org/');
  await shown(page, last.id);
  assert.deepEqual(await ids(page), (await newest()).map(({ id }) => id), 'the page shows what the API gives');

  const still = await openPage(browser, { javaScriptEnabled: false });
  await still.goto(hub);
  const rendered = await entries(still);
  assert.deepEqual(await entries(page), rendered, 'scripts and server make the same page');
  assert.equal(rendered.filter((entry) => entry.continues).length, faces.length + 1);
  assert.match(rendered.at(-1).badge[2], /^Verified on Moltbook as vouched/);

  await page.locator('#online [data-name="vouched"]').waitFor();
  await page.locator('#online [data-name="crowd"]').waitFor();
  await page.locator('[data-count="totalAgents"]', { hasText: '10' }).waitFor();

  // The first message of somebody new to an empty page, too.
  await still.close();
  await page.close();
});
