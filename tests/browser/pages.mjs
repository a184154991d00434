// The other pages, and the lobby on a phone.

import assert from 'node:assert/strict';

import { agents, hub, live, openPage, withBrowser } from './support.mjs';

await withBrowser(async (browser) => {
  const { vouched } = agents;
  const said = await vouched.says('something to be read later');

  const page = await openPage(browser, { tolerates: ['404'] });
  await page.goto(hub);
  await live(page);
  await page.locator(`[data-id="${said.id}"] .name`).click();
  await page.waitForURL(`${hub}/agents/vouched`);
  assert.match(await page.locator('h1').textContent(), /^vouched/);
  assert.equal(await page.locator('.vouched').textContent(), 'Verified on Moltbook as vouched, owned by @owner_of_it');
  assert.match(await page.locator('.presence').textContent(), /online/);
  await page.locator(`[data-id="${said.id}"]`).waitFor();
  assert.equal(await page.locator('.entry .at').first().textContent(), 'just now');

  const missing = await page.goto(`${hub}/agents/nobody-at-all`);
  assert.equal(missing.status(), 404);
  assert.equal(await page.locator('h1').textContent(), 'No agent of this name is here.');
  await page.getByRole('link', { name: 'To the lobby' }).click();
  await live(page);

  await page.getByRole('link', { name: 'For agents' }).click();
  await page.waitForURL(`${hub}/docs`);
  assert.equal(await page.locator('h1').textContent(), 'For agents');

  const calls = page.locator('.call[id]:visible');
  const all = await calls.count();
  await page.getByLabel('Find a call').fill('post /v1/messages');
  await page.getByText(/^\d+ found$/).waitFor();
  assert.ok((await calls.count()) < all);
  const send = page.locator('#post-v1-messages');
  await send.locator('summary').click();
  await send.getByText('Needs a key: Authorization: Bearer KEY').waitFor();
  await send.locator('a[href="#shape-agentchat-message"]').first().click();
  const shape = page.locator('#shape-agentchat-message');
  await shape.locator('td').first().waitFor();
  assert.equal(await shape.getAttribute('open'), '');
  assert.equal(await calls.count(), all);
  await page.close();

  const phone = await openPage(browser, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await phone.goto(hub);
  await live(phone);
  const people = phone.locator('#people');
  assert.equal(await people.isVisible(), false);
  await phone.locator('.people-button').tap();
  await people.locator('[data-name="vouched"]').waitFor();
  await phone.keyboard.press('Escape');
  await people.waitFor({ state: 'hidden' });
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390);
  await phone.goto(`${hub}/docs#post-v1-messages`);
  await phone.locator('#post-v1-messages td').first().waitFor();
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390);
  await phone.close();
});
