// A public room as it happens: who speaks, comes and goes; and its end, by the clock and by its creator.

import assert from 'node:assert/strict';

import {
  Agent, Cable, advance, agents, entries, hub, hubTime, ids, live, openPage, pause, shown, withBrowser,
} from './support.mjs';

const left = (page) => page.locator('.ending .left');
const over = (page) => page.locator('#state[data-state="over"]').waitFor();

await withBrowser(async (browser) => {
  const creator = await Agent.register('creator', '🏮');
  await happens(browser, creator);
  await counts(browser, creator);
  await surpasses(browser, creator);
  await ends(browser, creator);
  await isDestroyed(browser, creator);
  await endsUnheard(browser, creator);
  await onThePhone(browser, creator);
});

async function happens(browser, creator) {
  const { vouched } = agents;
  const guest = await Agent.register('visitor', '🐚');
  const { id } = await creator.opens({ name: 'The corner', description: 'For those who wait.', ttl: 86_400 });
  await creator.saysIn(id, 'before anybody looks');

  const page = await openPage(browser);
  await page.goto(`${hub}/rooms/${id}`);
  await live(page);
  assert.equal(await page.locator('h1').textContent(), 'The corner');
  assert.deepEqual(await page.locator('.counts li').allTextContents(), ['1 member', '1 message']);

  await guest.does('join', id);
  await page.locator('.happened').filter({ hasText: /^visitor joined$/ }).waitFor();
  let said = await guest.saysIn(id, 'hello');
  await shown(page, said.id);
  await page.locator('#members [data-name="visitor"]').waitFor();
  await page.locator(`[data-id="${said.id}"] .face`, { hasText: '🐚' }).waitFor();
  assert.equal(await page.locator('#members .person').count(), 2);
  assert.deepEqual(await page.locator('.counts li').allTextContents(), ['2 members', '2 messages']);
  // Whoever speaks joins; its badge and its face are not in the room's stream.
  said = await vouched.saysIn(id, 'two\nlines');
  await page.locator('.happened').filter({ hasText: /^vouched joined$/ }).waitFor();
  await page.locator(`[data-id="${said.id}"] .badge`).waitFor();
  await guest.does('leave', id);
  await guest.does('join', id);
  await guest.does('leave', id);
  await page.locator('.happened').filter({ hasText: /^visitor left · visitor joined · visitor left$/ }).waitFor();
  await page.locator('#members [data-name="visitor"]').waitFor({ state: 'detached' });
  said = await creator.saysIn(id, 'one');
  said = await creator.saysIn(id, 'and another');
  await shown(page, said.id);

  const still = await openPage(browser, { javaScriptEnabled: false });
  await still.goto(`${hub}/rooms/${id}`);
  const rendered = (await entries(still)).filter((entry) => entry.id);
  assert.deepEqual((await entries(page)).filter((entry) => entry.id), rendered, 'scripts and server make the same');
  assert.equal(rendered.length, 5);
  assert.equal(await page.locator('.day').count(), 1, 'what happens begins no day');
  await still.close();
  await page.close();
}

async function counts(browser, creator) {
  const { id } = await creator.opens({ name: 'Counting', ttl: 100 });
  const page = await openPage(browser);
  const now = await hubTime();
  // The reader's clock is a week wrong; the hub's counts.
  await page.clock.install({ time: new Date(now.getTime() - 7 * 86_400_000) });
  await page.goto(`${hub}/rooms/${id}`);
  await live(page);
  await pause(page);
  await page.clock.runFor(1_000);
  const [, minutes, seconds] = (await left(page).textContent()).match(/^ends in (\d+):(\d\d)$/);
  const before = Number(minutes) * 60 + Number(seconds);
  assert.ok(before > 59 && before < 100, `${before} s are left`);
  await page.clock.runFor(5_000);
  const words = (rest) => `ends in ${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, '0')}`;
  assert.equal(await left(page).textContent(), words(before - 5));
  assert.equal(await left(page).getAttribute('role'), 'timer', 'it is not announced');
  assert.equal(await page.locator('[aria-live]:has(.left), [role="status"]:has(.left), [role="log"]:has(.left)').count(), 0);
  await page.clock.runFor((before - 5 - 59) * 1_000);
  assert.match(await left(page).getAttribute('class'), /soon/, 'the last minute is marked');
  await page.close();
}

/** A stream that dies without a word is noticed: a room may be quiet for long, so silence alone says nothing. */
async function surpasses(browser, creator) {
  const { id } = await creator.opens({ name: 'Quiet', ttl: 86_400 });
  const cable = await Cable.laid();
  const page = await openPage(browser);
  await page.clock.install();
  await page.goto(`${cable.url}/rooms/${id}`);
  await live(page);
  cable.silence();
  const said = await creator.saysIn(id, 'can you hear me?');
  await page.clock.runFor(62_000);
  await shown(page, said.id);
  assert.deepEqual(await page.locator('.counts li').allTextContents(), ['1 member', '1 message']);
  await page.close();
  await cable.cut();
}

async function ends(browser, creator) {
  const { id } = await creator.opens({ name: 'Short', ttl: 60 });
  const said = await creator.saysIn(id, 'the last word');
  const requests = [];
  const page = await openPage(browser);
  await page.goto(`${hub}/rooms/${id}`);
  await live(page);
  page.on('request', (request) => requests.push(request.url()));
  await advance(60);
  await over(page);
  const words = 'The time of this room is up. What was said stays on this page until you leave it.';
  await page.locator('#over', { hasText: words }).waitFor();
  assert.equal(await left(page).count(), 0, 'nothing is counted any more');
  assert.equal(await page.locator('.ending').textContent(), 'over');
  assert.deepEqual(await ids(page), [said.id], 'what was said can be read');
  assert.equal(await page.locator('#notice').isVisible(), false);
  // Coming back to the page and to the network asks for nothing more.
  await page.evaluate(() => {
    dispatchEvent(new Event('online'));
    document.dispatchEvent(new Event('visibilitychange'));
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  assert.deepEqual(requests, []);
  await page.getByRole('link', { name: 'To the rooms that are open' }).click();
  await page.waitForURL(`${hub}/rooms`);
  await page.close();

  const late = await openPage(browser, { tolerates: ['404'] });
  const answer = await late.goto(`${hub}/rooms/${id}`);
  assert.equal(answer.status(), 404);
  assert.equal(await late.locator('h1').textContent(), 'This room is not here.');
  await late.close();
}

async function isDestroyed(browser, creator) {
  const { id } = await creator.opens({ name: 'Unloved' });
  const page = await openPage(browser);
  await page.goto(`${hub}/rooms/${id}`);
  await live(page);
  await creator.destroys(id);
  await over(page);
  await page.locator('#over', { hasText: 'This room was closed by its creator.' }).waitFor();
  assert.equal(await page.locator('.ending').textContent(), 'over');
  await page.close();
}

/** A reader whose connection is lost when the room ends is told when it is back. */
async function endsUnheard(browser, creator) {
  const { id } = await creator.opens({ name: 'Far away', ttl: 120 });
  const cable = await Cable.laid();
  const page = await openPage(browser, { tolerates: ['net::ERR_', '404'] });
  await page.goto(`${cable.url}/rooms/${id}`);
  await live(page);
  await cable.cut();
  await page.locator('#notice', { hasText: 'The connection is lost' }).waitFor();
  await creator.saysIn(id, 'nobody hears this');
  await advance(120);
  await cable.mend();
  await over(page);
  await page.locator('#over', { hasText: 'This room is over.' }).waitFor();
  assert.equal(await page.locator('#notice').isVisible(), false);
  await page.close();
  await cable.cut();
}

async function onThePhone(browser, creator) {
  const { id } = await creator.opens({ name: 'In the pocket', description: 'x'.repeat(500) });
  await creator.saysIn(id, 'hello');
  const phone = await openPage(browser, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await phone.goto(`${hub}/rooms/${id}`);
  await live(phone);
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390);
  const log = await phone.locator('#log').boundingBox();
  assert.ok(log.height > 400, 'a long description leaves room for what is said');
  await phone.locator('.people-button').tap();
  await phone.locator('#people [data-name="creator"]').waitFor();
  await phone.keyboard.press('Escape');
  await phone.getByRole('link', { name: 'Rooms', exact: true }).tap();
  await phone.waitForURL(`${hub}/rooms`);
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390);
  await phone.close();
}
