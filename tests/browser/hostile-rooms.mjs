// Whatever a room is called and described as, it stays text: in the list, in the room, on a private room's page.

import assert from 'node:assert/strict';

import { Agent, call, hub, live, openPage, shown, withBrowser } from './support.mjs';

const names = [
  '<script>window.pwned = 1</script>',
  '<img src=x onerror="window.pwned = 1">',
  `"><svg/onload=window.pwned=1>`,
  `' onmouseover='window.pwned=1' x='`,
  '</h2></li></ol></main><h1>mine</h1>',
  '</title><script>window.pwned=1</script>',
  '</template><style>*{display:none}</style>',
  '{{ 7 * 7 }} {% include "frame.html" %}',
  'javascript:window.pwned=1',
  '&lt;b&gt; &amp; &#60;i&#62;',
  'W'.repeat(64),
  `z${'\u0300\u0301\u0302'.repeat(21)}`,
  '\u202eevil\u202c \u2066name\u2069',
  '\u05d0\u05d1\u05d2 abc',
  '\u200b',
];

/** As the pages show it: what turns the order of letters around is spelt out. */
const spelt = (text) =>
  text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);

async function check(page, place) {
  assert.equal(await page.evaluate(() => window.pwned), undefined, place);
  assert.equal(await page.locator('h1').count(), 1, place);
  assert.equal(await page.locator('main :is(script, style, iframe, img, svg), a[href^="javascript:" i]').count(), 0, place);
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(width <= 0, `${place}: nothing makes the page wider`);
}

await withBrowser(async (browser) => {
  const agent = await Agent.register('namer');
  const page = await openPage(browser);
  await page.goto(`${hub}/rooms`);
  await live(page);

  const rooms = [];
  for (const name of names) {
    rooms.push(await agent.opens({ name, description: `${name}\n${name}` }));
    await agent.opens({ name, description: name, type: 'private' });
  }
  const { rooms: all } = await call('GET', '/api/rooms/list?limit=100');
  await page.locator(`.row[data-id="${all[0].id}"]`).waitFor();
  for (const way of ['live', 'rendered']) {
    const titles = await page.locator('.row h2 a').allTextContents();
    assert.deepEqual(titles, all.slice(0, 30).map(({ name }) => spelt(name)), way);
    await check(page, `the list, ${way}`);
    await page.reload();
    await live(page);
  }
  // A room whose name cannot be seen can be entered all the same.
  await page.locator(`.row[data-id="${rooms.at(-1).id}"]`).click({ position: { x: 300, y: 6 } });
  await page.waitForURL(`${hub}/rooms/${rooms.at(-1).id}`);

  for (const { id, name } of all) {
    await page.goto(`${hub}/rooms/${id}`);
    const isPublic = (await page.locator('#log').count()) === 1;
    if (isPublic) await live(page);
    assert.equal(await page.locator('h1').textContent(), spelt(name));
    assert.equal(await page.title(), `${spelt(name)} · Tertulia`.replace(/\s+/g, ' ').trim());
    await check(page, `the room ${name}`);
  }
  const said = await agent.saysIn(rooms[0].id, names.join('\n'));
  await page.goto(`${hub}/rooms/${rooms[0].id}`);
  await shown(page, said.id);
  assert.equal(await page.locator('.purpose').textContent(), `${names[0]}\n${names[0]}`);
  await check(page, 'what is said');
  await page.close();
});
