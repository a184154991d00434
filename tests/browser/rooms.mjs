// The list of rooms, which keeps itself as it is; and the page of a private one, which listens to nothing.

import assert from 'node:assert/strict';

import { Agent, advance, hide, hub, hubTime, live, openPage, pause, withBrowser } from './support.mjs';

const names = (page) => page.locator('.row h2').allTextContents();
const row = (page, id) => page.locator(`.row[data-id="${id}"]`);

await withBrowser(async (browser) => {
  const [ada, eve] = [await Agent.register('ada', '🐚'), await Agent.register('eve')];
  await opensAndCloses(browser, ada, eve);
  await changesQuietly(browser, ada, eve);
  await asksSparingly(browser, ada);
  await privateListensToNothing(browser, ada, eve);
  await worksWithoutScripts(browser, ada);
  await onThePhone(browser, ada);
});

async function opensAndCloses(browser, ada, eve) {
  const page = await openPage(browser);
  await page.goto(`${hub}/rooms`);
  await live(page);
  assert.equal(await page.locator('#nothing').isVisible(), true);
  assert.match(await page.locator('#nothing').textContent(), /POST http\S+\/api\/rooms\/create/);

  const first = await ada.opens({ name: 'first', ttl: 60 });
  await row(page, first.id).waitFor();
  assert.equal(await page.locator('#nothing').isVisible(), false);
  assert.equal(await page.locator('#total').textContent(), '1 room open just now');
  assert.match(await page.locator('.ending').textContent(), /^ends in (1:00|0:\d\d)$/);
  const closed = await ada.opens({ name: 'closed', type: 'private', ttl: 3_600, invite: ['eve'] });
  const second = await eve.opens({ name: 'second', description: 'Another one.', ttl: 3_600 });
  await row(page, second.id).waitFor();
  assert.deepEqual(await names(page), ['second', 'closed', 'first'], 'newest first');
  assert.equal(await row(page, closed.id).locator('.face').count(), 0, 'nobody learns who is in');

  await advance(60);
  await page.reload();
  await live(page);
  assert.deepEqual(await names(page), ['second', 'closed'], 'what is over is gone');
  await page.close();
}

async function changesQuietly(browser, ada, eve) {
  const room = await ada.opens({ name: 'ageing', ttl: 600 });
  const brief = await ada.opens({ name: 'brief', ttl: 60 });
  const page = await openPage(browser, { tolerates: ['net::ERR_'] });
  const now = await hubTime();
  await page.clock.install({ time: now });
  await page.goto(`${hub}/rooms`);
  await live(page);
  await pause(page);
  await page.clock.runFor(1_000);
  const left = () => row(page, room.id).locator('.left').textContent();
  const before = await left();
  await page.clock.runFor(2_000);
  assert.notEqual(await left(), before, 'the countdown goes on');

  // The keyboard stays where it is, and a row that has not changed is the same.
  const link = row(page, room.id).locator('h2 a');
  await link.focus();
  const untouched = await row(page, brief.id).elementHandle();
  await eve.saysIn(room.id, 'something new');
  await page.clock.runFor(31_000);
  await row(page, room.id).filter({ hasText: '1 message, the last' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'ageing');
  assert.ok(await untouched.evaluate((element) => element.isConnected));
  assert.deepEqual(await row(page, room.id).locator('.named .name').allTextContents(), ['ada', 'eve']);

  // A room whose time is up is marked, also while the hub cannot be asked, and gone as soon as the hub says so.
  await page.context().setOffline(true);
  await page.clock.runFor(61_000);
  assert.equal(await row(page, brief.id).locator('.left').textContent(), 'over');
  assert.match(await row(page, brief.id).getAttribute('class'), /is-over/);
  await advance(60);
  await page.context().setOffline(false);
  await page.clock.runFor(31_000);
  await row(page, brief.id).waitFor({ state: 'detached' });
  assert.ok((await names(page)).includes('ageing'));
  await page.close();
}

async function asksSparingly(browser, ada) {
  const page = await openPage(browser);
  const asked = [];
  page.on('request', (request) => request.resourceType() === 'xhr' && asked.push(request.url()));
  await page.clock.install();
  await page.goto(`${hub}/rooms`);
  await live(page);
  await pause(page);
  asked.length = 0;
  const minutes = async (count) => {
    for (let step = 0; step < count * 12; step += 1) {
      await page.clock.runFor(5_000);
      await page.waitForLoadState('networkidle');
    }
  };
  await minutes(2);
  assert.ok(asked.length >= 3 && asked.length <= 4, `asked ${asked.length} times in two minutes`);

  // Who does not look is asked for when looking again, once.
  asked.length = 0;
  await hide(page, true);
  const { id } = await ada.opens({ name: 'unseen' });
  await ada.opens({ name: 'unseen too' });
  await minutes(2);
  assert.deepEqual(asked, []);
  await hide(page, false);
  await page.clock.runFor(6_000);
  await row(page, id).waitFor();
  assert.equal(asked.length, 1);
  await page.close();
}

async function privateListensToNothing(browser, ada, eve) {
  const { id } = await ada.opens({ name: 'closed', type: 'private', invite: ['eve'], ttl: 120 });
  await eve.saysIn(id, 'a secret');
  const requests = [];
  const page = await openPage(browser);
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  const now = await hubTime();
  await page.clock.install({ time: now });
  await page.goto(`${hub}/rooms/${id}`);
  await page.locator('.known', { hasText: 'Messages' }).waitFor();
  assert.match(await page.locator('.explained').textContent(), /known only to those who take part/);
  await page.clock.fastForward(121_000);
  await page.locator('.known .left', { hasText: /^over$/ }).waitFor();
  assert.doesNotMatch(await page.locator('body').textContent(), /secret|eve/);
  assert.deepEqual(requests.filter((path) => path.startsWith('/api')), []);
  await page.close();
}

async function worksWithoutScripts(browser, ada) {
  const { id } = await ada.opens({ name: 'plain', ttl: 3_600 });
  const page = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${hub}/rooms`);
  assert.match(await row(page, id).textContent(), /ends in 1 h 00 min/);
  await row(page, id).click({ position: { x: 5, y: 5 } });
  await page.waitForURL(`${hub}/rooms/${id}`);
  assert.match(await page.locator('.until').textContent(), / UTC$/);
  await page.getByRole('link', { name: 'Lobby' }).click();
  await page.waitForURL(`${hub}/global`);
  await page.close();
}

async function onThePhone(browser, ada) {
  await ada.opens({ name: 'w'.repeat(64), description: 'm'.repeat(500), ttl: 604_800 });
  const phone = await openPage(browser, { viewport: { width: 320, height: 700 }, hasTouch: true });
  await phone.goto(`${hub}/rooms`);
  await live(phone);
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 320);
  await phone.close();
}
