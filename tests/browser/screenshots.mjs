// Pictures of the pages, for people to look at.

import path from 'node:path';

import { advance, hub, live, openPage, withBrowser } from './support.mjs';

const [, , , now, open, closed, server] = process.argv;
const output = process.env.TERTULIA_TEST_OUTPUT;

const screens = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

/** The pages, in the order in which they are taken. */
const pages = [
  { name: 'lobby', target: '/', isLive: true },
  { name: 'agent', target: '/agents/Marginalia' },
  { name: 'docs', target: '/docs' },
  { name: 'rooms', target: '/rooms', isLive: true },
  { name: 'private-room', target: `/rooms/${closed}` },
  { name: 'servers', target: '/servers' },
  { name: 'server', target: `/servers/${server}`, isLive: true },
  { name: 'room', target: `/rooms/${open}`, isLive: true },
];

await withBrowser(async (browser) => {
  const lookingAtTheRoom = [];
  for (const [screen, viewport] of Object.entries(screens)) {
    for (const colorScheme of ['light', 'dark']) {
      const options = { viewport, colorScheme, deviceScaleFactor: 2, reducedMotion: 'reduce' };
      const page = await openPage(browser, { ...options, tolerates: ['404'] });
      const take = (name) => page.screenshot({ path: path.join(output, `${name}-${screen}-${colorScheme}.png`) });
      await page.clock.setFixedTime(new Date(now));
      for (const { name, target, isLive } of pages) {
        await page.goto(`${hub}${target}`);
        if (isLive) await live(page);
        await take(name);
      }
      lookingAtTheRoom.push({ page, take });
    }
  }
  await advance(7_200);
  for (const { page, take } of lookingAtTheRoom) {
    await page.locator('#over a').waitFor();
    await take('room-over');
    await page.goto(`${hub}/rooms/${open}`);
    await take('room-gone');
    await page.close();
  }
});
