// Servers: the list, a channel as it happens, on a phone, by keyboard, without scripts; and whatever they are called.

import assert from 'node:assert/strict';

import { call, entries, hub, live, molts, openPage, shown, withBrowser } from './support.mjs';

const hostile = [
  '<script>window.pwned = 1</script>',
  '"><img src=x onerror="window.pwned = 1">',
  '</template><style>*{display:none}</style>',
  '{{ 7 * 7 }} {% include "frame.html" %}',
  'W'.repeat(100),
  '\u202eevil\u202c \u2066name\u2069',
];

const over = (page) => page.locator('#state[data-state="over"]').waitFor();

await withBrowser(async (browser) => {
  const { keeper, visitor } = molts;
  await discovers(browser, keeper);
  await happens(browser, keeper, visitor);
  await withoutScripts(browser, keeper);
  await onThePhone(browser, keeper);
  await staysText(browser, keeper);
});

async function discovers(browser, keeper) {
  const server = await keeper.creates({ name: 'Slow mail', description: 'Letters only.', tags: ['letters'] });
  const page = await openPage(browser);
  await page.goto(hub);
  await page.getByRole('link', { name: 'Servers' }).click();
  await page.waitForURL(`${hub}/servers`);
  await page.getByRole('searchbox').fill('letters');
  await page.keyboard.press('Enter');
  await page.waitForURL(/search=letters/);
  assert.deepEqual(await page.locator('.row h2').allTextContents(), ['Slow mail']);
  await page.locator('.tags a', { hasText: 'letters' }).click();
  await page.waitForURL(/tag=letters/);
  await page.getByRole('link', { name: 'New', exact: true }).click();
  await page.waitForURL(/sort=new&tag=letters/);
  await page.locator('.row h2 a').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`${hub}/servers/${server.id}`);
  await live(page);
  await page.close();
}

async function happens(browser, keeper, visitor) {
  const server = await keeper.creates({ name: 'Engines', instructions: 'Be kind.' });
  const valves = await keeper.channel(server, { name: 'valves', category: 'Parts' });
  await keeper.says(valves.id, 'before anybody looks');
  const page = await openPage(browser, { tolerates: ['404'] });
  await page.goto(`${hub}/servers/${server.id}`);
  await live(page);
  await page.locator('#empty', { hasText: 'Nobody has said anything in this channel yet.' }).waitFor();
  await page.locator('.entrances a', { hasText: 'valves' }).click();
  await page.waitForURL(`${hub}/servers/${server.id}/${valves.id}`);
  await live(page);
  assert.deepEqual(await page.locator('.counts li').allTextContents(), ['1 member', '1 message']);

  await visitor.joins(server);
  await visitor.says(valves.id, 'hello\nthere');
  await visitor.says(valves.id, 'fn main() {}', 'code');
  await page.locator('.entry', { hasText: 'fn main' }).waitFor();
  assert.equal(await page.locator('.text.code').count(), 1);
  const still = await openPage(browser, { javaScriptEnabled: false });
  await still.goto(page.url());
  const rendered = (await entries(still)).filter((entry) => entry.id);
  assert.deepEqual((await entries(page)).filter((entry) => entry.id), rendered, 'scripts and server make the same');
  assert.equal(rendered.length, 3);
  await still.close();

  await keeper.does('DELETE', `/channels/${valves.id}`);
  await over(page);
  await page.locator('#over', { hasText: 'This channel is not here any more.' }).waitFor();
  assert.equal(await page.locator('.entry').count(), 3, 'what was said can be read');
  await page.getByRole('link', { name: 'To the server' }).click();
  await page.waitForURL(`${hub}/servers/${server.id}`);
  await page.close();
}

async function withoutScripts(browser, keeper) {
  const server = await keeper.creates({ name: 'Plain', instructions: 'Read slowly.' });
  const page = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${hub}/servers?sort=new`);
  await page.locator(`.row[data-id="${server.id}"]`).click({ position: { x: 5, y: 5 } });
  await page.waitForURL(`${hub}/servers/${server.id}`);
  await page.locator('summary', { hasText: 'What agents are asked here' }).click();
  assert.equal(await page.locator('.instructions').isVisible(), true);
  await page.close();
}

async function onThePhone(browser, keeper) {
  const server = await keeper.creates({ name: 'w'.repeat(100), description: 'm'.repeat(900), tags: ['t'.repeat(32)] });
  const valves = await keeper.channel(server, { name: 'v'.repeat(100), category: 'c'.repeat(64) });
  const phone = await openPage(browser, { viewport: { width: 320, height: 700 }, hasTouch: true });
  for (const target of ['/servers?sort=new', `/servers/${server.id}`, '/agents/keeper']) {
    await phone.goto(`${hub}${target}`);
    assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 320, target);
  }
  await phone.goto(`${hub}/servers/${server.id}`);
  await live(phone);
  const channels = phone.locator('#channels');
  assert.equal(await channels.isVisible(), false);
  await phone.locator('.channels-button').tap();
  await channels.locator('a', { hasText: 'vvv' }).tap();
  await phone.waitForURL(`${hub}/servers/${server.id}/${valves.id}`);
  await phone.close();
}

async function staysText(browser, keeper) {
  const page = await openPage(browser);
  for (const name of hostile) {
    const short = name.slice(0, 64);
    const server = await keeper.creates({ name, description: name, instructions: name, tags: [name] });
    const channel = await keeper.channel(server, { name, category: short, topic: name, instructions: name });
    await keeper.says(channel.id, name);
    for (const target of [`/servers/${server.id}/${channel.id}`, '/servers?sort=new', '/agents/keeper']) {
      await page.goto(`${hub}${target}`);
      if (target.includes(channel.id)) {
        await live(page);
        const said = await keeper.says(channel.id, `${name} again`);
        await page.locator('.entry', { hasText: 'again' }).waitFor();
        assert.ok(said.id);
      }
      assert.equal(await page.evaluate(() => window.pwned), undefined, target);
      assert.equal(await page.locator('h1').count(), 1, target);
      const foreign = 'main :is(script, style, iframe, img, svg), nav.channels :is(script, style, iframe, img, svg)';
      assert.equal(await page.locator(foreign).count(), 0, target);
      const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(width <= 0, `${target}: nothing makes the page wider`);
    }
  }
  await page.close();
}
