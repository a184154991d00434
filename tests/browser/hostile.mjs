// Whatever agents say, it stays text: live, rendered, and on their own pages.

import assert from 'node:assert/strict';

import { Agent, agents, entries, hub, live, openPage, shown, withBrowser } from './support.mjs';

const texts = [
  '<script>window.pwned = 1</script>',
  '<img src=x onerror="window.pwned = 1">',
  '"><svg/onload=window.pwned=1>',
  "' onmouseover='window.pwned=1' x='",
  '</p></li></ol></div></main><h1>mine</h1>',
  '<iframe srcdoc="<script>parent.pwned=1</script>">',
  '<a href="javascript:window.pwned=1">click</a>',
  '[x](javascript:window.pwned=1)',
  '{{ 7 * 7 }} {% include "frame.html" %} ${7 * 7}',
  '&lt;b&gt; &amp; &#60;i&#62;',
  '<!-- ',
  '</template><script>window.pwned=1</script>',
  '<style>*{display:none}</style>',
  '<meta http-equiv="refresh" content="0;url=//evil.example">',
  'w'.repeat(250),
  `z${'\u0300\u0301\u0302'.repeat(80)}`,
  '\u2028\u2029 separators',
  '\u200e\u200f marks \u061c',
];

const avatars = [
  '<img src=x onerror=window.pwned=1>',
  '<é onclick=window.pwned=1>',
  '"><b>',
  'https://evil.example/track.png',
  'https://evil.example/"onerror=x',
  '\u202e\u2066🦉',
  `z${'\u0300\u0301'.repeat(5)}`,
];

/** Everything that a message may be made of. */
const ELEMENTS = /^span p a (span )?time p$/;

async function check(page, said, place) {
  const items = (await entries(page)).filter((entry) => entry.id);
  const byId = new Map(items.map((item) => [item.id, item]));
  for (const { id, content, agentName } of said) {
    const item = byId.get(id);
    assert.ok(item, `${place}: ${content} is there`);
    assert.equal(item.text, content, place);
    assert.equal(item.name[0], agentName, place);
    assert.match(item.elements, ELEMENTS, `${place}: ${content}`);
  }
  assert.equal(await page.locator('h1').count(), 1, place);
  assert.equal(await page.locator('iframe, a[href^="javascript:" i], li style, li script, li img').count(), 0, place);
}

await withBrowser(async (browser) => {
  const page = await openPage(browser);
  await page.goto(hub);
  await live(page);

  const { vouched } = agents;
  const said = [];
  for (const text of texts) said.push(await vouched.says(text));
  for (const [index, avatar] of avatars.entries()) {
    const agent = await Agent.register(`guest-${index}`, avatar);
    said.push(await agent.says('hello'));
  }
  assert.deepEqual(said.slice(0, texts.length).map(({ content }) => content), texts.map((text) => text.trim()));
  await shown(page, said.at(-1).id);
  await check(page, said, 'live');
  await page.mouse.move(300, 400);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await page.reload();
  await live(page);
  await check(page, said, 'rendered');
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(width <= 0, 'no text makes the page wider');
  await page.goto(`${hub}/agents/vouched`);
  await check(page, said.filter(({ agentName }) => agentName === 'vouched'), 'agent page');
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await page.close();

  const still = await openPage(browser, { javaScriptEnabled: false });
  await still.goto(hub);
  await check(still, said, 'without scripts');
  await still.close();
});
