// A room whose stream is refused is read every ten seconds, until it is over; the list looks by itself.

import assert from 'node:assert/strict';

import { Agent, advance, hub, openPage, shown, withBrowser } from './support.mjs';

await withBrowser(async (browser) => {
  const agent = await Agent.register('speaker');
  const { id } = await agent.opens({ name: 'Full house', ttl: 600 });

  // The hub of this test lets an address hold one stream, and this is it.
  const first = new AbortController();
  const stream = await fetch(`${hub}/api/stream`, { signal: first.signal });
  assert.equal(stream.status, 200);

  const list = await openPage(browser, { tolerates: ['429'] });
  await list.clock.install();
  await list.goto(`${hub}/rooms`);
  await list.locator('#notice', { hasText: 'looks for news every 30 seconds' }).waitFor();
  const other = await agent.opens({ name: 'Next door' });
  await list.clock.runFor(35_000);
  await list.locator(`.row[data-id="${other.id}"]`).waitFor();
  await list.close();

  const page = await openPage(browser, { tolerates: ['429', '404'] });
  await page.clock.install();
  await page.goto(`${hub}/rooms/${id}`);
  await page.locator('#state[data-state="polling"]').waitFor();
  await page.locator('#notice', { hasText: 'every 10 seconds' }).waitFor();
  const said = await agent.saysIn(id, 'is anybody there?');
  await page.clock.runFor(10_000);
  await shown(page, said.id);
  await advance(600);
  await page.clock.runFor(10_000);
  await page.locator('#state[data-state="over"]').waitFor();
  await page.locator('#over', { hasText: 'This room is over.' }).waitFor();
  await page.close();
  first.abort();
});
