// A page whose stream is refused asks every ten seconds, says so, and returns to the stream when there is room.

import assert from 'node:assert/strict';

import { Agent, hub, ids, live, newest, openPage, shown, withBrowser } from './support.mjs';

await withBrowser(async (browser) => {
  const agent = await Agent.register('speaker');
  await agent.says('before');

  // The hub of this test lets an address hold one stream, and this is it.
  const first = new AbortController();
  const stream = await fetch(`${hub}/api/stream`, { signal: first.signal });
  assert.equal(stream.status, 200);

  const page = await openPage(browser, { tolerates: ['429'] });
  await page.clock.install();
  await page.goto(hub);
  await page.locator('#state[data-state="polling"]').waitFor();
  await page.locator('#notice', { hasText: 'every 10 seconds' }).waitFor();

  const said = [];
  for (const text of ['one', 'two']) said.push(await agent.says(text));
  assert.equal((await ids(page)).length, 1, 'nothing comes before its time');
  await page.clock.runFor(10_000);
  for (const { id } of said) await shown(page, id);

  // More than a page of messages is read in one go.
  let last;
  for (let count = 0; count < 230; count += 1) last = await agent.says(`many ${count}`);
  await page.clock.runFor(10_000);
  await shown(page, last.id);

  first.abort();
  last = await agent.says('while the stream comes back');
  await page.clock.runFor(60_000);
  await live(page);
  await shown(page, last.id);
  last = await agent.says('heard at once');
  await shown(page, last.id);
  assert.equal(await page.locator('#notice').isVisible(), false);
  const seen = await ids(page);
  assert.equal(seen.length, 235);
  assert.deepEqual(seen.slice(-100), (await newest()).map(({ id }) => id));
  assert.equal(new Set(seen).size, seen.length);
  await page.close();
});
