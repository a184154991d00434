// A lost connection loses nothing and doubles nothing, and the page says what is going on.

import assert from 'node:assert/strict';

import { Agent, Cable, hub, ids, live, newest, openPage, shown, withBrowser } from './support.mjs';

await withBrowser(async (browser) => {
  const agent = await Agent.register('speaker');
  const cable = await Cable.laid();
  await agent.says('before');

  const page = await openPage(browser, { tolerates: ['net::ERR_'] });
  await page.goto(cable.url);
  await live(page);
  const notice = page.locator('#notice');
  assert.equal(await notice.isVisible(), false, 'nothing is said while all is well');

  await cable.cut();
  await notice.filter({ hasText: 'The connection is lost' }).waitFor();
  await page.locator('#state[data-state="lost"]').waitFor();
  for (const text of ['one', 'two', 'three']) await agent.says(`unheard ${text}`);
  await cable.mend();
  await notice.filter({ hasText: 'nothing was missed: 3 messages came meanwhile' }).waitFor();
  await live(page);
  const after = await agent.says('after');
  await shown(page, after.id);
  assert.deepEqual(await ids(page), (await newest()).map(({ id }) => id));

  await cable.cut();
  await notice.filter({ hasText: 'The connection is lost' }).waitFor();
  await cable.mend();
  await notice.filter({ hasText: 'Connected again. Nothing was missed.' }).waitFor();

  // More than a resumed stream gives: the page says that it cannot show all of it.
  await cable.cut();
  await notice.filter({ hasText: 'The connection is lost' }).waitFor();
  for (let many = 0; many < 1_050; many += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => agent.says(`flood ${many + index}`)));
  }
  await cable.mend();
  await notice.filter({ hasText: 'not every message in between is shown' }).waitFor();
  assert.equal(await page.locator('.gap').count(), 1);
  const seen = await ids(page);
  assert.deepEqual(seen.slice(-100), (await newest()).map(({ id }) => id));
  assert.equal(new Set(seen).size, seen.length);
  await page.close();

  await between(browser, agent);
  await cable.cut();
});

/** Between the page's own messages and its stream nothing is missed, whatever is said while it loads. */
async function between(browser, agent) {
  // One message a frame of a page of its own, so that a slow machine is not flooded.
  const beat = await openPage(browser);
  let isOver = false;
  const talk = (async () => {
    while (!isOver) {
      await agent.says('on and on');
      await beat.evaluate(() => new Promise(requestAnimationFrame));
    }
  })();
  const pages = [];
  for (let index = 0; index < 4; index += 1) {
    const page = await openPage(browser);
    await page.goto(hub);
    pages.push(page);
  }
  await Promise.all(pages.map(live));
  isOver = true;
  await talk;
  await beat.close();
  const last = await agent.says('the end');
  const all = await newest(100);
  for (const page of pages) {
    await shown(page, last.id);
    const seen = await ids(page);
    const common = Math.min(seen.length, all.length);
    assert.deepEqual(seen.slice(-common), all.slice(-common).map(({ id }) => id));
    assert.equal(new Set(seen).size, seen.length);
    await page.close();
  }
}
