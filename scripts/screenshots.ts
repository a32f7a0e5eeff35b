// `npm run screenshots`: runs the demo, and when its sizes have gone out and back writes what its page shows into docs/img: all targets
// and one of them, light and dark.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './browser.ts';

const FOLDER = 'docs/img';
const VIEWS = [
  { name: 'overview', hash: '#/', height: 230 },
  { name: 'target', hash: '#/targets/default/web', height: 860 },
] as const;
const WIDTH = 1280;
/** For a README: larger ones are not loaded by who only passes by. */
const MOST_BYTES = 150_000;

async function take(browser: Browser, url: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    for (const { name, hash, height } of VIEWS) {
      const context = await browser.newContext({ viewport: { width: WIDTH, height }, colorScheme: theme });
      const page = await context.newPage();
      await page.goto(url + hash);
      await page.locator('.connection.live').waitFor();
      if (name === 'target') {
        await page.locator('.plot canvas').nth(2).waitFor();
        // The first change: its steps tell more than those of a quiet end.
        await page.locator('.changes li button').last().click();
      } else await page.locator('.rows .row .line').first().waitFor();
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const path = `${FOLDER}/page-${name}-${theme}.png`;
      await page.screenshot({ path });
      await context.close();
      const { size } = await stat(path);
      console.log(`${path}  ${(size / 1000).toFixed(0)} kB`);
      if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MOST_BYTES}: show less`);
    }
  }
}

const browser = await launchBrowser(process.env);
const demo = spawn(process.execPath, ['scripts/demo/main.ts', '--keep', ...process.argv.slice(2)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(demo, 'exit');
let url: string | undefined;
for await (const line of createInterface({ input: demo.stdout })) {
  console.log(line);
  url ??= /^Page: (\S+)$/.exec(line)?.[1];
  if (line.startsWith('Still running')) break;
}
try {
  if (url === undefined) throw new Error('the demo served no page: what it printed above says why');
  await take(browser, url);
} finally {
  await browser.close();
  demo.kill('SIGINT');
  await ended;
}
