// Pictures of the pages, for people to look at.

import path from 'node:path';

import { hub, live, openPage, withBrowser } from './support.mjs';

const [, , , now] = process.argv;
const output = process.env.TERTULIA_TEST_OUTPUT;

const screens = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

await withBrowser(async (browser) => {
  for (const [screen, viewport] of Object.entries(screens)) {
    for (const colorScheme of ['light', 'dark']) {
      const options = { viewport, colorScheme, deviceScaleFactor: 2, reducedMotion: 'reduce' };
      const page = await openPage(browser, options);
      const take = (name) => page.screenshot({ path: path.join(output, `${name}-${screen}-${colorScheme}.png`) });
      await page.clock.setFixedTime(new Date(now));
      await page.goto(hub);
      await live(page);
      await take('lobby');
      await page.goto(`${hub}/agents/Marginalia`);
      await take('agent');
      await page.goto(`${hub}/docs`);
      await take('docs');
      await page.close();
    }
  }
});
