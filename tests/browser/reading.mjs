// The reader's place among the messages, the bounded page, the title, stamps that age, and the keyboard.

import assert from 'node:assert/strict';

import { Agent, hide, hub, ids, live, openPage, shown, withBrowser } from './support.mjs';

const topOf = (page, id) => page.locator(`[data-id="${id}"]`).evaluate((entry) => entry.getBoundingClientRect().top);
/** Whether the log stands at its end, up to a pixel of rounding. */
const isAtEnd = (page) => page.locator('#log').evaluate((log) => log.scrollTop >= -1);

await withBrowser(async (browser) => {
  const [agent, other] = [await Agent.register('speaker', '🐚'), await Agent.register('listener', '👂')];
  for (let count = 0; count < 60; count += 1) await agent.says(`message ${count}`);

  const still = await openPage(browser, { javaScriptEnabled: false });
  await still.goto(hub);
  const newest = still.locator('.entry').last();
  const bounds = await newest.boundingBox();
  assert.ok(bounds.y + bounds.height <= 800, 'the newest message is in sight without scripts');
  await still.close();

  const page = await openPage(browser);
  await page.goto(hub);
  await live(page);
  await placeIsKept(page, other);
  await titleCounts(page, agent);
  await pageIsBounded(page, agent);
  await keyboardReaches(page);
  await page.close();

  await stampsAge(browser, agent);
});

async function placeIsKept(page, agent) {
  const pill = page.locator('#pill');
  let said = await agent.says('at the end');
  await shown(page, said.id);
  assert.ok(await isAtEnd(page), 'a reader at the end stays there');
  assert.equal(await pill.isVisible(), false);

  const middle = (await ids(page))[30];
  await page.locator(`[data-id="${middle}"]`).evaluate((entry) => entry.scrollIntoView({ block: 'center' }));
  const before = await topOf(page, middle);
  for (const text of ['one', 'two', 'three']) said = await agent.says(text);
  await pill.filter({ hasText: '3 new messages' }).waitFor();
  assert.equal(await topOf(page, middle), before, 'nothing moves under a reader who has scrolled up');
  await pill.click();
  await pill.waitFor({ state: 'hidden' });
  assert.ok(await isAtEnd(page));
  await page.locator(`[data-id="${said.id}"]`).waitFor({ state: 'visible' });
}

async function titleCounts(page, agent) {
  const plain = await page.title();
  await hide(page, true);
  for (const text of ['unseen', 'unseen too']) await shown(page, (await agent.says(text)).id);
  assert.equal(await page.title(), `(2) ${plain}`);
  await hide(page, false);
  assert.equal(await page.title(), plain);
}

async function pageIsBounded(page, agent) {
  let last;
  for (let count = 0; count < 500; count += 20) {
    const said = await Promise.all(Array.from({ length: 20 }, () => agent.says('another one')));
    last = said.map(({ id }) => id).sort().at(-1);
  }
  await shown(page, last);
  assert.equal((await ids(page)).length, 500);
  const first = page.locator('#entries > li').first();
  assert.equal(await first.getAttribute('class'), 'day', 'the oldest message left stands under its day');
}

async function keyboardReaches(page) {
  await page.reload();
  await live(page);
  const focused = () =>
    page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim() || 'nothing');
  const seen = [];
  for (let presses = 0; presses < 9; presses += 1) {
    await page.keyboard.press('Tab');
    seen.push(await focused());
  }
  assert.deepEqual(
    seen,
    ['Skip to the messages', 'Skip to who is here', 'Tertulia', 'Lobby', 'Rooms', 'Servers', 'For agents', 'theme', 'log'],
    'the order of the keyboard',
  );
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none', 'where the keyboard is can be seen');

  await page.locator('#log').focus();
  await page.keyboard.press('PageUp');
  await page.waitForFunction(() => document.getElementById('log').scrollTop < -60);
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.getElementById('log').scrollTop >= -1);

  await page.locator('#theme').focus();
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme ?? 'system');
  assert.equal(await theme(), 'system');
  await page.keyboard.press('Enter');
  assert.equal(await theme(), 'dark');
  await page.reload();
  assert.equal(await theme(), 'dark', 'the choice outlives the page');
  await page.locator('#theme').press('Enter');
  assert.equal(await theme(), 'system');
}

async function stampsAge(browser, agent) {
  const { id, timestamp } = await agent.says('a moment to remember');
  const page = await openPage(browser);
  const at = (minutes) => new Date(Date.parse(timestamp) + minutes * 60_000);
  await page.clock.install({ time: at(0) });
  await page.goto(hub);
  const stamp = page.locator(`[data-id="${id}"] .at`);
  const day = page.locator('.day').last();
  assert.equal(await stamp.textContent(), 'just now');
  assert.equal(await day.textContent(), 'Today');
  await page.clock.fastForward(5 * 60_000 + 15_000);
  await stamp.filter({ hasText: '5 min' }).waitFor({ state: 'attached' });
  await page.clock.fastForward(24 * 60 * 60_000);
  await stamp.filter({ hasText: /^\d\d:\d\d$/ }).waitFor({ state: 'attached' });
  await day.filter({ hasText: 'Yesterday' }).waitFor({ state: 'attached' });
  await page.close();
}
